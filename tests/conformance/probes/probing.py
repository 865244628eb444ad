"""The harness of a client's probes: runs each feature and prints a line of JSON for it."""

from __future__ import annotations

import json
import os
import traceback
from pathlib import Path

URL = os.environ["TWIN_URL"]
KEY = os.environ["TWIN_KEY"]
MODEL = os.environ["TWIN_MODEL"]
QUESTION = "What is the weather in Paris?"


def run(**features):
    """Run features by name; one that raises is one that does not work."""
    for name, feature in features.items():
        try:
            feature()
            line = {"feature": name, "ok": True}
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            reason = f"{type(error).__name__}: {error} ({Path(last.filename).name}:{last.lineno})"
            line = {"feature": name, "ok": False, "reason": " ".join(reason.split())[:400]}
        print(json.dumps(line), flush=True)
