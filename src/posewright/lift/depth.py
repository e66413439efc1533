"""3D from a depth map of the whole picture: the depth at each keypoint, made metric by what is known of bodies.

A network such as MiDaS gives inverse depth up to an unknown scale and shift in each frame. Relative to the trunk, at
distance Z0, a joint's distance is Z = Z0 / (1 + gain * (d - d0)), which knows no shift; the bones' lengths against an
average adult's choose the gain, under which they agree best among themselves, and then Z0, by their common factor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from posewright.errors import UsageError
from posewright.geometry import Array
from posewright.lift.clip import gapless, with_guesses
from posewright.media import Frame
from posewright.skeletons import H36M17, HUMANOID, conversion, reference_skeleton
from posewright.track import Track
from posewright.types import Camera, Poses3D

TRUNK = ("pelvis", "left_hip", "right_hip", "spine", "neck", "left_shoulder", "right_shoulder")
GAINS = np.concatenate([[0.0], np.geomspace(0.01, 50.0, 64)])
"""Tried; in units of one over the spread of inverse depth in the picture."""
MOST_OFF = 0.5
"""A bone this far from the length that the others tell, as a logarithm, says no more than that it is wrong."""
NEAREST, FARTHEST = 0.7, 1.5
"""How far from the trunk a joint may be, in shares of the trunk's distance."""
STEADY_S = 0.5
"""Time over which gain and distance are taken to be steady, seconds."""


class DepthLifter:
    """Joints in metres, relative to the root, from inverse depth at the keypoints. It must see the clip's frames as they pass: `observe`."""

    def __init__(self, depth: Callable[[Frame], NDArray[np.float32]]) -> None:
        """`depth` gives a frame's inverse depth, (H, W), of any scale and shift."""
        self._depth = depth
        self._maps: dict[float, NDArray[np.float16]] = {}

    def observe(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The frames as they are; their depth is kept by their timestamps, at the network's resolution (66 kB a frame of 16:9 with the small network)."""
        self._maps.clear()
        for frame in frames:
            self._maps[frame.timestamp] = normalised(self._depth(frame))
            yield frame

    def __call__(self, track: Track, camera: Camera) -> Poses3D:
        """Root-relative positions in the camera's axes, metres, in H36M-17.

        Raises:
            UsageError: the frames were not observed, or the track has not the joints for H36M-17.
        """
        keypoints = track.keypoints
        missing = [time for time in keypoints.timestamps if time not in self._maps]
        if missing:
            raise UsageError(f"the depth lifter has not seen {len(missing)} of {len(keypoints)} frames, the first at {missing[0]:.3f} s: let it observe the whole clip")
        xy, confidence = gapless(keypoints, H36M17)
        depth = np.array([nearest_at(self._maps[time], points, keypoints.frame_size) for time, points in zip(keypoints.timestamps, xy, strict=True)])
        rays = np.concatenate([(xy - camera.centre) / camera.focal, np.ones((*xy.shape[:2], 1))], axis=-1)
        xyz = metric_positions(rays, depth, confidence, keypoints.timestamps)
        xyz = hung(xyz, confidence)
        return Poses3D((xyz - xyz[:, :1]).astype(np.float32), with_guesses(confidence), H36M17, keypoints.timestamps, "camera", root_relative=True)


def normalised(depth: NDArray[np.float32]) -> NDArray[np.float16]:
    """A depth map without its unknown scale and shift: its median becomes 0, and 1 the spread of its values but for the outermost twentieths."""
    low, middle, high = np.quantile(depth, [0.05, 0.5, 0.95])
    return np.clip((depth - middle) / max(high - low, 1e-6), -100.0, 100.0).astype(np.float16)


def nearest_at(depth: NDArray[np.float16], points: NDArray[np.floating], frame_size: tuple[int, int]) -> Array:
    """Inverse depth at points (J, 2) in pixels of the frame, (J,): the nearest surface of the 3 x 3 cells round each, as limbs are thin and people stand before things."""
    height, width = depth.shape
    cells = np.floor(points * (width / frame_size[0], height / frame_size[1])).astype(np.intp)
    around = np.arange(-1, 2)
    columns = np.clip(cells[:, :1] + around, 0, width - 1)
    rows = np.clip(cells[:, 1:] + around, 0, height - 1)
    return depth[rows[:, :, None], columns[:, None, :]].max(axis=(1, 2)).astype(np.float64)


def metric_positions(rays: Array, depth: Array, confidence: Array, times: Array) -> Array:
    """Joints in the camera's axes, metres, (T, 17, 3), in H36M-17.

    Args:
        rays: where each joint was seen on the plane at distance 1, (T, 17, 3).
        depth: inverse depth of any scale and shift, (T, 17).
        confidence: of each joint, (T, 17).
        times: seconds, (T,).
    """
    trunk = H36M17.indices(*TRUNK)
    relative = depth - np.median(depth[:, trunk], axis=1, keepdims=True)
    ends, lengths = bones()
    weights = np.maximum(np.minimum(confidence[:, ends[:, 0]], confidence[:, ends[:, 1]]), 1e-6)  # (T, B)
    costs = np.stack([_disagreement(rays, relative, gain, ends, lengths, weights)[0] for gain in GAINS], axis=-1)  # (T, G)
    gain = _steady(GAINS[_steady(costs, times).argmin(axis=1)], times)
    distance = np.exp(_steady(_disagreement(rays, relative, gain, ends, lengths, weights)[1], times))
    return distance[:, None, None] * _shares(relative, gain)[..., None] * rays


def hung(xyz: Array, confidence: Array) -> Array:
    """Joints (T, 17, 3) with what no frame shows of an arm or leg, by the confidence (T, 17), hanging straight down from what is shown."""
    out = np.array(xyz)
    for (start, end), length in zip(*bones(), strict=True):  # from the trunk outwards
        if H36M17.joints[end] not in TRUNK and H36M17.joints[end].startswith(("left_", "right_")) and not (confidence[:, end] > 0).any():
            out[:, end] = out[:, start] + [0.0, length, 0.0]
    return out


def bones() -> tuple[NDArray[np.intp], Array]:
    """Ends (B, 2) and lengths (B,) in metres of the bones of H36M-17 that the reference body has."""
    rest, _ = conversion(HUMANOID, H36M17).apply(reference_skeleton().rest_pose()[0], np.ones(len(HUMANOID)))
    ends = np.array([H36M17.indices(*edge) for edge in H36M17.edges])
    lengths = np.linalg.norm(rest[ends[:, 0]] - rest[ends[:, 1]], axis=-1)
    known = np.isfinite(lengths)
    return ends[known], lengths[known].astype(np.float64)


def _shares(relative: Array, gain: Array | float) -> Array:
    """Distance of each joint in shares of the trunk's, (T, J)."""
    inverse = 1.0 + np.reshape(gain, (-1, 1)) * relative
    return 1.0 / np.clip(inverse, 1.0 / FARTHEST, 1.0 / NEAREST)


def _disagreement(rays: Array, relative: Array, gain: Array | float, ends: NDArray[np.intp], lengths: Array, weights: Array) -> tuple[Array, Array]:
    """How badly the bones agree on the trunk's distance under a gain, (T,), and the logarithm of that distance, (T,)."""
    points = _shares(relative, gain)[..., None] * rays
    measured = np.linalg.norm(points[:, ends[:, 0]] - points[:, ends[:, 1]], axis=-1)
    told = np.log(lengths) - np.log(np.maximum(measured, 1e-6))
    distance = weighted_median(told, weights)
    off = np.minimum(np.abs(told - distance[:, None]), MOST_OFF)
    return (weights * off).sum(axis=1) / weights.sum(axis=1), distance


def weighted_median(values: Array, weights: Array) -> Array:
    """Median along the last axis of values (T, B) by weights (T, B), (T,)."""
    order = np.argsort(values, axis=1)
    total = np.cumsum(np.take_along_axis(weights, order, axis=1), axis=1)
    at = (total >= 0.5 * total[:, -1:]).argmax(axis=1)
    return np.take_along_axis(np.take_along_axis(values, order, axis=1), at[:, None], axis=1)[:, 0]


def _steady(values: Array, times: Array) -> Array:
    """Values (T, ...) smoothed over `STEADY_S`; as they are where there is one frame."""
    if len(times) < 2:
        return values
    from scipy.ndimage import gaussian_filter1d  # takes a quarter of a second, which other lifters need not wait for

    return np.asarray(gaussian_filter1d(values, STEADY_S / float(np.median(np.diff(times))), axis=0, mode="nearest"))
