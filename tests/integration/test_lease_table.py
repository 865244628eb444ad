"""The leases' promises, kept by DynamoDB in the local cloud and by the table of unit tests."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import boto3
import pytest
from botocore.config import Config

from lambda_api.aws.lease_table import DynamoLeaseTable
from lambda_api.errors import StorageError
from lambda_api.quotas.leases import Lease, Leases, Limits
from tests.support.service.memory_leases import MemoryLeaseTable

LEASE = Lease(1_800_000_000, 1_800_000_600, 7)
TWO = Limits(2)


@pytest.fixture(scope="module")
def dynamodb(cloud_environment):
    return boto3.client(
        "dynamodb",
        endpoint_url=cloud_environment["AWS_ENDPOINT_URL_DYNAMODB"],
        region_name="us-east-1",
        aws_access_key_id=cloud_environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key="local",
        config=Config(retries={"total_max_attempts": 1}),
    )


@pytest.fixture(scope="module")
def leases_table(dynamodb):
    dynamodb.create_table(
        TableName="leases",
        KeySchema=[{"AttributeName": "holder", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "holder", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return DynamoLeaseTable(dynamodb, "leases")


@pytest.fixture(params=["dynamodb", "memory"])
def table(request):
    if request.param == "memory":
        return MemoryLeaseTable()
    return request.getfixturevalue("leases_table")


@pytest.fixture
def holder():
    return f"files/{uuid4().hex}"


def held(table, holder):
    """The leases of a holder, as a refusal tells."""
    refused = table.take(holder, "probe", LEASE, Limits(0))
    assert refused is not None
    return refused


def test_who_never_took_holds_nothing(table, holder):
    assert held(table, holder) == Leases()


def test_leases_are_taken_up_to_the_most_and_given_back(table, holder):
    assert table.take(holder, "file-a", LEASE, TWO) is None
    assert table.take(holder, "file-b", LEASE, TWO) is None
    both = Leases({"file-a": LEASE, "file-b": LEASE}, size=14)
    assert table.take(holder, "file-c", LEASE, TWO) == both

    table.give_back(holder, "file-a")

    assert table.take(holder, "file-c", LEASE, TWO) is None
    assert held(table, holder) == Leases({"file-b": LEASE, "file-c": LEASE}, size=14)


def test_a_lease_is_given_back_once(table, holder):
    table.take(holder, "a", LEASE, TWO)
    table.take(holder, "b", Lease(1, 2, 5), TWO)

    for name in ("a", "a", "never taken"):
        table.give_back(holder, name)

    assert held(table, holder) == Leases({"b": Lease(1, 2, 5)}, size=5)


def test_giving_back_where_nothing_was_taken_is_no_harm(table, holder):
    table.give_back(holder, "a")

    assert held(table, holder) == Leases()


def test_a_lease_taken_again_is_the_same_lease(table, holder):
    for _ in range(2):
        assert table.take(holder, "a", LEASE, Limits(1, 7)) is None

    assert held(table, holder) == Leases({"a": LEASE}, size=7)


def test_sizes_are_summed_to_the_last_byte(table, holder):
    most = Limits(10, 20)
    assert table.take(holder, "a", Lease(1, 9, 13), most) is None
    assert table.take(holder, "b", Lease(1, 9, 8), most) == Leases({"a": Lease(1, 9, 13)}, size=13)
    assert table.take(holder, "b", Lease(1, 9, 7), most) is None
    assert table.take(holder, "c", Lease(1, 9, 21), most) is not None


def test_holders_do_not_share(table, holder):
    table.take(holder, "a", LEASE, Limits(1))

    assert table.take(f"{holder}-other", "a", LEASE, Limits(1)) is None


def test_of_many_at_once_exactly_the_most_are_taken(table, holder):
    def is_taken(number):
        return table.take(holder, f"f{number}", Lease(1, 9, 2), Limits(30, 14)) is None

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(is_taken, range(40))) == 7
    with ThreadPoolExecutor(20) as threads:
        list(threads.map(lambda n: table.give_back(holder, f"f{n % 40}"), range(80)))
    assert held(table, holder) == Leases()


def test_one_claims_a_sweep(table, holder):
    table.take(holder, "a", LEASE, TWO)

    with ThreadPoolExecutor(10) as threads:
        claims = list(threads.map(lambda _: table.claim_sweep(holder, 0, 50), range(10)))

    assert sum(claims) == 1
    assert held(table, holder).swept_at == 50
    assert table.claim_sweep(holder, 50, 60)
    assert not table.claim_sweep("files/nobody", 0, 50)


def test_the_item_expires_after_every_lease(leases_table, dynamodb, holder):
    leases_table.take(holder, "a", LEASE, TWO)
    item = dynamodb.get_item(TableName="leases", Key={"holder": {"S": holder}})["Item"]

    assert int(item["expires"]["N"]) > LEASE.since + 3650 * 86_400


def test_a_table_that_cannot_be_used_is_a_storage_error(dynamodb, holder):
    with pytest.raises(StorageError) as caught:
        DynamoLeaseTable(dynamodb, "missing").take(holder, "a", LEASE, TWO)

    assert caught.value.reason == "DynamoDB ResourceNotFoundException"
    assert "missing" not in caught.value.message
