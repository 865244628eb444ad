"""The pinned CDK command line, on the Node that was installed beside it."""

from __future__ import annotations

import subprocess

from twin.environment import PROJECT, deploying_region, inherited, node_directory
from twin.errors import NotInstalledError

CLI = PROJECT / "node_modules" / "aws-cdk" / "bin" / "cdk"


def cdk_command(*arguments: str) -> list[str]:
    """Return the command that runs the CDK CLI with these arguments.

    Raises:
        NotInstalledError: The CLI is not installed.
    """
    if not CLI.exists():
        raise NotInstalledError("the CDK command line")
    return [str(node_directory() / "node"), str(CLI), *arguments]


def run_cdk(*arguments: str, validate: bool = False) -> int:
    """Run the CDK CLI in the checkout; return its exit status.

    Args:
        arguments: arguments of the CDK CLI.
        validate: true to have CDK's own validator look at the templates too, unless the variable
            CDK_VALIDATION says. cdk-nag, part of the app, looks in any case.
    """
    environment = {"CDK_VALIDATION": str(validate).lower(), **inherited()}
    # The region that the other commands look in; a profile among the arguments may have its own.
    if (region := deploying_region()) and not any(one.startswith("--profile") for one in arguments):
        environment["AWS_REGION"] = region
    return subprocess.call(cdk_command(*arguments), cwd=PROJECT, env=environment)
