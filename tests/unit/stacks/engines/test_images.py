"""The committed catalogue fits the engines, and is written the way AWS spells its images."""

from __future__ import annotations

import re
from typing import Any

import pytest

from stacks.engines import ENGINES
from stacks.engines.images import ImageCatalogue, load_images
from stacks.engines.refresh import MissingTablesError, image_tag, newest, read_images
from tests.support.project import PROJECT

CATALOGUE = load_images()


def test_every_engine_has_an_image() -> None:
    assert {image.engine for image in CATALOGUE.images} == set(ENGINES)


def test_only_llama_cpp_runs_on_cpu() -> None:
    on_cpu = {image.engine for image in CATALOGUE.images if image.processor == "cpu"}
    assert on_cpu == {"llama-cpp"}


def test_gpu_images_say_their_cuda() -> None:
    for image in CATALOGUE.images:
        assert (image.cuda is not None) == (image.processor == "gpu")


def test_the_newest_image_of_an_engine_comes_first() -> None:
    assert CATALOGUE.find("vllm", "gpu") != CATALOGUE.find("vllm", "gpu", cuda="cu12")
    for engine in ENGINES:
        versions = [
            [int(part) for part in image.version.split(".")]
            for image in CATALOGUE.images
            if (image.engine, image.processor) == (engine, "gpu")
        ]
        assert versions == sorted(versions, reverse=True)


@pytest.mark.parametrize("engine", ["vllm", "lmi", "sglang", "tgi"])
def test_batch_hosts_get_the_cuda_their_drivers_run(engine: str) -> None:
    image = ENGINES[engine].batch_image("gpu")
    assert image is not None
    assert image.cuda is not None
    assert image.cuda.startswith("cu12")
    assert ENGINES[engine].batch_ami(image) == "al2-ami-sagemaker-batch-gpu-535"


def test_every_image_has_the_source_that_refresh_reads() -> None:
    sources = [(name, s) for name, engine in ENGINES.items() for s in engine.sources]
    expected = [(name, s.processor, s.release is None) for name, s in sources]
    newest = {(i.engine, i.processor): i for i in reversed(CATALOGUE.images)}
    found = [(i.engine, i.processor, i in newest.values()) for i in CATALOGUE.images]
    assert sorted(found) == sorted(expected)


def test_images_with_a_release_are_those_releases() -> None:
    released = {s.release for engine in ENGINES.values() for s in engine.sources if s.release}
    assert released <= {(image.version, image.tag) for image in CATALOGUE.images}


def test_llama_cpp_runs_batches_on_cpus_alone() -> None:
    image = ENGINES["llama-cpp"].batch_image("cpu")
    assert image is not None
    assert ENGINES["llama-cpp"].batch_ami(image) is None
    assert ENGINES["llama-cpp"].batch_image("gpu") is None


def test_accounts_are_accounts_and_regions_are_of_the_aws_partition() -> None:
    for image in CATALOGUE.images:
        assert all(re.fullmatch(r"\d{12}", account) for account in image.accounts.values())
        assert not [r for r in image.accounts if r.startswith(("cn-", "us-gov-", "eusc-"))]
        assert image.accounts["us-east-1"] == "763104351884"


@pytest.mark.parametrize(
    ("entry", "processor", "tag"),
    [
        (
            {
                "tag_prefix": "0.30.0",
                "py_versions": ["py312"],
                "container_version": {"gpu": "cu130-ubuntu24.04-sagemaker"},
            },
            "gpu",
            "0.30.0-gpu-py312-cu130-ubuntu24.04-sagemaker",
        ),
        (
            {
                "tag_prefix": "server-sagemaker",
                "processor_in_tag": False,
                "container_version": {"cpu": "cpu-v1.0.1"},
            },
            "cpu",
            "server-sagemaker-cpu-v1.0.1",
        ),
        ({"tag_prefix": "0.38.0-lmi29.0.0-cu130"}, "gpu", "0.38.0-lmi29.0.0-cu130"),
    ],
)
def test_tags_are_spelled_as_aws_spells_them(
    entry: dict[str, Any], processor: str, tag: str
) -> None:
    assert image_tag(entry, processor) == tag


def test_the_newest_version_is_the_highest_number() -> None:
    assert newest({"0.9.0": {}, "0.10.0": {"tag": "new"}}) == ("0.10.0", {"tag": "new"})


def test_refreshing_without_the_package_says_what_to_install() -> None:
    with pytest.raises(MissingTablesError, match=r"no-such-package is not installed; run `uv pip"):
        read_images("no-such-package")


def test_the_committed_file_is_what_refresh_writes() -> None:
    text = (PROJECT / "stacks" / "engines" / "images.json").read_text()
    assert ImageCatalogue.model_validate_json(text).model_dump_json(indent=2) + "\n" == text
