"""The control function: API Gateway's events reach the app through Mangum.

Lifespan is off because Mangum would run one per event. Mangum collects a whole answer before
returning, so nothing that streams is routed here: `run.sh` is the door for that.

An event `{"sweep": true}`, which a schedule sends, deletes vector stores that have expired: this
function alone may.
"""

from __future__ import annotations

from typing import Any

from mangum import Mangum

from lambda_api.main import create_app

_app = create_app()
_answer = Mangum(_app, lifespan="off")


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:  # noqa: ANN401  Lambda's own
    """Answer a request, or sweep; API Gateway's events have no such key."""
    if "sweep" in event:
        return {"removed": _app.state.kept.stores.remove_expired()}
    return _answer(event, context)
