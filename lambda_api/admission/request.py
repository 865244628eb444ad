"""The check of a whole request, on the one way to the engine."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from lambda_api.admission import bounds
from lambda_api.admission.fields import OPENAI, SAMPLERS
from lambda_api.admission.messages import check_messages
from lambda_api.admission.schema import SchemaBudget
from lambda_api.admission.values import (
    Check,
    anything,
    at_most,
    boolean,
    items,
    mapping,
    members,
    number,
    one_of,
    plain,
    refused,
    text,
    unknown,
    wrong_type,
)

_NAME = re.compile(r"[a-zA-Z0-9_-]+", re.ASCII)
_TOKEN = re.compile(r"[0-9]{1,10}", re.ASCII)
_ARGUMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}", re.ASCII)
_TEMPLATES_OWN = {
    "add_generation_prompt", "bos_token", "chat_template", "continue_final_message",
    "conversation", "documents", "eos_token", "max_length", "messages", "padding",
    "return_assistant_tokens_mask", "return_dict", "return_tensors", "tokenize",
    "tokenizer_kwargs", "tools", "truncation",
}  # fmt: skip
"""Parameters of Hugging Face's `apply_chat_template`, and variables that it sets itself: as an
argument of the template one would replace the prompt, or the template."""

_SCHEMA_FIELDS = {"json_schema", "guided_json", "structured_outputs.json"}
"""Engine fields that are schemas: llama.cpp's, and vLLM's older and newer."""

_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}

_other = plain(bounds.OTHER_BYTES, bounds.OTHER_DEPTH)
_template = plain(bounds.TEMPLATE_BYTES, bounds.TEMPLATE_DEPTH)


@dataclass(frozen=True)
class Admission:
    """The rules by which requests reach the engine.

    Attributes:
        engine_fields: Names of further fields that config lets through.
        modalities: Kinds of content that the model takes.
    """

    engine_fields: frozenset[str] = frozenset()
    modalities: Collection[str] = ("text",)

    def check(self, body: Mapping[str, Any]) -> None:
        """Check the body of a chat completion, as plain JSON that its schema has accepted.

        Raises:
            InvalidRequestError: A field is unknown, or a value over its bound.
        """
        schemas = SchemaBudget()
        own = self._own_checks(schemas)
        for name, value in body.items():
            check = OPENAI.get(name) or own.get(name) or self._of_engine(name, schemas)
            if check is None:
                raise unknown("", name)
            if value is not None:
                check(value, name)
        _check_choices(body)

    def _own_checks(self, schemas: SchemaBudget) -> dict[str, Check]:
        """Return the checks of fields that bounds are common to, or that hold schemas."""
        function = members(
            {
                "name": _named,
                "description": anything,
                "parameters": schemas.check,
                "strict": boolean,
            },
            needed=["name"],
        )
        tool = members(
            {"type": one_of("function"), "function": function}, needed=["type", "function"]
        )
        return {
            "messages": partial(check_messages, modalities=self.modalities),
            "functions": items(bounds.TOOLS, function),
            "tools": items(bounds.TOOLS, tool),
            "tool_choice": _check_tool_choice,
            "response_format": lambda value, param: _check_format(value, param, schemas),
            "stop": _check_stop,
            "logit_bias": _check_logit_bias,
            "chat_template_kwargs": _check_template_arguments,
        }

    def _of_engine(self, name: str, schemas: SchemaBudget) -> Check | None:
        if name in SAMPLERS:
            return SAMPLERS[name][0]
        if name not in self.engine_fields:
            return None
        return lambda value, param: _check_engine_field(value, param, schemas)


OPENAI_ONLY = Admission()
"""The rules where config lets no engine field through."""


def _named(value: Any, param: str) -> None:  # noqa: ANN401  any JSON value
    text(bounds.NAME)(value, param)
    if not _NAME.fullmatch(value):
        raise wrong_type(param, "letters, digits, underscores and dashes", value)


def _check_tool_choice(value: Any, param: str) -> None:  # noqa: ANN401  any JSON value
    if isinstance(value, str):
        return one_of("none", "auto", "required")(value, param)
    named = members({"name": _named}, needed=["name"])
    tool = members({"type": one_of("function"), "function": named}, needed=["type", "function"])
    allowed = members(
        {"mode": one_of("auto", "required"), "tools": items(bounds.TOOLS, tool)},
        needed=["mode", "tools"],
    )
    kind = mapping(value, param).get("type")
    one_of("function", "allowed_tools")(kind, f"{param}.type")
    kinds = {"type": anything, "function": named, "allowed_tools": allowed}
    return members(kinds, needed=[str(kind)])(value, param)


def _check_format(value: Any, param: str, schemas: SchemaBudget) -> None:  # noqa: ANN401
    kind = mapping(value, param).get("type")
    one_of("text", "json_object", "json_schema")(kind, f"{param}.type")
    described = members(
        {"name": _named, "description": anything, "schema": schemas.check, "strict": boolean}
    )
    members({"type": anything, "json_schema": described, "schema": schemas.check})(value, param)
    if kind == "json_schema" and value.get("json_schema") is None and value.get("schema") is None:
        raise refused(f"{param}.json_schema", "field required")


def _check_stop(value: Any, param: str) -> None:  # noqa: ANN401  any JSON value
    stop = text(bounds.STOP)
    return stop(value, param) if isinstance(value, str) else items(bounds.STOPS, stop)(value, param)


def _check_logit_bias(value: Any, param: str) -> None:  # noqa: ANN401  any JSON value
    at_most(bounds.LOGIT_BIASES, len(mapping(value, param)), param, "tokens")
    bias = number(-bounds.LOGIT_BIAS, bounds.LOGIT_BIAS)
    for token, amount in value.items():
        if not _TOKEN.fullmatch(token):
            raise wrong_type(param, "an object of token ids", token)
        bias(amount, f"{param}.{token}")


def _check_template_arguments(value: Any, param: str) -> None:  # noqa: ANN401  any JSON value
    for name in mapping(value, param):
        if not _ARGUMENT.fullmatch(name) or name in _TEMPLATES_OWN:
            raise unknown(param, name)
    _template(value, param)


def _check_engine_field(value: Any, param: str, schemas: SchemaBudget) -> None:  # noqa: ANN401
    """Check a field that config lets through: what it means is up to whoever wrote the config.

    Its size is bounded, and so is what is known to be compiled: schemas, patterns and grammars.
    """
    if isinstance(value, str):
        at_most(bounds.OTHER_BYTES, len(value), param, "characters")
        _check_nesting(value, param)
        if "regex" in param:
            schemas.check_pattern(value, param)
    elif param in _SCHEMA_FIELDS:
        schemas.check(value, param)
    else:
        _other(value, param)
        for name, member in value.items() if isinstance(value, dict) else ():
            if isinstance(member, str | dict):
                _check_engine_field(member, f"{param}.{name}", schemas)


def _check_nesting(grammar: str, param: str) -> None:
    depth = 0
    for read in grammar:
        depth += _BRACKETS.get(read, 0)
        if depth > bounds.GRAMMAR_NESTING:
            raise refused(param, f"has more than {bounds.GRAMMAR_NESTING} open brackets")


def _check_choices(body: Mapping[str, Any]) -> None:
    choices = body.get("n") or 1
    if choices == 1:
        return
    each = body.get("max_completion_tokens") or body.get("max_tokens") or 0
    if choices * each > bounds.TOKENS_OF_ALL_CHOICES:
        raise refused(
            "n",
            f"{choices} answers of {each} tokens are {choices * each} tokens, "
            f"at most {bounds.TOKENS_OF_ALL_CHOICES} are allowed together",
        )
