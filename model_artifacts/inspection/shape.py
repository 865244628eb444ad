"""Shape of a transformer: its layers by kind, with parameters and caches, out of config.json.

Names are those of Hugging Face's transformers; GGUF's metadata is brought to the same names
first (gguf_model.py). A key that would change the result and is not known here is named in
`unknown`, so that nobody takes a guess for a figure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_artifacts.inspection.attention import Attention, attention_layers
from model_artifacts.inspection.files import Fields

# Models whose feed-forward layers have two matrices in place of three.
_UNGATED = {
    "gpt2", "gpt_neox", "gpt_bigcode", "opt", "falcon", "bloom", "starcoder2", "phi", "nemotron",
}  # fmt: skip
# Of these, output layer and input embeddings are one table where the config does not say.
_TIED = {"gemma", "gemma2", "gemma3", "gemma3n"}
# Architectures that read a text whole, or have a second stack of layers, which nothing here counts.
_NO_DECODERS = {
    "bert",
    "roberta",
    "xlm-roberta",
    "distilbert",
    "modernbert",
    "t5",
    "bart",
    "whisper",
}
_EXPERTS = ("num_local_experts", "num_experts", "n_routed_experts", "moe_num_experts")
_ACTIVE = ("num_experts_per_tok", "moe_top_k", "moe_topk")


@dataclass(frozen=True)
class Parameters:
    """Weights of a model, counted.

    Attributes:
        total: of the whole model.
        experts: in the routed experts of all layers.
        embedding: in the table of input embeddings alone; 0 where the output layer shares it.
        head: in the output layer, which quantization leaves alone, as it does the embeddings.
    """

    total: int
    experts: int = 0
    embedding: int = 0
    head: int = 0


@dataclass(frozen=True, kw_only=True)
class ModelShape:
    """The part of a model's config that decides memory and speed.

    Attributes:
        kind: its model_type, such as llama or qwen3_moe.
        hidden: width of a token between layers.
        heads: attention heads, which tensor parallelism must divide.
        vocabulary: tokens known.
        attention: the layers' attention, one entry a layer.
        intermediate: width of a dense feed-forward layer, or of an expert where there are experts.
        experts: routed experts of a layer; 0 without.
        experts_per_token: of them, those that each token goes through.
        parameters: counted by the shapes.
        context_length: most tokens of a sequence; None where none is said.
        unknown: what of the config is not understood, in words.
    """

    kind: str
    hidden: int
    heads: int
    vocabulary: int
    attention: tuple[Attention, ...]
    intermediate: int
    experts: int = 0
    experts_per_token: int = 0
    parameters: Parameters
    context_length: int | None = None
    unknown: tuple[str, ...] = ()

    @property
    def layers(self) -> int:
        """Layers of the model."""
        return len(self.attention)


def model_shape(raw: Mapping[str, Any], where: object) -> ModelShape:
    """Read the shape out of the keys of config.json; of a multimodal model, the text model's.

    Raises:
        InspectionError: A key that every transformer has is absent, or a value makes no sense.
    """
    fields = Fields(where, dict(raw))
    text = Fields(where, dict(raw) | fields.section("text_config"))
    attention, unknown = attention_layers(text)
    hidden, vocabulary = text.needed(("hidden_size", "n_embd", "d_model")), text.needed_vocabulary()
    experts = text.count(_EXPERTS)
    vision = fields.section("vision_config")
    return ModelShape(
        kind=text.name("model_type") or "transformer",
        hidden=hidden,
        heads=text.needed(("num_attention_heads", "n_head", "n_heads", "num_heads")),
        vocabulary=vocabulary,
        attention=attention,
        intermediate=_feed_forward(text, hidden)[0] // (3 * hidden),
        experts=experts if experts > 1 else 0,
        experts_per_token=min(text.number(_ACTIVE) or experts, experts) if experts > 1 else 0,
        parameters=_parameters(text, attention, hidden, vocabulary, vision),
        context_length=text.number(("max_position_embeddings", "n_positions", "seq_length")),
        unknown=(*unknown, *_unknown(text, raw)),
    )


def _unknown(text: Fields, raw: Mapping[str, Any]) -> list[str]:
    """Name what the count of parameters leaves out."""
    found = []
    if text.count(_EXPERTS) > 1 and not text.number(_ACTIVE):
        found.append("experts per token are not said: every expert counts as read")
    if text.name("model_type") in _NO_DECODERS or text.flag("is_encoder_decoder"):
        found.append(f"{text.name('model_type')}: is no decoder: counted as if it were one")
    if "audio_config" in raw:
        found.append("audio_config: weights of the audio tower are not counted")
    return found


def _parameters(
    text: Fields,
    attention: tuple[Attention, ...],
    hidden: int,
    vocabulary: int,
    vision: Mapping[str, Any],
) -> Parameters:
    table = vocabulary * hidden
    kind = (text.name("model_type") or "").removesuffix("_text")
    tied = text.flag("tie_word_embeddings", default=kind in _TIED)
    expert, dense = _feed_forward(text, hidden)
    experts = text.count(_EXPERTS)
    with_experts = _layers_with_experts(text, len(attention)) if experts > 1 else 0
    routed = with_experts * experts * expert
    shared = with_experts * (_shared(text, hidden, expert) + hidden * experts)
    blocks = sum(layer.parameters for layer in attention) + 2 * hidden * len(attention)
    total = table * (1 if tied else 2) + blocks + routed + shared
    total += (len(attention) - with_experts) * dense + hidden + _tower(vision)
    return Parameters(total=total, experts=routed, embedding=0 if tied else table, head=table)


def _feed_forward(text: Fields, hidden: int) -> tuple[int, int]:
    """Return the weights of an expert and of a dense feed-forward layer."""
    matrices = 2 if text.name("model_type") in _UNGATED else 3
    width = text.number(("intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size"))
    expert = text.number(("moe_intermediate_size", "expert_ffn_hidden_size")) or width or 4 * hidden
    dense = text.number(("intermediate_size_mlp",)) or width or 4 * hidden
    return 3 * hidden * expert, matrices * hidden * dense


def _shared(text: Fields, hidden: int, expert: int) -> int:
    """Return the weights of the experts that every token goes through."""
    width = text.count(("shared_expert_intermediate_size", "shared_intermediate_size"))
    if width:
        return 3 * hidden * width
    if text.name("model_type") in {"llama4_text", "llama4"}:
        return expert
    return text.count(("n_shared_experts",)) * expert


def _layers_with_experts(text: Fields, layers: int) -> int:
    dense = set(range(text.count(("first_k_dense_replace",))))
    dense |= set(text.numbers("mlp_only_layers"))
    step = text.number(("decoder_sparse_step", "interleave_moe_layer_step", "moe_layer_freq")) or 1
    return sum(i not in dense and (i + 1) % step == 0 for i in range(layers))


def _tower(vision: Mapping[str, Any]) -> int:
    """Return the weights of a vision transformer, about: they are few beside the text model's."""
    layers = vision.get("num_hidden_layers", vision.get("depth", 0))
    width, inner = vision.get("hidden_size", 0), vision.get("intermediate_size", 0)
    if not all(type(number) is int for number in (layers, width, inner)):
        return 0
    return int(layers * (4 * width * width + 3 * width * (inner or 4 * width)))
