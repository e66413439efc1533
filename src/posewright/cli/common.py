"""What several commands share: options, progress bars, where a result goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import Annotated, Any, ClassVar

import typer

from posewright.errors import UsageError

Start = Annotated[float | None, typer.Option("--start", help="Begin at this second of the clip.", metavar="SECONDS", rich_help_panel="Clip")]
End = Annotated[float | None, typer.Option("--end", help="Stop at this second of the clip.", metavar="SECONDS", rich_help_panel="Clip")]
Mode = Annotated[str, typer.Option("--mode", help="lightweight, balanced or performance.", rich_help_panel="Models")]
Estimator = Annotated[str | None, typer.Option("--estimator", help="2D estimator by name, instead of the mode's.", rich_help_panel="Models")]
Lifter = Annotated[
    str | None, typer.Option("--lifter", help="3D lifter by name, instead of the mode's; wright:FILE.npz or gan:FILE.npz for weights of your own.", rich_help_panel="Models")
]
Device = Annotated[str, typer.Option("--device", help="What runs ONNX networks: cpu, cuda, coreml or directml.", rich_help_panel="Models")]
Detector = Annotated[str | None, typer.Option("--detector", help="Network that finds the people for hrnet, simplebaseline and rtmpose (blazepose).", rich_help_panel="Models")]
FlipTest = Annotated[bool, typer.Option("--flip-test", help="Let heat-map networks (hrnet, centernet, ...) see mirrored people too: slower, better.", rich_help_panel="Models")]
Offline = Annotated[bool, typer.Option("--offline", help="Never use the network; models must be in the cache.", rich_help_panel="Models")]
People = Annotated[int, typer.Option("--people", min=1, help="Follow at most this many people.", rich_help_panel="Clip")]
Height = Annotated[float | None, typer.Option("--height", help="The person's stature in metres: sets the scale.", metavar="METRES", rich_help_panel="Scene")]
Fov = Annotated[float | None, typer.Option("--fov", help="The camera's angle of view along the longer side, degrees (60 is assumed).", metavar="DEGREES", rich_help_panel="Scene")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but errors.")]


def set_offline(offline: bool) -> None:
    """Make the model store stay off the network for the rest of this process."""
    if offline:
        import os

        os.environ["POSEWRIGHT_OFFLINE"] = "1"


def output_paths(outputs: list[Path] | None, sources: list[Path], default_suffix: str) -> dict[Path, list[Path]]:
    """Which files each source's result goes to.

    Without outputs: the source's stem with `default_suffix` in the current folder. An output that is a
    folder gets the stem with `default_suffix`; with several sources each output must be a folder or a bare
    suffix (`-o .bvh`).

    Raises:
        UsageError: several sources for one file.
    """
    plan: dict[Path, list[Path]] = {}
    for source in sources:
        stem = source.stem if source.suffix else source.name
        places = []
        for output in outputs or [Path(default_suffix)]:
            if output.name.startswith(".") and not output.suffix:
                places.append(output.with_name(stem + output.name))
            elif output.is_dir():
                places.append(output / (stem + default_suffix))
            elif len(sources) > 1:
                raise UsageError(f"{len(sources)} sources cannot all be written to {output}. Give a folder, or a bare suffix such as -o {output.suffix or '.glb'}")
            else:
                places.append(output)
        plan[source] = places
    written = [place for places in plan.values() for place in places]
    if len(set(written)) < len(written):
        raise UsageError("two sources have the same name, so their results would overwrite each other. Animate them one by one with -o")
    return plan


def vertical(up: str) -> dict[str, Any]:
    """`--up` as arguments of `capture()`."""
    if up == "auto":
        return {}
    return {"find_vertical": False} if up == "level" else {"up_axis": up}


def left_out(parts: list[str] | None) -> dict[str, Any]:
    """`--without` as arguments of `capture()`.

    Raises:
        UsageError: there is no such part.
    """
    from posewright.solve import SolveOptions
    from posewright.solve.refine import ALIKE, RefineOptions

    weights: dict[str, dict[str, Any]] = {
        "arms": {"arms": 1.0, "arms_lift": 1.0},
        "blows": ALIKE,
        "limits": {"limit": inf},
        "smoothing": {"turn_acceleration": inf, "root_acceleration": inf, "cutoff_hz": inf},
    }
    table: dict[str, dict[str, Any]] = {
        "mending": {"mend": False},
        "wright": {"wright": False},
        "refinement": {"refine": None},
        "ground": {"use_ground": False},
        "planting": {"plant_feet": False},
        "smoothing": {"options": SolveOptions(smoothing_s=0.0, rotation_smoothing_s=0.0)},
    }
    names = set(parts or [])
    if unknown := sorted(names - table.keys() - weights.keys()):
        raise UsageError(f"--without {unknown[0]}: there is no such part. There are: {', '.join(dict.fromkeys([*table, *weights]))}")
    plain = {name: value for part in weights.keys() & names for name, value in weights[part].items()}
    arguments: dict[str, Any] = {"refine": RefineOptions(**plain)} if plain else {}
    for part in table.keys() & names:
        arguments |= table[part]
    return arguments


class Bars:
    """Progress bars for the pipeline's stages; on a terminal only, and nothing at all when quiet."""

    LABELS: ClassVar[dict[str, str]] = {"fetch": "fetching models", "pose": "finding the pose", "solve": "solving the motion", "write": "writing"}

    def __init__(self, quiet: bool) -> None:
        from rich.console import Console

        self.console = Console(stderr=True, quiet=quiet)
        self._bars: Any = None
        self._tasks: dict[str, Any] = {}
        self._started: dict[str, float] = {}
        self.frames_a_second: float | None = None

    def __call__(self, stage: str, done: int, total: int | None) -> None:
        """See `posewright.pipeline.Progress`."""
        now = time.perf_counter()
        begun = self._started.setdefault(stage, now)
        if stage == "pose" and done > 0:
            self.frames_a_second = done / max(now - begun, 1e-9)
        if self._bars is None:
            return
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(self.LABELS.get(stage, stage), total=total)
        self._bars.update(self._tasks[stage], completed=done, total=total, speed=f"{self.frames_a_second:.0f} frames/s" if stage == "pose" and self.frames_a_second else "")

    @contextmanager
    def shown(self) -> Iterator[Bars]:
        """Show the bars for as long as the block runs."""
        self._tasks.clear()
        self._started.clear()
        if self.console.quiet or not self.console.is_terminal:
            yield self
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description:>20}"), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]}"), TimeRemainingColumn())
        with Progress(*columns, console=self.console, transient=True) as bars:
            self._bars = bars
            try:
                yield self
            finally:
                self._bars = None

    def say(self, text: str) -> None:
        """A line for the user, as it stands."""
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)
