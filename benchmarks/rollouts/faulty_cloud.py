"""The local cloud, with an engine that fails some requests for images of one repository."""

from __future__ import annotations

import re
from collections.abc import Mapping

from localcloud.engines import Engine, register_engine
from localcloud.server import main

REPOSITORY = "faulty"


def _arguments(environment: Mapping[str, str]) -> list[str]:
    return ["--failing", environment["FAILING"]]


if __name__ == "__main__":
    register_engine(
        REPOSITORY,
        Engine(
            module="benchmarks.rollouts.faulty_engine",
            ping="/ping",
            invocations="/invocations",
            metrics="/metrics",
            arguments=_arguments,
            error_pattern=re.compile(r"error: (.+)"),
        ),
    )
    main()
