"""A GGUF model's logits, by llama.cpp's C API inside the xllamacpp wheel.

The wheel's own API is a server, which gives a whole distribution a hundred times slower. Parameter
structs pass by value within a buffer larger than they are, and only their first fields are set,
which have been the same for years; whether they were understood is asked afterwards.
https://github.com/ggml-org/llama.cpp/blob/master/include/llama.h
"""

from __future__ import annotations

import ctypes
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from model_artifacts.gguf.wheel import WheelError, exported

_POINTER, _INT, _BOOL = ctypes.c_void_p, ctypes.c_int32, ctypes.c_bool
_CELLS = 256
"""llama.cpp rounds a context up to whole ones of these."""


class LogitsError(ValueError):
    """The model cannot be loaded, or a text not be read by it."""


class _Parameters(ctypes.Structure):
    """Room for llama_model_params and llama_context_params, some 100 and 150 bytes long."""

    _fields_ = (("words", ctypes.c_uint32 * 256),)


class _Batch(ctypes.Structure):
    """llama_batch: what is decoded at once."""

    _fields_ = (
        ("n_tokens", _INT),
        ("token", ctypes.POINTER(_INT)),
        ("embd", _POINTER),
        ("pos", _POINTER),
        ("n_seq_id", _POINTER),
        ("seq_id", _POINTER),
        ("logits", ctypes.POINTER(ctypes.c_int8)),
    )


_keep_quiet = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, _POINTER)(lambda *_: None)
"""llama.cpp's log, taken and dropped; kept alive here as long as the library may write."""


class LogitsModel:
    """A loaded model, until the end of a `with` block.

    Attributes:
        window: most tokens that are read at once.
        vocabulary: tokens that a distribution is over.
    """

    def __init__(self, path: Path, window: int, threads: int = 1) -> None:
        """Load a GGUF file.

        Args:
            path: the file; of a split model, the first.
            window: tokens.
            threads: of llama.cpp.

        Raises:
            WheelError: xllamacpp is missing, or does not offer the functions.
            LogitsError: llama.cpp does not load the file.
        """
        self.window = window
        self._model = self._context = None
        exported("llama_log_set", None, _POINTER, _POINTER)(
            ctypes.cast(_keep_quiet, _POINTER), None
        )
        exported("llama_backend_init", None)()
        defaults = exported("llama_model_default_params", _Parameters)()
        load = exported("llama_model_load_from_file", _POINTER, ctypes.c_char_p, _Parameters)
        self._model = load(str(path).encode(), defaults)
        if not self._model:
            raise LogitsError(f"{path}: llama.cpp does not load it; must be a model that it knows")
        self._vocab = exported("llama_model_get_vocab", _POINTER, _POINTER)(self._model)
        self.vocabulary = int(exported("llama_vocab_n_tokens", _INT, _POINTER)(self._vocab))
        try:
            self._context = self._new_context(threads)
        except (LogitsError, WheelError):
            self.__exit__(None, None, None)
            raise

    def _new_context(self, threads: int) -> Any:  # noqa: ANN401 - a pointer
        parameters = exported("llama_context_default_params", _Parameters)()
        sizes = (-(-self.window // _CELLS) * _CELLS, self.window, self.window)
        parameters.words[0:3] = sizes  # n_ctx, n_batch, n_ubatch
        create = exported("llama_init_from_model", _POINTER, _POINTER, _Parameters)
        context = create(self._model, parameters)
        if not context:
            raise LogitsError(f"no context of {self.window} tokens: is there memory for it?")
        names = ("llama_n_ctx", "llama_n_batch", "llama_n_ubatch")
        found = tuple(exported(name, ctypes.c_uint32, _POINTER)(context) for name in names)
        if found != sizes:
            raise WheelError(
                f"llama.cpp took {sizes} for {found}: llama_context_params of the installed "
                "xllamacpp wheel has another layout than is known here"
            )
        exported("llama_set_n_threads", None, _POINTER, _INT, _INT)(context, threads, threads)
        return context

    @property
    def parameters(self) -> int:
        """Weights of the model."""
        return int(exported("llama_model_n_params", ctypes.c_uint64, _POINTER)(self._model))

    @property
    def size(self) -> int:
        """Bytes of all tensors."""
        return int(exported("llama_model_size", ctypes.c_uint64, _POINTER)(self._model))

    @property
    def first_token(self) -> int | None:
        """The token that every text begins with, if the model has one."""
        if not exported("llama_vocab_get_add_bos", _BOOL, _POINTER)(self._vocab):
            return None
        return int(exported("llama_vocab_bos", _INT, _POINTER)(self._vocab))

    def tokens(self, text: str) -> list[int]:
        """Return a text's tokens, without a first token."""
        raw = text.encode()
        found = (_INT * (len(raw) + 8))()
        tokenize = exported(
            "llama_tokenize",
            *(_INT, _POINTER, ctypes.c_char_p, _INT, ctypes.POINTER(_INT), _INT, _BOOL, _BOOL),
        )
        count = tokenize(self._vocab, raw, len(raw), found, len(found), False, False)
        if count < 0:
            raise LogitsError(f"a text of {len(raw)} bytes has more tokens than bytes")
        return list(found[:count])

    def logits(self, tokens: list[int], first: int = 0) -> NDArray[np.float32]:
        """Return the logits of the next token after each token from the `first` on.

        Args:
            tokens: at most a window.
            first: index of the first token whose logits are wanted.

        Returns:
            A view of shape (len(tokens) - first, vocabulary), valid until the next call.

        Raises:
            LogitsError: There are too many, or one is none of the model's.
        """
        count = len(tokens)
        # llama.cpp ends the whole process at these.
        if not 0 <= first < count <= self.window:
            raise LogitsError(f"got {count} tokens, from {first} on; must be 1 to {self.window}")
        if not 0 <= min(tokens) <= max(tokens) < self.vocabulary:
            raise LogitsError(f"got token {max(tokens)}; must be below {self.vocabulary}")
        clear = exported("llama_memory_clear", None, _POINTER, _BOOL)
        clear(exported("llama_get_memory", _POINTER, _POINTER)(self._context), True)
        wanted = (ctypes.c_int8 * count)(*(int(index >= first) for index in range(count)))
        batch = _Batch(n_tokens=count, token=(_INT * count)(*tokens), logits=wanted)
        status = exported("llama_decode", _INT, _POINTER, _Batch)(self._context, batch)
        if status:
            raise LogitsError(f"llama.cpp decodes {count} tokens with status {status}; must be 0")
        get = exported("llama_get_logits", ctypes.POINTER(ctypes.c_float), _POINTER)
        return np.ctypeslib.as_array(get(self._context), (count - first, self.vocabulary))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._context:
            exported("llama_free", None, _POINTER)(self._context)
        exported("llama_model_free", None, _POINTER)(self._model)
        self._context = self._model = None
