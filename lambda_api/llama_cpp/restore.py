"""The first steps of a process that SnapStart has copied out of a snapshot.

docs/decisions/0165-a-monolith-may-start-from-a-snapshot.md
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

_SECONDS = 8.0
"""Below the 10 s in which Lambda wants a restore to be over.
docs.aws.amazon.com/lambda/latest/dg/snapstart.html"""
_ONE_TOKEN = b'{"messages":[{"role":"user","content":"Hi"}],"max_tokens":1}'


async def resume(complete: Callable[[bytes], bytes]) -> None:
    """Part with the other copies, and touch all weights, which a restore brings only then.

    Weights that take too long are read on while the first caller waits. Connections need nothing:
    the start closed its own before the snapshot.

    Args:
        complete: Has the engine of this process answer a payload; blocks.

    Raises:
        ServiceError: The engine does not answer; this copy is of no use.
    """
    random.seed()
    asking = asyncio.ensure_future(asyncio.to_thread(complete, _ONE_TOKEN))
    await asyncio.wait({asking}, timeout=_SECONDS)
    if asking.done():
        asking.result()
