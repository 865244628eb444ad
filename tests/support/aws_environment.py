"""An environment that names AWS services and credentials, for fixtures that outlast a test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import boto3
import pytest

EXAMPLE_CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "example",
    "AWS_DEFAULT_REGION": "us-east-1",
}
"""For stand-ins, which look at no signature."""


@contextmanager
def aws_environment(variables: Mapping[str, str]) -> Iterator[None]:
    """Environment variables, and no default session of boto3 that found others, for a block.

    A default session keeps the credentials it found first. One that a module's fixture leaves
    would sign the calls of whichever fixture comes next on the same worker.
    """
    with pytest.MonkeyPatch.context() as environment:
        environment.setattr(boto3, "DEFAULT_SESSION", None)
        for name, value in variables.items():
            environment.setenv(name, value)
        yield
