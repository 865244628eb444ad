"""No test sees the AWS account, region or settings of the machine it runs on."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import boto3
import pytest

from tests.support.recorder import Recorder

for _name in [name for name in os.environ if name.startswith(("AWS_", "TWIN_", "POWERTOOLS_"))]:
    del os.environ[_name]
os.environ |= {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    # Threads of BLAS wait for each other in a loop: on busy cores they take eight times the CPU.
    "OPENBLAS_NUM_THREADS": "1",
}

ONE_WORKER = ("e2e", "infra", "integration", "localcloud")
"""Folders whose fixtures cost seconds a session: with several workers, each stays on one."""
OWN_STAGE = {
    "test_deployed_scaling": "scaling",
    "test_model_lifecycle": "registry",
    "test_rollout_faults": "registry",
    "test_monolith": "tiny",
    "test_signatures": "signed",
    "test_retrieval_by_vectors": "signed",
}
"""Modules that deploy a stage of their own, and its name: a worker each, beside the shared one."""
LONGEST_ID = 100
"""Characters of a parameter that a test's name repeats."""


@pytest.fixture(autouse=True)
def _own_boto3_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3's default session keeps the credentials it found first: none is left to other tests."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Recorder:
    """What the service logs. pytest sets `sys.stdout` anew for each phase of a test."""
    recorder = Recorder()
    monkeypatch.setattr("lambda_api.http.metric_log.sys", SimpleNamespace(stdout=recorder))
    return recorder


LAST = ("test_least_privilege", "test_lifecycle")
"""What looks at all that was done in the shared stage, and what changes and destroys it."""


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    order = {name: place for place, name in enumerate(LAST, 1)}
    items.sort(key=lambda item: order.get(item.path.stem, 0))
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        group = OWN_STAGE.get(item.path.stem, folder) if folder == "e2e" else folder
        if folder in ONE_WORKER:
            item.add_marker(pytest.mark.xdist_group(group))
        if folder == "e2e":
            item.add_marker(pytest.mark.e2e)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """A long value is called by its argument: whole, megabytes would be part of the test's name."""
    return argname if isinstance(val, (str, bytes)) and len(val) > LONGEST_ID else None


def pytest_collection_finish(session: pytest.Session) -> None:
    """Stop where xdist would spread a group over its workers, which it does without a word."""
    if not session.config.getoption("loadgroup", False):  # xdist's own, in its workers
        return
    for item in session.items:
        marked = item.get_closest_marker("xdist_group")
        if marked and "@" not in item.nodeid.rpartition("]")[2]:
            raise pytest.UsageError(f"{item.nodeid} has no group: xdist 1386 with pytest 9.2?")
