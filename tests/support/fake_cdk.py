"""A CDK command line that writes its calls down."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path

NODE = f"""#!{sys.executable}
import json, pathlib, sys
here = pathlib.Path(__file__).parent
(here / "called.json").write_text(json.dumps([str(pathlib.Path.cwd()), *sys.argv[1:]]))
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
        directory, *arguments = json.loads((self.directory / "called.json").read_text())
        return Path(directory), arguments

    def was_called(self) -> bool:
        return (self.directory / "called.json").exists()
