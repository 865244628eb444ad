"""A CDK command line that writes its calls down."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from twin import cdk

NODE = f"""#!{sys.executable}
import json, os, pathlib, sys
here = pathlib.Path(__file__).parent
told = [os.environ.get(name, "") for name in ("CDK_VALIDATION", "AWS_REGION")]
called = [*told, str(pathlib.Path.cwd()), *sys.argv[1:]]
(here / "called.json").write_text(json.dumps(called))
sys.exit(int((here / "status").read_text()))
"""


@dataclass(frozen=True)
class FakeCdk:
    """A folder with a program `node` that writes down its arguments in place of running them."""

    directory: Path

    @property
    def cli(self) -> Path:
        return self.directory / "cdk"

    def ends_with(self, status: int) -> None:
        (self.directory / "status").write_text(str(status))

    def call(self) -> tuple[Path, list[str]]:
        """Return the working directory and the arguments of the latest call."""
        _, _, directory, *arguments = self._read()
        return Path(directory), arguments

    def validates(self) -> bool:
        """Return whether CDK's own validator looked at the templates of the latest call."""
        return self._read()[0] != "false"

    def region(self) -> str:
        """Return the region that the latest call was told; empty if none."""
        return self._read()[1]

    def _read(self) -> list[str]:
        called: list[str] = json.loads((self.directory / "called.json").read_text())
        return called

    def was_called(self) -> bool:
        return (self.directory / "called.json").exists()

    @classmethod
    def install(cls, directory: Path, monkeypatch: pytest.MonkeyPatch) -> FakeCdk:
        """Put one in place of the pinned command line."""
        # Tests that synthesize in this process switch the validator off for all that follow.
        monkeypatch.delenv("CDK_VALIDATION", raising=False)
        fake = cls(directory)
        fake.cli.touch()
        fake.ends_with(0)
        node = directory / "node"
        node.write_text(NODE)
        node.chmod(0o755)
        monkeypatch.setattr(cdk, "CLI", fake.cli)
        monkeypatch.setattr(cdk, "node_directory", lambda: directory)
        return fake
