from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from localcloud.quotas import Quotas

TOML = """
[sagemaker]
requests_per_second = 2
[sagemaker.endpoint_usage]
"ml.g6e.xlarge" = 2
"ml.g6e.*" = 1
[lambda]
concurrent_executions = 10
"""


@pytest.mark.parametrize("name", ["quotas.toml", "quotas.json"])
def test_file_says_what_the_account_may_have(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_text(TOML)
    if name.endswith("json"):
        path.write_text(Quotas.read(_toml(tmp_path)).model_dump_json(by_alias=True))
    quotas = Quotas.read(path)
    assert quotas.instances("endpoint", "ml.g6e.xlarge") == 2
    assert quotas.instances("endpoint", "ml.g6e.48xlarge") == 1
    assert quotas.instances("endpoint", "ml.c5.large") == 0
    assert quotas.sagemaker.requests_per_second == 2
    assert quotas.aws_lambda.least_unreserved == 10


def _toml(directory: Path) -> Path:
    path = directory / "given.toml"
    path.write_text(TOML)
    return path


def test_new_account_has_no_accelerators() -> None:
    quotas = Quotas.read(None)
    for usage in ("endpoint", "transform job"):
        assert quotas.instances(usage, "ml.c7i.xlarge") == 20  # type: ignore[arg-type]
        assert quotas.instances(usage, "ml.g6e.xlarge") == 0  # type: ignore[arg-type]
    assert quotas.aws_lambda.least_unreserved == 100


@pytest.mark.parametrize(
    "text",
    [
        "[sagemaker.endpoint_usage]\n'ml.c5.large' = -1",
        "[sagemaker.endpoint_usage]\n'c5.large' = 1",
        "[sagemaker]\nrequests_per_second = -1",
        "[lambda]\nconcurrent = 10",
        "[ec2]",
        "not toml",
    ],
)
def test_malformed_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "quotas.toml"
    path.write_text(text)
    with pytest.raises((ValidationError, ValueError)):
        Quotas.read(path)
