"""What is trained: a network from crops to heat maps, with the loss of its paper."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from posewright.estimate.crop import Size, network_input
from posewright.estimate.heatmap import decode_heatmaps
from posewright.nets.table import NETS, Pixels
from posewright.train.estimator.augment import STRIDE, augmented_crop, heatmaps, plain_crop
from posewright.train.estimator.crops import Crops
from posewright.train.estimator.pck import box_side, pck

if TYPE_CHECKING:
    from torch import Tensor, nn

Batch = tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]
"""Input (B, 3, H, W), heat maps (B, 17, h, w), weights (B, 17)."""


@dataclass(frozen=True)
class MakeBatch:
    """Makes the batch of one step out of crops."""

    crops: Crops
    size: Size
    pixels: Pixels
    count: int
    sigma: float

    def __call__(self, rng: np.random.Generator) -> Batch:
        """A batch of crops drawn and augmented with these random numbers."""
        index = rng.integers(0, len(self.crops), self.count)
        pairs = [augmented_crop(self.crops.picture(int(i)), self.crops.points[i], self.size, rng) for i in index]
        maps, weights = heatmaps(np.stack([points for _, points in pairs]), self.size, self.sigma)
        return network_input(np.stack([image for image, _ in pairs]), self.pixels), maps, weights


def heatmap_loss(predicted: Tensor, maps: Tensor, weights: Tensor) -> Tensor:
    """Half the mean squared error over all pixels, keypoints without truth left out (as both papers train)."""
    return 0.5 * ((predicted - maps).square() * weights[..., None, None]).mean()


class EstimatorTask:
    """Heat maps by Adam; the learning rate rises for a moment and falls along a cosine. See `train.loop.Task`."""

    def __init__(self, network: str, held_out: Crops, steps: int, rate: float, device: str = "cpu", bf16: bool = False) -> None:
        """
        Args:
            network: a name of `posewright.nets.NETS` that gives 17 heat maps.
            held_out: crops to measure on.
            steps: of the whole run.
            rate: the highest learning rate.
            device: PyTorch's name.
            bf16: run the network's forward pass in bfloat16, where the processor has instructions for it.
        """
        import torch

        from posewright import nets

        layout: dict[str, Any] = {"memory_format": torch.channels_last}  # PyTorch's types do not know it
        self.net: nn.Module = nets.build(network).train().to(device, **layout)
        last = self.net.get_submodule("final_layer")
        assert isinstance(last, torch.nn.Conv2d)  # it gives the heat maps
        torch.nn.init.normal_(last.weight, std=0.001)  # as both papers' programs do: heat maps begin at zero
        if last.bias is not None:
            torch.nn.init.zeros_(last.bias)
        self.optimizer = torch.optim.Adam(self.net.parameters(), rate)
        self.size: Size = (NETS[network].shape[3], NETS[network].shape[2])
        self._pixels, self._steps, self._rate, self._device, self._bf16 = NETS[network].pixels, steps, rate, device, bf16
        self._held_out = held_out

    @property
    def parts(self) -> dict[str, Any]:
        """See `train.loop.Task`."""
        return {"net": self.net, "optimizer": self.optimizer}

    def step(self, number: int, batch: Batch) -> dict[str, float]:
        """One step of Adam; gives the loss."""
        import torch

        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(number, self._steps, self._rate)
        images, maps, weights = (torch.from_numpy(array).to(self._device) for array in batch)
        with torch.autocast(self._device.partition(":")[0], torch.bfloat16, enabled=self._bf16):
            predicted = self.net(images.contiguous(memory_format=torch.channels_last))
        loss = heatmap_loss(predicted.float(), maps, weights)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        return {"loss": loss.item()}

    def evaluate(self, number: int) -> dict[str, float]:
        """PCK@0.1 of the box on the held-out crops."""
        import torch

        assert self._pixels is not None  # all heat-map networks take images
        pairs = [plain_crop(self._held_out.picture(i), self._held_out.points[i], self.size) for i in range(len(self._held_out))]
        truth = np.stack([points for _, points in pairs])
        found = []
        self.net.eval()
        with torch.inference_mode():
            for start in range(0, len(pairs), 64):
                images = network_input(np.stack([image for image, _ in pairs[start : start + 64]]), self._pixels)
                maps = self.net(torch.from_numpy(images).to(self._device)).float().cpu().numpy()
                found.append(STRIDE * decode_heatmaps(maps)[0])
        self.net.train()
        return {"pck": float(np.nanmean(pck(np.concatenate(found), truth, box_side(truth))))}


def learning_rate(number: int, steps: int, highest: float) -> float:
    """The learning rate of step `number`: 3 % of the run up, then a half cosine down to a hundredth."""
    rise = max(1.0, 0.03 * steps)
    if number <= rise:
        return highest * number / rise
    return highest * (0.01 + 0.99 * 0.5 * (1.0 + math.cos(math.pi * (number - rise) / max(1.0, steps - rise))))
