"""Full-size networks with random weights, in the containers in which the published ones come: nobody's weights, but everybody's shapes.

Noise alone shows nobody, and nobody for long. So the last layers are scaled until they say, on average, something of a
standing person, with a random spread; and the first layer is damped, so that what is said changes little from frame to frame.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from posewright.estimate.openpose.estimator import VARIANTS, OpenPose
from posewright.estimate.openpose.layout import BODY25, COCO, Layout
from posewright.media import open_source
from posewright.skeletons import COCO17, H36M17, HUMANOID, JointSet, conversion, reference_skeleton
from posewright.study.sample import sample_clip

DAMPED = 0.02
"""What is left of the first layer's weights."""
FAINT = 0.0005
"""The same of OpenPose, whose people change places in the grouping at the least unrest."""
SPREAD = 0.2
"""Standard deviation of every bias."""
FEW = 8
"""Members of the batch that a lifter is tuned with."""
MIMICS = {"rtmpose-s": 17, "rtmpose-m": 17, "rtmpose-m-halpe26": 26}
"""Networks that are published as ONNX and have no PyTorch class here, by their number of joints: a small graph of the same inputs and outputs stands in."""

LAST_MAPS = {
    "openpose-mobile": ("refinement_stages.0.heatmaps.1.0", COCO),
    "openpose-coco": ("model6_2.Mconv7_stage6_L2", COCO),
    "openpose-body25": ("Mconv7_stage1_L1", BODY25),
}
"""OpenPose's last layer of heat maps, and the joints that it shows."""
LAST_FIELDS = {
    "openpose-mobile": ("refinement_stages.0.pafs.1.0", COCO),
    "openpose-coco": ("model6_1.Mconv7_stage6_L1", COCO),
    "openpose-body25": ("Mconv7_stage3_L2", BODY25),
}
"""The same of its fields."""


def save_random(name: str, path: Path, seed: int = 0) -> Path:
    """A checkpoint of the network `name` of `posewright.nets` at full size, packed as its authors do."""
    import torch

    from posewright import nets

    torch.manual_seed(seed)
    net = nets.build(name)
    shape = nets.NETS[name].shape
    openpose, images = name.startswith("openpose"), nets.NETS[name].pixels is not None
    with torch.no_grad():
        for key, value in net.named_parameters():
            if openpose and value.dim() > 1:  # PyTorch's own start lets signals fade, and these networks have few norms to lift them again
                torch.nn.init.kaiming_normal_(value, nonlinearity="relu")
            elif (value.dim() == 1 and key.endswith("bias")) or ("embed" in key and value.dim() > 2):
                value.copy_(torch.randn(value.shape) * SPREAD)
        if images:
            next(net.parameters()).mul_(FAINT if openpose else DAMPED)
    example = torch.from_numpy(sample_picture(name.removeprefix("openpose-"))) if openpose else torch.randn(1 if images else FEW, *shape[1:])
    _tell(net, last_layers(name), example)
    if openpose:
        _show(net, *LAST_MAPS[name], example)
    torch.save(packed(name, net.state_dict()), path)
    return path


def _tell(net: Any, layers: dict[str, tuple[Any, float]], example: Any) -> None:
    """Scale the layers, by name, so that each channel's output has this mean and the whole this spread."""
    import torch

    modules = dict(net.named_modules())
    heard: dict[str, Any] = {}
    hooks = [modules[name].register_forward_hook(lambda module, given, output, name=name: heard.__setitem__(name, output.detach())) for name in layers]
    with torch.inference_mode():
        net(example)
    for hook in hooks:
        hook.remove()
    for name, (mean, spread) in layers.items():
        module, output = modules[name], heard[name]
        channel = -1 if isinstance(module, torch.nn.Linear) else 1
        channels = output.movedim(channel, 0).flatten(1)
        told = channels - channels.mean(dim=1, keepdim=True)
        factor = spread / max(float(told.std()), 1e-12)
        with torch.no_grad():
            module.weight.mul_(factor)
            wanted = torch.as_tensor(np.broadcast_to(mean, module.bias.shape).copy(), dtype=torch.float32)
            module.bias.copy_(wanted - (channels.mean(dim=1) - module.bias) * factor)


def _show(net: Any, layer: str, layout: Layout, example: Any) -> None:
    """Fit the layer, a 1 x 1 convolution, by ridge regression on its random input, so that its maps show a standing person in the middle of `example`."""
    import torch

    seen: list[Any] = []
    module = dict(net.named_modules())[layer]
    hook = module.register_forward_hook(lambda module, given, output: seen.append(given[0].detach()))
    with torch.inference_mode():
        net(example)
    hook.remove()
    inputs = seen[-1][0].double()  # (C, H, W)
    height, width = inputs.shape[1:]
    features = torch.cat([inputs.flatten(1), torch.ones(1, height * width, dtype=torch.float64)])
    maps = torch.zeros(module.out_channels, height * width, dtype=torch.float64)
    places = (standing(layout.joint_set) - 0.5) * height * 0.9 + (width / 2, height / 2)
    maps[: len(places)] = torch.from_numpy(bumps(places, (width, height)))
    covariance = features @ features.T
    covariance += 1e-6 * covariance.diagonal().mean() * torch.eye(len(covariance), dtype=torch.float64)
    weights = torch.linalg.solve(covariance, features @ maps.T).T.float()
    with torch.no_grad():
        module.weight.copy_(weights[:, :-1, None, None])
        module.bias.copy_(weights[:, -1])


def bumps(places: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.float64]:
    """A Gaussian at each of places (J, 2), on flat maps (J, height * width) of `size` (width, height)."""
    across, down = (np.exp(-((np.arange(side) - places[:, axis, None]) ** 2) / (2 * 2.5**2)) for axis, side in enumerate(size))
    return (down[:, :, None] * across[:, None, :]).reshape(len(places), -1)


def sample_picture(variant: str) -> NDArray[np.float32]:
    """The first frame of the sample clip as OpenPose's `variant` takes it, (1, 3, H, W)."""
    with open_source(sample_clip()) as frames:
        frame = next(iter(frames))
    estimator = OpenPose.__new__(OpenPose)
    estimator.program = VARIANTS[variant]
    return estimator.prepare(frame, estimator.program.heights[0])[0][None]


def last_layers(name: str) -> dict[str, tuple[Any, float]]:
    """The layers that a network ends in, and the mean and spread of what they shall say."""
    if name.startswith(("hrnet", "simplebaseline")):
        return {"final_layer": (0.2, 0.015)}  # below 0.3 nobody is followed by their joints: the detector looks anew in each frame
    if name.startswith("centernet"):
        layer = "{}.2" if name == "centernet-dla34" else "{}.1.1"
        offsets = (standing(COCO17) - 0.5) * 60
        told = {"hm": (1.0, 0.1), "wh": (60.0, 1.0), "hps": (offsets.ravel(), 1.0), "hm_hp": (-4.0, 0.1), "reg": (0.5, 0.1), "hp_offset": (0.5, 0.1)}
        return {layer.format(head): value for head, value in told.items()}
    if name in LAST_FIELDS:
        layer, layout = LAST_FIELDS[name]
        return {layer: (fields(layout), 0.05)}
    if name.startswith("videopose3d"):
        return {"shrink": ((standing_3d()).ravel(), 0.02)}
    if name.startswith("motionbert"):
        return {"head": (0.0, 0.3)}
    if name.startswith(("midas", "dpt")):
        return {"scratch.output_conv.4": (1.0, 0.2)}
    return {}


def packed(name: str, state: Any) -> Any:
    """The container in which a network's weights are published."""
    if name.startswith("centernet"):
        return {"epoch": 1, "state_dict": state}
    if name == "openpose-mobile":
        return {"state_dict": state, "iter": 1}
    if name == "openpose-coco":
        return {key.partition(".")[2]: value for key, value in state.items()}
    if name.startswith("videopose3d"):
        return {"epoch": 1, "lr": 0.1, "model_pos": state}
    if name.startswith("motionbert"):
        return {"epoch": 1, "lr": 0.1, "min_loss": 0.0, "model_pos": {f"module.{key}": value for key, value in state.items()}}
    return state


def save_mimic(name: str, path: Path, seed: int = 0) -> Path:
    """An ONNX file with RTMPose's inputs and outputs: mean of each quarter of the picture, and one random layer for each output."""
    import torch
    from torch import nn

    class Mimic(nn.Module):
        def __init__(self, joints: int) -> None:
            super().__init__()
            self.joints, self.pool = joints, nn.AvgPool2d((64, 48))
            self.x, self.y = nn.Linear(48, joints * 384), nn.Linear(48, joints * 512)

        def forward(self, image: Any) -> Any:
            seen = self.pool(image).flatten(1) * DAMPED
            x, y = (0.25 * layer(seen).sigmoid() for layer in (self.x, self.y))  # as of the heat maps: nobody is followed
            return x.unflatten(1, (self.joints, 384)), y.unflatten(1, (self.joints, 512))

    torch.manual_seed(seed)
    axes = {key: {0: "batch"} for key in ("input", "simcc_x", "simcc_y")}
    path.parent.mkdir(parents=True, exist_ok=True)
    torch.onnx.export(
        Mimic(MIMICS[name]).eval(),
        (torch.zeros(1, 3, 256, 192),),
        str(path),
        opset_version=15,
        input_names=["input"],
        output_names=["simcc_x", "simcc_y"],
        dynamic_axes=axes,
        dynamo=False,
    )
    return path


def standing(joint_set: JointSet) -> NDArray[np.float64]:
    """Joints of one who stands with the arms out, in a box of 1 x 1, y down; faces and feet, which the reference body lacks, near their neighbours."""
    xyz, _ = conversion(HUMANOID, joint_set).apply(reference_skeleton().rest_pose()[0], np.ones(len(HUMANOID)))
    xy = np.where(np.isfinite(xyz[:, :2]), xyz[:, :2] * (1, -1), np.nan).astype(np.float64)
    low, high = np.nanmin(xy, axis=0), np.nanmax(xy, axis=0)
    placed = (xy - low) / (high - low) * (0.8, 0.8) + (0.1, 0.2)
    for j, joint in enumerate(joint_set.joints):
        if not np.isfinite(placed[j]).all():
            side = 0.02 if joint.startswith("left") else -0.02 if joint.startswith("right") else 0.0
            placed[j] = (0.5 + 3 * side, 0.99) if "toe" in joint or "heel" in joint else (0.5 + side, 0.08)
    return placed


def standing_3d() -> NDArray[np.float64]:
    """Joints of H36M-17 of one who stands, relative to the pelvis, in the camera's axes, metres, (17, 3)."""
    points, _ = conversion(HUMANOID, H36M17).apply(reference_skeleton().rest_pose()[0], np.ones(len(HUMANOID)))
    points[H36M17.index("nose")] = points[H36M17.index("neck")] + (0.0, 0.1, 0.1)
    points[H36M17.index("head_top")] = points[H36M17.index("neck")] + (0.0, 0.3, 0.0)
    return (points - points[0]) * (1, -1, -1)


def fields(layout: Layout) -> NDArray[np.float64]:
    """Mean of each field's two channels: the limb's direction in one who stands."""
    mean = np.zeros(layout.field_channels)
    joints = standing(layout.joint_set)
    for limb in layout.limbs:
        vector = joints[limb.end] - joints[limb.start]
        mean[limb.channel : limb.channel + 2] = 0.8 * vector / max(np.linalg.norm(vector), 1e-6)
    return mean


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("network", help="a key of posewright.nets.NETS")
    parser.add_argument("-o", "--output", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    print(save_random(arguments.network, arguments.output, arguments.seed))


if __name__ == "__main__":
    main()
