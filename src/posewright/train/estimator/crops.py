"""The rendered people on disk: shards of JPEG pictures with their keypoints, made once and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from posewright.errors import InputError
from posewright.files import atomic_path
from posewright.train.estimator.scenes import Sources, pictures

SHARD = 480
"""Pictures a file."""
QUALITY = 92
"""Of the JPEG files: people on the web come as JPEG too."""


@dataclass(frozen=True)
class Crops:
    """Pictures of people, one in each, all of one size."""

    jpeg: NDArray[np.uint8]
    """The encoded pictures, one after the other, (bytes,)."""
    ends: NDArray[np.int64]
    """Where each ends, (N,)."""
    points: NDArray[np.float32]
    """COCO's keypoints, pixels, (N, 17, 2); beyond the picture where the person is."""

    def __len__(self) -> int:
        return len(self.ends)

    def picture(self, index: int) -> NDArray[np.uint8]:
        """Picture `index`, uint8 RGB (H, W, 3)."""
        start = int(self.ends[index - 1]) if index else 0
        decoded = cv2.imdecode(self.jpeg[start : int(self.ends[index])], cv2.IMREAD_COLOR)
        assert decoded is not None  # we encoded it
        return np.asarray(decoded[..., ::-1])

    def first(self, count: int) -> Crops:
        """The first `count` of them."""
        ends = self.ends[:count]
        return Crops(self.jpeg[: int(ends[-1])], ends, self.points[:count])


def rendered(folder: Path, sources: Callable[[], Sources], count: int, seed: int, notify: Callable[[int], None] = lambda done: None) -> Crops:
    """`count` crops from the shards in `folder`; shards that are not there yet are rendered.

    Args:
        folder: made if missing. Shard k depends on the sources, the seed and k alone, so a run that was stopped goes on.
        sources: called when there is something to render.
        count: how many crops.
        seed: of the whole set.
        notify: told how many there are.

    Raises:
        InputError: a shard is damaged.
        RenderError: no OpenGL here.
        OutputError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shards, made = [], None
    for number, first in enumerate(range(0, count, SHARD)):
        size = min(SHARD, count - first)
        path = folder / f"crops-{seed}-{number:04d}-{size}.npz"
        if not path.exists():
            made = made or sources()
            _write(path, _encoded(made, np.random.default_rng([seed, number]), size))
        shards.append(_read(path))
        notify(first + size)
    lengths = np.cumsum([0, *(len(shard.jpeg) for shard in shards)])
    ends = np.concatenate([shard.ends + start for shard, start in zip(shards, lengths, strict=False)])
    return Crops(np.concatenate([shard.jpeg for shard in shards]), ends, np.concatenate([shard.points for shard in shards]))


def _encoded(sources: Sources, rng: np.random.Generator, count: int) -> Crops:
    files, points = [], []
    for picture, keypoints in pictures(sources, rng, count):
        files.append(cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, QUALITY])[1])
        points.append(keypoints)
    return Crops(np.concatenate(files), np.cumsum([len(file) for file in files]), np.stack(points))


def _write(path: Path, crops: Crops) -> None:
    with atomic_path(path) as part:
        np.savez(part, jpeg=crops.jpeg, ends=crops.ends, points=crops.points)


def _read(path: Path) -> Crops:
    try:
        with np.load(path) as data:
            return Crops(data["jpeg"], data["ends"], data["points"])
    except Exception as error:  # what NumPy and zipfile raise for a damaged file has no common base
        raise InputError(f"{path} is damaged ({error}). Delete it: it is rendered again") from error
