"""ministack's DynamoDB, as far as functions that share a counter rely on it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.eventually import poll
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.deployment import unique

CALLERS = 16


class Table:
    """A table on demand whose items expire, made by a stack; one item."""

    def __init__(self, cloud: Cloud) -> None:
        self._formation = cloud.client("cloudformation")
        self._dynamodb = cloud.client("dynamodb", max_pool_connections=CALLERS)
        self.name = unique("table")
        properties = {
            "TableName": self.name,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": "endpoint", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "endpoint", "KeyType": "HASH"}],
            "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            "SSESpecification": {"SSEEnabled": True},
        }
        resource = {"Type": "AWS::DynamoDB::Table", "Properties": properties}
        outputs = {"Arn": {"Value": {"Fn::GetAtt": ["Table", "Arn"]}}}
        template = json.dumps({"Resources": {"Table": resource}, "Outputs": outputs})
        self._formation.create_stack(StackName=self.name, TemplateBody=template)
        self.status = self._settled()

    def _settled(self) -> str:
        def status() -> str:
            (stack,) = self._formation.describe_stacks(StackName=self.name)["Stacks"]
            return str(stack["StackStatus"])

        return poll(status, lambda status: not status.endswith("_IN_PROGRESS"))

    def described(self) -> tuple[dict[str, Any], dict[str, Any]]:
        return (
            self._dynamodb.describe_table(TableName=self.name)["Table"],
            self._dynamodb.describe_time_to_live(TableName=self.name)["TimeToLiveDescription"],
        )

    def update(self, expression: str, **options: Any) -> dict[str, Any]:
        answer = self._dynamodb.update_item(
            TableName=self.name,
            Key={"endpoint": {"S": "e"}},
            UpdateExpression=expression,
            ReturnValues="ALL_NEW",
            **options,
        )
        return dict(answer["Attributes"])

    def get(self) -> dict[str, Any]:
        answer = self._dynamodb.get_item(
            TableName=self.name, Key={"endpoint": {"S": "e"}}, ConsistentRead=True
        )
        return dict(answer.get("Item", {}))

    def delete(self) -> None:
        self._formation.delete_stack(StackName=self.name)


@pytest.fixture
def table(cloud: Cloud) -> Iterator[Table]:
    table = Table(cloud)
    yield table
    table.delete()


def number(value: float) -> dict[str, str]:
    return {"N": str(value)}


def test_stack_makes_a_table_on_demand_whose_items_expire(table: Table) -> None:
    assert table.status == "CREATE_COMPLETE"
    described, expiry = table.described()
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    assert table.get() == {}


def test_updates_set_add_and_remove_and_return_what_is_there_now(table: Table) -> None:
    values = {":one": number(1), ":at": number(1e9), ":later": number(2e9)}
    first = table.update(
        "ADD held :one SET #began = if_not_exists(#began, :at), expires = :later",
        ExpressionAttributeValues=values,
        ExpressionAttributeNames={"#began": "began"},
    )
    assert first == {
        "endpoint": {"S": "e"},
        "held": number(1),
        "began": {"N": "1000000000"},
        "expires": {"N": "2000000000"},
    }
    again = table.update(
        "ADD held :minus REMOVE began", ExpressionAttributeValues={":minus": number(-1)}
    )
    assert again == table.get()
    assert (again["held"], "began" in again) == ({"N": "0"}, False)


def test_condition_that_does_not_hold_changes_nothing(table: Table) -> None:
    limit = {":one": number(1), ":most": number(1)}
    condition = "attribute_not_exists(held) OR held < :most"

    def hold() -> None:
        table.update(
            "ADD held :one", ConditionExpression=condition, ExpressionAttributeValues=limit
        )

    hold()
    with pytest.raises(ClientError) as caught:
        hold()
    assert caught.value.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert table.get()["held"] == number(1)


def test_concurrent_callers_lose_no_update_and_pass_no_limit(table: Table) -> None:
    admitted: list[int] = []

    def hold(caller: int) -> None:
        for _ in range(10):
            table.update("ADD calls :one", ExpressionAttributeValues={":one": number(1)})
        try:
            table.update(
                "ADD held :one",
                ConditionExpression="attribute_not_exists(held) OR held < :most",
                ExpressionAttributeValues={":one": number(1), ":most": number(5)},
            )
            admitted.append(caller)
        except ClientError:
            return

    threads = [threading.Thread(target=hold, args=(caller,)) for caller in range(CALLERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    item = table.get()
    assert item["calls"] == number(10 * CALLERS)
    assert item["held"] == number(5)
    assert len(admitted) == 5
