"""Seconds from an upload to its being found: one document into a full store, a thousand at once.

Deploys the stage `local` to a cloud of its own. The thousand documents have four short sections
each. Then they are uploaded again, unchanged, and what is written to the index is counted.
"""

from __future__ import annotations

import argparse
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from documents import document
from retrieving_stage import STORE, RetrievingStage, deployed
from table import print_table, spread

_PREFIX = f"documents/{STORE}/"
_LOOK_SECONDS = 0.25


def until_found(stage: RetrievingStage, number: int) -> float:
    """Upload a document with a word of its own; return the seconds until it is found."""
    word = f"quokka{number}"
    key = f"{_PREFIX}fresh/{number}.md"
    began = time.perf_counter()
    stage.client("s3").put_object(Bucket=stage.bucket, Key=key, Body=f"# Fresh\n\n{word}".encode())
    while True:
        answer = stage.search(query=word, weights={"embedding": 0, "text": 1}, top_k=1)
        if any(word in result["text"] for result in answer.get("results", [])):
            return time.perf_counter() - began
        time.sleep(_LOOK_SECONDS)


def upload(stage: RetrievingStage, documents: dict[str, bytes]) -> None:
    """Upload all, eight at a time."""
    s3 = stage.client("s3")

    def put(key: str) -> None:
        s3.put_object(Bucket=stage.bucket, Key=key, Body=documents[key])

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(put, documents))


def until_published(stage: RetrievingStage, documents: int, patience: float) -> int:
    """Wait until a store has so many documents; return how many it has in the end."""
    ends = time.monotonic() + patience
    there = 0
    while there < documents and time.monotonic() < ends:
        time.sleep(1)
        stage.search(warm=True)
        there = stage.search(status=True).get("documents", 0)
    return there


def waiting(stage: RetrievingStage) -> int:
    """Return the messages that wait or are being worked on."""
    function = stage.retrieval["DocumentFunctionName"]
    told = stage.client("lambda").get_function_configuration(FunctionName=function)
    variables = told["Environment"]["Variables"]
    told = stage.client("sqs").get_queue_attributes(
        QueueUrl=variables["TWIN_FEATURES_DOCUMENT_QUEUE_URL"],
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )["Attributes"]
    return sum(map(int, told.values()))


def index_of(stage: RetrievingStage) -> dict[str, Any]:
    """Return the times of the last writes of all objects of the index, by key."""
    pages = (
        stage.client("s3")
        .get_paginator("list_objects_v2")
        .paginate(Bucket=stage.bucket, Prefix="index/")
    )
    return {one["Key"]: one["LastModified"] for page in pages for one in page.get("Contents", ())}


def again(stage: RetrievingStage, documents: dict[str, bytes]) -> int:
    """Upload the same documents once more; return the writes to the index."""
    before = index_of(stage)
    upload(stage, documents)
    while waiting(stage):
        time.sleep(1)
    time.sleep(15)  # the publish function's window, and its run
    return sum(before.get(key) != written for key, written in index_of(stage).items())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--chunks", type=int, default=50_000)
    parser.add_argument("--uploads", type=int, default=10)
    parser.add_argument("--documents", type=int, default=1000)
    parser.add_argument("--patience", type=float, default=400)
    given = parser.parse_args()
    rows = []
    with deployed() as stage:
        if given.documents:
            documents = {f"{_PREFIX}many/{n}.md": document(n) for n in range(given.documents)}
            began = time.perf_counter()
            upload(stage, documents)
            there = until_published(stage, given.documents, given.patience)
            seconds = time.perf_counter() - began
            chunks = stage.search(status=True)["chunks"]
            rows.append(
                (
                    f"{there} of {given.documents} documents, {chunks} chunks, at once",
                    f"{seconds:.0f} s",
                )
            )
            print(rows[-1], flush=True)
            rows.append(("the same again: writes to the index", str(again(stage, documents))))
            print(rows[-1], flush=True)
        if given.uploads:
            stage.fill(given.chunks)
            stage.search(warm=True)
            until_found(stage, -1)  # the first publication reads the store
            found = [until_found(stage, number) for number in range(given.uploads)]
            rows.append(
                (f"one document into {given.chunks:,} chunks: upload to found", spread(found, "s"))
            )
            high = sorted(found)[-1 if given.uploads < 20 else int(0.95 * given.uploads)]
            rows.append(("the same, p95", f"{high:.1f} s"))
            print(rows[-2:], flush=True)
    print_table("Upload to found", rows)


if __name__ == "__main__":
    main()
