"""The models this API serves: one."""

from __future__ import annotations

import time

from fastapi import APIRouter

from lambda_api.chat.schemas import ErrorResponse, Model, ModelList
from lambda_api.errors import UnknownModelError


def router(model_id: str) -> APIRouter:
    """Routes that tell of one model."""
    routes = APIRouter(prefix="/v1/models", tags=["models"])
    model = Model(id=model_id, created=int(time.time()), owned_by="llm-twin")

    @routes.get("")
    async def list_models() -> ModelList:
        """List the models this API serves."""
        return ModelList(data=[model])

    @routes.get("/{requested_id:path}", responses={"4XX": {"model": ErrorResponse}})
    async def get_model(requested_id: str) -> Model:
        """Tell of one model."""
        if requested_id != model_id:
            raise UnknownModelError(requested_id, model_id)
        return model

    return routes
