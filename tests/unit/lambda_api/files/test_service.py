"""Files as a caller asks for them."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest

from lambda_api.errors import ConflictError, NotFoundError
from lambda_api.files.keys import content_key
from lambda_api.files.schemas import ExpiresAfter
from tests.support.service.batch_world import OWNER, World


def test_an_expired_file_is_gone(world):
    expiry = ExpiresAfter(anchor="created_at", seconds=3600)
    file = world.files.create(OWNER, "a.jsonl", b"x", expiry)
    world.now += 3599
    assert world.files.get(OWNER, file.id) == file
    world.now += 1

    with pytest.raises(NotFoundError):
        world.files.get(OWNER, file.id)
    assert world.files.page(OWNER, "", 10, "desc", None).data == []


def test_a_file_expires_no_later_than_the_bucket_deletes_it():
    files = World(batch_retention_days=1).files
    expiry = ExpiresAfter(anchor="created_at", seconds=2_592_000)

    for wanted in (None, expiry):
        file = files.create(OWNER, "a.jsonl", b"x", wanted)
        assert file.expires_at - file.created_at == 86_400


@dataclass
class Held:
    """A quota without limits that knows what is held."""

    held: set[str] = field(default_factory=set)

    @contextmanager
    def taken(self, owner, name, until, size=0):
        self.held.add(name)
        yield

    def give_back(self, owner, name):
        self.held.discard(name)


def reads(world):
    return [call for call in world.store.calls if call in {"get", "info", "stream"}]


def test_a_list_reads_the_files_of_its_page_and_no_other(world):
    for n in range(60):
        world.files.create(OWNER, str(n), b"x")
    world.store.calls.clear()
    page = world.files.page(OWNER, "", 5, "desc", "batch")

    assert (len(page.data), page.has_more) == (5, True)
    assert len(reads(world)) == 6  # one more tells that there is more


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_filter_that_matches_nothing_reads_nothing(world, order):
    for n in range(60):
        world.files.create(OWNER, str(n), b"x")
    world.store.calls.clear()

    assert world.files.page(OWNER, "", 100, order, "batch_output").data == []
    assert world.store.calls == ["list"]


def test_expired_files_are_not_read_for_a_list(world):
    expiry = ExpiresAfter(anchor="created_at", seconds=3600)
    for n in range(60):
        world.files.create(OWNER, str(n), b"x", expiry)
    world.now += 3600
    world.store.calls.clear()

    assert world.files.page(OWNER, "", 100, "desc", None).data == []
    assert world.store.calls == ["list"]


def test_a_page_begins_after_any_id_in_either_order(world):
    ids = []
    for n in range(5):
        world.now += 1
        ids.append(world.files.create(OWNER, str(n), b"x").id)

    def listed(order):
        return [file.id for file in world.files.page(OWNER, ids[2], 10, order, None).data]

    assert listed("desc") == ids[1::-1]
    assert listed("asc") == ids[3:]
    world.files.delete(OWNER, ids[2])
    assert listed("desc") == ids[1::-1]
    assert listed("asc") == ids[3:]


@pytest.mark.parametrize("damage", [b"", b"{", b"{}", b"null"])
def test_a_file_that_cannot_be_read_does_not_keep_the_others_from_the_list(world, damage):
    broken, sound = (world.files.create(OWNER, str(n), b"x") for n in range(2))
    (about,) = [key for key in world.store.objects if f"{broken.id}/file." in key]
    world.store.put(about, damage)

    assert world.files.page(OWNER, "", 10, "desc", None).data == [sound]
    assert world.unreadable == [broken.id]


def test_a_file_from_before_is_found_listed_and_deleted(world):
    file = world.files.create(OWNER, "a", b"x")
    (about,) = [key for key in world.store.objects if "/file." in key]
    old = f"files/{OWNER}/{file.id}/file.json"
    world.store.objects[old] = world.store.objects.pop(about)

    assert world.files.get(OWNER, file.id) == file
    assert world.files.page(OWNER, "", 10, "desc", "batch").data == [file]
    assert world.files.page(OWNER, "", 10, "desc", "batch_output").data == []
    world.files.delete(OWNER, file.id)
    assert list(world.store.list("files/")) == []


def test_a_file_written_again_later_is_one_file_with_the_later_expiry(world):
    file_id = world.files.new_id()
    for _ in range(2):
        world.now += 60
        world.files.write(OWNER, file_id, "a", [b"x"], purpose="batch_output")
    (listed,) = world.files.page(OWNER, "", 10, "desc", None).data

    assert listed.created_at == world.now


def test_an_upload_url_ends_an_hour_after_the_id_was_made(world):
    made = world.files.await_upload(OWNER, "a.jsonl", 5)
    world.now += 3599
    assert world.files.found_again(OWNER, made.id).upload_url
    assert world.store.upload_seconds == 1
    world.now += 1
    assert not hasattr(world.files.found_again(OWNER, made.id), "upload_url")
    with pytest.raises(ConflictError, match="older than an hour"):
        world.files.await_upload(OWNER, "a.jsonl", 5, file_id=made.id)


@pytest.mark.parametrize("has_come", [True, False])
def test_a_deleted_file_keeps_its_lease_while_a_url_may_bring_its_content(world, has_come):
    quota = Held()
    files = replace(world.files, quota=quota)
    made = files.await_upload(OWNER, "a.jsonl", 5)
    if has_come:
        world.store.put(content_key(OWNER, made.id), b"12345")
    files.delete(OWNER, made.id)
    assert quota.held == {made.id}


def test_a_deleted_file_gives_its_lease_back_at_once_when_nothing_can_come(world):
    quota = Held()
    files = replace(world.files, quota=quota)
    sent, awaited = files.create(OWNER, "a", b"x"), files.await_upload(OWNER, "b", 5)
    files.delete(OWNER, sent.id)
    assert quota.held == {awaited.id}
    world.now += 3600
    files.delete(OWNER, awaited.id)
    assert quota.held == set()
