"""The table of bounds: each is a number with a reason, and one fits into the other."""

from __future__ import annotations

import ast
import inspect
import itertools

from lambda_api.admission import bounds


def constants() -> dict[str, int]:
    return {name: value for name, value in vars(bounds).items() if name.isupper()}


def test_each_bound_is_a_number_with_a_reason():
    body = ast.parse(inspect.getsource(bounds)).body
    reasons = {
        before.targets[0].id
        for before, after in itertools.pairwise(body)
        if isinstance(before, ast.Assign) and isinstance(after, ast.Expr)
    }

    assert reasons == constants().keys()
    assert all(isinstance(value, int) and value > 0 for value in constants().values())


def test_what_openai_documents_is_allowed():
    # platform.openai.com/docs/guides/structured-outputs and /api-reference/chat/create
    openai = {"SCHEMA_ENUM": 1000, "TOOLS": 128, "NAME": 64, "STOPS": 4, "TOP_LOGPROBS": 20}
    openai |= {"SCHEMA_BYTES": 120_000, "MESSAGES": 2048, "LOGIT_BIAS": 100}

    assert {name for name, least in openai.items() if constants()[name] < least} == set()


def test_the_check_of_a_schema_does_not_exhaust_pythons_stack():
    assert bounds.SCHEMA_PATH + bounds.SCHEMA_DEPTH < 500
