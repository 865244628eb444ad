"""config/<stage>.toml becomes typed objects, or one message that says what to change."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stacks.config import ConfigError, load_stage
from stacks.engines import ENGINES
from tests.support.stage_files import LOCAL, PROD, PROJECT, load, message


def test_unknown_stage_lists_the_stages() -> None:
    with pytest.raises(
        ConfigError, match=r"stage: got 'pord'; must be -c stage=NAME, one of dev, local, "
    ):
        load_stage("pord", PROJECT)


def test_missing_stage_says_how_to_give_one() -> None:
    with pytest.raises(ConfigError, match=r"-c stage="):
        load_stage(None, PROJECT)


def test_config_is_frozen(root: Path) -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(root, PROD).model.id = "other"  # type: ignore[misc]


def test_broken_toml_names_the_file(root: Path) -> None:
    (root / "config" / "test.toml").write_text("[project\n")
    with pytest.raises(ConfigError, match=r"config/test\.toml: not valid TOML: .*line 1"):
        load_stage("test", root)


@pytest.mark.parametrize(
    ("base", "changes", "expected"),
    [
        pytest.param(
            PROD,
            {"realtime__instance_typ": "ml.g5.xlarge"},
            "realtime.instance_typ: unknown key; did you mean instance_type",
            id="typo",
        ),
        pytest.param(
            PROD,
            {"realtime__autoscaling__zzz": 1},
            "realtime.autoscaling.zzz: unknown key; must be one of min_instances, max_instances,",
            id="unknown key",
        ),
        pytest.param(PROD, {"model__id": None}, "model.id: missing", id="missing key"),
        pytest.param(
            PROD,
            {
                "model__engine": "tgi",
                "model__flags": {},
                "realtime__instance_type": "ml.g7e.2xlarge",
            },
            "realtime.instance_type: got 'ml.g7e.2xlarge'; must be an older GPU: 2.7.0-tgi3",
            id="a CUDA 12 image on Blackwell",
        ),
        pytest.param(
            LOCAL,
            {"model__revision": "c1899de289a04d12100db370d81485cdf75e47ca"},
            "model.revision: got 'c1899de289a04d12100db370d81485cdf75e47ca'; must be left out",
            id="a commit of no hub",
        ),
        pytest.param(
            PROD,
            {"model__chat_template": "config/templates/nope.jinja"},
            "model.chat_template: got 'config/templates/nope.jinja'; must be a file, or a template",
            id="no such template",
        ),
        pytest.param(
            PROD,
            {"model__engine": "lmi", "model__flags": {}, "model__chat_template": "{x}"},
            "model.chat_template: must be left out for engine lmi, which takes no text: put",
            id="an engine that takes no template",
        ),
        pytest.param(
            PROD,
            {"model__revision": "main"},
            "model.revision: got 'main'; must match pattern",
            id="a branch, which moves",
        ),
        pytest.param(
            PROD,
            {"alarms": {"email": "nobody"}},
            "alarms.email: got 'nobody'; must match pattern",
            id="no address",
        ),
        pytest.param(
            PROD,
            {"model__context_length": "16384"},
            "model.context_length: got '16384'; must be a valid integer",
            id="quoted number",
        ),
        pytest.param(
            PROD,
            {"api__engine_fields": ["a b"]},
            "api.engine_fields.0: got 'a b'; must match pattern",
            id="a field no JSON of an engine has",
        ),
        pytest.param(
            PROD,
            {"api__auth": "password"},
            "api.auth: got 'password'; must be 'key' or 'iam'",
            id="not a choice",
        ),
        pytest.param(
            PROD,
            {"realtime__health_check_timeout_seconds": 30},
            "realtime.health_check_timeout_seconds: got 30; must be greater than or equal to 60",
            id="below SageMaker's limit",
        ),
        pytest.param(
            PROD,
            {"model__engine": "vlm"},
            f"model.engine: got 'vlm'; must be one of {', '.join(ENGINES)}",
            id="unknown engine",
        ),
        pytest.param(
            PROD,
            {"realtime__instance_type": "ml.c7i.xlarge"},
            "realtime.instance_type: got 'ml.c7i.xlarge'; engine vllm must have a GPU",
            id="GPU engine on CPU",
        ),
        pytest.param(
            PROD,
            {"realtime__instance_type": "ml.g4dn.xlarge"},
            "realtime.instance_type: got 'ml.g4dn.xlarge'; engine vllm must have a newer GPU",
            id="GPU too old for the engine",
        ),
        pytest.param(
            PROD,
            {"realtime__instance_type": "g6e.xlarge"},
            "realtime.instance_type: got 'g6e.xlarge'; must be spelled like ml.g6e.xlarge",
            id="EC2 spelling",
        ),
        pytest.param(
            PROD,
            {"realtime__instance_type": "ml.inf2.xlarge"},
            "realtime.instance_type: got 'ml.inf2.xlarge'; must be of a known family: g4dn, g5,",
            id="family without an image",
        ),
        pytest.param(
            PROD,
            {"model__quantization": "q4_k"},
            "model.quantization: got 'q4_k'; for engine vllm must be bitsandbytes, fp8",
            id="quantization the engine lacks",
        ),
        pytest.param(
            LOCAL,
            {"model__quantization": "fp8"},
            "model.quantization: got 'fp8'; for engine llama-cpp must be left out",
            id="quantization of a GGUF",
        ),
        pytest.param(
            PROD,
            {"model__s3": "s3://bucket/prefix/"},
            "model.source: got s3 and hub; must be exactly one of artifacts, s3, hub and registry",
            id="two sources",
        ),
        pytest.param(
            PROD,
            {"model__hub": None},
            "model.source: got none; must be exactly one of artifacts, s3, hub and registry",
            id="no source",
        ),
        pytest.param(
            PROD,
            {"model__hub": None, "model__s3": "s3://bucket/model.tar.gz"},
            "model.s3: got 's3://bucket/model.tar.gz'; must match pattern",
            id="archive instead of a prefix",
        ),
        pytest.param(
            LOCAL,
            {"model__artifacts": "nowhere"},
            "model.artifacts: got 'nowhere'; must be a directory in ",
            id="directory missing",
        ),
        pytest.param(
            LOCAL,
            {
                "model__engine": "vllm",
                "realtime__instance_type": "ml.g6.xlarge",
                "async__instance_type": "ml.g6.xlarge",
                "batch__instance_type": "ml.g6.xlarge",
            },
            "model.artifacts: got 'model_artifacts/demo'; must hold a *.safetensors file for "
            "engine vllm",
            id="GGUF for vllm",
        ),
        pytest.param(
            PROD,
            {"model__hub": "meta-llama/Llama-3.1-8B-Instruct"},
            "model.hub: got 'meta-llama/Llama-3.1-8B-Instruct'; must be a public model: bring a "
            "gated one once, by `hf download meta-llama/Llama-3.1-8B-Instruct --local-dir DIR` and "
            "`twin model push DIR --stage test`, which prints the address for model.s3",
            id="gated model",
        ),
        pytest.param(
            PROD,
            {"model__hub": "org/model-GGUF:Q4_K_M"},
            "model.hub: got 'org/model-GGUF:Q4_K_M'; must have no ':' for engine vllm: it names",
            id="GGUF file of a hub's model for vllm",
        ),
        pytest.param(
            PROD,
            {"api__quota_per_day": 2**31},
            "api.quota_per_day: got 2147483648; must be less than or equal to 2147483647",
            id="beyond 32 bits",
        ),
        pytest.param(
            PROD,
            {"model__flags__max_model_len": 4096},
            "model.flags.max_model_len: must be left out, it follows from the other settings",
            id="flag that config derives",
        ),
        pytest.param(
            PROD,
            {"realtime__autoscaling__max_instances": 1},
            "realtime.autoscaling.max_instances: got 1; must be at least min_instances (2)",
            id="max below min",
        ),
        pytest.param(
            PROD,
            {"realtime__initial_instance_count": 9},
            "realtime.initial_instance_count: got 9; must be from autoscaling.min_instances (2) to "
            "autoscaling.max_instances (4)",
            id="initial count outside the bounds",
        ),
        pytest.param(
            LOCAL,
            {"realtime__deployment__strategy": "canary"},
            "realtime.deployment.strategy: got 'canary'; must be 'all-at-once' unless ",
            id="canary of one instance",
        ),
        pytest.param(
            PROD,
            {"api__lambda_timeout_seconds": 120},
            "api.lambda_timeout_seconds: got 120; must be more than model_timeout_seconds (120)",
            id="function gives up with the model",
        ),
        pytest.param(
            PROD,
            {"api__gateway_timeout_seconds": 400},
            "api.gateway_timeout_seconds: got 400; must be more than lambda_timeout_seconds (500)",
            id="gateway gives up first",
        ),
        pytest.param(
            PROD,
            {"api__gateway_timeout_seconds": 901},
            "api.gateway_timeout_seconds: got 901; must be less than or equal to 900",
            id="beyond API Gateway's limit",
        ),
        pytest.param(
            PROD,
            {"project__region": "cn-north-1"},
            "project.region: got 'cn-north-1'; must be a region AWS publishes the images in: ",
            id="region without the layer",
        ),
        pytest.param(
            PROD,
            {"project__region": "me-west-1", "model__engine": "lmi", "model__flags": {}},
            "project.region: got 'me-west-1'; must be one of ",
            id="region without this engine's image",
        ),
        pytest.param(
            PROD,
            {"project__account": "1234"},
            "project.account: got '1234'; must match pattern",
            id="account",
        ),
    ],
)
def test_what_is_wrong_is_named_with_file_key_value_and_what_is_allowed(
    root: Path, base: dict[str, Any], changes: dict[str, Any], expected: str
) -> None:
    assert message(root, base, **changes).startswith(f"config/test.toml: {expected}")


def test_every_mistake_is_reported_at_once(root: Path) -> None:
    changes = {"model__context_length": 1, "api__auth": "none", "realtime__volume_gb": 0}
    assert len(message(root, PROD, **changes).splitlines()) == 3
