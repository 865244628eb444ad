"""The composition root: settings and an upstream become the app."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from lambda_api.body_limit import BodyLimit
from lambda_api.chat import MAX_PAYLOAD_BYTES, ChatService, Upstream
from lambda_api.http_errors import add_error_handlers
from lambda_api.observability import RequestLog
from lambda_api.routers import chat, health, models
from lambda_api.settings import Settings


def create_app(settings: Settings | None = None, client: Upstream | None = None) -> FastAPI:
    """Build the service.

    Args:
        settings: What to serve; read from the environment unless given.
        client: What answers; the settings' SageMaker endpoint unless given.

    Raises:
        SettingsError: The environment is not usable.
    """
    settings = settings or Settings.from_environment()
    connect = cache(lambda: client or _connect(settings))
    app = FastAPI(
        title="LLM Twin",
        summary="A fine-tuned model behind an OpenAI-compatible API.",
        lifespan=_connected(connect),
        # curl sends no JSON content type unless told to.
        strict_content_type=False,
    )
    app.include_router(chat.router(ChatService(settings.model_id, connect)))
    app.include_router(models.router(settings.model_id))
    app.include_router(health.router)
    add_error_handlers(app)
    # The last one added is the first to see a request.
    app.add_middleware(BodyLimit, MAX_PAYLOAD_BYTES)
    app.add_middleware(RequestLog, settings)
    app.add_middleware(_BelowRootPath, settings.root_path)
    return app


class _BelowRootPath:
    """Tells the app where it is mounted; neither door does, and `/docs` must find its schema."""

    def __init__(self, app: ASGIApp, root_path: str) -> None:
        self._app = app
        self._root_path = root_path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "root_path": self._root_path}, receive, send)


def _connect(settings: Settings) -> Upstream:
    # The control function never calls the endpoint: it should not pay for importing boto3.
    from lambda_api.sagemaker import SageMakerEndpoint

    return SageMakerEndpoint.connect(settings.endpoint_name, settings.model_timeout_seconds)


def _connected(
    connect: Callable[[], Upstream],
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        """Connect before the first request, where the door (uvicorn) runs a lifespan."""
        connect()
        yield

    return lifespan
