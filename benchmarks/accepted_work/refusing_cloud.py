"""The local cloud's process with an S3 that refuses every request while a file is there.

Requests are known by the scope of their signatures: SageMaker's own and presigned ones are too.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from localcloud.server import main
from localcloud.settings import Settings

_REFUSAL = (
    b"<Error><Code>ServiceUnavailable</Code><Message>S3 is away for a while.</Message></Error>"
)
_prepare_process = Settings.prepare_process


def _prepare_and_refuse(settings: Settings) -> None:
    _prepare_process(settings)
    _refuse_while(settings.data_dir / "s3-is-away")


def _refuse_while(flag: Path) -> None:
    # ministack reads the environment at import, which is prepared now.
    from localcloud.application import LocalCloud

    answer = LocalCloud._answer

    async def answer_unless_away(self: LocalCloud, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and _is_for_s3(scope) and flag.exists():
            headers = [(b"content-type", b"application/xml")]
            await send({"type": "http.response.start", "status": 503, "headers": headers})
            await send({"type": "http.response.body", "body": _REFUSAL})
        else:
            await answer(self, scope, receive, send)

    LocalCloud._answer = answer_unless_away  # type: ignore[method-assign]


def _is_for_s3(scope: Any) -> bool:
    signed = dict(scope["headers"]).get(b"authorization", b"")
    return b"/s3/aws4_request" in signed or b"%2Fs3%2Faws4_request" in scope["query_string"]


Settings.prepare_process = _prepare_and_refuse  # type: ignore[assignment,method-assign]
main()
