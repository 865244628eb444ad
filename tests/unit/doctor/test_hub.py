"""A model on the hub, as a stand-in for the hub tells of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from doctor.checks import hub
from doctor.findings import Finding
from doctor.surroundings import Surroundings
from stacks.config import StageConfig
from tests.support import stage_files
from tests.support.model_files import LLAMA
from tests.support.service.standin_runtime import Reply, StandInRuntime, running

REVISION = "c1899de289a04d12100db370d81485cdf75e47ca"
TOLD = {
    # The stand-in answers alike when it is asked for config.json.
    **LLAMA,
    "sha": REVISION,
    "gated": False,
    "private": False,
    "cardData": {"license": "apache-2.0"},
    "siblings": [
        {"rfilename": "config.json", "size": 1_000},
        {"rfilename": "model.safetensors", "size": 16_000_000_000},
    ],
}


@pytest.fixture
def standin() -> Iterator[StandInRuntime]:
    with running(StandInRuntime(Reply(200, json.dumps(TOLD).encode()))) as served:
        yield served


@pytest.fixture
def stage(tmp_path: Path) -> Callable[..., StageConfig]:
    (tmp_path / "config").mkdir()

    def made(**changes: Any) -> StageConfig:
        return stage_files.load(tmp_path, stage_files.PROD, **{"model__hub": "a/b"} | changes)

    return made


def look(origin: str, config: StageConfig) -> list[Finding]:
    around = Surroundings(boto3.Session(region_name="us-east-1"), Path(), hub=origin)
    return [*hub.look(around, config)]


def test_a_pinned_public_model_is_fine(
    standin: StandInRuntime, stage: Callable[..., StageConfig]
) -> None:
    found = look(standin.url, stage(model__revision=REVISION))
    assert [finding.outcome for finding in found] == ["ok", "ok"]
    assert f"{REVISION[:12]}, licence apache-2.0, 1 *.safetensors" in found[0].message
    assert found[1].message == "16.0 GB in 1200 s are 13 MB/s"
    assert [call.path for call in standin.received] == [
        f"/api/models/a/b/revision/{REVISION}?blobs=true",
        f"/a/b/resolve/{REVISION}/config.json",
    ]
    sent = {name.lower() for call in standin.received for name in call.headers}
    assert "authorization" not in sent


def test_a_model_whose_shape_only_the_hub_knows_is_held_against_the_instance(
    standin: StandInRuntime, stage: Callable[..., StageConfig]
) -> None:
    large = {"hidden_size": 8192, "intermediate_size": 28672, "num_hidden_layers": 80}
    standin.answer = Reply(200, json.dumps(TOLD | large).encode())
    found = look(standin.url, stage(model__revision=REVISION))
    (told, *_) = [finding.message for finding in found if finding.outcome == "failure"]
    assert "realtime.instance_type: got 'ml.g6e.xlarge', which does not hold a/b: weights" in told


def test_a_model_of_unknown_shape_may_not_fit(
    standin: StandInRuntime, stage: Callable[..., StageConfig]
) -> None:
    standin.answer = Reply(200, json.dumps(TOLD | {"num_hidden_layers": None}).encode())
    found = look(standin.url, stage(model__revision=REVISION))
    (told,) = [finding.message for finding in found if finding.outcome == "warning"]
    assert told.startswith("whether the model fits is not known: ")


def test_a_revision_is_proposed_where_none_is_pinned(
    standin: StandInRuntime, stage: Callable[..., StageConfig]
) -> None:
    found = look(standin.url, stage(model__revision=None))
    (unpinned,) = [finding for finding in found if finding.outcome == "warning"]
    assert f'model.revision = "{REVISION}"' in unpinned.remedy


@pytest.mark.parametrize(
    ("changes", "outcome", "said"),
    [
        ({"gated": "auto"}, "failure", "is gated: the container has no token"),
        ({"cardData": None}, "warning", "names no licence"),
        ({"siblings": [{"rfilename": "a.gguf"}]}, "failure", "none *.safetensors"),
        ({"siblings": [{"rfilename": "a.safetensors", "size": 10**12}]}, "warning", "833 MB/s"),
    ],
)
def test_the_hub_tells_of_trouble(
    standin: StandInRuntime,
    stage: Callable[..., StageConfig],
    changes: dict[str, Any],
    outcome: str,
    said: str,
) -> None:
    standin.answer = Reply(200, json.dumps(TOLD | changes).encode())
    found = look(standin.url, stage(model__revision=REVISION))
    assert [f for f in found if f.outcome == outcome and said in f.message and f.remedy], found


@pytest.mark.parametrize(
    ("reply", "outcome", "said"),
    [
        (Reply(401, b"{}"), "failure", "is private or does not exist"),
        (Reply(404, b"{}"), "failure", f"model.revision: a/b has no {REVISION}"),
        (Reply(503, b"{}"), "denied", "the hub answers 503"),
        (Reply(200, b"<html>"), "denied", "cannot be reached"),
        (Reply(200, b"[]"), "denied", "cannot be reached"),
    ],
)
def test_the_hub_refuses(
    standin: StandInRuntime,
    stage: Callable[..., StageConfig],
    reply: Reply,
    outcome: str,
    said: str,
) -> None:
    standin.answer = reply
    (found,) = look(standin.url, stage(model__revision=REVISION))
    assert (found.outcome, said in found.message) == (outcome, True), found


def test_no_network_is_not_a_failure(stage: Callable[..., StageConfig]) -> None:
    (found,) = look("http://127.0.0.1:1", stage())
    assert found.outcome == "denied"


def test_a_model_of_ones_own_is_not_asked_for(stage: Callable[..., StageConfig]) -> None:
    mine = {"model__revision": None, "model__s3": "s3://weights/v1/"}
    archive = {"batch__model_archive": "s3://weights/v1.tar.gz"}
    assert look("http://127.0.0.1:1", stage(model__hub=None, **mine, **archive)) == []
