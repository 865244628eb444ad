"""The tokenizer fields of GGUF, from a Hugging Face tokenizer.json."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gguf

from model_artifacts.gguf.checkpoint import DecoderConfig, read_json
from model_artifacts.gguf.errors import UnsupportedCheckpointError

LLAMA3_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
TEKKEN_SPLIT = (  # of Mistral NeMo and later
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
# How a byte-level tokenizer splits text before it merges, and llama.cpp's name for it. llama.cpp
# has each split written out (src/llama-vocab.cpp): one it does not know cannot be carried over.
_SPLITS = {
    LLAMA3_SPLIT: "llama-bpe",
    LLAMA3_SPLIT.replace(r"\p{N}{1,3}", r"\p{N}"): "qwen2",
    TEKKEN_SPLIT: "tekken",
}
_GPT2_SPLIT = "gpt-2"
# Splits after which llama.cpp looks whole words up first.
_WHOLE_WORDS = {"llama-bpe", "tekken"}
# Qwen's own step; llama.cpp has none, and its own converter drops it as well.
_DROPPED_NORMALIZER = "NFC"
NORMALIZER_NOTE = (
    "the tokenizer's NFC is left out, because llama.cpp normalizes nothing: a text that is not in "
    "NFC, such as macOS's file names, gives other tokens"
)
# What a BPE model may do besides merging: https://huggingface.co/docs/tokenizers/api/models
_NOT_CARRIED = (
    "dropout",
    "byte_fallback",
    "fuse_unk",
    "continuing_subword_prefix",
    "end_of_word_suffix",
)


@dataclass(frozen=True)
class Vocabulary:
    """A tokenizer as GGUF stores it.

    Attributes:
        tokens: Every token's text, by number.
        types: Every token's `gguf.TokenType`.
        merges: Pairs to merge, best first, each "left right".
        pre: llama.cpp's name of the split before merging.
        adds_bos: Whether every text starts with the beginning-of-sequence token.
        chat_template: Jinja template of the chat format, if the checkpoint has one.
        notes: what a person should know of what was left out.
    """

    tokens: tuple[str, ...]
    types: tuple[int, ...]
    merges: tuple[str, ...]
    pre: str
    adds_bos: bool
    chat_template: str | None
    notes: tuple[str, ...] = ()


def read_vocabulary(checkpoint: Path, config: DecoderConfig) -> Vocabulary:
    """Read tokenizer.json and the chat template.

    Raises:
        UnsupportedCheckpointError: The tokenizer is no byte-level BPE that llama.cpp knows.
    """
    raw = read_json(checkpoint, "tokenizer.json")
    try:
        return _vocabulary(checkpoint, raw, config)
    except (AttributeError, IndexError, KeyError, TypeError) as error:
        raise UnsupportedCheckpointError(
            f"tokenizer.json: {error!r}; must be laid out as Hugging Face's tokenizers writes it"
        ) from error


def _vocabulary(checkpoint: Path, raw: dict[str, Any], config: DecoderConfig) -> Vocabulary:
    if (kind := raw["model"].get("type")) != "BPE":
        raise UnsupportedCheckpointError(
            f"tokenizer type {kind!r} is not supported; supported: 'BPE'"
        )
    pre = _split_name(raw.get("pre_tokenizer"))
    notes = _check_steps(raw, pre)
    _check_whole_words(raw["model"], pre)
    tokens, types = _tokens(raw, config.vocab_size)
    return Vocabulary(
        tokens=tokens,
        types=types,
        merges=tuple(m if isinstance(m, str) else " ".join(m) for m in raw["model"]["merges"]),
        pre=pre,
        adds_bos=_adds_bos(raw.get("post_processor")),
        chat_template=_chat_template(checkpoint),
        notes=notes,
    )


def _check_steps(raw: dict[str, Any], pre: str) -> tuple[str, ...]:
    """Refuse steps of the tokenizer that GGUF has no key for: texts would become other tokens.

    Qwen's NFC alone is noted instead: nearly all texts are in NFC.
    """
    normalizer = raw["normalizer"].get("type") if raw.get("normalizer") is not None else None
    is_dropped = pre == "qwen2" and normalizer == _DROPPED_NORMALIZER
    if normalizer is not None and not is_dropped:
        raise UnsupportedCheckpointError(
            f"normalizer {normalizer!r} is not supported with the split {pre}; supported: None, or "
            "'NFC' with qwen2"
        )
    for key in _NOT_CARRIED:
        if raw["model"].get(key):
            raise UnsupportedCheckpointError(f"tokenizer model's {key} is not supported")
    split = raw.get("pre_tokenizer") or {}
    if any(step.get("add_prefix_space") for step in split.get("pretokenizers", [split])):
        raise UnsupportedCheckpointError("pre-tokenizer's add_prefix_space is not supported")
    return (NORMALIZER_NOTE,) if is_dropped else ()


def _check_whole_words(model: dict[str, Any], pre: str) -> None:
    """Refuse a choice that llama.cpp derives from the split: to look whole words up first."""
    found, derived = bool(model.get("ignore_merges")), pre in _WHOLE_WORDS
    if found != derived:
        raise UnsupportedCheckpointError(
            f"tokenizer model's ignore_merges {found} is not supported with the split {pre}; "
            f"supported: {derived}"
        )


def _tokens(raw: dict[str, Any], size: int) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """Return texts and types by number; numbers that the tokenizer leaves out are unused tokens."""
    texts = {number: text for text, number in raw["model"]["vocab"].items()}
    types = dict.fromkeys(texts, gguf.TokenType.NORMAL)
    for added in raw["added_tokens"]:
        texts[added["id"]] = added["content"]
        types[added["id"]] = (
            gguf.TokenType.CONTROL if added["special"] else gguf.TokenType.USER_DEFINED
        )
    if texts and max(texts) >= size:
        raise UnsupportedCheckpointError(
            f"token {max(texts)} is beyond config.json's vocab_size {size}; supported: fewer tokens"
        )
    return (
        tuple(texts.get(number, f"[PAD{number}]") for number in range(size)),
        tuple(int(types.get(number, gguf.TokenType.UNUSED)) for number in range(size)),
    )


def _split_name(pre_tokenizer: dict[str, Any] | None) -> str:
    steps = (pre_tokenizer or {}).get("pretokenizers", [pre_tokenizer or {}])
    splits = [step for step in steps if step.get("type") == "Split"]
    if any(s.get("invert") or s.get("behavior", "Isolated") != "Isolated" for s in splits):
        raise UnsupportedCheckpointError("pre-tokenizer that drops or joins text is not supported")
    regexes = [step["pattern"].get("Regex") for step in splits]
    byte_level = [step for step in steps if step.get("type") == "ByteLevel"]
    if len(regexes) == len(byte_level) == 1 and len(steps) == 2 and regexes[0] in _SPLITS:
        return _SPLITS[regexes[0]]
    if len(byte_level) == len(steps) == 1 and byte_level[0].get("use_regex", True):
        return _GPT2_SPLIT
    found = [step.get("type") for step in steps], regexes
    supported = ", ".join((*_SPLITS.values(), _GPT2_SPLIT))
    raise UnsupportedCheckpointError(f"pre-tokenizer {found} is not known; supported: {supported}")


def _adds_bos(post_processor: dict[str, Any] | None) -> bool:
    steps = (post_processor or {}).get("processors", [post_processor or {}])
    templates = [step["single"] for step in steps if step.get("single")]
    if any("SpecialToken" in piece for template in templates for piece in template[1:]):
        raise UnsupportedCheckpointError(
            "post-processor: tokens after the text are not supported; supported: one before it"
        )
    return any("SpecialToken" in template[0] for template in templates)


def _chat_template(checkpoint: Path) -> str | None:
    own_file = checkpoint / "chat_template.jinja"
    if own_file.is_file():
        return own_file.read_text(encoding="utf-8")
    if not (checkpoint / "tokenizer_config.json").is_file():
        return None
    # Checkpoints from before transformers 4.43 keep the template here.
    template = read_json(checkpoint, "tokenizer_config.json").get("chat_template")
    return template if isinstance(template, str) else None
