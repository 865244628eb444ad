"""The demo: a cloud, a deployment, answers, and nothing left behind."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from rich.markup import escape

from localcloud.ports import free_port
from localcloud.settings import Settings
from twin.client.conversation import ask, reach
from twin.environment import LOCAL_DIR
from twin.local.cloud import LocalCloud, LocalCloudError
from twin.local.deployment import LocalDeployment
from twin.outputs import StageOutputs
from twin.progress import console, step

if TYPE_CHECKING:
    import boto3

QUESTIONS = ("What is an endpoint config?", "What is time to first token?")
"""Questions of the demo; the first also waits for the function to start, as after a quiet hour."""

DIRECTORY = LOCAL_DIR / "demo"
"""Directory of the demo's own cloud, apart from that of `make up`; kept until the next demo."""

NEXT = """
[bold]What to try next[/bold]
  make up         keep it running          make chat    talk to it
  make dev        change the service, live make status  see what runs
  make test       the whole suite          make down    stop it
Deploy it to your own AWS account: README.md, "Deploy for real".
"""


def run_demo() -> None:
    """Start a local cloud, deploy the stage `local`, stream one answer, and stop everything."""
    settings = Settings(port=free_port(), data_dir=DIRECTORY)
    if process := LocalCloud.running(settings).process():
        message = f"a demo of this checkout is running already (pid {process.pid})"
        raise LocalCloudError(message)
    shutil.rmtree(DIRECTORY, ignore_errors=True)
    cloud = LocalCloud(settings)
    try:
        with step(f"Start the local cloud on {settings.origin}"):
            cloud.start(stop_with_us=True)
        deployment = LocalDeployment(cloud)
        show_answers(deployment.deploy(), cloud.session, deployment.config.model.id)
    finally:
        with step("Stop everything"):
            cloud.stop()
    console.print(NEXT)


def show_answers(outputs: StageOutputs, session: boto3.Session, model_id: str) -> None:
    """Stream answers of the deployed stage, each followed by its timing."""
    client, model = reach(outputs, session, model_id)
    with client:
        console.print(f"\n[dim]POST {outputs.openai_base_url}/chat/completions[/dim]")
        for question in QUESTIONS:
            console.print(f"\n[bold]> {question}[/bold]")
            reply = ask(
                client,
                model,
                [{"role": "user", "content": question}],
                lambda text: console.print(escape(text), end="", soft_wrap=True),
            )
            console.print(f"\n[dim]{reply.summary()}[/dim]")
        console.print()
