"""Service Quotas' operations: what the account may have, and what any account may have."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import get_args

from localcloud.awsjson.service import Operation, Scope, ServiceError
from localcloud.awsjson.shapes import Document, service_model
from localcloud.quotas import Quotas, Usage

SERVICES = {"lambda": "AWS Lambda", "sagemaker": "Amazon SageMaker"}

DEFAULT_PAGE = 100

_TYPES: dict[Usage, str] = {
    "endpoint": "ProductionVariantInstanceType",
    "transform job": "TransformInstanceType",
}
"""The shape in SageMaker's model that lists the instance types of a use."""

CONCURRENT_EXECUTIONS = "L-B99A9384"
"""AWS's code of Lambda's quota on concurrent executions."""


@dataclass(frozen=True)
class _Quota:
    service: str
    code: str
    name: str
    value: float

    def describe(self, scope: Scope) -> Document:
        return {
            "ServiceCode": self.service,
            "ServiceName": SERVICES[self.service],
            "QuotaArn": scope.arn("servicequotas", f"{self.service}/{self.code}"),
            "QuotaCode": self.code,
            "QuotaName": self.name,
            "Value": self.value,
            "Unit": "None",
            "Adjustable": True,
            "GlobalQuota": False,
            "QuotaAppliedAtLevel": "ACCOUNT",
        }


class ServiceQuotas:
    """Answers from one table of quotas.

    Codes of SageMaker's quotas are made up, but stay the same: AWS publishes no list of them.
    """

    def __init__(self, quotas: Quotas) -> None:
        self._applied = _table(quotas)
        self._default = _table(Quotas())

    def operations(self) -> dict[str, Operation]:
        """Return the operations by name."""
        return {
            "ListServices": self._list_services,
            "ListServiceQuotas": self._list(lambda: self._applied),
            "GetServiceQuota": self._get(lambda: self._applied),
            "ListAWSDefaultServiceQuotas": self._list(lambda: self._default),
            "GetAWSDefaultServiceQuota": self._get(lambda: self._default),
        }

    async def _list_services(self, _parameters: Document, _scope: Scope) -> Document:
        services = [{"ServiceCode": code, "ServiceName": name} for code, name in SERVICES.items()]
        return {"Services": services}

    def _list(self, table: Callable[[], list[_Quota]]) -> Operation:
        async def answer(parameters: Document, scope: Scope) -> Document:
            found = _of_service(table(), parameters)
            code = parameters.get("QuotaCode")
            found = [one for one in found if code in (None, one.code)]
            start = int(parameters.get("NextToken", 0))
            end = start + parameters.get("MaxResults", DEFAULT_PAGE)
            token = {"NextToken": str(end)} if end < len(found) else {}
            return {"Quotas": [one.describe(scope) for one in found[start:end]], **token}

        return answer

    def _get(self, table: Callable[[], list[_Quota]]) -> Operation:
        async def answer(parameters: Document, scope: Scope) -> Document:
            for one in _of_service(table(), parameters):
                if one.code == parameters["QuotaCode"]:
                    return {"Quota": one.describe(scope)}
            raise _missing()

        return answer


def _of_service(table: list[_Quota], parameters: Document) -> list[_Quota]:
    service = parameters["ServiceCode"]
    if service not in SERVICES:
        raise _missing()
    return [one for one in table if one.service == service]


def _missing() -> ServiceError:
    text = "The request failed because the specified service or quota does not exist."
    return ServiceError(text, code="NoSuchResourceException")


def _table(quotas: Quotas) -> list[_Quota]:
    concurrent = float(quotas.aws_lambda.concurrent_executions)
    return [
        _Quota("lambda", CONCURRENT_EXECUTIONS, "Concurrent executions", concurrent),
        *(
            _Quota("sagemaker", _code(name), name, float(quotas.instances(usage, kind)))
            for usage in get_args(Usage)
            for kind in _types(_TYPES[usage])
            for name in [f"{kind} for {usage} usage"]
        ),
    ]


def _code(name: str) -> str:
    return f"L-{sha256(name.encode()).hexdigest()[:8].upper()}"


def _types(shape: str) -> list[str]:
    return list(getattr(service_model("sagemaker").shape_for(shape), "enum", ()))
