"""Chat templates: programs in Jinja, held to what its sandbox allows.

Engines render them in a sandbox: https://jinja.palletsprojects.com/en/stable/sandbox/. One that
reaches outside of it fails there at best, at every request.
"""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import TemplateError, nodes, sandbox
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.sandbox import ImmutableSandboxedEnvironment

from model_artifacts.screening.errors import ScreeningError

MOST_BYTES = 64 * 1024
"""Longest template, in bytes of UTF-8; those of today's models have up to 25 KB."""

# Attributes that lead out, as jinja2.sandbox.is_internal_attribute has them by the object's type.
_INTERNAL = {
    "mro",
    *sandbox.UNSAFE_FUNCTION_ATTRIBUTES,
    *sandbox.UNSAFE_METHOD_ATTRIBUTES,
    *sandbox.UNSAFE_GENERATOR_ATTRIBUTES,
    *sandbox.UNSAFE_COROUTINE_ATTRIBUTES,
    *sandbox.UNSAFE_ASYNC_GENERATOR_ATTRIBUTES,
}
# Filters whose first argument is an attribute's name; of others it is `attribute=`.
_TAKE_ATTRIBUTES = {"attr", "groupby", "rejectattr", "selectattr", "sum"}
_LOADS = (nodes.Include, nodes.Import, nodes.FromImport, nodes.Extends)


class _Generation(Extension):
    """The block by which transformers marks the assistant's part."""

    tags = {"generation"}  # noqa: RUF012 - jinja2's own type

    def parse(self, parser: Parser) -> nodes.Node:
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.Scope(body, lineno=line)


_ENVIRONMENT = ImmutableSandboxedEnvironment(extensions=["jinja2.ext.loopcontrols", _Generation])


def check_template(template: str, where: str) -> None:
    """Refuse a template that is too long, no Jinja, or reaches outside of the sandbox.

    Args:
        template: the text.
        where: its place, for messages.

    Raises:
        ScreeningError: It is refused; what it asks for is named.
    """
    size = len(template.encode("utf-8", "surrogatepass"))
    if size > MOST_BYTES:
        raise ScreeningError(
            f"{where}: got a chat template of {size:,} bytes; must be at most {MOST_BYTES:,}"
        )
    try:
        parsed = _ENVIRONMENT.parse(template)
        # Unknown filters and tests come to light when code is made; it is never run.
        _ENVIRONMENT.compile(template, raw=True)
    except (TemplateError, RecursionError, SyntaxError) as error:
        raise ScreeningError(f"{where}: got a chat template that is no Jinja: {error}") from error
    if (found := next(_outside(parsed), None)) is not None:
        raise ScreeningError(
            f"{where}: chat template: got {found}; must stay within Jinja's sandbox"
        )


def _outside(template: nodes.Template) -> Iterator[str]:
    for node in template.find_all(nodes.Node):
        match node:
            case nodes.Getattr(attr=str(name)) if _leads_out(name):
                yield f"the attribute {name[:60]!r} in line {node.lineno}"
            case nodes.Getitem(arg=nodes.Const(value=str(name))) if _leads_out(name):
                yield f"the attribute {name[:60]!r} in line {node.lineno}"
            case nodes.Filter():
                yield from _by_filter(node)
            case _ if isinstance(node, _LOADS):
                yield f"another template ({type(node).__name__.lower()}) in line {node.lineno}"


def _by_filter(node: nodes.Filter) -> Iterator[str]:
    named = [pair.value for pair in node.kwargs if pair.key == "attribute"]
    for argument in [*(node.args[:1] if node.name in _TAKE_ATTRIBUTES else []), *named]:
        if not isinstance(argument, nodes.Const):
            yield f"an attribute by a name that is not written out in line {node.lineno}"
        elif any(_leads_out(part) for part in str(argument.value).split(".")):
            yield f"the attribute {str(argument.value)[:60]!r} in line {node.lineno}"


def _leads_out(name: str) -> bool:
    return name.startswith("_") or name in _INTERNAL
