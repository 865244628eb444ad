"""Every engine turns the same model config into its own container's environment."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from stacks.config import ModelConfig
from stacks.engines import ENGINES
from stacks.engines.engine import Adapter


def model(engine: str = "vllm", **changes: object) -> ModelConfig:
    values = {"hub": "org/name", "context_length": 1000, "max_concurrent_sequences": 4}
    return ModelConfig.model_validate({"id": "twin", "engine": engine, **values, **changes})


@pytest.mark.parametrize(
    ("engine", "expected"),
    [
        (
            "vllm",
            {
                "SM_VLLM_MODEL": "org/name",
                "SM_VLLM_SERVED_MODEL_NAME": "twin",
                "SM_VLLM_MAX_MODEL_LEN": "1000",
                "SM_VLLM_MAX_NUM_SEQS": "4",
                "SM_VLLM_TENSOR_PARALLEL_SIZE": "2",
            },
        ),
        (
            "llama-cpp",
            {
                "SM_LLAMA_CPP_HF_REPO": "org/name",
                "SM_LLAMA_CPP_ALIAS": "twin",
                "SM_LLAMA_CPP_CTX_SIZE": "4000",
                "SM_LLAMA_CPP_PARALLEL": "4",
                "SM_LLAMA_CPP_THREADS_HTTP": "256",
            },
        ),
        (
            "sglang",
            {
                "SM_SGLANG_MODEL_PATH": "org/name",
                "SM_SGLANG_SERVED_MODEL_NAME": "twin",
                "SM_SGLANG_CONTEXT_LENGTH": "1000",
                "SM_SGLANG_MAX_RUNNING_REQUESTS": "4",
                "SM_SGLANG_TP": "2",
            },
        ),
        (
            "lmi",
            {
                "HF_MODEL_ID": "org/name",
                "SERVING_FAIL_FAST": "true",
                "OPTION_MAX_MODEL_LEN": "1000",
                "OPTION_MAX_ROLLING_BATCH_SIZE": "4",
                "OPTION_TENSOR_PARALLEL_DEGREE": "2",
            },
        ),
        (
            "tgi",
            {
                "HF_MODEL_ID": "org/name",
                "MESSAGES_API_ENABLED": "true",
                "MAX_INPUT_LENGTH": "999",
                "MAX_TOTAL_TOKENS": "1000",
                "MAX_BATCH_SIZE": "4",
                "SM_NUM_GPUS": "2",
            },
        ),
    ],
)
def test_environment_follows_from_config(engine: str, expected: dict[str, str]) -> None:
    assert ENGINES[engine].environment(model(engine), gpus=2) == expected


@pytest.mark.parametrize(
    ("engine", "variable"),
    [("llama-cpp", "SM_LLAMA_CPP_METRICS"), ("sglang", "SM_SGLANG_ENABLE_METRICS")],
)
def test_metrics_are_switched_on_where_something_reads_them(engine: str, variable: str) -> None:
    silent, adapter = model(engine, flags={"metrics": False}), ENGINES[engine]
    assert variable not in adapter.environment(model(engine), gpus=1)
    assert adapter.environment(silent, gpus=1, with_metrics=True)[variable] == "true"


def test_vllm_needs_no_flag_for_its_metrics() -> None:
    alone = ENGINES["vllm"].environment(model(), gpus=1)
    assert ENGINES["vllm"].environment(model(), gpus=1, with_metrics=True) == alone


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (True, "true"),
        (0.9, "0.9"),
        ("auto", "auto"),
        (["a", "b"], '["a", "b"]'),
        ({"method": "eagle3"}, '{"method": "eagle3"}'),
    ],
)
def test_flags_are_spelled_as_the_containers_parse_them(value: object, spelled: str) -> None:
    flagged = model(flags={"some-flag": value})
    assert ENGINES["vllm"].environment(flagged, gpus=1)["SM_VLLM_SOME_FLAG"] == spelled


def test_weights_in_the_model_directory_need_no_model_setting() -> None:
    staged = model(hub=None, s3="s3://bucket/prefix/")
    assert "SM_VLLM_MODEL" not in ENGINES["vllm"].environment(staged, gpus=1)


@pytest.mark.parametrize(
    ("cuda", "families", "ami"),
    [
        ("cu130", ["g6e"], "al2023-ami-sagemaker-inference-gpu-4-1"),
        ("cu130", ["g5", "g6"], "al2023-ami-sagemaker-inference-gpu-4-1"),
        ("cu129", ["g5"], "al2-ami-sagemaker-inference-gpu-3-1"),
        ("cu129", ["g6", "g5"], "al2-ami-sagemaker-inference-gpu-3-1"),
        ("cu129", ["g6"], "al2-ami-sagemaker-inference-gpu-3-1"),
        ("cu124", ["g5"], "al2-ami-sagemaker-inference-gpu-3-1"),
        ("cu130", ["g7e"], None),
        ("cu130", ["p6-b200"], None),
        ("cu130", ["g7"], None),
        (None, ["c7i"], None),
    ],
)
def test_host_ami_follows_from_cuda(cuda: str | None, families: list[str], ami: str | None) -> None:
    engine = ENGINES["vllm"]
    image = engine.image("gpu")
    assert image is not None
    assert engine.ami(image.model_copy(update={"cuda": cuda}), families) == ami


COMMIT = "c1899de289a04d12100db370d81485cdf75e47ca"


@pytest.mark.parametrize(
    ("engine", "variables"),
    [
        ("vllm", ["SM_VLLM_REVISION", "SM_VLLM_TOKENIZER_REVISION"]),
        ("sglang", ["SM_SGLANG_REVISION"]),
        ("lmi", ["OPTION_REVISION"]),
        ("tgi", ["REVISION"]),
    ],
)
def test_a_hub_model_is_pinned_by_its_commit(engine: str, variables: list[str]) -> None:
    environment = ENGINES[engine].environment(model(engine, revision=COMMIT), gpus=1)
    assert {name: environment[name] for name in variables} == dict.fromkeys(variables, COMMIT)
    assert COMMIT not in ENGINES[engine].environment(model(engine), gpus=1).values()


@pytest.mark.parametrize(
    ("engine", "variable"),
    [("vllm", "SM_VLLM_CHAT_TEMPLATE"), ("llama-cpp", "SM_LLAMA_CPP_CHAT_TEMPLATE")],
)
def test_a_template_of_the_models_own_is_one_line(engine: str, variable: str) -> None:
    template = '{{ bos_token }}\n  {% for m in messages %}\n{{ "\\n" }}{% endfor %}\n'
    environment = ENGINES[engine].environment(model(engine, chat_template=template), gpus=1)
    assert environment[variable] == '{{ bos_token }}{% for m in messages %}{{ "\\n" }}{% endfor %}'


ADAPTERS = (
    Adapter("twin:paul", PurePosixPath("/opt/ml/model/adapters/paul"), rank=8),
    Adapter("twin:mary", PurePosixPath("/opt/ml/model/adapters/mary.gguf"), rank=17),
)


def test_vllm_loads_adapters_while_it_runs_up_to_the_highest_rank() -> None:
    engine = ENGINES["vllm"]
    environment = engine.environment(model(), gpus=1, adapters=ADAPTERS)
    assert environment["SM_VLLM_ENABLE_LORA"] == "true"
    assert environment["SM_VLLM_MAX_LORA_RANK"] == "32"  # the next that vLLM knows
    assert environment["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] == "true"
    assert engine.selectors("twin", ["twin:paul"]) == {
        "twin": {},
        "twin:paul": {"model": "twin:paul"},
    }


def test_llama_cpp_loads_adapters_at_scale_zero() -> None:
    engine = ENGINES["llama-cpp"]
    environment = engine.environment(model("llama-cpp"), gpus=0, adapters=ADAPTERS)
    assert environment["SM_LLAMA_CPP_LORA_SCALED"] == (
        "/opt/ml/model/adapters/paul:0,/opt/ml/model/adapters/mary.gguf:0"
    )
    assert environment["SM_LLAMA_CPP_CACHE_RAM"] == "0"
    assert engine.selectors("twin", ["twin:paul", "twin:mary"]) == {
        "twin": {"lora": [{"id": 0, "scale": 0}]},
        "twin:paul": {"lora": [{"id": 0, "scale": 1}]},
        "twin:mary": {"lora": [{"id": 1, "scale": 1}]},
    }
