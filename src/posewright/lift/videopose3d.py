"""Temporal convolutions over 2D keypoints (Pavllo et al. 2019, VideoPose3D, https://arxiv.org/abs/1811.11742)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from posewright.errors import ModelError
from posewright.lift.clip import Array, gapless, mirrored, with_guesses
from posewright.models.onnx import Session
from posewright.skeletons import COCO17, H36M17, JointSet, conversion
from posewright.track import Track
from posewright.types import Camera, Poses3D

RECEPTIVE_FIELD = 243
"""Frames that one frame of the result is made of, in the published networks for Human3.6M."""
CHUNK = 1000
"""Frames of the result in one run, to bound the memory."""


class VideoPose3D:
    """Root-relative joints in metres from a whole clip of keypoints."""

    def __init__(self, session: Session, joint_set: JointSet = COCO17, flip: bool = True, causal: bool = False, receptive_field: int = RECEPTIVE_FIELD) -> None:
        """
        Args:
            session: a network with one input (B, T, 17, 2) and one output (B, T - receptive_field + 1, 17, 3).
            joint_set: of its input: COCO-17, or H36M-17 for the one trained on CPN detections.
            flip: lift the mirrored clip too and take the mean, as the published results do.
            causal: the network looks at the past only.

        Raises:
            ModelError: the network is another one.
        """
        if session.output_shapes[0][2:] != (17, 3):
            raise ModelError(f"{session.name} gives arrays of shape {session.output_shapes[0]}, not (batch, frames, 17, 3)")
        self._session, self._joint_set, self._flip, self._causal, self._field = session, joint_set, flip, causal, receptive_field

    def __call__(self, track: Track, camera: Camera) -> Poses3D:
        """Root-relative positions in the camera's axes, metres, in H36M-17.

        Raises:
            UsageError: the track has not the joints that the network takes.
        """
        clip, confidence = self.prepare(track)
        _, trust = conversion(self._joint_set, H36M17).apply(clip, confidence)
        return Poses3D(self.run(clip), with_guesses(trust), H36M17, track.keypoints.timestamps, "camera", root_relative=True)

    def prepare(self, track: Track) -> tuple[Array, Array]:
        """The network's input without padding, (T, 17, 2), and the confidence, (T, 17)."""
        xy, confidence = gapless(track.keypoints, self._joint_set)
        return screen_coordinates(xy, track.keypoints.frame_size), confidence

    def run(self, clip: Array) -> Array:
        """Joints (T, 17, 3), metres, relative to the root, of a clip (T, 17, 2)."""
        padded = pad_edges(clip, self._field, self._causal)
        parts = [self._lift(padded[start : start + CHUNK + self._field - 1]) for start in range(0, len(clip), CHUNK)]
        xyz = np.concatenate(parts)
        return xyz - xyz[:, :1]  # it was trained on roots at 0, and gives them nearly so

    def _lift(self, padded: Array) -> Array:
        if not self._flip:
            return self._session.run([padded[None]])[0][0]
        return average_flip(self._session.run([with_mirrored(padded, self._joint_set)])[0])


def screen_coordinates(xy: NDArray[np.floating], frame_size: tuple[int, int]) -> Array:
    """Pixels (..., 2) in units of half the frame's width, from its centre."""
    width, height = frame_size
    return (np.asarray(xy) * (2.0 / width) - (1.0, height / width)).astype(np.float32)


def pad_edges(clip: Array, receptive_field: int, causal: bool = False) -> Array:
    """A clip (T, J, D) with its first and last frame held, so that the network gives one result a frame; at the front alone for a causal one."""
    pad = (receptive_field - 1) // 2
    shift = pad if causal else 0
    return np.pad(clip, ((pad + shift, pad - shift), (0, 0), (0, 0)), mode="edge")


def with_mirrored(clip: Array, joint_set: JointSet) -> Array:
    """A clip (T, J, 2) and its mirror image, (2, T, J, 2)."""
    return np.stack([clip, mirrored(clip, joint_set)])


def average_flip(both: Array) -> Array:
    """The mean of what was lifted from a clip and from its mirror image, (2, T, 17, 3) to (T, 17, 3)."""
    return (both[0] + mirrored(both[1], H36M17)) * np.float32(0.5)
