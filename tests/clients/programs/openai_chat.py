"""One streamed call by OpenAI's client for Python. Prints what came of it as JSON."""

import json
import sys

import openai

url, model = sys.argv[1:]
said, error = "", ""
try:
    client = openai.OpenAI(api_key="none", base_url=f"{url}/v1", max_retries=0)
    messages = [{"role": "user", "content": "Hello"}]
    for chunk in client.chat.completions.create(model=model, messages=messages, stream=True):
        said += (chunk.choices[0].delta.content or "") if chunk.choices else ""
except Exception as raised:
    error = f"{type(raised).__name__}: {raised}"
print(json.dumps({"said": said, "error": error}))
