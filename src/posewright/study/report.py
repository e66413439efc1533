"""`Report`: what an evaluation found, as rows to print and as JSON to keep."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Measure:
    """One figure, with what is needed to read it."""

    name: str
    value: float
    """NaN where it does not apply."""
    unit: str
    alignment: str = ""
    """How prediction and reference were brought together for it; empty where it needs no reference."""


@dataclass(frozen=True)
class Report:
    """One prediction against one reference."""

    pred: str
    ref: str
    """Empty where there is none."""
    measures: tuple[Measure, ...]
    per_joint: Mapping[str, float]
    """PA-MPJPE by joint, mm."""
    joints: tuple[str, ...]
    """The joints compared."""
    frames: int
    """Frames compared."""
    fps: float
    """Rate at which they were compared."""
    offset_s: float
    """Added to the prediction's clock."""
    missing_pred: int
    """Joints that the prediction lacks, over all frames."""
    missing_ref: int
    """The same of the reference."""
    notes: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> float:
        """The value of the measure called `name`; KeyError where there is none."""
        return {measure.name: measure.value for measure in self.measures}[name]

    def table(self) -> list[tuple[str, str, str, str]]:
        """Rows of (measure, value, unit, alignment); a measure that does not apply shows a dash."""
        return [(m.name, format_value(m.value), m.unit, m.alignment) for m in self.measures]

    def to_json(self) -> str:
        """Everything, as JSON; NaN as null."""
        return json.dumps(_without_nan(asdict(self)), indent=1)

    def to_text(self) -> str:
        """For a terminal: a header, aligned columns, notes."""
        rows = [("measure", "value", "unit", "alignment"), *self.table()]
        widths = [max(len(row[column]) for row in rows) for column in range(3)]
        lines = [f"{row[0]:<{widths[0]}}  {row[1]:>{widths[1]}}  {row[2]:<{widths[2]}}  {row[3]}".rstrip() for row in rows]
        return "\n".join([*self._header(), "", *lines, *(["", *(f"note: {note}" for note in self.notes)] if self.notes else [])])

    def to_markdown(self) -> str:
        """The same as a Markdown table."""
        lines = ["| measure | value | unit | alignment |", "|---|---:|---|---|", *(f"| {' | '.join(row)} |" for row in self.table())]
        return "\n".join([*self._header(), "", *lines, *(["", *(f"- {note}" for note in self.notes)] if self.notes else [])])

    def _header(self) -> list[str]:
        title = f"{self.pred} against {self.ref}" if self.ref else f"{self.pred} by itself"
        missing = f"; missing {self.missing_pred} of the prediction's, {self.missing_ref} of the reference's {self.frames * len(self.joints)} joint positions"
        return [
            title,
            f"{self.frames} frames at {self.fps:g} a second, {len(self.joints)} joints, offset {self.offset_s:+.4f} s" + (missing if self.missing_pred or self.missing_ref else ""),
        ]


def format_value(value: float) -> str:
    """About three significant figures; a dash for NaN."""
    if math.isnan(value):
        return "-"
    decimals = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{round(value, decimals) + 0.0:.{decimals}f}"  # + 0.0: no minus before a zero


def _without_nan(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
