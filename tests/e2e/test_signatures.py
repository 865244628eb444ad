"""A stage whose callers sign their requests, and what one of them sees of another's."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx2
import openai
import pytest
from botocore.credentials import Credentials
from openai import OpenAI

from tests.support.eventually import LONG
from tests.support.signatures import INVOKE
from twin.outputs import StageOutputs

_TRUST = """{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}]
}"""


@pytest.fixture
def session(aws: Callable[[str], Any]) -> Callable[[str], Credentials]:
    """Begins sessions of one role that may call the API."""
    iam = aws("iam")
    role = iam.create_role(RoleName="callers", AssumeRolePolicyDocument=_TRUST)["Role"]
    iam.put_role_policy(RoleName="callers", PolicyName="invoke", PolicyDocument=INVOKE)

    def session(name: str) -> Credentials:
        found = aws("sts").assume_role(RoleArn=role["Arn"], RoleSessionName=name)["Credentials"]
        return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])

    return session


def upload(client: OpenAI) -> str:
    return client.files.create(file=("a.jsonl", b"{}\n"), purpose="batch").id


def test_two_identities_see_nothing_of_each_other_and_sessions_of_a_role_share(
    signed_stage: StageOutputs,
    signed: Callable[[Credentials], OpenAI],
    user: Callable[[str], Credentials],
    session: Callable[[str], Credentials],
) -> None:
    ann, ben = signed(user("ann")), signed(user("ben"))
    morning, evening = signed(session("morning")), signed(session("evening"))
    model = ann.models.list().data[0].id
    answer = ann.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "What is a shard?"}], max_tokens=8
    )
    files = {"ann": upload(ann), "ben": upload(ben), "role": upload(morning)}

    assert answer.choices[0].message.content
    assert [file.id for file in ann.files.list()] == [files["ann"]]
    assert [file.id for file in ben.files.list()] == [files["ben"]]
    assert [file.id for file in evening.files.list()] == [files["role"]]
    for client, others in ((ann, "ben"), (ben, "ann"), (evening, "ann"), (ann, "role")):
        with pytest.raises(openai.NotFoundError):
            client.files.retrieve(files[others])
        with pytest.raises(openai.NotFoundError):
            client.files.delete(files[others])


def test_who_does_not_sign_is_refused(signed_stage: StageOutputs) -> None:
    for path in ("models", "files"):
        answer = httpx2.get(f"{signed_stage.openai_base_url}/{path}", timeout=LONG)
        assert answer.status_code in {401, 403}
        assert answer.json()["error"]["message"]
