"""The route of the service's own health."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The health of the service; the endpoint is not asked."""

    status: Literal["ok"] = "ok"


@router.get("/health")
async def health() -> Health:
    """Tell that the service runs. The endpoint is not asked: SageMaker tells of its state."""
    return Health()
