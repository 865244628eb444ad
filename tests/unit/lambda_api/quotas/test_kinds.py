"""Which things are counted, and to which limit."""

from __future__ import annotations

import pytest

from lambda_api.quotas.kinds import (
    background_responses,
    open_batches,
    stored_files,
    vector_store_files,
    vector_stores,
)
from lambda_api.quotas.leases import Limits
from lambda_api.quotas.quota import UNLIMITED
from lambda_api.settings import Settings


def settings(**changes):
    return Settings(stage="local", endpoint_name="twin", model_id="twin", engine="vllm", **changes)


KINDS = [stored_files, open_batches, background_responses, vector_stores, vector_store_files]
LIMITS = {
    "max_stored_files": 3,
    "max_stored_mb": 5,
    "max_open_batches": 7,
    "max_background_responses": 9,
    "max_vector_stores": 11,
    "max_vector_store_files": 13,
    "max_vector_store_mb": 15,
}


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_table_nothing_is_counted(kind):
    assert kind(settings(), lambda: None, lambda *_of: ()) is UNLIMITED


def test_each_kind_has_a_limit_and_a_place_of_its_own():
    quotas = [
        kind(settings(quota_table="quotas", **LIMITS), lambda: None, lambda *_of: ())
        for kind in KINDS
    ]

    assert [quota.limits for quota in quotas] == [
        Limits(3, 5 << 20),
        Limits(7),
        Limits(9),
        Limits(11),
        Limits(13, 15 << 20),
    ]
    assert len({quota._holder("ann") for quota in quotas}) == len(KINDS)


def test_who_gives_back_names_the_same_holder_as_who_takes():
    counted = settings(quota_table="quotas")
    takes = background_responses(counted, lambda: None, lambda *_of: ())
    gives_back = background_responses(counted, lambda: None)

    assert takes._holder("ann") == gives_back._holder("ann")
    assert list(gives_back.ended("ann", ["a"])) == []
