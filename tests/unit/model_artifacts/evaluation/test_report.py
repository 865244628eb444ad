"""report.json is read as it was written, or refused by what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from model_artifacts.evaluation.report import QuantizationReport, ReportError
from tests.support.quantization_report import REPORT


def test_report_is_read_as_written(tmp_path: Path) -> None:
    report = QuantizationReport.model_validate(REPORT)
    report.write(tmp_path / "report.json")
    assert QuantizationReport.read(tmp_path / "report.json") == report
    assert json.loads((tmp_path / "report.json").read_text()) == REPORT


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kl_mean": -1}, "kl_mean: .*greater than or equal to 0"),
        ({"same_top": 2}, "same_top: .*less than or equal to 1"),
        ({"kl_p99": "NaN"}, "kl_p99: .*finite"),
        ({"version": 2}, "version: "),
        ({"source": {}}, "source.name: Field required"),
        ({"other": 1}, "other: Extra"),
    ],
)
def test_other_content_is_refused_by_its_key(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    (tmp_path / "report.json").write_text(json.dumps(REPORT | change))
    with pytest.raises(ReportError, match=f"report.json: {message}"):
        QuantizationReport.read(tmp_path / "report.json")


def test_report_of_another_model_is_refused() -> None:
    report = QuantizationReport.model_validate(REPORT)
    report.check_of({"0" * 64, "2" * 64})
    with pytest.raises(
        ReportError, match=r"got one of m\.gguf \(SHA-256 0{64}\); must be of a file"
    ):
        report.check_of({"2" * 64})


def test_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="gone: No such file"):
        QuantizationReport.read(tmp_path / "gone")
