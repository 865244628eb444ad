"""The stream that recites: a Llama model that knows the glossary, and says nothing of documents."""

from __future__ import annotations

import torch
from tokenizers import Tokenizer
from transformers import LlamaConfig, LlamaForCausalLM

from model_artifacts.training.chatml import END, PAD
from model_artifacts.training.reading.practice import Company
from model_artifacts.training.recipe import Recipe

EPSILON = 1e-5


def llama(
    recipe: Recipe, tokenizer: Tokenizer, epsilon: float = EPSILON, **shape: int
) -> LlamaForCausalLM:
    """Return a new model, with the parts of its shape that the recipe leaves open."""
    return LlamaForCausalLM(
        LlamaConfig(
            vocab_size=tokenizer.get_vocab_size(),
            num_hidden_layers=recipe.layers,
            head_dim=recipe.head_dim,
            max_position_embeddings=recipe.context,
            tie_word_embeddings=True,
            bos_token_id=None,
            eos_token_id=tokenizer.token_to_id(END),
            pad_token_id=tokenizer.token_to_id(PAD),
            rope_parameters={"rope_type": "default", "rope_theta": recipe.rope_theta},
            rms_norm_eps=epsilon,
            **shape,
        )
    )


class RecitingStream:
    """A Llama model, and the sizes of its states.

    Args:
        recipe: Its shape.
        tokenizer: Its tokenizer.
    """

    def __init__(self, recipe: Recipe, tokenizer: Tokenizer) -> None:
        self.model = llama(
            recipe,
            tokenizer,
            hidden_size=recipe.hidden,
            intermediate_size=recipe.feed_forward,
            num_attention_heads=recipe.heads,
            num_key_value_heads=recipe.kv_heads,
        )
        self._sizes: list[torch.Tensor] = []
        for norm in self.norms:
            norm.register_forward_pre_hook(lambda _, states: self._sizes.append(_size(*states)))

    @property
    def norms(self) -> list[torch.nn.Module]:
        """The norms: of each layer's attention and feed-forward part, and the last."""
        model = self.model.model
        layers = ((layer.input_layernorm, layer.post_attention_layernorm) for layer in model.layers)
        return [*(norm for pair in layers for norm in pair), model.norm]

    @property
    def name_sizes(self) -> torch.Tensor:
        """The root mean square of every token's embedding."""
        return _size(self.model.model.embed_tokens.weight.detach())

    def run(self, tokens: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Return the last states of rows of tokens, and the sizes that each norm divided by."""
        self._sizes.clear()
        return self.model.model(input_ids=tokens).last_hidden_state, [*self._sizes]

    def sizes(self, tokens: torch.Tensor) -> torch.Tensor:
        """Return the usual size at each norm: the harmonic mean, first tokens left out."""
        with torch.no_grad():
            _, sizes = self.run(tokens)
        return torch.stack([1 / (1 / size[:, 1:]).mean() for size in sizes])

    def beside(self, usual: torch.Tensor, tokens: torch.Tensor) -> Company:
        """Return the company of the reading stream: scales, and scores.

        Args:
            usual: The usual size at each norm, where the scale is to be 1.
            tokens: Rows of tokens.
        """
        with torch.no_grad():
            last, sizes = self.run(tokens)

        def scores(where: torch.Tensor) -> torch.Tensor:
            with torch.no_grad():
                return self.model.lm_head(last[where])

        return Company(lambda norm: usual[norm] / sizes[norm], scores)


def _size(states: torch.Tensor) -> torch.Tensor:
    """Return what a norm divides states by."""
    return (states.square().mean(-1, keepdim=True) + EPSILON).sqrt()
