"""The least a FastAPI + boto3 service can do: the yardsticks for what our service adds.

`app` asks for a whole answer, which SageMaker ends after 60 s. `patient_app` reads every answer as
a stream, which may last 8 minutes, as our service does.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse, StreamingResponse

ENDPOINT = os.environ["TWIN_ENDPOINT_NAME"]
client = boto3.client("sagemaker-runtime", config=Config(max_pool_connections=128))
app, patient_app = FastAPI(), FastAPI()


def payload(body: dict[str, Any]) -> dict[str, Any]:
    return {
        "EndpointName": ENDPOINT,
        "ContentType": "application/json",
        "Body": json.dumps(body).encode(),
    }


def parts(body: dict[str, Any]) -> Iterator[bytes]:
    answer = client.invoke_endpoint_with_response_stream(**payload(body))
    for event in answer["Body"]:
        yield event["PayloadPart"]["Bytes"]


@app.post("/v1/chat/completions")
def chat(body: dict[str, Any]) -> Response:
    if body.get("stream"):
        return StreamingResponse(parts(body), media_type="text/event-stream")
    answer = client.invoke_endpoint(**payload(body))
    return Response(answer["Body"].read(), media_type="application/json")


@patient_app.post("/v1/chat/completions")
def patient_chat(body: dict[str, Any]) -> Response:
    if body.get("stream"):
        return StreamingResponse(parts(body), media_type="text/event-stream")
    events = b"".join(parts({**body, "stream": True})).split(b"\n\n")
    told = [json.loads(event.removeprefix(b"data: ")) for event in events if b"{" in event]
    choices = [choice for chunk in told for choice in chunk["choices"]]
    text = "".join(choice["delta"].get("content") or "" for choice in choices)
    message = {"role": "assistant", "content": text}
    choice = {"index": 0, "message": message, "finish_reason": choices[-1]["finish_reason"]}
    return JSONResponse({**told[-1], "object": "chat.completion", "choices": [choice]})
