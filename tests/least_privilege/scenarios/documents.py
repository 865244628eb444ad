"""Documents: brought, read, published, searched and taken away."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from openai import NotFoundError

from tests.least_privilege.world import World

_STORE = "docs"
_DOCUMENT = b"# Opening hours\n\nThe library closes at nine in the evening.\n"


def documents(world: World) -> None:
    """A document of a store without an index, so that each function meets what is not there."""
    s3, bucket = world.aws("s3"), world.bucket("features")
    for entry in s3.list_objects_v2(Bucket=bucket, Prefix=f"index/{_STORE}/").get("Contents", []):
        s3.delete_object(Bucket=bucket, Key=entry["Key"])
    world.wait(lambda: _search(world), lambda found: found == (None, []))
    key = f"documents/{_STORE}/{uuid4().hex}.md"
    s3.put_object(Bucket=bucket, Key=key, Body=_DOCUMENT)
    try:
        world.wait(lambda: _search(world)[1], lambda texts: "at nine" in "".join(texts or ()))
        world.invoke(world.function("features.handlers.document"), {"reindex": _STORE})
    finally:
        s3.delete_object(Bucket=bucket, Key=key)
    world.wait(lambda: _search(world)[1], lambda texts: texts == [])
    world.wait(lambda: _vectors(world), lambda left: left == [])
    # A store that a caller might have made.
    world.wait(lambda: _is_missing(world, "0" * 32), bool)


def vector_store(world: World) -> None:
    """A caller's store: made, filled, told of, changed, emptied with its file, and deleted."""
    stores, files = world.client.vector_stores, world.client.files
    store = stores.create(name="mine").id
    file = files.create(file=("hours.md", _DOCUMENT), purpose="assistants").id
    stores.files.create(store, file_id=file)
    stores.files.update(file, vector_store_id=store, attributes={"language": "en"})
    files.delete(file)
    stores.delete(store)


def _vectors(world: World) -> list[str]:
    """List the vectors of the stage's index, where it has one."""
    client = world.aws("s3vectors")
    return [
        vector["key"]
        for bucket in client.list_vector_buckets(prefix=world.prefix)["vectorBuckets"]
        for index in client.list_indexes(vectorBucketName=bucket["vectorBucketName"])["indexes"]
        for vector in client.list_vectors(indexArn=index["indexArn"])["vectors"]
    ]


def _search(world: World) -> tuple[str | None, list[str] | None]:
    """Return the time of the index and what is found; None for each that there is not."""
    answer = _ask(world, _STORE)
    call = answer.parse().output[0]
    found = [result.text for result in call.results] if call.status == "completed" else None
    return answer.headers.get("x-features-as-of"), found


def _is_missing(world: World, store: str) -> bool:
    """Tell whether a store is refused; one for which the look comes late is not."""
    try:
        _ask(world, store)
    except NotFoundError as error:
        return "there is no vector store" in str(error)
    return False


def _ask(world: World, store: str) -> Any:
    return world.client.responses.with_raw_response.create(
        model=world.model,
        input="Until when can I borrow books?",
        max_output_tokens=1,
        tools=[{"type": "file_search", "vector_store_ids": [f"vs_{store}"]}],
        include=["file_search_call.results"],
    )
