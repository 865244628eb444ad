"""The option that names a stage."""

from __future__ import annotations

from typing import Annotated, TypeAlias

import typer

StageOption: TypeAlias = Annotated[
    str, typer.Option("--stage", help="A file of config/, without .toml.")
]
