"""The local stage as `make up` left it: its cloud, and the file with its outputs."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from localcloud.settings import PREFIX, Settings
from twin.environment import LOCAL_DIR
from twin.errors import UserError
from twin.local.cloud import LocalCloud, LocalCloudError
from twin.local.deployment import STAGE
from twin.outputs import StageOutputs


def outputs_file(stage: str = STAGE) -> Path:
    """Return the file with a stage's outputs, written by `twin up` and removed by `twin down`."""
    return LOCAL_DIR / ("outputs.json" if stage == STAGE else f"outputs-{stage}.json")


def is_up(stage: str) -> bool:
    """Return True if `twin up` has brought a stage up in the local cloud, which still runs."""
    return outputs_file(stage).exists() and local_cloud().process() is not None


def others_up(stage: str) -> bool:
    """Return True if the local cloud has a stage beside the one named."""
    return any(path != outputs_file(stage) for path in LOCAL_DIR.glob("outputs*.json"))


def forget_outputs() -> None:
    """Remove the outputs of every stage, as their cloud is gone."""
    for path in LOCAL_DIR.glob("outputs*.json"):
        path.unlink()


def local_settings() -> Settings:
    """Read the local cloud's settings from the environment.

    Raises:
        UserError: A variable is unknown, or its value is not allowed.
    """
    try:
        return Settings.from_environment()
    except ValidationError as error:
        raise UserError("\n".join(map(_explain, error.errors()))) from None


def _explain(details: ErrorDetails) -> str:
    variable = PREFIX + "_".join(map(str, details["loc"])).upper()
    return f"{variable}: got {details['input']!r}; {details['msg']}"


def local_cloud() -> LocalCloud:
    """Return the local cloud that runs, or the one that `twin up` would start."""
    return LocalCloud.running(local_settings())


def not_running(stage: str) -> str:
    """Return the sentence that a stage is not up in the local cloud, with the command for it."""
    up = "make up" if stage == STAGE else f"make up STAGE={stage}"
    return f"the {stage} stage is not running: start it with `{up}`"


def local_outputs(stage: str = STAGE) -> StageOutputs:
    """Return the outputs of a stage that runs in the local cloud.

    Raises:
        LocalCloudError: It does not run there.
    """
    if not is_up(stage):
        raise LocalCloudError(not_running(stage))
    return StageOutputs.read(outputs_file(stage))
