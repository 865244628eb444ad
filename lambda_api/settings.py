"""Everything the function's environment may say: typed, described, and checked at cold start."""

from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

Engine = Literal["vllm", "llama-cpp", "lmi", "sglang", "tgi"]


class SettingsError(ValueError):
    """The function's environment is not usable; the message lists each variable that is wrong."""


class Settings(BaseSettings):
    """The service's settings, read from `TWIN_*` environment variables."""

    model_config = SettingsConfigDict(env_prefix="TWIN_", frozen=True)

    stage: str = Field(min_length=1, description="The deployed stage: local, dev, prod.")
    endpoint_name: str = Field(
        pattern=r"^[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}$",
        description="The SageMaker endpoint that answers.",
    )
    model_id: str = Field(min_length=1, description="The name clients put in `model`.")
    engine: Engine = Field(description="What serves the model behind the endpoint.")
    root_path: Annotated[str, StringConstraints(pattern=r"^(/[^/]+)*$")] = Field(
        "", description="The path the API lies below: API Gateway's stage, such as /live."
    )
    model_timeout_seconds: float = Field(
        60,
        gt=0,
        le=900,
        description="Longest wait for the next bytes from the endpoint, in seconds.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least severe message that is logged; metrics are always written."
    )

    @classmethod
    def from_environment(cls) -> Self:
        """Read the environment.

        Raises:
            SettingsError: A variable is missing or not allowed.
        """
        try:
            return cls()
        except ValidationError as error:
            raise SettingsError(_explain(error)) from None


def _explain(error: ValidationError) -> str:
    problems = (
        f"TWIN_{str(problem['loc'][0]).upper()}: {problem['msg'].lower()}"
        + ("" if problem["type"] == "missing" else f", got {problem['input']!r}")
        for problem in error.errors()
    )
    return "the environment is not usable: " + "; ".join(problems)
