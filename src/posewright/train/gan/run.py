"""A whole run of `posewright train gan`: poses in, a trained generator, curves, figures and plots out."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posewright.errors import UsageError
from posewright.files import atomic_path
from posewright.lift.gan import Generator
from posewright.train.batches import batches
from posewright.train.config import as_table
from posewright.train.gan.export import generator_of, write_generator
from posewright.train.gan.measure import Errors, elevation_error, flat, mean_depth, measure, views_of
from posewright.train.gan.mocap import Views, read_bodies
from posewright.train.gan.poses import Projected, Source
from posewright.train.gan.sources import read_all
from posewright.train.loop import Notify, Schedule, resume, set_deterministic, train

GENERATOR, FIGURES, PLOT = "generator.npz", "figures.json", "results.png"
FORMS = ("elevation", "heuristic", "supervised")


@dataclass(frozen=True)
class GANConfig:
    """Settings of a run; a TOML file may set each of them by its name."""

    poses: tuple[Path, ...] = ()
    """Where the 2D poses are; see `sources.SOURCES`. Several must be of one kind."""
    test: Path | None = None
    """Motion capture to measure on; it is not learned from."""
    form: str = "elevation"
    """One of `FORMS`."""
    steps: int = 6000
    batch: int = 320
    """Poses lifted in a step; the form `elevation` compares them with as many others."""
    width: int = 384
    """Of the generator's hidden layers."""
    distance: float = 10.0
    """From the camera to the pelvis, in mean distances of a joint from the pelvis (about 0.45 m); the form `elevation` alone uses it."""
    frames: int = 1
    """Of the clips that the temporal discriminator sees; 1 for none."""
    seed: int = 0
    save_every: int = 500
    threads: int = 1
    """Of the processor. The same number gives the same weights."""

    def __post_init__(self) -> None:
        if self.form not in FORMS:
            raise UsageError(f"no form '{self.form}'. There are: {', '.join(FORMS)}")
        if self.frames > 1 and self.form != "elevation":
            raise UsageError(f"the form '{self.form}' has no temporal discriminator: leave --frames out")
        lowest = {"steps": 1, "batch": 2, "width": 3, "frames": 1, "save_every": 1, "threads": 1}
        for name, least in lowest.items():
            if getattr(self, name) < least:
                raise UsageError(f"{name} must be at least {least}, not {getattr(self, name)}")


def train_gan(config: GANConfig, folder: Path, notify: Notify | None = None) -> dict[str, Any]:
    """Train, or go on from the folder's checkpoint, and write everything into the folder.

    `checkpoint.pt` (generator, discriminator, optimisers), `curves.csv`, `generator.npz` (for the lifter `gan`), `figures.json`
    where there is motion capture to measure on, and `results.png` where Matplotlib is installed.

    Returns:
        The figures; empty where there is nothing to measure on.

    Raises:
        InputError, NoPersonError: the poses cannot be used.
        UsageError: settings that do not fit together.
        OutputError: the folder cannot be written.
    """
    source = read_all(config.poses, config.test)
    views = views_of(read_bodies([config.test])) if config.test else None
    set_deterministic(config.seed, config.threads)
    task, make = _parts(config, source)
    generator: Callable[[], Generator] = lambda: generator_of(task, source.nose_made)  # noqa: E731
    if views is not None:
        task.check = lambda: _as_figures(_measured(generator(), views))
    table = {name: value for name, value in as_table(config).items() if name not in ("threads", "save_every")}
    done = resume(task, folder, table)
    with batches(make, config.seed, done + 1, config.steps, workers=0) as stream:
        train(task, stream, folder, Schedule(config.steps, save_every=config.save_every), table, done, notify)
    folder.mkdir(parents=True, exist_ok=True)
    write_generator(folder / GENERATOR, generator())
    figures = {} if views is None else _figures(generator(), source, views)
    if figures:
        with atomic_path(folder / FIGURES) as path:
            path.write_text(json.dumps(figures, indent=1), encoding="utf-8")
    _draw(folder / PLOT, generator(), source, views, config.seed)
    return figures


def _parts(config: GANConfig, source: Source) -> tuple[Any, Any]:
    """The task and what makes its batches."""
    if config.form == "heuristic":
        from posewright.train.gan.heuristic import HeuristicBatches, HeuristicTask

        return HeuristicTask(config.width), HeuristicBatches(source, config.batch)
    if config.form == "elevation":
        from posewright.train.gan.elevation import ElevationBatches, ElevationTask

        return ElevationTask(config.steps, config.width, config.distance, config.frames), ElevationBatches(source, config.batch, config.frames)
    from posewright.train.gan.supervised import SupervisedBatches, SupervisedTask

    if not isinstance(source, Projected):
        raise UsageError(f"the form 'supervised' needs 3D: {', '.join(map(str, config.poses))} holds 2D alone. Give motion capture")
    return SupervisedTask(config.steps, config.width, config.distance), SupervisedBatches(source.bodies, config.batch)


def _measured(generator: Generator, views: Views) -> Errors:
    return measure(lambda xy: generator(xy)[0], views, generator.nose_made)


def _as_figures(errors: Errors) -> dict[str, float]:
    return {"PA-MPJPE mm": errors.mean_mm, "PA-MPJPE mm, depths negated": errors.upside_mm}


def _figures(generator: Generator, source: Source, views: Views) -> dict[str, Any]:
    """Errors of the generator and of the baselines, in millimetres."""
    figures = {"generator": dataclasses.asdict(_measured(generator, views)), "depth zero": dataclasses.asdict(measure(flat, views))}
    if generator.form == "elevation":
        figures["elevation error, degrees"] = {"mean": elevation_error(generator, views)}
    if isinstance(source, Projected):
        figures["mean depth by facing (uses 3D)"] = dataclasses.asdict(measure(mean_depth(views_of(source.bodies, seed=2)), views))
    return figures


def _draw(path: Path, generator: Generator, source: Source, views: Views | None, seed: int) -> None:
    """Plots of some people, where Matplotlib is installed."""
    from posewright.train.gan.plots import draw_results

    draw_results(path, generator, source, views, seed)
