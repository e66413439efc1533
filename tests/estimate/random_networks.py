"""Full-size networks with random weights, in the published containers: nobody's weights, but everybody's shapes.

Only the last layers are told what to say on average, since noise alone shows nobody: heat maps stay above zero, fields
point along the limbs of a standing person, and a lifter's joints are near those of one.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from posewright.estimate.openpose.layout import BODY25, COCO, Layout
from posewright.skeletons import COCO17, H36M17, HUMANOID, conversion, reference_skeleton
from tests.estimate.stub import UPRIGHT

QUIET = 0.05
"""What is left of the last layer's weights."""


def save_random(name: str, path: Path, seed: int = 0) -> Path:
    """A checkpoint of `posewright.nets` network `name`, as its authors pack it."""
    import torch

    from posewright import nets

    torch.manual_seed(seed)
    net = nets.build(name)
    state = net.state_dict()
    for layer, bias in last_layers(name).items():
        state[f"{layer}.weight"] *= QUIET
        state[f"{layer}.bias"] = torch.as_tensor(np.broadcast_to(bias, state[f"{layer}.bias"].shape).copy(), dtype=torch.float32)
    torch.save(packed(name, state), path)
    return path


def last_layers(name: str) -> dict[str, Any]:
    """The layers that a network ends in, and their mean outputs."""
    if name.startswith(("hrnet", "simplebaseline")):
        # Below 0.3 nobody is followed by their joints, and each frame is looked at anew; what shows least unrest was tried.
        return {"final_layer": 0.25 if name.startswith("hrnet") else 0.6}
    if name == "centernet-dla34":
        offsets = (np.array([UPRIGHT[joint] for joint in COCO17.joints]) - 0.5) * 60
        return {"hm.2": 1.0, "wh.2": 60.0, "hps.2": offsets.ravel(), "hm_hp.2": 0.0, "reg.2": 0.5, "hp_offset.2": 0.5}
    if name == "openpose-mobile":
        return {"refinement_stages.0.heatmaps.1.0": 0.4, "refinement_stages.0.pafs.1.0": _fields(COCO)}
    if name == "openpose-coco":
        return {"model6_2.Mconv7_stage6_L2": 0.4, "model6_1.Mconv7_stage6_L1": _fields(COCO)}
    if name == "openpose-body25":
        return {"Mconv7_stage1_L1": 0.4, "Mconv7_stage3_L2": _fields(BODY25)}
    if name == "videopose3d":
        return {"shrink": _standing().ravel()}
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


def _fields(layout: Layout) -> np.ndarray:
    bias = np.zeros(layout.field_channels)
    joints = np.array([UPRIGHT[joint] for joint in layout.joint_set.joints])
    for limb in layout.limbs:
        vector = joints[limb.end] - joints[limb.start]
        bias[limb.channel : limb.channel + 2] = 0.8 * vector / np.linalg.norm(vector)
    return bias


def _standing() -> np.ndarray:
    """Joints of H36M-17 of one who stands, relative to the pelvis, in the camera's axes, metres."""
    points, _ = conversion(HUMANOID, H36M17).apply(reference_skeleton().rest_pose()[0], np.ones(len(HUMANOID)))
    points[H36M17.index("nose")] = points[H36M17.index("neck")] + (0.0, 0.1, 0.1)
    points[H36M17.index("head_top")] = points[H36M17.index("neck")] + (0.0, 0.3, 0.0)
    return (points - points[0]) * (1, -1, -1)
