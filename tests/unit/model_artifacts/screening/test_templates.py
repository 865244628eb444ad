"""Chat templates stay within Jinja's sandbox, and within their size."""

from __future__ import annotations

import pytest

from model_artifacts.screening.errors import ScreeningError
from model_artifacts.screening.templates import MOST_BYTES, check_template

CHATML = (
    "{%- set ns = namespace(seen=false) %}{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message.content | trim }}"
    "{% if loop.index > 9 %}{% break %}{% endif %}"
    "{% generation %}{{ message.content }}{% endgeneration %}{% endfor %}"
    "{{ tools | tojson(indent=4) }}{{ raise_exception('no') }}{{ strftime_now('%d') }}"
    "{{ names | join('_') }}{{ tools | map(attribute='function.name') | list }}"
)


def test_templates_of_models_pass() -> None:
    check_template(CHATML, "t")


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ ''.__class__ }}", "attribute '__class__' in line 1"),
        ("\n{{ x['__globals__'] }}", "attribute '__globals__' in line 2"),
        ("{{ cycler.__init__ }}", "attribute '__init__'"),
        ("{{ self._TemplateReference__context }}", "attribute '_TemplateReference__context'"),
        ("{{ f.gi_frame }}", "attribute 'gi_frame'"),
        ("{{ x.mro() }}", "attribute 'mro'"),
        ("{{ x | attr('__class__') }}", "attribute '__class__'"),
        ("{{ x | attr('__cl' ~ 'ass__') }}", "a name that is not written out"),
        ("{{ x | map(attribute='a.__class__') | list }}", "attribute 'a.__class__'"),
        ("{{ x | selectattr('__class__') | list }}", "attribute '__class__'"),
        ("{% include '/etc/passwd' %}", "another template .include."),
        ("{% import 'a' as b %}", "another template .import."),
        ("{% extends 'a' %}", "another template .extends."),
        ("{% from 'a' import b %}", "another template .fromimport."),
    ],
)
def test_ways_out_of_the_sandbox_are_refused(template: str, message: str) -> None:
    with pytest.raises(ScreeningError, match=f"where: chat template: got .*{message}"):
        check_template(template, "where")


@pytest.mark.parametrize("template", ["{% if %}", "{{ x | no_such }}", "{{ 1 is no_such }}"])
def test_text_that_is_no_jinja_is_refused(template: str) -> None:
    with pytest.raises(ScreeningError, match="where: got a chat template that is no Jinja"):
        check_template(template, "where")


def test_template_nested_without_end_is_refused() -> None:
    with pytest.raises(ScreeningError, match="recursion"):
        check_template("{{" + "(" * 9000 + "1" + ")" * 9000 + "}}", "where")


def test_size_counts_in_bytes() -> None:
    check_template("ü" * (MOST_BYTES // 2), "where")
    with pytest.raises(ScreeningError, match="got a chat template of 65,538 bytes; must be at"):
        check_template("ü" * (MOST_BYTES // 2 + 1), "where")
