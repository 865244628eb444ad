from __future__ import annotations

import pytest

from localcloud.promql.expression import NotEmulatedError, parse


@pytest.mark.parametrize(
    "query",
    [
        "",
        "rate(e:waiting[5m])",
        "e:waiting[5m]",
        "e:waiting > 3",
        "avg by (x) (e:waiting)",
        "avg(e:waiting) + 1",
        "avg(avg(e:waiting))",
        "topk(1, e:waiting)",
        '{x="1"}',
        '{__name__=~"e:.*"}',
        "e:waiting{x}",
        'e:waiting{x="1" y="2"}',
        'e:waiting{aws.name="1"}',
        'e:waiting{x=~"("}',
        "1",
    ],
)
def test_the_rest_of_promql_is_refused(query: str) -> None:
    with pytest.raises(NotEmulatedError, match=r"not emulated: .*emulated: a selector such as"):
        parse(query)
