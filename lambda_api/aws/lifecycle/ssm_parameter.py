"""The SSM parameter that names the version which serves."""

from __future__ import annotations

from typing import Any


class SsmParameter:
    """A StringList parameter that no stack owns: a rollout writes over it."""

    def __init__(self, client: Any, name: str) -> None:  # noqa: ANN401 - no stubs
        self._client, self._name = client, name

    def get(self) -> str | None:
        """Return the value; None before the first one."""
        try:
            return str(self._client.get_parameter(Name=self._name)["Parameter"]["Value"])
        except self._client.exceptions.ParameterNotFound:
            return None

    def put(self, value: str) -> None:
        """Replace the value."""
        self._client.put_parameter(Name=self._name, Value=value, Type="StringList", Overwrite=True)
