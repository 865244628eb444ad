"""The container of a replica: engine, environment and model data for a model's image."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from localcloud.awsjson.shapes import Document
from localcloud.engines import Engine, ImageNotEmulatedError, engine_for
from localcloud.ministack_hooks.iam import Session
from localcloud.sagemaker.instances.errors import DeploymentFailedError
from localcloud.sagemaker.storage.model_data import ModelCache, ModelDataError

DEFAULT_STARTUP_SECONDS = 480
DEFAULT_DOWNLOAD_SECONDS = 3600


@dataclass(frozen=True, kw_only=True)
class Container:
    """The container that each replica of a variant, a component or a transform job runs.

    Attributes:
        unhealthy: failure reason of a replica that does not become healthy.
        startup_seconds: longest wait for the first healthy answer.
        adapters: directories of the adapters that each replica loads, by name; they come and go
            while it runs.
    """

    unhealthy: str
    engine: Engine
    environment: Mapping[str, str]
    model_dir: Path
    startup_seconds: float = DEFAULT_STARTUP_SECONDS
    adapters: Mapping[str, Path] = field(default_factory=dict)


async def make_container(
    model: Document,
    session: Session,
    models: ModelCache,
    *,
    unhealthy: str,
    environment: Mapping[str, str] | None = None,
    limits: Document | None = None,
) -> Container:
    """Prepare what replicas run: the engine for the image, and the model data.

    Args:
        model: As `DescribeModel` gives it.
        session: The model's role.
        models: The cache of model data.
        unhealthy: Failure reason of a replica that does not become healthy.
        environment: Variables beside the model's own, and before them.
        limits: May have `ModelDataDownloadTimeoutInSeconds` and
            `ContainerStartupHealthCheckTimeoutInSeconds`.

    Raises:
        DeploymentFailedError: There is no such engine, or the data cannot be had.
    """
    definition = model.get("PrimaryContainer") or model["Containers"][0]
    limits = limits or {}
    seconds = limits.get("ModelDataDownloadTimeoutInSeconds", DEFAULT_DOWNLOAD_SECONDS)
    try:
        engine = engine_for(definition["Image"])
        async with asyncio.timeout(seconds):
            model_dir = await models.directory(definition, session)
    except (ImageNotEmulatedError, ModelDataError) as error:
        raise DeploymentFailedError(str(error)) from error
    except TimeoutError as error:
        reason = f"The model data download took longer than {seconds} seconds."
        raise DeploymentFailedError(reason) from error
    return Container(
        unhealthy=unhealthy,
        engine=engine,
        environment={**definition.get("Environment", {}), **(environment or {})},
        model_dir=model_dir,
        startup_seconds=limits.get(
            "ContainerStartupHealthCheckTimeoutInSeconds", DEFAULT_STARTUP_SECONDS
        ),
    )
