"""A quality report to a file, in the format of its suffix."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from posewright.errors import UsageError
from posewright.files import atomic_path, check_writable
from posewright.types import Capture
from posewright.view.report.page import page
from posewright.view.report.quality import QualityReport, quality_report

REPORT_FORMATS: dict[str, Callable[[QualityReport, Capture], str]] = {
    ".html": lambda report, capture: page(report, capture.camera),
    ".md": lambda report, _: report.to_markdown(),
    ".json": lambda report, _: report.to_json(),
}


def write_report(path: str | os.PathLike[str], capture: Capture, report: QualityReport | None = None) -> QualityReport:
    """Write the quality report of a capture as `.html`, `.md` or `.json`, and return it.

    Args:
        path: the file.
        capture: what `posewright.capture()` gave.
        report: its report, where it was made before.

    Raises:
        UsageError: another suffix.
        OutputError: the file cannot be written.
    """
    write = check_report(path)
    report = report or quality_report(capture)
    text = write(report, capture)
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
    return report


def check_report(path: str | os.PathLike[str]) -> Callable[[QualityReport, Capture], str]:
    """How the report is written to `path`, sure that the file can be created: to be asked before the long work. Raises as `write_report`."""
    suffix = Path(path).suffix.lower()
    if suffix not in REPORT_FORMATS:
        raise UsageError(f"a report is written as {', '.join(REPORT_FORMATS)}, not '{suffix}'")
    check_writable(path)
    return REPORT_FORMATS[suffix]
