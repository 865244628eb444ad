"""The item's promises, kept by DynamoDB in the local cloud and by the table that unit tests use."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from lambda_api.aws.wake_table import DynamoWakeTable
from lambda_api.cold_start.wake import STALE_SECONDS, Change, Wake
from lambda_api.errors import StorageError
from tests.support.service.memory_wakes import MemoryWakeTable

NOW = 1_795_424_400.123456
UNTIL = NOW + 600


@pytest.fixture(params=["dynamodb", "memory"])
def table(request):
    if request.param == "memory":
        return MemoryWakeTable()
    return request.getfixturevalue("connect_wakes")(uuid4().hex)


@pytest.fixture
def wake(table):
    """A wake that has begun."""
    return table.begin(NOW, from_zero=True).wake


def test_an_endpoint_that_never_woke_has_no_wake(table):
    assert table.read() == Wake()


def test_a_wake_begins_once(table):
    begun = Wake(started_at=NOW, probed_at=NOW, from_zero=True)

    assert table.begin(NOW, from_zero=True) == Change(True, begun)
    assert table.begin(NOW + 1, from_zero=False) == Change(False, begun)
    assert table.read() == begun


def test_of_many_that_begin_at_once_one_does(table):
    with ThreadPoolExecutor(20) as threads:
        begun = list(threads.map(lambda n: table.begin(NOW + n, from_zero=True), range(20)))

    assert sum(change.was_made for change in begun) == 1
    assert {change.wake.started_at for change in begun} == {table.read().started_at}


def test_a_wake_that_was_ended_or_forgotten_makes_room_for_the_next(table, wake):
    table.end(wake, NOW + 300, 295.5)
    second = table.begin(NOW + 2000, from_zero=False).wake
    third = table.begin(NOW + 2000 + STALE_SECONDS, from_zero=True).wake

    assert second.started_at == NOW + 2000
    assert second.last_start_seconds == third.last_start_seconds == 295.5
    assert second.ended_at == NOW + 300
    assert third.started_at == NOW + 2000 + STALE_SECONDS


def test_a_wake_that_is_probed_is_not_forgotten(table, wake):
    table.claim_probe(wake, NOW + 10)

    assert not table.begin(NOW + STALE_SECONDS, from_zero=True).was_made


def test_places_are_taken_up_to_the_most(table, wake):
    table.take(wake, "a", UNTIL, 2)
    both = table.take(wake, "b", UNTIL + 1, 2)
    assert both == Change(True, replace(wake, places={"a": UNTIL, "b": UNTIL + 1}))
    assert table.take(wake, "c", UNTIL, 2) == replace(both, was_made=False)

    table.give_back("a")

    assert table.take(wake, "c", UNTIL, 2).wake.places == {"b": UNTIL + 1, "c": UNTIL}


def test_of_many_at_once_exactly_the_most_get_a_place(table, wake):
    def has_place(number):
        return table.take(wake, str(number), UNTIL, 7).was_made

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(has_place, range(40))) == len(table.read().places) == 7


def test_a_place_is_given_back_once(table, wake):
    table.take(wake, "a", UNTIL, 2)
    table.take(wake, "b", UNTIL, 2)

    table.give_back("a")
    table.give_back("a")
    table.give_back("never taken")

    assert table.read().places == {"b": UNTIL}


def test_giving_back_where_nothing_was_taken_is_no_harm(table):
    table.give_back("a")

    assert table.read() == Wake()


def test_a_lapsed_place_is_taken_over_by_one(table, wake):
    full = table.take(wake, "dead", NOW + 5, 1).wake

    first = table.take_over(full, "dead", "a", UNTIL)
    second = table.take_over(full, "dead", "b", UNTIL)

    assert (first.was_made, second.was_made) == (True, False)
    assert first.wake.places == second.wake.places == {"a": UNTIL}


def test_a_place_that_was_taken_again_has_not_lapsed(table, wake):
    full = table.take(wake, "a", NOW + 5, 1).wake
    table.take_over(full, "a", "b", UNTIL)
    table.take(wake, "a", UNTIL, 2)

    assert not table.take_over(full, "a", "c", UNTIL).was_made
    assert table.read().places == {"a": UNTIL, "b": UNTIL}


def test_one_takes_the_turn(table, wake):
    first = table.claim_probe(wake, NOW + 5)
    second = table.claim_probe(wake, NOW + 5)
    third = table.claim_probe(second.wake, NOW + 10)

    assert first == Change(True, replace(wake, probed_at=NOW + 5))
    assert second == replace(first, was_made=False)
    assert third == Change(True, replace(wake, probed_at=NOW + 10))


def test_the_end_takes_the_places_along_and_keeps_the_length(table, wake):
    table.take(wake, "a", UNTIL, 2)

    ended = table.end(wake, NOW + 300, 295.5)

    assert ended.was_made
    assert ended.wake == table.read()
    assert (ended.wake.started_at, ended.wake.ended_at, ended.wake.places) == (None, NOW + 300, {})
    assert ended.wake.last_start_seconds == 295.5


def test_an_end_that_was_not_measured_leaves_the_length_before(table, wake):
    table.end(wake, NOW + 300, 295.5)
    second = table.begin(NOW + 2000, from_zero=True).wake

    assert table.end(second, NOW + 2001, None).wake.last_start_seconds == 295.5


@pytest.mark.parametrize("change", ["take", "take_over", "claim_probe", "end"])
def test_nothing_changes_a_wake_that_is_over(table, change):
    before = table.take(table.begin(NOW, from_zero=True).wake, "a", UNTIL, 5).wake
    table.end(before, NOW + 1, 1.0)
    after = table.begin(NOW + 2, from_zero=True).wake

    made = {
        "take": lambda: table.take(before, "b", UNTIL, 5),
        "take_over": lambda: table.take_over(before, "a", "b", UNTIL),
        "claim_probe": lambda: table.claim_probe(before, NOW + 9),
        "end": lambda: table.end(before, NOW + 9, 9.0),
    }[change]()

    assert made == Change(False, after)
    assert table.read() == after


def test_the_item_expires_long_after_its_last_wake(connect_wakes, cloud_environment):
    table = connect_wakes(uuid4().hex)
    table.begin(NOW, from_zero=True)
    item = table._table.read(table._key)

    assert item["endpoint"] == {"S": table._key["endpoint"]}
    assert int(item["expires"]["N"]) == int(NOW) + 90 * 86_400


@pytest.mark.parametrize("act", ["read", "begin"])
def test_a_table_that_cannot_be_used_is_a_storage_error(cloud_environment, act):
    client = boto3.client(
        "dynamodb",
        endpoint_url=cloud_environment["AWS_ENDPOINT_URL_DYNAMODB"],
        region_name="us-east-1",
        aws_access_key_id="1" * 12,
        aws_secret_access_key="x",
        config=Config(retries={"total_max_attempts": 1}),
    )
    table = DynamoWakeTable(client, "missing", "twin")

    with pytest.raises(StorageError) as caught:
        table.read() if act == "read" else table.begin(NOW, from_zero=True)

    assert caught.value.reason == "DynamoDB ResourceNotFoundException"
    assert "missing" not in caught.value.message
