"""The pinned CDK command line, on the Node that was installed beside it."""

from __future__ import annotations

from twin.environment import PROJECT, node_directory
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
