"""A whole run: people are rendered, a network is trained on them and written as its authors would publish it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posewright.errors import InputError, OutputError, UsageError
from posewright.files import atomic_path
from posewright.nets.table import NETS
from posewright.train.batches import batches
from posewright.train.config import as_table
from posewright.train.estimator.crops import Crops, rendered
from posewright.train.estimator.motions import read_motions
from posewright.train.estimator.people import read_bodies
from posewright.train.estimator.scenes import Sources
from posewright.train.estimator.task import EstimatorTask, MakeBatch
from posewright.train.loop import Notify, Schedule, resume, set_deterministic, train

NETWORKS: dict[str, tuple[str, str]] = {
    "simplebaseline": ("simplebaseline-small", "pose_resnet_small_128x96.pth.tar"),
    "hrnet": ("hrnet-small", "pose_hrnet_small_128x96.pth"),
}
"""What can be trained: the network of `posewright.nets.NETS`, and the file it is written to, named as the authors name theirs."""
HELD_OUT_SEED = 1
"""Added to a run's seed for what is held out."""


@dataclass(frozen=True)
class EstimatorConfig:
    """Settings of a run."""

    network: str = "simplebaseline"
    """A key of `NETWORKS`."""
    steps: int = 6000
    batch: int = 32
    rate: float = 2e-3
    """The highest learning rate."""
    sigma: float = 1.5
    """Of the Gaussian in the heat maps, in their pixels."""
    crops: int = 4800
    """Rendered people to train on."""
    held_out: int = 480
    """Rendered people to measure on: other recordings, and other bodies where there are three or more."""
    seed: int = 0
    mocap: Path | None = None
    """Folder of recordings (.npz); None for the sample clip's motion alone."""
    bodies: Path | None = None
    """Folder of rigged bodies (.glb, .vrm) beside the mannequin."""
    data: Path | None = None
    """Folder for the rendered people, which several runs may share; `data` in the output folder when None."""
    log_every: int = 50
    save_every: int = 500
    bf16: bool = False
    """Train in bfloat16: twice as fast on processors with instructions for it (AVX-512 BF16, AMX)."""
    device: str = "cpu"
    """PyTorch's name of what trains: cpu, cuda."""
    workers: int = 0
    """Processes that make batches; 0 for none beside the training."""


Progress = Callable[[str, int, int], None]
"""Takes `render` or `train`, how many are done, and of how many."""


def run(config: EstimatorConfig, folder: Path, progress: Progress = lambda stage, done, total: None, notify: Notify | None = None) -> Path:
    """Train, from the last checkpoint if there is one; the weights' file.

    Args:
        config: the settings; those of a run to be resumed must be the same.
        folder: for checkpoint, curves, weights and data; made if missing.
        progress: told of each stage.
        notify: told the losses and figures, see `train.loop`.

    Raises:
        UsageError: there is no such network.
        InputError: motions or bodies are missing or damaged; a checkpoint or data of a run with other settings lies in the folder.
        RenderError: no OpenGL here.
        OutputError: the folder cannot be written.
    """
    if config.network not in NETWORKS:
        raise UsageError(f"no network '{config.network}' to train. There are: {', '.join(NETWORKS)}")
    name, file = NETWORKS[config.network]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"cannot make the folder {folder}: {error.strerror}") from error
    crops, held_out = people(config, config.data or folder / "data", progress)
    set_deterministic(config.seed)
    task = EstimatorTask(name, held_out, config.steps, config.rate, config.device, config.bf16)
    table = {key: value for key, value in as_table(config).items() if key not in ("data", "workers", "log_every", "save_every")}
    done = resume(task, folder, table)
    pixels = NETS[name].pixels
    assert pixels is not None  # all heat-map networks take images
    make = MakeBatch(crops, task.size, pixels, config.batch, config.sigma)

    def told(number: int, figures: dict[str, float]) -> None:
        progress("train", number, config.steps)
        if notify:
            notify(number, figures)

    with batches(make, config.seed, done + 1, config.steps, config.workers) as source:
        train(task, source, folder, Schedule(config.steps, config.log_every, config.save_every), table, done, told)
    write_weights(task.net, folder / file)
    return folder / file


def people(config: EstimatorConfig, folder: Path, progress: Progress) -> tuple[Crops, Crops]:
    """The rendered people to train on and those held out, made where they are not in `folder` yet."""
    _check_same_sources(config, folder)
    total = config.crops + config.held_out

    def sources(held_out: bool) -> Sources:
        return Sources(read_motions(config.mocap, held_out), read_bodies(config.bodies, held_out))

    held_out = rendered(folder / "held_out", lambda: sources(True), config.held_out, config.seed + HELD_OUT_SEED, lambda done: progress("render", done, total))
    crops = rendered(folder / "train", lambda: sources(False), config.crops, config.seed, lambda done: progress("render", config.held_out + done, total))
    return crops, held_out


def write_weights(net: Any, path: Path) -> None:
    """The weights alone under the official names, as the authors of SimpleBaseline and HRNet publish theirs."""
    import torch

    state = {name: value.detach().cpu().contiguous() for name, value in net.state_dict().items()}
    with atomic_path(path) as part:
        torch.save(state, part)


def _check_same_sources(config: EstimatorConfig, folder: Path) -> None:
    """Data of other motions or bodies must not be taken for these."""
    path = folder / "sources.json"
    wanted = {"mocap": str(config.mocap), "bodies": str(config.bodies)}
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with atomic_path(path) as part:
            part.write_text(json.dumps(wanted, indent=1), encoding="utf-8")
    elif (found := json.loads(path.read_text(encoding="utf-8"))) != wanted:
        raise InputError(
            f"{folder} holds people made of mocap {found.get('mocap')} and bodies {found.get('bodies')}, not of {wanted['mocap']} and {wanted['bodies']}: give another folder"
        )
