from __future__ import annotations

import numpy as np
import pytest

from features.storage.arrays import OversizedError, pack, unpack

ARRAYS = {
    "vectors": np.arange(6, dtype=np.float16).reshape(2, 3),
    "none": np.empty((4, 0), np.float16),
    "counts": np.array([7], np.uint16),
}


def test_what_was_packed_is_unpacked():
    header, arrays = unpack(pack({"text": "Grüße"}, ARRAYS))

    assert header == {"text": "Grüße"}
    assert arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert arrays[name].dtype == array.dtype
        assert arrays[name].shape == array.shape
        assert np.array_equal(arrays[name], array)


def test_the_same_content_is_the_same_bytes():
    assert pack({"a": 1, "b": 2}, ARRAYS) == pack({"b": 2, "a": 1}, ARRAYS)


def test_a_header_beyond_what_its_reader_has_room_for_is_not_read():
    packed = pack({"a": "b" * 100_000}, ARRAYS)
    assert len(packed) < 1000
    assert len(unpack(packed, 200_000)[0]["a"]) == 100_000
    with pytest.raises(OversizedError, match="more than 50000 bytes"):
        unpack(packed, 50_000)


@pytest.mark.parametrize("damage", [lambda b: b"xxxx" + b[4:], lambda b: b[:-32], lambda b: b[:9]])
def test_damaged_bytes_are_refused(damage):
    with pytest.raises(ValueError, match=r"packed arrays|buffer|smaller"):
        unpack(damage(pack({"a": "b" * 99}, {"x": np.arange(99)})))
