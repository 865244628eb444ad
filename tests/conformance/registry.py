"""SageMaker's own SDK against the emulated model registry.

`python -m tests.conformance.registry` installs sagemaker-core, the part of `sagemaker` that has
ModelPackage, into a directory of its own (a package index must be reachable), runs its probes
against a local cloud, and ends with status 1 if one does not work.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from localcloud.ports import free_port
from localcloud.settings import Settings
from tests.conformance.clients import Client, Outcome, probe
from twin.environment import inherited, without_aws
from twin.local.cloud import LocalCloud

SDK = Client("sagemaker-core", ["sagemaker-core"], "model_registry.py")
GROUP = "sdk"


def probed() -> Outcome:
    """Run the probes against a local cloud of their own."""
    with tempfile.TemporaryDirectory() as name:
        cloud = LocalCloud(Settings(port=free_port(), data_dir=Path(name)))
        try:
            cloud.start(stop_with_us=True)
            asked = {"TWIN_URL": "", "TWIN_KEY": "", "TWIN_MODEL": GROUP}
            return probe(SDK, without_aws(inherited()) | cloud.settings.client_environment | asked)
        finally:
            cloud.stop()


def main() -> None:
    """Probe the SDK, and print what works."""
    outcome = probed()
    print(f"{SDK.name} {outcome.version}")
    for feature, works in outcome.worked.items():
        print(f"{feature:20}{'yes' if works else 'no'}")
    for feature, reason in outcome.reasons.items():
        print(f"{feature}: {reason}")
    sys.exit(1 if outcome.reasons else 0)


if __name__ == "__main__":
    main()
