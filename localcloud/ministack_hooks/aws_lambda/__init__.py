"""Lambda: what ministack leaves out of functions, their versions, packages and concurrency."""

from __future__ import annotations
