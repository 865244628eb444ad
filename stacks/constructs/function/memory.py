"""Memory of the functions beside the streaming one, in MB, each with the largest input measured.

CPU grows with memory, 1,769 MB is one core; init has a whole one whatever the size. Peaks are
resident sizes on x86_64: of the first two out of docs/decisions/0160-the-door-has-512-mb.md, of the
last by benchmarks/memory/retrieval_memory.py, of all others by function_memory.py beside it.
"""

from __future__ import annotations

from typing import Final

AUTHORIZER_MB: Final = 256
"""Memory of the authorizer, which has a peak of 30 MB and milliseconds of work."""
MINUTELY_MB: Final = 256
"""Memory of the probe and of the bridge of engine metrics, with a peak of 59 MB."""
DELIVERY_MB: Final = 256
"""Memory of the webhook delivery: a peak of 58 MB with ten events, the most at once."""
HANDOVER_MB: Final = 256
"""Memory of the scaling handover, which has a peak of 62 MB."""
CONTROL_MB: Final = 512
"""Memory of the control function: a peak of 93 MB with a file's part of 4.4 MB, the most that
API Gateway hands to a function in base64."""
COMPLETION_MB: Final = 512
"""Memory of the completion function: a peak of 140 MB with a request and an answer of 6 MB each, of
characters that take four bytes; an answer has no bound of its own, so there is room for another."""
BATCH_STEP_MB: Final = 1769
"""Memory of a batch's steps, which read a file of 180 MB as a stream: a peak of 72 MB with lines of
3.6 KB, of 371 MB with lines of 6.3 MB. But the steps parse and write JSON, so that less of a core
would take as much longer and cost the same."""

DOCUMENT_MB: Final = 1769
"""Memory of the functions that read documents and publish: a core, as embedding is all CPU. Its
peak is 803 MB with a text of 4 million characters, the most that is read, and with as much in a PDF
439 MB beside the parser's process of 56, which may take 1 GB."""
