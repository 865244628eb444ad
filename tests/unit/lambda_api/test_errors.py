"""The tree of errors."""

from __future__ import annotations

from lambda_api import errors


def test_the_tree_is_drawn_true():
    def below(kind):
        return {kind, *(d for child in kind.__subclasses__() for d in below(child))}

    for kind in below(errors.ServiceError) - {errors.ServiceError}:
        assert kind.__name__ in (errors.__doc__ or "")
