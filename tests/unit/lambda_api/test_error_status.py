"""The status of each error."""

from __future__ import annotations

import pytest

from lambda_api import errors
from lambda_api.error_status import STATUS, body_of


def below(kind):
    return {kind, *(d for child in kind.__subclasses__() for d in below(child))}


@pytest.mark.parametrize("kind", sorted(below(errors.ServiceError), key=lambda kind: kind.__name__))
def test_every_error_has_a_status(kind):
    assert kind is errors.ServiceError or any(parent in STATUS for parent in kind.__mro__)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (404, "invalid_request_error"),
        (429, "rate_limit_error"),
        (503, "server_error"),
    ],
)
def test_a_body_has_openais_type_for_its_status(status, kind):
    told = body_of("no", status, param="model", code="c")
    assert told == {"error": {"message": "no", "type": kind, "param": "model", "code": "c"}}
