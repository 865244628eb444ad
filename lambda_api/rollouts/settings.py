"""The settings of the rollout function, beside those of every function."""

from __future__ import annotations

from typing import Self

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from lambda_api.settings import SettingsError


class RolloutSettings(BaseSettings):
    """The rollout's settings, read from `TWIN_*` environment variables."""

    model_config = SettingsConfigDict(env_prefix="TWIN_", frozen=True)

    model_group: str = Field(description="The ARN of the model package group.")
    model_bucket: str = Field(description="The bucket of versions.")
    version_parameter: str = Field(description="The SSM parameter that names the version.")
    shadow_parameter: str | None = Field(None, description="The one that names a shadow.")
    model_stacks: list[str] = Field(description="The stacks that serve the model, in order.")
    archived: bool = Field(False, description="Whether batch transform reads an archive of each.")
    rollout_bucket: str = Field(description="The bucket of the history.")
    event_source: str = Field(description="The source of the rollout's events.")
    golden_file: str = Field("golden.jsonl", description="The file of checks in the model.")
    golden_pass: float = Field(1.0, ge=0, le=1, description="Least share of checks that hold.")
    require_golden: bool = Field(False, description="Whether a version must have such a file.")

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment.

        Raises:
            SettingsError: A variable is missing or not allowed.
        """
        try:
            return cls()
        except ValidationError as error:
            names = ", ".join(f"TWIN_{str(one['loc'][0]).upper()}" for one in error.errors())
            raise SettingsError(f"the environment is not usable: {names}") from None
