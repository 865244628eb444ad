from __future__ import annotations

import pytest

from localcloud.awsjson.service import Scope
from localcloud.clock import Clock
from localcloud.promql.expression import parse
from localcloud.promql.series import LOOKBACK_SECONDS, Sample, SeriesStore

ACCOUNT = Scope("000000000042", "us-east-1")
ENDPOINT, HOST = "aws.sagemaker.endpoint.name", "@resource.host.id"


class SetClock(Clock):
    """Shows what it is set to."""

    def __init__(self) -> None:
        super().__init__()
        self.at = 1000.0

    def now(self) -> float:
        return self.at


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def series(clock: SetClock) -> SeriesStore:
    store = SeriesStore(clock)
    labels = [("twin", "i-1"), ("twin", "i-2"), ("other", "i-3")]
    store.put(
        ACCOUNT,
        [
            Sample({"__name__": "e:waiting", ENDPOINT: endpoint, HOST: host}, value)
            for (endpoint, host), value in zip(labels, (1.0, 4.0, 100.0), strict=True)
        ],
    )
    return store


@pytest.mark.parametrize(
    ("query", "values"),
    [
        (f'avg(e:waiting{{"{ENDPOINT}"="twin"}})', [2.5]),
        (f"avg(e:waiting{{'{ENDPOINT}'='twin'}})", [2.5]),
        (f'sum ( {{"e:waiting", "{ENDPOINT}" = "twin" ,}} )', [5]),
        (f'max({{__name__="e:waiting","{ENDPOINT}"=`twin`}})', [4]),
        ("e:waiting", [1, 4, 100]),
        (f'e:waiting{{"{ENDPOINT}"!="twin"}}', [100]),
        (f'e:waiting{{"{ENDPOINT}"=~"tw|other", "{HOST}"!~"i-[12]"}}', [100]),
        (r'e:waiting{absent="", "@resource.host.id"="i-\1"}', [1]),
        ('avg(e:waiting{"aws_sagemaker_endpoint_name"="twin"})', []),
        ("e:running", []),
    ],
)
def test_selectors_and_aggregations(series: SeriesStore, query: str, values: list[float]) -> None:
    found = series.evaluate(ACCOUNT, parse(query))
    assert [sample.value for sample in found] == values


def test_aggregation_leaves_no_labels_and_selection_all(series: SeriesStore) -> None:
    (total,) = series.evaluate(ACCOUNT, parse("sum(e:waiting)"))
    assert (total.labels, total.value) == ({}, 105)
    first, *_ = series.evaluate(ACCOUNT, parse("e:waiting"))
    assert first.labels == {"__name__": "e:waiting", ENDPOINT: "twin", HOST: "i-1"}


def test_a_sample_replaces_its_series_last_one(series: SeriesStore) -> None:
    series.put(ACCOUNT, [Sample({HOST: "i-1", ENDPOINT: "twin", "__name__": "e:waiting"}, 7.0)])
    found = series.evaluate(ACCOUNT, parse(f'e:waiting{{"{HOST}"="i-1"}}'))
    assert [sample.value for sample in found] == [7]


def test_what_is_not_published_any_more_is_forgotten(clock: SetClock, series: SeriesStore) -> None:
    clock.at += LOOKBACK_SECONDS
    series.put(ACCOUNT, [Sample({"__name__": "e:waiting", HOST: "i-4"}, 9.0)])
    assert len(series.evaluate(ACCOUNT, parse("e:waiting"))) == 4
    clock.at += 1
    assert [one.value for one in series.evaluate(ACCOUNT, parse("e:waiting"))] == [9]


def test_accounts_and_regions_see_their_own(series: SeriesStore) -> None:
    for other in (Scope("000000000043", "us-east-1"), Scope("000000000042", "eu-west-1")):
        assert series.evaluate(other, parse("e:waiting")) == []
