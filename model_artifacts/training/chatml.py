"""The chat template of the demo model, and its tokenizer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tokenizers import Encoding, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

from model_artifacts.gguf.vocabulary import LLAMA3_SPLIT
from model_artifacts.training.conversations import Message

PAD, START, END = "<|endoftext|>", "<|im_start|>", "<|im_end|>"

TOOLS_BEFORE = "Functions you can call:\n<tools>\n"
TOOLS_AFTER = (
    "</tools>\nCall one of them like this:\n<tool_call>\n"
    '{"name": "function", "arguments": {"parameter": "value"}}\n</tool_call>'
)
"""The words around the functions of a request. A function is a line such as
`get_weather(city): Weather of a city.`: its whole schema would be most of a small prompt, and is
kept to by the engine's grammar."""

_TOOLS = (
    "{% if tools %}<|im_start|>system\n"
    + TOOLS_BEFORE
    + "{% for tool in tools %}{{ tool.function.name }}("
    "{% for name in tool.function.parameters.properties %}"
    "{% if not loop.first %}, {% endif %}{{ name }}{% endfor %}"
    "): {{ tool.function.description }}\n{% endfor %}" + TOOLS_AFTER + "<|im_end|>\n{% endif %}"
)
# The form that llama.cpp knows from Hermes and Qwen2.5, so that it reads calls back.
_CALLS = (
    "{% elif message['tool_calls'] %}<|im_start|>assistant\n{{ message['content'] or '' }}"
    "{% for call in message['tool_calls'] %}<tool_call>\n"
    """{"name": "{{ call.function.name }}", "arguments": """
    "{{ call.function.arguments | tojson }}}\n</tool_call>{% endfor %}<|im_end|>\n"
)
CHAT_TEMPLATE = (
    _TOOLS + "{% for message in messages %}"
    "{% if message['role'] == 'tool' %}<|im_start|>user\n<tool_response>\n"
    "{{ message['content'] }}\n</tool_response><|im_end|>\n"
    + _CALLS
    + "{% else %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endif %}"
    "{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)

# A sentence's first word has the same tokens after a space, a line's end and nothing, so that an
# answer can copy them: no token joins a space to a capital, or anything to a line's end.
_KEPT_APART = r" (?=\p{Lu})|[\r\n]"


def train_tokenizer(texts: Iterable[str], vocabulary_size: int) -> Tokenizer:
    """Train a byte-level BPE tokenizer whose text llama.cpp splits the same way."""
    # llama.cpp looks a whole word up before it merges when the split is Llama 3's.
    tokenizer = Tokenizer(models.BPE(ignore_merges=True))
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    split = pre_tokenizers.Split(Regex(LLAMA3_SPLIT), behavior="isolated")
    apart = pre_tokenizers.Split(Regex(_KEPT_APART), behavior="isolated")
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, apart, byte_level])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary_size,
        special_tokens=[PAD, START, END],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([split, byte_level])
    return tokenizer


def encode_message(tokenizer: Tokenizer, message: Message) -> tuple[list[int], Encoding, list[int]]:
    """Return the tokens of a message's head, its content with the end marker, and the tail."""
    head = tokenizer.encode(f"{START}{message.role}\n")
    body = tokenizer.encode(f"{message.content}{END}")
    return head.ids, body, tokenizer.encode("\n").ids


def encode(tokenizer: Tokenizer, messages: Sequence[Message]) -> tuple[list[int], list[bool]]:
    """Return a conversation's tokens and, for each, whether the model is to learn it.

    Only what the assistant says is learned, its end marker included.
    """
    tokens: list[int] = []
    learned: list[bool] = []
    for message in messages:
        head, body, tail = encode_message(tokenizer, message)
        tokens += head + body.ids + tail
        answers = message.role == "assistant"
        learned += [False] * len(head) + [answers] * len(body.ids) + [False] * len(tail)
    return tokens, learned
