"""Whose request it is, as either door tells, and who is refused."""

from __future__ import annotations

import asyncio
import json

import pytest

from lambda_api.http.caller import CallersOnly, caller_id

KEY = {"identity": {"apiKeyId": "abc123", "userArn": None}}
KEY_OWNER = "6ca13d52ca70c883e0f0bb101e425a89"
HEADER = b"x-amzn-request-context"
STS = "arn:aws:sts::123456789012:assumed-role"


def behind_mangum(context):
    return {"headers": [], "aws.event": {"requestContext": context}}


def behind_the_adapter(*contexts):
    return {"headers": [(HEADER, json.dumps(context).encode()) for context in contexts]}


def signed(arn):
    return behind_mangum({"identity": {"apiKeyId": None, "userArn": arn}})


def call(scope, identity=None, path="/v1/models", method="GET"):
    """The caller that the app sees, or the status and error that the middleware answers."""
    seen, sent = [], []

    async def app(scope, receive, send):
        seen.append(caller_id(scope) if "twin.caller" in scope else None)

    async def send(message):
        sent.append(message)

    scope = {"type": "http", "path": path, "method": method, **scope}
    asyncio.run(CallersOnly(app, identity)(scope, None, send))
    if seen:
        return seen[0]
    head, body = sent
    return head["status"], json.loads(body["body"])["error"]


@pytest.mark.parametrize("identity", [None, "key"])
@pytest.mark.parametrize("door", [behind_mangum, behind_the_adapter])
def test_each_key_is_an_owner_through_both_doors(door, identity):
    assert call(door(KEY), identity) == KEY_OWNER
    assert call(door({"identity": {"apiKeyId": "other"}}), identity) != KEY_OWNER


def test_a_header_does_not_outvote_the_event():
    scope = behind_the_adapter(KEY) | {"aws.event": {"requestContext": {"identity": {}}}}
    forged = behind_the_adapter(KEY) | {"aws.event": {"requestContext": KEY}}

    assert call(scope, "key")[0] == 401
    assert call(forged, "key") == KEY_OWNER


@pytest.mark.parametrize("identity", [None, "key", "session", "role"])
@pytest.mark.parametrize("path", ["/v1/models", "/health"])
def test_a_context_that_came_twice_is_refused(identity, path):
    twice = behind_the_adapter({"identity": {"apiKeyId": "forged", "userArn": "forged"}}, KEY)

    status, error = call(twice, identity, path)

    assert status == 400
    assert error["code"] == "invalid_header"
    assert error["type"] == "invalid_request_error"
    assert "forged" not in json.dumps(error)


@pytest.mark.parametrize("identity", ["key", "session", "role"])
@pytest.mark.parametrize(
    "context",
    [
        None,
        [],
        {},
        {"identity": 5},
        {"identity": {}},
        {"identity": {"apiKeyId": ""}},
        {"identity": {"apiKeyId": 5, "userArn": 5}},
        {"identity": {"user": "a", "caller": "a"}},
    ],
)
def test_behind_a_gateway_nobody_is_local(identity, context):
    for scope in (behind_the_adapter(context), behind_mangum(context), {"headers": []}):
        status, error = call(scope, identity)
        assert (status, error["type"]) == (401, "authentication_error")
        assert set(error) == {"message", "type", "param", "code"}


@pytest.mark.parametrize(
    ("identity", "known"),
    [("key", {"userArn": "arn:aws:iam::123456789012:user/a"}), ("role", {"apiKeyId": "a"})],
)
def test_an_identity_of_another_kind_is_none(identity, known):
    assert call(behind_mangum({"identity": known}), identity)[0] == 401


@pytest.mark.parametrize("path", ["/health", "/docs", "/openapi.json"])
def test_open_paths_answer_anybody(path):
    assert call({"headers": []}, "key", path) is None
    assert call(behind_the_adapter(KEY), "key", path) == KEY_OWNER


@pytest.mark.parametrize("path", ["/", "/v1/models", "/health/x", "/HEALTH", "/redoc", "//health"])
def test_every_other_path_does_not(path):
    assert call({"headers": []}, "key", path)[0] == 401


def test_a_preflight_has_no_caller():
    assert call({"headers": []}, "key", method="OPTIONS") is None


@pytest.mark.parametrize("context", [None, [], {}, {"identity": 5}, {"identity": {}}])
def test_without_a_gateway_there_is_one_local_owner(context):
    assert call(behind_the_adapter(context)) == "local"
    assert call({"headers": []}) == "local"


def test_sessions_own_or_their_role_does():
    one, other = signed(f"{STS}/Sso_Dev_1/ann"), signed(f"{STS}/Sso_Dev_1/bob")

    assert call(one, "session") != call(other, "session")
    assert call(one, "role") == call(other, "role")
    assert len({call(one, "session"), call(one, "role")}) == 2


@pytest.mark.parametrize(
    "arn",
    [
        f"{STS}/Sso_Dev_2/ann",
        "arn:aws:sts::210987654321:assumed-role/Sso_Dev_1/ann",
        "arn:aws-cn:sts::123456789012:assumed-role/Sso_Dev_1/ann",
        "arn:aws:iam::123456789012:user/Sso_Dev_1",
        "arn:aws:sts::123456789012:federated-user/Sso_Dev_1",
    ],
)
def test_another_role_account_or_user_is_another_owner(arn):
    assert call(signed(arn), "role") != call(signed(f"{STS}/Sso_Dev_1/ann"), "role")


@pytest.mark.parametrize("arn", ["arn:aws:iam::123456789012:user/team/ann", "arn:aws:iam::1:root"])
def test_users_own_as_themselves(arn):
    assert call(signed(arn), "role") == call(signed(arn), "session")


@pytest.mark.parametrize("path", ["a/b/assumed-role/x", "assumed-role/dev/x"])
def test_a_users_path_does_not_make_a_role(path):
    arn = f"arn:aws:iam::123456789012:user/{path}"

    assert call(signed(arn), "role") == call(signed(arn), "session")


def test_what_is_no_request_is_passed_on():
    passed = []

    async def app(scope, receive, send):
        passed.append(scope["type"])

    asyncio.run(CallersOnly(app, "key")({"type": "lifespan"}, None, None))

    assert passed == ["lifespan"]
