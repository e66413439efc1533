"""Tables of many clips and methods, as the pages of results show them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from posewright.errors import UsageError
from posewright.study.evaluate import Source, evaluate
from posewright.study.metrics import masked_mean
from posewright.study.report import Report, format_value

Results = Mapping[str, Mapping[str, Report]]
"""Reports by method, then by clip."""

QUALITY = ("MPJPE", "PA-MPJPE", "acceleration", "bone length spread", "lean", "foot skate", "deepest penetration", "root error share", "peak speed kept")
"""Columns of a table of quality at a glance."""


def evaluate_set(methods: Mapping[str, Mapping[str, Source]], references: Mapping[str, Source], **options: Any) -> dict[str, dict[str, Report]]:
    """Evaluate each method's clips against the reference of the same name; `options` go to `evaluate`.

    Raises:
        UsageError: a clip has no reference.
    """
    unknown = sorted({clip for clips in methods.values() for clip in clips} - set(references))
    if unknown:
        raise UsageError(f"no reference for {', '.join(unknown)}")
    return {method: {clip: evaluate(source, references[clip], **options) for clip, source in clips.items()} for method, clips in methods.items()}


def mean_over_clips(reports: Sequence[Report], measure: str) -> float:
    """The mean of a measure over the clips to which it applies, each clip counting once; NaN where it applies to none."""
    return masked_mean(np.array([report[measure] for report in reports]))


def method_table(results: Results, measures: Sequence[str] = QUALITY) -> str:
    """Markdown: a row a method, a column a measure, means over clips."""
    rows = [[method, *(format_value(mean_over_clips(list(clips.values()), measure)) for measure in measures)] for method, clips in results.items()]
    return markdown_table(["method", *_headings(results, measures)], rows)


def clip_table(results: Results, measure: str) -> str:
    """Markdown: a row a method, a column a clip, and the mean, of one measure."""
    clips = list(dict.fromkeys(clip for reports in results.values() for clip in reports))
    rows = [
        [method, *(format_value(reports[clip][measure]) if clip in reports else "-" for clip in clips), format_value(mean_over_clips(list(reports.values()), measure))]
        for method, reports in results.items()
    ]
    return markdown_table([f"{_headings(results, [measure])[0]}", *clips, "mean"], rows)


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns after the first are figures."""
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, rule, *rows])


def _headings(results: Results, measures: Sequence[str]) -> list[str]:
    """Each measure with its unit."""
    units = {m.name: m.unit for clips in results.values() for report in clips.values() for m in report.measures}
    return [f"{measure}, {units[measure]}" if units.get(measure) else measure for measure in measures]
