"""Whether the service itself runs."""

from __future__ import annotations

from fastapi import APIRouter

from lambda_api.chat.schemas import Health

router = APIRouter(tags=["health"])


@router.get("/health")
async def health() -> Health:
    """The service runs. The endpoint is not asked: its state is SageMaker's to tell."""
    return Health()
