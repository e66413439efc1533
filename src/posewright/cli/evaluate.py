"""`posewright evaluate`: how far a motion is from a reference."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from posewright.errors import UsageError


def evaluate(
    pred: Annotated[Path, typer.Argument(help="The estimate: .npz .json .glb .bvh or .trc.", metavar="PRED", show_default=False)],
    ref: Annotated[
        Path | None, typer.Argument(help="What it is held against, in any of the same formats. Left out: only what needs no reference.", metavar="REF", show_default=False)
    ] = None,
    joints: Annotated[str, typer.Option("--joints", help="limbs12, all, or names with commas between.")] = "limbs12",
    offset: Annotated[str, typer.Option("--offset", help="Seconds to add to PRED's clock, or auto to find them.")] = "0",
    markdown: Annotated[bool, typer.Option("--markdown", help="Print a Markdown table.")] = False,
    json_file: Annotated[Path | None, typer.Option("--json", help="Also write everything here.", metavar="FILE", show_default=False)] = None,
) -> None:
    """Compare two motions of one person: position, angles, jitter, lean, feet, path.

    Joints are mapped by name, frame rates brought together, and each measure says how the two were aligned.

    Examples:

        posewright evaluate dance.npz truth.trc

        posewright evaluate mine.bvh theirs.bvh --offset auto --markdown
    """
    from posewright.files import atomic_path
    from posewright.study.evaluate import assess
    from posewright.study.evaluate import evaluate as compare

    names = joints if joints in ("limbs12", "all") else joints.split(",")
    report = assess(pred) if ref is None else compare(pred, ref, joints=names, offset="auto" if offset == "auto" else _seconds(offset))
    typer.echo(report.to_markdown() if markdown else report.to_text())
    if json_file:
        with atomic_path(json_file) as part:
            part.write_text(report.to_json(), encoding="utf-8")


def _seconds(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UsageError(f"--offset {text}: give seconds, or auto") from None
