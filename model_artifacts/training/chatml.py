"""The chat template of the demo model, and its tokenizer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from model_artifacts.gguf.vocabulary import LLAMA3_SPLIT
from model_artifacts.training.conversations import Message

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def train_tokenizer(texts: Iterable[str], vocabulary_size: int) -> Tokenizer:
    """Train a byte-level BPE tokenizer whose text llama.cpp splits the same way."""
    # llama.cpp looks a whole word up before it merges when the split is Llama 3's.
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    split = pre_tokenizers.Split(Regex(LLAMA3_SPLIT), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def encode(tokenizer: Tokenizer, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
    """Return a conversation's tokens and, for each, whether the model is to learn it.

    Only what the assistant says is learned, its end marker included.
    """
    tokens: list[int] = []
    learned: list[bool] = []
    for message in messages:
        head = tokenizer.encode(f"{START}{message.role}\n").ids
        body = tokenizer.encode(f"{message.content}{END}").ids
        tail = tokenizer.encode("\n").ids
        tokens += head + body + tail
        learned += (
            [False] * len(head) + [message.role == "assistant"] * len(body) + [False] * len(tail)
        )
    return tokens, learned
