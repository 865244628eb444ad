"""Routes of models: the one that the engine serves, and its adapters."""

from __future__ import annotations

import time
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from lambda_api.engine.served_models import ServedModels
from lambda_api.http.schemas import ErrorResponse


class Model(BaseModel):
    """A model that this API serves."""

    id: str
    object: Literal["model"] = "model"
    created: int = Field(description="When the service learned of it, in Unix seconds.")
    owned_by: str


class ModelList(BaseModel):
    """The models that this API serves."""

    object: Literal["list"] = "list"
    data: list[Model]


def router(served: ServedModels) -> APIRouter:
    """Return the routes of the models."""
    routes = APIRouter(prefix="/v1/models", tags=["models"])
    created = int(time.time())
    models = {name: Model(id=name, created=created, owned_by="llm-twin") for name in served.ids}

    @routes.get("")
    async def list_models() -> ModelList:
        """List the models this API serves."""
        return ModelList(data=[*models.values()])

    @routes.get("/{requested_id:path}", responses={"4XX": {"model": ErrorResponse}})
    async def get_model(requested_id: str) -> Model:
        """Tell of one model."""
        served.check(requested_id)
        return models[requested_id]

    return routes
