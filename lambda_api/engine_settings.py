"""The settings of an engine in the process of a function."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class EngineSettings(BaseSettings):
    """The settings of an engine in this process, and the context length of any."""

    model_config = SettingsConfigDict(env_prefix="TWIN_", frozen=True)

    weights_bucket: str | None = Field(
        None,
        min_length=3,
        description="The bucket of the weights that an engine in this process loads; without it "
        "an endpoint answers.",
    )
    weights_prefix: str = Field(
        "", description="The key prefix of the weights, ending in `/`; the whole bucket if empty."
    )
    weights_sha256: str | None = Field(
        None,
        pattern=r"^[0-9a-f]{64}$",
        description="The digest of the weights' file; without it its size has to do.",
    )
    weights_room_mb: int = Field(
        1024, ge=1, description="Memory for the weights and their copies, in MiB."
    )
    unpack_seconds: float | None = Field(
        None,
        ge=0,
        validation_alias="UNPACK_SECONDS",
        description="How long package and layers took to unpack before this process began, where "
        "what began it says so, as the local cloud does and Lambda does not.",
    )
    chat_template: str | None = Field(
        None, description="The prompt format of the engine in this process, if not its weights'."
    )
    context_length: int = Field(
        8192,
        ge=128,
        description="Tokens of prompt and answer; read where there is a search, or an engine in "
        "this process.",
    )
    after_restore_path: str | None = Field(
        None,
        pattern=r"^(/[a-z_-]+)+$",
        validation_alias="AWS_LWA_SNAPSTART_AFTER_RESTORE_PATH",
        description="The path that the Web Adapter calls once SnapStart has restored the process, "
        "and that it keeps callers from; without it there is no snapshot.",
    )
    memory_mb: int = Field(
        1769,
        ge=128,
        validation_alias="AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        description="The function's memory, by which Lambda gives CPU, in MiB.",
    )
