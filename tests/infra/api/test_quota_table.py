"""One item a caller and kind: written by whoever lets callers make something, or ends it."""

from __future__ import annotations

import pytest

from tests.support.synthesized import Synthesized

STREAMING, CONTROL = "run.sh", "lambda_api.handlers.control.handler"
COMPLETION = "lambda_api.handlers.async_completion.handler"


def test_the_table_is_paid_by_use_and_items_expire(stage: Synthesized) -> None:
    table = stage.api.only("AWS::DynamoDB::Table")
    assert table["KeySchema"] == [{"AttributeName": "holder", "KeyType": "HASH"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"


def test_functions_that_count_may_update_and_no_more(stage: Synthesized) -> None:
    granted = {
        (role, action)
        for role in stage.api.resources("AWS::IAM::Role")
        for action, _ in stage.api.rights(role)
        if action.startswith("dynamodb:")
    }
    roles = [
        stage.api.function(handler)["Role"]["Fn::GetAtt"][0]
        for handler in (STREAMING, CONTROL, COMPLETION)
    ]
    assert granted == {(role, "dynamodb:UpdateItem") for role in roles}


@pytest.mark.parametrize("handler", [STREAMING, CONTROL, COMPLETION])
def test_all_count_to_the_same_limits(local: Synthesized, handler: str) -> None:
    variables = local.api.environment(handler)
    limits = {name: value for name, value in variables.items() if name.startswith("TWIN_MAX_")}
    stores = {name for name in limits if "_VECTOR_STORE" in name}
    assert (len(stores) == 3) is (handler == CONTROL)
    assert {name: value for name, value in limits.items() if name not in stores} == {
        "TWIN_MAX_OPEN_BATCHES": "100",
        "TWIN_MAX_BACKGROUND_RESPONSES": "5000",
        "TWIN_MAX_STORED_FILES": "5000",
        "TWIN_MAX_STORED_MB": "4096",
    }
    assert "TWIN_QUOTA_TABLE" in variables


def test_a_stage_that_keeps_nothing_counts_nothing(bare: Synthesized) -> None:
    assert not bare.api.resources("AWS::DynamoDB::Table")
    assert "TWIN_QUOTA_TABLE" not in bare.api.environment(CONTROL)
