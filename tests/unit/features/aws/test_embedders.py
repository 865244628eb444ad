from __future__ import annotations

import json
from io import BytesIO

import numpy as np
import pytest
from botocore.exceptions import ClientError

from features.aws.embedders import BedrockEmbedder, SageMakerEmbedder, connect_embedder
from features.embedding.embedder import NoEmbedder
from features.errors import StorageError
from features.settings import Settings
from tests.support.embedder import embedder_directory


class Client:
    """A client of either runtime that answers from a function of the request's body."""

    def __init__(self, answer):
        self.answer, self.asked = answer, []

    def invoke_endpoint(self, **told):
        self.asked.append(json.loads(told["Body"]))
        return {"Body": BytesIO(json.dumps(self.answer(self.asked[-1])).encode())}

    def invoke_model(self, **told):
        self.asked.append(json.loads(told["body"]))
        return {"body": BytesIO(json.dumps(self.answer(self.asked[-1])).encode())}


def test_an_endpoint_gets_32_texts_a_request():
    client = Client(lambda body: [[3.0, 4.0]] * len(body["inputs"]))
    vectors = SageMakerEmbedder(client, "e", 2).embed(["text"] * 70)
    assert [len(asked["inputs"]) for asked in client.asked] == [32, 32, 6]
    assert vectors.shape == (70, 2)
    assert np.allclose(vectors, [0.6, 0.8])


def test_a_model_of_bedrock_gets_a_text_a_request():
    client = Client(lambda body: {"embedding": [float(len(body["inputText"])), 0.0]})
    assert BedrockEmbedder(client, "m", 2).embed(["a", "bb"]).tolist() == [[1, 0], [1, 0]]
    assert {asked["dimensions"] for asked in client.asked} == {2}
    assert BedrockEmbedder(client, "m", 2).embed([]).shape == (0, 2)


@pytest.mark.parametrize("answer", [{"error": "x"}, [[1.0, 2.0, 3.0]], [["a", "b"]]])
def test_other_answers_are_told(answer):
    with pytest.raises(StorageError, match="returned no vectors of 2 numbers"):
        SageMakerEmbedder(Client(lambda body: answer), "e", 2).embed(["text"])


def test_a_refused_call_is_told_without_aws_words():
    def refuse(body):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": "arn:..."}}, "Invoke")

    for embedder in (
        SageMakerEmbedder(Client(refuse), "e", 2),
        BedrockEmbedder(Client(refuse), "e", 2),
    ):
        with pytest.raises(StorageError, match="the embedder 'e' does not answer"):
            embedder.embed(["text"])


def test_identities_differ_by_model_and_dimension():
    made = {
        kind(None, name, dimension).identity.digest
        for kind in (SageMakerEmbedder, BedrockEmbedder)
        for name in ("a", "b")
        for dimension in (2, 3)
    }
    assert len(made) == 8


def test_settings_choose(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    assert isinstance(connect_embedder(Settings(embedder="none")), NoEmbedder)
    for kind in ("sagemaker", "bedrock"):
        settings = Settings(embedder=kind, embedder_model="m", embedder_dimension=2)
        assert connect_embedder(settings).identity.name == f"{kind}:m"
    settings = Settings(embedder_directory=embedder_directory())
    assert connect_embedder(settings).identity.dimension == 384
