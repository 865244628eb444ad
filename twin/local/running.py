"""The local stage as `make up` left it: its cloud, and the file with its outputs."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from localcloud.settings import PREFIX, Settings
from twin.environment import LOCAL_DIR
from twin.errors import UserError
from twin.local.cloud import LocalCloud, LocalCloudError
from twin.outputs import StageOutputs

OUTPUTS = LOCAL_DIR / "outputs.json"
"""File with the outputs, written by `twin up` and removed by `twin down`."""


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


def local_outputs() -> StageOutputs:
    """Return the outputs of the running local stage.

    Raises:
        LocalCloudError: The local stage does not run.
    """
    if local_cloud().process() is None or not OUTPUTS.exists():
        raise LocalCloudError("the local stage is not running: start it with `make up`")
    return StageOutputs.read(OUTPUTS)
