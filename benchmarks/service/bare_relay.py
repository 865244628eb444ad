"""The least a FastAPI + boto3 service can do: the yardstick for what our service adds."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config
from fastapi import FastAPI, Response
from fastapi.responses import StreamingResponse

ENDPOINT = os.environ["TWIN_ENDPOINT_NAME"]
client = boto3.client("sagemaker-runtime", config=Config(max_pool_connections=128))
app = FastAPI()


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
