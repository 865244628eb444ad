from __future__ import annotations

from lambda_api.error_status import status_of
from lambda_api.retrieval.errors import RetrievalError, UnsupportedToolError


def test_statuses():
    assert status_of(RetrievalError("away")) == 502
    assert status_of(UnsupportedToolError("tools[0]")) == 400
