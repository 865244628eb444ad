"""Files as they begin."""

from __future__ import annotations

import pytest

from lambda_api.files.schemas import ExpiresAfter, FileObject


@pytest.mark.parametrize(("wanted", "kept"), [(None, 7200), (3600, 3600), (9999, 7200)])
def test_a_file_is_kept_as_long_as_asked_but_no_longer_than_allowed(wanted, kept):
    expiry = ExpiresAfter(anchor="created_at", seconds=wanted) if wanted else None
    file = FileObject.of_batch("file-1", "n" * 300, 5, 100.9, expiry, 7200)

    assert (file.created_at, file.expires_at) == (100, 100 + kept)
    assert len(file.filename) == 255
