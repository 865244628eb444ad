"""The key of the engines of this process: their ports are open to every page in a browser.

llama.cpp tells each page that it may read the answers, and a `text/plain` POST needs no leave. On
AWS nothing reaches a container but SageMaker.
"""

from __future__ import annotations

import secrets

VARIABLE = "LLAMA_API_KEY"
"""llama.cpp's own variable: one that a person sets works for an engine started by hand, too.
https://github.com/ggml-org/llama.cpp/blob/master/tools/server/README.md"""

ENGINE_KEY = secrets.token_urlsafe(32)

AUTHORIZATION = ("authorization", f"Bearer {ENGINE_KEY}")
"""The header of a request to an engine."""
