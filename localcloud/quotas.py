"""The quotas of the account: how much of everything it may have at a time.

https://docs.aws.amazon.com/general/latest/gr/sagemaker.html
"""

from __future__ import annotations

import json
import tomllib
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Usage = Literal["endpoint", "transform job"]
"""The use of an instance, as quotas name uses."""

NEW_ACCOUNT = {"ml.c*": 20, "ml.m*": 20, "ml.r*": 20, "ml.t*": 20}
"""Instances of types without accelerators, which the local stage and its load tests need. Of those
with accelerators a new account has none (aws/amazon-sagemaker-examples, issues 307 and 593)."""

UNRESERVED_MINIMUM = 100
"""Concurrent executions that reservations must leave to functions without one:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""

_Instances = dict[
    Annotated[str, Field(pattern=r"^ml\.[a-z0-9.*?-]+$")], Annotated[int, Field(ge=0)]
]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SageMakerQuotas(_Section):
    """SageMaker's quotas.

    Attributes:
        endpoint_usage: instances of a type on endpoints; a type may have wildcards, the first entry
            that fits counts, and of a type that fits none there is none.
        transform_job_usage: instances of a type on batch transform jobs, in the same way.
        requests_per_second: requests to the control plane; 0 is any number. AWS publishes none.
    """

    endpoint_usage: _Instances = NEW_ACCOUNT
    transform_job_usage: _Instances = NEW_ACCOUNT
    requests_per_second: Annotated[float, Field(ge=0)] = 0


class LambdaQuotas(_Section):
    """Lambda's quotas.

    Attributes:
        concurrent_executions: invocations of all functions at a time. New accounts begin with 10;
            the local stage's load tests need what an older account has.
    """

    concurrent_executions: Annotated[int, Field(ge=1)] = 1000

    @property
    def least_unreserved(self) -> int:
        """Concurrent executions that no function may reserve."""
        return min(UNRESERVED_MINIMUM, self.concurrent_executions)


class Quotas(_Section):
    """The quotas of the account, in every region."""

    sagemaker: SageMakerQuotas = SageMakerQuotas()
    aws_lambda: Annotated[LambdaQuotas, Field(alias="lambda")] = LambdaQuotas()

    @classmethod
    def read(cls, path: Path | None) -> Quotas:
        """Read a file, TOML or (named `*.json`) JSON; without one, those of a new account.

        Raises:
            OSError: It cannot be read.
            ValueError: It is malformed.
        """
        if path is None:
            return cls()
        text = path.read_text()
        given = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        return cls.model_validate(given)

    def instances(self, usage: Usage, kind: str) -> int:
        """Return how many instances of a type there may be for a use."""
        sagemaker = self.sagemaker
        given = sagemaker.endpoint_usage if usage == "endpoint" else sagemaker.transform_job_usage
        return next((count for name, count in given.items() if fnmatchcase(kind, name)), 0)
