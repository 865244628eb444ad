"""One item an endpoint, which streaming functions alone share."""

from __future__ import annotations

from tests.support.synthesized import Synthesized


def test_only_the_streaming_function_shares_the_cold_start_table(
    zero: Synthesized, prod: Synthesized
) -> None:
    key = [{"AttributeName": "endpoint", "KeyType": "HASH"}]
    ((name, resource),) = (
        (name, resource)
        for name, resource in zero.api.resources("AWS::DynamoDB::Table").items()
        if resource["Properties"]["KeySchema"] == key
    )
    table = resource["Properties"]
    assert table["AttributeDefinitions"] == [{"AttributeName": "endpoint", "AttributeType": "S"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    assert resource["DeletionPolicy"] == "Delete"
    granted = {
        (role, action.removeprefix("dynamodb:"))
        for role in zero.api.resources("AWS::IAM::Role")
        for action, resource_end in zero.api.rights(role)
        if action.startswith("dynamodb:") and resource_end == f"<{name}>"
    }
    streaming = zero.api.function("run.sh")["Role"]["Fn::GetAtt"][0]
    assert granted == {(streaming, "GetItem"), (streaming, "UpdateItem")}
    tables = prod.api.properties("AWS::DynamoDB::Table")
    assert [table["KeySchema"][0]["AttributeName"] for table in tables] == ["holder"]
