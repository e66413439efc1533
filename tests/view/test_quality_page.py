"""The quality report as files: one HTML page that needs nothing else, Markdown, JSON."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from posewright.errors import OutputError, UsageError
from posewright.types import Capture
from posewright.view.report import REPORT_FORMATS, quality_report, write_report
from posewright.view.report.ranges import find_ranges, in_words, mask_of
from tests.view.test_quality import arm, captured, doubted, moved, standing

VOID = {"meta", "br", "img", "link", "hr", "input"}


class Outline(HTMLParser):
    """Open elements, so that a page whose tags do not match is found out, and what was met on the way."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def faulty() -> Capture:
    capture = doubted(captured(), arm("left"), slice(40, 72))
    return replace(capture, notes=("the floor is <assumed> & level",))


def html_of(capture: Capture, tmp_path: Path) -> str:
    file = tmp_path / "report.html"
    write_report(file, capture)
    return file.read_text(encoding="utf-8")


def drawings(page: str) -> list[ElementTree.Element]:
    return [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", page, re.DOTALL)]


def test_the_page_is_whole_and_tells_the_verdict(tmp_path):
    outline = Outline(html_of(faulty(), tmp_path))
    assert outline.open == []
    assert "The left arm is hidden in frames 40-71 (1.3-2.4 s)" in outline.text
    assert "foot skate" in outline.text


def test_the_page_needs_nothing_else_and_is_labelled(tmp_path):
    page = html_of(faulty(), tmp_path)
    assert not re.search(r"(src|href)=|url\(|@import|<script|https?:", page)
    assert 'lang="en"' in page
    assert "prefers-color-scheme:dark" in page
    assert 'name="viewport"' in page
    svgs = drawings(page)
    assert len(svgs) == 4
    assert all(svg.get("role") == "img" and svg.get("aria-label") for svg in svgs)


def test_names_and_notes_are_escaped(tmp_path):
    capture = faulty()
    capture = replace(capture, source=replace(capture.source, name='clips/<b>&"x".mp4'))
    page = html_of(capture, tmp_path)
    assert "<b>" not in page
    assert "<title>Quality of &lt;b&gt;&amp;&quot;x&quot;.mp4</title>" in page
    assert "the floor is &lt;assumed&gt; &amp; level" in page


def test_the_strip_shows_the_hidden_frames_where_they_are(tmp_path):
    strip = drawings(html_of(faulty(), tmp_path))[0]
    labels = {round(float(text.get("y", 0))): text.text for text in strip.iter("text")}
    bars = [rect for rect in strip.iter("rect") if rect.get("class") == "c0"]
    assert {labels[round(float(bar.get("y", 0)) + 12)] for bar in bars} == {"left arm", "left hand"}
    whole = [rect for rect in strip.iter("rect") if rect.get("class") == "c4" and rect.get("y") == "0"]
    left, width = float(whole[0].get("x", 0)), float(whole[0].get("width", 0))
    assert float(bars[0].get("x", 0)) == pytest.approx(left + width * 40 / 120, abs=0.2)
    assert float(bars[0].get("width", 0)) == pytest.approx(width * 32 / 120, abs=0.2)


def test_every_person_has_a_section(tmp_path):
    capture = faulty()
    outline = Outline(html_of(replace(capture, people=capture.people * 2), tmp_path))
    assert sum(tag == "section" for tag, _ in outline.tags) == 2
    assert "Person 2" in outline.text


def test_a_long_clip_and_a_single_picture_can_be_drawn(tmp_path):
    long = captured(moved(standing(6000), np.random.default_rng(0).normal(0.0, 0.01, (6000, 3))))
    page = html_of(long, tmp_path)
    assert len(page) < 120_000
    assert len(drawings(page)) == 4
    assert Outline(html_of(captured(standing(1)), tmp_path)).open == []


def test_json_holds_verdict_and_figures(tmp_path):
    file = tmp_path / "report.json"
    report = write_report(file, faulty())
    told = json.loads(file.read_text(encoding="utf-8"), parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    (person,) = told["people"]
    assert person["findings"][0]["kind"] == "hidden"
    assert person["findings"][0]["ranges"] == [[40, 71]]
    assert person["findings"][0]["level"] == report.people[0].findings[0].level
    assert {row["name"]: row["value"] for row in person["measures"]}["frames"] == 120
    assert len(person["joints"]) == 33


def test_markdown_holds_verdict_and_tables(tmp_path):
    file = tmp_path / "report.md"
    write_report(file, faulty())
    text = file.read_text(encoding="utf-8")
    assert "The left arm is hidden in frames 40-71 (1.3-2.4 s)" in text
    assert "| left elbow | 0.76 | 73 % |" in text
    assert "| frames | 120 |  |" in text


def test_nothing_is_written_where_it_fails(tmp_path, monkeypatch):
    with pytest.raises(UsageError, match=r"\.pdf"):
        write_report(tmp_path / "report.pdf", faulty())
    with pytest.raises(OutputError, match="does not exist"):
        write_report(tmp_path / "nowhere" / "report.html", faulty())

    def broken(*_: object) -> str:
        raise RuntimeError("no page")

    old = tmp_path / "report.html"
    old.write_text("old", encoding="utf-8")
    monkeypatch.setitem(REPORT_FORMATS, ".html", broken)
    with pytest.raises(RuntimeError):
        write_report(old, faulty())
    assert [file.name for file in tmp_path.iterdir()] == ["report.html"]
    assert old.read_text(encoding="utf-8") == "old"


def test_a_report_made_before_is_written_as_it_is(tmp_path):
    capture = faulty()
    report = replace(quality_report(capture), notes=("made before",))
    assert write_report(tmp_path / "report.md", capture, report) is report
    assert "made before" in (tmp_path / "report.md").read_text(encoding="utf-8")


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_ranges_give_the_mask_back(flags):
    mask = np.array(flags)
    assert np.array_equal(mask_of(find_ranges(mask), len(mask)), mask)


def test_ranges_are_joined_and_dropped():
    mask = mask_of([(3, 5), (8, 9), (20, 20)], 30)
    assert find_ranges(mask, join=2) == ((3, 9), (20, 20))
    assert find_ranges(mask, join=1) == ((3, 5), (8, 9), (20, 20))
    assert find_ranges(mask, join=2, least=2) == ((3, 9),)
    assert find_ranges(np.zeros(5, bool)) == ()


def test_ranges_in_words():
    times = np.arange(3000) / 30
    assert in_words([(41, 41)], times) == "in frame 41 (1.4 s)"
    assert in_words([(40, 71)], times) == "in frames 40-71 (1.3-2.4 s)"
    assert in_words([(0, 1), (40, 71)], times) == "in frames 0-1 (0.0 s) and 40-71 (1.3-2.4 s)"
    assert in_words([(0, 9), (20, 20), (30, 49), (60, 69)], times) == "in frames 0-9 (0.0-0.3 s), 30-49 (1.0-1.6 s), 60-69 (2.0-2.3 s) and 1 shorter stretch"
    assert in_words([(1790, 1860)], times) == "in frames 1790-1860 (59.7-1:02.0)"
    assert in_words([(10, 2999)], times) == "throughout"
