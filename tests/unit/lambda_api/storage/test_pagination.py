"""Pages of a list."""

from __future__ import annotations

import pytest

from lambda_api.storage.pagination import page_of
from tests.support.service.batch_world import OWNER


@pytest.mark.parametrize(("limit", "shown", "has_more"), [(3, 3, True), (5, 5, False)])
def test_a_page_passes_over_what_is_not_to_be_listed(world, limit, shown, has_more):
    files = [world.files.create(OWNER, str(n), b"x") for n in range(10)]
    listed = {file.id: file for file in files[::2]}
    page = page_of([file.id for file in files], listed.get, limit)

    assert page.data == files[::2][:shown]
    assert page.last_id == page.data[-1].id
    assert page.has_more is has_more
