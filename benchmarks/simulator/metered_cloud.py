"""The local cloud, with an engine of known speed for the images of the repository `metered`."""

from __future__ import annotations

import re
from collections.abc import Mapping

from localcloud.engines import Engine, register_engine
from localcloud.server import main

REPOSITORY = "metered"


def _arguments(environment: Mapping[str, str]) -> list[str]:
    return [part for name, value in environment.items() for part in (f"--{name.lower()}", value)]


if __name__ == "__main__":
    register_engine(
        REPOSITORY,
        Engine(
            module="benchmarks.simulator.metered_engine",
            ping="/ping",
            invocations="/invocations",
            metrics="/metrics",
            arguments=_arguments,
            error_pattern=re.compile(r"error: (.+)"),
        ),
    )
    main()
