"""Published lifters trained on our data, as a measure for our own: VideoPose3D and MotionBERT."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from posewright.files import atomic_path
from posewright.nets import build
from posewright.study.metrics import pa_mpjpe
from posewright.train.lifter.clips import Clips, Normalise, frames_of, in_crop, on_screen
from posewright.train.lifter.task import Settings, rate_at

VELOCITY = 20.0
"""How errors of velocity weigh in MotionBERT's loss (section 4.1 of its paper)."""


@dataclass(frozen=True)
class Reference:
    """How one of them is trained."""

    name: str
    """In `posewright.nets.NETS`."""
    normalise: Normalise
    file: str
    """Named as its authors name theirs."""
    arguments: Callable[[int, int | None], dict[str, Any]]
    """Of its constructor, from frames and channels (None: as published)."""
    loss: Callable[[Tensor, Tensor], Tensor]


def position_loss(given: Tensor, truth: Tensor) -> Tensor:
    """Mean distance of joints (n, F, 17, 3), the loss of both papers."""
    return (given - truth).norm(dim=-1).mean()


def motion_loss(given: Tensor, truth: Tensor) -> Tensor:
    """The same relative to the pelvis, and of velocities (Zhu et al. 2023, section 4.1)."""
    given = given - given[:, :, :1]
    return position_loss(given, truth) + VELOCITY * position_loss(given.diff(dim=1), truth.diff(dim=1))


def _convolutions(frames: int, channels: int | None) -> dict[str, Any]:
    return {"widths": (3,) * frames_of(frames), "single_frame": True} | ({"channels": channels} if channels else {})


def _transformer(frames: int, channels: int | None) -> dict[str, Any]:
    return {"channels": channels, "features": channels} if channels else {}


REFERENCES = {
    "videopose3d": Reference("videopose3d", on_screen, "videopose3d.bin", _convolutions, position_loss),
    "motionbert-lite": Reference("motionbert-lite", in_crop, "latest_epoch.bin", _transformer, motion_loss),
}


class ReferenceTask:
    """Trains one of them on `Clips`, by AdamW; see `train.loop.Task`."""

    def __init__(self, reference: Reference, frames: int, channels: int | None, held_out: dict[str, Clips], settings: Settings) -> None:
        self._arguments, self._frames = reference.arguments(frames, channels), frames
        self.net: nn.Module = build(reference.name, **self._arguments).to(settings.device)
        self._reference, self._held_out, self._settings = reference, held_out, settings
        self._optimizer = torch.optim.AdamW(self.net.parameters(), lr=settings.rate, weight_decay=1e-2)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._optimizer, lambda step: rate_at(step + 1, settings.steps, settings.decay))

    @property
    def parts(self) -> dict[str, Any]:
        """See `train.loop.Task`."""
        return {"net": self.net, "optimizer": self._optimizer, "schedule": self._schedule}

    def step(self, number: int, batch: Clips) -> dict[str, float]:
        """One step; gives the loss."""
        torch.manual_seed(number)  # dropout by the step's number alone, so that a resumed run does the same
        self.net.train()
        inputs, targets = (torch.from_numpy(array).to(self._settings.device) for array in (batch.inputs, batch.targets))
        with torch.autocast(self._settings.device, torch.bfloat16, enabled=self._settings.bf16):
            given = self.net(inputs)
        loss = self._reference.loss(given.float(), targets)
        self._optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        self._optimizer.step()
        self._schedule.step()
        return {"loss": loss.item()}

    def evaluate(self, number: int) -> dict[str, float]:
        """MPJPE and PA-MPJPE in millimetres on the held-out clips, joints against the pelvis."""
        told: dict[str, float] = {}
        for name, clips in self._held_out.items():
            given, truth = self.lift(clips.inputs), clips.targets
            metres = 1000.0 * clips.scale[:, None, None, None]
            given, truth = (given - given[:, :, :1]) * metres, truth * metres
            told[f"{name} mpjpe_mm"] = float(np.linalg.norm(given - truth, axis=-1).mean())
            told[f"{name} pa_mpjpe_mm"] = float(pa_mpjpe(given.reshape(-1, 17, 3), truth.reshape(-1, 17, 3)))
        return told

    def lift(self, inputs: np.ndarray[Any, np.dtype[np.float32]], count: int = 64) -> np.ndarray[Any, np.dtype[np.float32]]:
        """What the network makes of clips (n, F, 17, C), some at a time."""
        self.net.eval()
        with torch.no_grad():
            parts = [self.net(torch.from_numpy(inputs[start : start + count]).to(self._settings.device)).float().cpu().numpy() for start in range(0, len(inputs), count)]
        return np.concatenate(parts)

    def export(self, path: Path) -> None:
        """Write the network as ONNX: whole clips in, one pose a frame out, as the lifters of the same name run it."""
        from posewright.nets.export import export_onnx
        from posewright.nets.table import NETS

        whole = self._arguments | ({"single_frame": False} if "single_frame" in self._arguments else {})
        net = build(self._reference.name, **whole)
        net.load_state_dict({name: value.detach().cpu() for name, value in self.net.state_dict().items()})
        spec = NETS[self._reference.name]
        export_onnx(net.eval(), path, self._reference.name, spec, (1, max(self._frames, 2), *spec.shape[2:]))

    def save(self, folder: Path, steps: int) -> Path:
        """Write the weights as the authors' programs do: under `model_pos`, with the count of epochs."""
        path = folder / self._reference.file
        state = {name: value.detach().cpu().contiguous() for name, value in self.net.state_dict().items()}
        with atomic_path(path) as part:
            torch.save({"epoch": steps, "model_pos": state}, part)
        return path
