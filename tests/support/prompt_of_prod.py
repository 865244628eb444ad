"""The prompt that prod's chat template makes, rendered as transformers renders templates."""

from __future__ import annotations

from typing import Any

from jinja2 import TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from stacks.config import load_stage
from tests.support.project import PROJECT


def prompt_of_prod(turns: list[dict[str, Any]], *, bos: str = "<s>", eos: str = "</s>") -> str:
    """Return the prompt of a conversation; `tests/vllm/check_template.py` holds it to vLLM's.

    Raises:
        TemplateError: The template refuses the conversation.
    """
    template = load_stage("prod", PROJECT).model.chat_template
    assert template is not None

    def refuse(why: str) -> None:
        raise TemplateError(why)

    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    environment.globals["raise_exception"] = refuse
    return environment.from_string(template).render(
        messages=turns, bos_token=bos, eos_token=eos, add_generation_prompt=True
    )
