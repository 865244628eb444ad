"""Routes of models, of which there is one."""

from __future__ import annotations

import time
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from lambda_api.errors import UnknownModelError
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


def router(model_id: str) -> APIRouter:
    """Return the routes of the one model."""
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
