"""Whether the service itself runs."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """The service runs. Says nothing about the endpoint, which is not asked."""

    status: Literal["ok"] = "ok"


@router.get("/health")
async def health() -> Health:
    """The service runs. The endpoint is not asked: its state is SageMaker's to tell."""
    return Health()
