"""The same by its Responses."""

import json
import sys

import openai

url, model = sys.argv[1:]
said, error = "", ""
try:
    client = openai.OpenAI(api_key="none", base_url=f"{url}/v1", max_retries=0)
    for event in client.responses.create(model=model, input="Hello", stream=True):
        said += event.delta if event.type == "response.output_text.delta" else ""
except Exception as raised:
    error = f"{type(raised).__name__}: {raised}"
print(json.dumps({"said": said, "error": error}))
