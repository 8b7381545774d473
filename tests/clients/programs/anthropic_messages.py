"""One streamed call by Anthropic's client for Python. Prints what came of it as JSON."""

import json
import sys

import anthropic

url, model = sys.argv[1:]
said, error = "", ""
try:
    client = anthropic.Anthropic(api_key="none", base_url=url, max_retries=0)
    messages = [{"role": "user", "content": "Hello"}]
    with client.messages.stream(model=model, max_tokens=100, messages=messages) as stream:
        for text in stream.text_stream:
            said += text
except Exception as raised:
    error = f"{type(raised).__name__}: {raised}"
print(json.dumps({"said": said, "error": error}))
