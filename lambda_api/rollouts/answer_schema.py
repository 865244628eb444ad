"""JSON schemas of golden checks: bounded as those of requests, and held against an answer."""

from __future__ import annotations

import json
from typing import Any

from jsonschema.exceptions import SchemaError, best_match
from jsonschema.protocols import Validator
from jsonschema.validators import Draft202012Validator, validator_for
from referencing import Registry
from referencing.exceptions import Unresolvable

from lambda_api.admission.schema import SchemaBudget
from lambda_api.errors import InvalidRequestError


def check_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema that an answer can be held against.

    Raises:
        ValueError: It is none of its draft (2020-12, unless `$schema` says another), or over a
            bound of `lambda_api.admission`.
    """
    try:
        SchemaBudget().check(schema, "json_schema")
        _validator(schema).check_schema(schema)
    except InvalidRequestError as error:
        raise ValueError(error.message) from error
    except SchemaError as error:
        raise ValueError(f"must be a JSON schema: {error.json_path}: {error.message}") from error
    return schema


def schema_problem(schema: dict[str, Any], answer: str) -> str | None:
    """Return what of an answer's text is against a schema; None if nothing is."""
    try:
        found = json.loads(answer)
        error = best_match(_validator(schema)(schema, registry=Registry()).iter_errors(found))
    except (ValueError, RecursionError):
        return "must be JSON"
    except Unresolvable as unresolvable:  # no other document is fetched
        return f"json_schema: the reference {unresolvable.ref!r} leads nowhere"
    return None if error is None else f"{error.json_path}: {error.message}"


def _validator(schema: dict[str, Any]) -> type[Validator]:
    found: type[Validator] = validator_for(schema, default=Draft202012Validator)
    return found
