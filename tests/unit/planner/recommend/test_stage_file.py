"""The config file of a recommendation, read by what deploys it."""

from __future__ import annotations

from pathlib import Path

import pytest

from planner.recommend.decide import recommend
from stacks.config import StageConfig, load_stage
from tests.support.needs import scenario
from tests.support.project import PROJECT


def written(folder: Path, number: int, **changed: object) -> StageConfig:
    found = recommend(scenario(number, **changed), stage="found")
    assert found.config is not None
    (folder / "config").mkdir()
    (folder / "config" / "found.toml").write_text(found.config, encoding="utf-8")
    return load_stage("found", folder)


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5, 6, 7, 8])
def test_each_scenarios_file_is_accepted_as_it_is(number: int, tmp_path: Path) -> None:
    stage = written(tmp_path, number)
    assert stage.project.region == "us-east-1"
    assert stage.api is not None


def test_office_hours_are_a_schedule(tmp_path: Path) -> None:
    scaling = written(tmp_path, 1).realtime.autoscaling
    assert scaling.scale_to_zero
    opens, closes = scaling.schedules
    assert (opens.schedule, opens.min_instances) == ("cron(45 7 ? * MON-FRI *)", 1)
    assert (closes.schedule, closes.min_instances) == ("cron(0 18 ? * MON-FRI *)", 0)


def test_every_day_is_spelled_as_cron_has_it(tmp_path: Path) -> None:
    opens, _ = written(tmp_path, 1, days="MON-SUN").realtime.autoscaling.schedules
    assert opens.schedule == "cron(45 7 * * ? *)"


def test_a_demo_holds_its_callers(tmp_path: Path) -> None:
    stage = written(tmp_path, 4)
    assert stage.cold_start is not None
    assert (stage.cold_start.mode, stage.cold_start.hold_seconds) == ("hold", 600)
    assert stage.model.s3 == "s3://my-weights/llama-3.1-8b-awq/"
    assert stage.realtime.autoscaling.max_instances == 1


def test_what_nobody_waits_for_rests_at_zero(tmp_path: Path) -> None:
    stage = written(tmp_path, 5)
    assert stage.realtime.autoscaling.min_instances == 0
    assert stage.asynchronous is not None
    assert stage.asynchronous.max_instances == 1


def test_idle_instances_go_when_it_was_counted_that_they_go(tmp_path: Path) -> None:
    queue = written(tmp_path, 5).asynchronous
    assert queue is not None
    assert (queue.invocation_timeout_seconds, queue.scale_in_after_idle_seconds) == (840, 900)


def test_a_request_is_given_twice_the_time_that_it_takes(tmp_path: Path) -> None:
    long = {"tokens_out": 16_000, "within_minutes": 1000, "requests_per_day": 30}
    queue = written(tmp_path, 5, **long).asynchronous
    assert queue is not None
    assert 900 < queue.invocation_timeout_seconds <= 3600
    assert queue.scale_in_after_idle_seconds == queue.invocation_timeout_seconds + 60


@pytest.mark.parametrize(
    ("instance", "place"), [("ml.g6.xlarge", "[realtime]"), (None, "[monolith]")]
)
def test_a_gguf_is_served_by_llama_cpp(
    monkeypatch: pytest.MonkeyPatch, instance: str | None, place: str
) -> None:
    monkeypatch.chdir(PROJECT)
    found = recommend(
        scenario(
            7,
            evaluated=[],
            model="model_artifacts/demo",
            context=1024,
            tokens_in=500,
            tokens_out=100,
            instance=instance,
        )
    )
    assert found.config is not None
    assert 'engine = "llama-cpp"' in found.config
    assert 'artifacts = "model_artifacts/demo"' in found.config
    assert place in found.config


def test_a_format_that_the_engine_makes_while_loading_is_asked_for(tmp_path: Path) -> None:
    stage = written(tmp_path, 7, evaluated=["fp8"])
    assert stage.model.quantization == "fp8"
    assert stage.model.hub == "NousResearch/Meta-Llama-3.1-8B-Instruct"
