"""Service Quotas on this machine: the account's quotas for SageMaker and Lambda, read only.

Decision: 0146, quotas are a file.
"""

from __future__ import annotations

from localcloud.awsjson.service import JsonService, Worker
from localcloud.ministack_hooks import register_service
from localcloud.quotas import Quotas
from localcloud.servicequotas.operations import ServiceQuotas


def install(quotas: Quotas, worker: Worker) -> None:
    """Add the service to the ministack of this process."""
    service = JsonService("service-quotas", ServiceQuotas(quotas).operations(), worker)
    register_service(
        "servicequotas",
        target_prefix="ServiceQuotasV20190624.",
        host_pattern=r"^servicequotas\.",
        handle=service.handle,
    )
