"""A transformer over space and time (Zhu et al. 2023, MotionBERT, https://arxiv.org/abs/2210.06551)."""

from __future__ import annotations

import numpy as np

from posewright.errors import ModelError
from posewright.lift.clip import Array, gapless, in_windows, metric_scale, mirrored, unsheared, with_guesses
from posewright.models.onnx import Session
from posewright.skeletons import H36M17, conversion
from posewright.track import Track
from posewright.types import Camera, Keypoints, Poses3D

WINDOW = 243
"""Frames that the published networks take at most."""
OVERLAP = 81
"""Frames shared by neighbouring windows; the published program shares none, and shows a seam."""
FEWEST = 4
"""Keypoints seen in a clip, below which there is nothing to scale by."""


class MotionBERT:
    """Joints from a whole clip of keypoints, root-relative, scaled to metres by the length of the bones."""

    def __init__(self, session: Session, flip: bool = True, window: int = WINDOW, overlap: int = OVERLAP) -> None:
        """
        Args:
            session: a network with one input (B, T, 17, 3) of x, y and confidence, and one output (B, T, 17, 3).
            flip: lift the mirrored clip too and take the mean, as the published program does.
            window: frames at once.
            overlap: frames that neighbouring windows share.

        Raises:
            ModelError: the network is another one.
        """
        if session.output_shapes[0][2:] != (17, 3):
            raise ModelError(f"{session.name} gives arrays of shape {session.output_shapes[0]}, not (batch, frames, 17, 3)")
        self._session, self._flip, self._window, self._overlap = session, flip, window, overlap

    def __call__(self, track: Track, camera: Camera) -> Poses3D:
        """Root-relative positions in the camera's axes, metres, in H36M-17.

        Raises:
            UsageError: the track has not the joints that the network takes.
        """
        clip = self.prepare(track.keypoints)
        xyz = self.run(clip)
        relative = xyz - xyz[:, :1]
        root_xy = gapless(track.keypoints, H36M17)[0][:, 0]
        metres = unsheared(relative * np.float32(metric_scale(relative, H36M17)), root_xy, camera)
        return Poses3D(metres, with_guesses(clip[..., 2]), H36M17, track.keypoints.timestamps, "camera", root_relative=True)

    def prepare(self, keypoints: Keypoints) -> Array:
        """The network's input: x, y in -1..1 and confidence, (T, 17, 3)."""
        xy, _ = gapless(keypoints, H36M17)
        # The published conversions average the confidence as they average the place.
        trust = np.where(np.isfinite(keypoints.xy).all(-1), keypoints.confidence, 0.0) @ conversion(keypoints.joint_set, H36M17).matrix.T
        return crop_scale(np.concatenate([xy, np.clip(trust, 0.0, 1.0)[..., None]], axis=-1).astype(np.float32))

    def run(self, clip: Array) -> Array:
        """Positions (T, 17, 3) of a clip (T, 17, 3), in units of half the clip's crop, image axes and depth."""
        return in_windows(self._lift, clip, self._window, self._overlap)

    def _lift(self, windows: Array) -> Array:
        if not self._flip:
            return self._session.run([windows])[0]
        both = self._session.run([np.concatenate([windows, mirrored(windows, H36M17)])])[0]
        return average_flip(both[: len(windows)], both[len(windows) :])


def crop_scale(clip: Array) -> Array:
    """A clip (T, J, 3) of x, y in pixels and confidence, with the square round all that is seen in it made -1..1; zeros where hardly anything is.

    As published, what lies outside is cut off, and the confidence too.
    """
    seen = clip[clip[..., 2] != 0][:, :2]
    if len(seen) < FEWEST or (np.ptp(seen, axis=0) == 0).all():
        return np.zeros_like(clip)
    low, high = seen.min(axis=0), seen.max(axis=0)
    side = (high - low).max()
    scaled = clip.copy()
    scaled[..., :2] = ((clip[..., :2] - (low + high - side) / 2) / side - 0.5) * 2
    return np.clip(scaled, -1.0, 1.0)


def average_flip(plain: Array, turned: Array) -> Array:
    """The mean of what was lifted from clips and from their mirror images, (B, T, 17, 3)."""
    return (plain + mirrored(turned, H36M17)) * np.float32(0.5)
