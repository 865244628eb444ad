"""The environment the stacks write is the one the service reads: the only place where they meet."""

import pytest
from synthesized import Synthesized

from lambda_api.settings import Settings
from stacks.constructs import web_adapter

HANDLERS = ["run.sh", "lambda_api.handler.handler"]


def environment(stage: Synthesized, handler: str) -> dict[str, str]:
    """A function's environment, with the references CloudFormation resolves resolved."""
    (function,) = [f for f in stage.properties("AWS::Lambda::Function") if f["Handler"] == handler]
    variables = function["Environment"]["Variables"]
    return {k: v if isinstance(v, str) else "twin-prod" for k, v in variables.items()}


@pytest.mark.parametrize("handler", HANDLERS)
def test_settings_accept_what_the_stack_writes(
    prod: Synthesized, handler: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment(prod, handler).items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment()
    assert settings.stage == "prod"
    assert settings.endpoint_name == "twin-prod"
    assert settings.model_id == "twin-llama-3.1-8b"
    assert settings.engine == "vllm"
    assert settings.root_path == "/live"
    assert settings.model_timeout_seconds == 120
    assert settings.log_level == "INFO"
    assert settings.service_name == "twin-prod"


@pytest.mark.parametrize("handler", HANDLERS)
def test_the_stack_writes_every_setting_and_no_other(prod: Synthesized, handler: str) -> None:
    prefix = Settings.model_config["env_prefix"]
    settings = {
        str(field.validation_alias or f"{prefix}{name.upper()}")
        for name, field in Settings.model_fields.items()
    }
    written = environment(prod, handler).keys() - web_adapter.ENVIRONMENT.keys()
    assert written == settings
