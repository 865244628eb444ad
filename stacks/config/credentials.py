"""The detection of credentials, so that none reaches a template or a message."""

from __future__ import annotations

import re

# Hugging Face, AWS, OpenAI, GitHub, Weights & Biases, and Standard Webhooks.
_VALUE = re.compile(r"\b(hf_|AKIA|ASIA|sk-|ghp_|github_pat_|wandb_|whsec_)\w{12,}")
_NAME = re.compile(r"(^|[._-])(token|secret|password|api[_-]?key)$", re.IGNORECASE)

ADVICE = (
    "must not be a credential: many can read a template; bring the weights of a gated model to a "
    "bucket once, by twin model push, and set model.s3"
)


def is_credential(name: str, value: object) -> bool:
    """Return whether a setting's name or value is that of a credential."""
    return bool(_NAME.search(name) or _VALUE.search(str(value)))
