"""Environments of a function share the package that was unpacked once."""

from __future__ import annotations

import json
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tests.support.localcloud.cloud import ROLE, Cloud, package

TELL = """
import os, time

from beside import NAME


def handler(event, context):
    time.sleep(event["seconds"])
    return {"pid": os.getpid(), "file": os.path.realpath(__file__), "beside": NAME}
"""


def test_environments_run_from_one_directory(cloud: Cloud) -> None:
    functions, name = cloud.client("lambda"), f"shared-{uuid.uuid4().hex[:8]}"
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=ROLE,
        Handler="tell.handler",
        Code={"ZipFile": package({"tell.py": TELL, "beside.py": f"NAME = {name!r}"})},
        Timeout=30,
    )

    def invoke(_: int) -> dict[str, Any]:
        answer = functions.invoke(FunctionName=name, Payload=json.dumps({"seconds": 1}))
        told: dict[str, Any] = json.loads(answer["Payload"].read())
        return told

    with ThreadPoolExecutor() as pool:
        told = list(pool.map(invoke, range(3)))

    assert len({one["pid"] for one in told}) == 3
    (file,) = {Path(one["file"]) for one in told}
    assert sorted(path.name for path in file.parent.glob("*.py")) == ["beside.py", "tell.py"]
    assert {one["beside"] for one in told} == {name}
