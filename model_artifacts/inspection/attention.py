"""Attention of each layer: what it keeps of a token, of a window of tokens, or as a state.

Kinds by `layer_types` where a config has it, else by the keys that older architectures use.
"""

from __future__ import annotations

from dataclasses import dataclass

from model_artifacts.inspection.files import MOST_LAYERS, Fields

LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
HEADS = ("num_attention_heads", "n_head", "n_heads", "num_heads")
KV_HEADS = ("num_key_value_heads", "num_kv_heads", "n_head_kv", "multi_query_group_num")
WIDTH = ("hidden_size", "n_embd", "d_model")
_FULL = {"full_attention", "attention", "global", "full"}
_WINDOWED = {"sliding_attention", "local", "chunked_attention"}
_LINEAR = {"linear_attention"}
_MAMBA = {"mamba", "mamba2"}
# Architectures all of whose layers have the window that the config names.
_ALL_WINDOWED = {"mistral", "mixtral", "phi3", "starcoder2", "ministral"}
# Architectures whose every n-th layer has no window, where the config does not say so.
_PATTERNS = {"gemma2": 2, "gemma3": 6, "gpt_oss": 2, "cohere2": 4, "llama4": 4}
# Keys of hybrids that say the kinds of layers in a way of their own.
_OWN_WAY = (
    "hybrid_override_pattern", "attn_layer_period", "block_types", "layers_block_type",
    "linear_attn_config", "layer_group_size",
    "full_attention_interval",
)  # fmt: skip


@dataclass(frozen=True)
class Attention:
    """One layer's attention.

    Attributes:
        kv_heads: heads for keys and values, which tensor parallelism shares out; 1 for a latent
            vector, and 0 for a layer that keeps a state.
        elements: of keys and values together, for each of these heads and each token.
        parameters: weights of the layer's attention.
        latent: whether one vector stands for all heads, so that each GPU keeps it whole.
        window: tokens that the layer keeps at most; None for all.
        state: elements that a sequence takes however long it is.
    """

    kv_heads: int
    elements: int
    parameters: int
    latent: bool = False
    window: int | None = None
    state: int = 0


def attention_layers(text: Fields) -> tuple[tuple[Attention, ...], list[str]]:
    """Return the attention of every layer, and what is not understood, in words.

    Raises:
        InspectionError: A key that every transformer has is absent, or a value makes no sense.
    """
    layers = text.needed(LAYERS, MOST_LAYERS)
    window = text.number(("sliding_window", "attention_chunk_size"))
    if text.flag("use_sliding_window", default=True) is False:
        window = None
    kinds, unknown = _kinds(text, layers, window)
    full = _latent(text) if text.number(("kv_lora_rank",)) else _plain(text)
    made = {
        "full": full,
        "window": Attention(full.kv_heads, full.elements, full.parameters, full.latent, window),
        "linear": _linear(text) if "linear" in kinds else full,
        "mamba": _mamba(text) if "mamba" in kinds else full,
    }
    if text.count(("num_kv_shared_layers",)):
        unknown.append("num_kv_shared_layers: layers that share a cache are counted each")
    return tuple(made[kind] for kind in kinds), unknown


def _kinds(text: Fields, layers: int, window: int | None) -> tuple[list[str], list[str]]:
    names = text.names("layer_types", layers)
    if names is not None:
        kinds = [_kind(name, window) for name in names]
        strange = sorted({name for name, kind in zip(names, kinds, strict=True) if not kind})
        return (
            [kind or "full" for kind in kinds],
            [f"layer_types: {name!r} is not known here: counted as attention" for name in strange],
        )
    every = text.number(("full_attention_interval",))
    if every and text.has("linear_num_key_heads"):
        return ["linear" if (i + 1) % every else "full" for i in range(layers)], []
    own = [key for key in _OWN_WAY if text.has(key)]
    unknown = [f"{key}: kinds of layers are not understood: counted as attention" for key in own]
    if window is None:
        return ["full"] * layers, unknown
    model = (text.name("model_type") or "").removesuffix("_text")
    pattern = text.number(("sliding_window_pattern", "_sliding_window_pattern"))
    if pattern := pattern or _PATTERNS.get(model):
        return ["full" if (i + 1) % pattern == 0 else "window" for i in range(layers)], unknown
    if model in _ALL_WINDOWED:
        return ["window"] * layers, unknown
    unknown.append("sliding_window: which layers have it is not said: all counted in full")
    return ["full"] * layers, unknown


def _kind(name: str, window: int | None) -> str:
    if name in _FULL:
        return "full"
    if name in _WINDOWED:
        return "window" if window else "full"
    if name in _LINEAR:
        return "linear"
    return "mamba" if name in _MAMBA else ""


def _plain(text: Fields) -> Attention:
    """Return attention with a head's keys and values shared by a group of heads."""
    hidden, heads = text.needed(WIDTH), text.needed(HEADS)
    length = text.number(("head_dim", "kv_channels")) or hidden // heads
    kv_heads = text.number(KV_HEADS) or (1 if text.flag("multi_query") else heads)
    queries, keys = hidden * heads * length, hidden * kv_heads * length
    return Attention(kv_heads, 2 * length, 2 * queries + 2 * keys)


def _latent(text: Fields) -> Attention:
    """Return multi-head latent attention: section 2.1 of https://arxiv.org/abs/2405.04434."""
    hidden, heads = text.needed(WIDTH), text.needed(HEADS)
    rank, rope = text.needed(("kv_lora_rank",)), text.count(("qk_rope_head_dim",))
    plain = text.count(("qk_nope_head_dim",))
    value = text.count(("v_head_dim",)) or plain
    low = text.number(("q_lora_rank",))
    queries = heads * (plain + rope)
    weights = hidden * low + low * queries if low else hidden * queries
    weights += hidden * (rank + rope) + rank * heads * (plain + value) + heads * value * hidden
    return Attention(1, rank + rope, weights, latent=True)


def _linear(text: Fields) -> Attention:
    """Return a gated delta rule's layer: https://arxiv.org/abs/2412.06464, as in Qwen3-Next."""
    hidden = text.needed(WIDTH)
    key_heads, key = text.needed(("linear_num_key_heads",)), text.needed(("linear_key_head_dim",))
    heads = text.needed(("linear_num_value_heads",))
    value = text.needed(("linear_value_head_dim",))
    kernel = text.number(("linear_conv_kernel_dim",)) or 4
    width = 2 * key_heads * key + heads * value
    weights = hidden * (width + heads * value + 2 * heads) + heads * value * hidden
    return Attention(0, 0, weights, state=heads * key * value + (kernel - 1) * width)


def _mamba(text: Fields) -> Attention:
    """Return a Mamba-2 layer: https://arxiv.org/abs/2405.21060."""
    hidden = text.needed(WIDTH)
    heads, length = text.needed(("mamba_n_heads",)), text.needed(("mamba_d_head",))
    state, groups = text.needed(("mamba_d_state",)), text.count(("mamba_n_groups",)) or 1
    inner, kernel = heads * length, text.number(("mamba_d_conv",)) or 4
    width = inner + 2 * groups * state
    weights = hidden * (inner + width + heads) + inner * hidden
    return Attention(0, 0, weights, state=heads * length * state + (kernel - 1) * width)
