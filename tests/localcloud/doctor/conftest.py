from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud.ports import free_port
from localcloud.settings import Settings
from stacks.config import StageConfig
from tests.support import stage_files
from tests.support.localcloud import cloud as local
from tests.support.localcloud.account import Account, publish_adapter
from tests.support.localcloud.cloud import Cloud

QUOTAS = """
[sagemaker]
endpoint_usage = {"ml.g6e.xlarge" = 4, "ml.c7i.xlarge" = 20}
transform_job_usage = {"ml.c7i.xlarge" = 20}
[lambda]
concurrent_executions = 50
"""


NUMBERS = itertools.count(100)
"""Numbers of accounts, each used once."""


@pytest.fixture(scope="package")
def small(data_dir: Path) -> Iterator[Cloud]:
    """A cloud whose accounts may have four L40S, and 50 executions at a time."""
    (data_dir / "doctor.toml").write_text(QUOTAS)
    settings = Settings(port=free_port(), data_dir=data_dir, quotas=data_dir / "doctor.toml")
    running = local.start(settings)
    publish_adapter(running)
    yield running
    local.stop(running)


@pytest.fixture
def account(small: Cloud, tmp_path: Path) -> Account:
    """An account that nobody has used."""
    return Account(small, f"{next(NUMBERS):012}", tmp_path)


@pytest.fixture
def stage(account: Account, tmp_path: Path) -> Callable[..., StageConfig]:
    """Makes the stage prod with some of its keys changed."""
    (tmp_path / "config").mkdir()

    def made(**changes: Any) -> StageConfig:
        uri = f"s3://{account.bucket}/twin/v1"
        s3 = {"model__hub": None, "model__revision": None, "model__s3": f"{uri}/"}
        archive = {"batch__model_archive": f"{uri}.tar.gz"}
        return stage_files.load(tmp_path, stage_files.PROD, **s3 | archive | changes)

    return made
