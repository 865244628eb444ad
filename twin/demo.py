"""The whole path in one go: a cloud, a deployment, an answer, and nothing left behind."""

from __future__ import annotations

import socket
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.markup import escape

from localcloud.settings import HOST, Settings
from twin.conversation import ask, connect, served_model
from twin.deployment import LocalDeployment
from twin.environment import LOCAL_DIR
from twin.local_cloud import LocalCloud
from twin.outputs import StageOutputs
from twin.progress import console, step

QUESTION = "What is an endpoint config?"

NEXT = """
[bold]What to try next[/bold]
  make up         keep it running          make chat    talk to it
  make dev        change the service, live make status  see what runs
  make test       the whole suite          make down    stop it
Deploy it to your own AWS account: README.md, "Deploy for real".
"""


def run_demo() -> None:
    """Start a local cloud, deploy the stage `local`, stream one answer, and stop everything."""
    LOCAL_DIR.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="demo-", dir=LOCAL_DIR) as directory:
        settings = Settings(port=free_port(), data_dir=Path(directory))
        cloud = LocalCloud(settings)
        try:
            with step(f"Start the local cloud on {settings.origin}"):
                cloud.start(stop_with_us=True)
            show_answer(LocalDeployment(cloud).deploy())
        finally:
            with step("Stop everything"):
                cloud.stop()
    console.print(NEXT)


def show_answer(outputs: StageOutputs) -> None:
    """Stream the answer to one question through the deployed API, and say how fast it came."""
    client = connect(outputs)
    model = served_model(client)
    console.print(f"\n[dim]POST {outputs.api_url}v1/chat/completions  model={model}[/dim]")
    console.print(f"[bold]{QUESTION}[/bold]")
    reply = ask(
        client,
        model,
        [{"role": "user", "content": QUESTION}],
        lambda text: console.print(escape(text), end="", soft_wrap=True),
    )
    console.print(f"\n[dim]{reply.summary()}[/dim]\n")


def free_port() -> int:
    """A port nothing listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port
