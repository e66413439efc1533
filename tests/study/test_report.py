"""Reports as text, Markdown and JSON; tables of many."""

import json

import numpy as np
import pytest

from posewright.errors import UsageError
from posewright.study.report import Measure, Report, format_value
from posewright.study.tables import QUALITY, clip_table, evaluate_set, markdown_table, mean_over_clips, method_table
from tests.study.people import walker_track


def report(mpjpe: float = 61.25, lean: float = float("nan")) -> Report:
    measures = (Measure("MPJPE", mpjpe, "mm", "root-relative"), Measure("lean", lean, "deg"))
    return Report("a.npz", "b.trc", measures, {"left_wrist": 12.0}, ("left_wrist",), 100, 30.0, 0.25, 3, 0, ("the floor was guessed",))


def test_values_are_found_by_name() -> None:
    assert report()["MPJPE"] == 61.25
    with pytest.raises(KeyError):
        report()["nothing"]


def test_text_says_what_was_compared_and_how() -> None:
    text = report().to_text()
    assert text.splitlines()[:2] == [
        "a.npz against b.trc",
        "100 frames at 30 a second, 1 joints, offset +0.2500 s; missing 3 of the prediction's, 0 of the reference's 100 joint positions",
    ]
    assert "MPJPE     61.2  mm    root-relative" in text
    assert "lean         -  deg" in text
    assert text.endswith("note: the floor was guessed")


def test_markdown() -> None:
    markdown = report(lean=1.234).to_markdown()
    assert "| MPJPE | 61.2 | mm | root-relative |" in markdown
    assert "| lean | 1.23 | deg |  |" in markdown
    assert "- the floor was guessed" in markdown


def test_json_is_whole_and_knows_no_nan() -> None:
    content = json.loads(report().to_json(), parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert content["measures"][1] == {"name": "lean", "value": None, "unit": "deg", "alignment": ""}
    assert content["per_joint"] == {"left_wrist": 12.0}
    assert content["offset_s"] == 0.25


@pytest.mark.parametrize(("value", "text"), [(123.4, "123"), (12.34, "12.3"), (1.234, "1.23"), (-0.5, "-0.50"), (-1e-9, "0.00"), (float("nan"), "-")])
def test_figures_have_about_three_digits(value: float, text: str) -> None:
    assert format_value(value) == text


# Tables


def test_means_count_each_clip_once_and_leave_out_what_does_not_apply() -> None:
    reports = [report(10, 1), report(20, float("nan"))]
    assert mean_over_clips(reports, "MPJPE") == 15
    assert mean_over_clips(reports, "lean") == 1
    assert np.isnan(mean_over_clips([report()], "lean"))


def test_a_table_of_methods() -> None:
    table = method_table({"raw": {"x": report(10, 1), "y": report(20)}, "ours": {"x": report(5, 2)}}, ["MPJPE", "lean"])
    assert table.splitlines() == ["| method | MPJPE, mm | lean, deg |", "| --- | ---: | ---: |", "| raw | 15.0 | 1.00 |", "| ours | 5.00 | 2.00 |"]


def test_a_table_of_clips() -> None:
    table = clip_table({"raw": {"x": report(10), "y": report(20)}, "ours": {"x": report(5)}}, "MPJPE")
    assert table.splitlines() == ["| MPJPE, mm | x | y | mean |", "| --- | ---: | ---: | ---: |", "| raw | 10.0 | 20.0 | 15.0 |", "| ours | 5.00 | - | 5.00 |"]


def test_a_set_is_evaluated_clip_by_clip() -> None:
    results = evaluate_set({"same": {"x": walker_track(), "late": walker_track(begin=0.5)}}, {"x": walker_track(), "late": walker_track(seconds=6.0)}, offset="auto")
    assert set(results["same"]) == {"x", "late"}
    assert mean_over_clips(list(results["same"].values()), "PA-MPJPE") < 2
    assert method_table(results).count("|") == 3 * (len(QUALITY) + 2)
    with pytest.raises(UsageError, match="no reference for y"):
        evaluate_set({"a": {"y": walker_track()}}, {"x": walker_track()})


def test_markdown_table() -> None:
    assert markdown_table(["a", "b"], [["1", "2"]]) == "| a | b |\n| --- | ---: |\n| 1 | 2 |"
