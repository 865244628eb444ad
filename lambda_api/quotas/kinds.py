"""The kinds of things that a caller may hold so many of, with the settings' limits."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from lambda_api.quotas.leases import LeaseTable, Limits
from lambda_api.quotas.quota import UNLIMITED, LeasedQuota, Quota
from lambda_api.settings import Settings

_MIB = 1024 * 1024

Ended = Callable[[str, Sequence[str]], Collection[str]]
"""Returns those of an owner's things that have ended."""


def stored_files(
    settings: Settings,
    connect: Callable[[], LeaseTable],
    freed: Ended,
    clear: Ended = lambda _owner, names: names,
) -> Quota:
    """Return the quota of files that callers upload, and of their bytes."""
    if settings.quota_table is None:
        return UNLIMITED
    return LeasedQuota(
        "stored files",
        Limits(settings.max_stored_files, settings.max_stored_mb * _MIB),
        connect,
        "delete some or let them expire",
        freed,
        clear,
    )


def vector_stores(settings: Settings, connect: Callable[[], LeaseTable], gone: Ended) -> Quota:
    """Return the quota of vector stores that callers make."""
    if settings.quota_table is None:
        return UNLIMITED
    limits = Limits(settings.max_vector_stores)
    return LeasedQuota("vector stores", limits, connect, "delete some", gone)


def vector_store_files(settings: Settings, connect: Callable[[], LeaseTable], gone: Ended) -> Quota:
    """Return the quota of files in vector stores, and of their bytes."""
    if settings.quota_table is None:
        return UNLIMITED
    limits = Limits(settings.max_vector_store_files, settings.max_vector_store_mb * _MIB)
    return LeasedQuota("vector store files", limits, connect, "take some out of a store", gone)


def open_batches(settings: Settings, connect: Callable[[], LeaseTable], ended: Ended) -> Quota:
    """Return the quota of batches that have not ended."""
    if settings.quota_table is None:
        return UNLIMITED
    return LeasedQuota(
        "open batches",
        Limits(settings.max_open_batches),
        connect,
        "wait for one to end or cancel one",
        ended,
        retry_after_seconds=60,
    )


def background_responses(
    settings: Settings, connect: Callable[[], LeaseTable], ended: Ended | None = None
) -> Quota:
    """Return the quota of background responses that wait or run."""
    if settings.quota_table is None:
        return UNLIMITED
    return LeasedQuota(
        "background responses in flight",
        Limits(settings.max_background_responses),
        connect,
        "wait for some to end",
        ended or (lambda _owner, _names: ()),
        retry_after_seconds=10,
    )
