"""Each network reproduces the published code: same keys, same shapes, same outputs from the same weights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from posewright.nets import NETS, build, load
from posewright.nets.deform import DeformConv2d
from tests.nets.golden import full_size, golden, io

TINY_HRNET = {"width": 4, "modules": (1, 2, 2), "blocks": ((2, 2), (2, 1, 2), (2, 1, 1, 1))}
TINY_RESNET = {"width": 4, "deconv_channels": (16, 16, 16)}
TINY_VIDEO = {
    "tiny": {"widths": (3, 3, 3), "channels": 16},
    "tiny_353": {"widths": (3, 5, 3), "channels": 12},
    "tiny_arc33333": {"widths": (3, 3, 3, 3, 3), "channels": 8},
    "tiny_traj": {"widths": (3, 3, 3), "channels": 16, "joints_out": 1},
}


def close(ours: Tensor, theirs: np.ndarray, tolerance: float = 1e-5) -> None:
    """Within the tolerance, absolute up to 1 and relative beyond."""
    assert ours.shape == theirs.shape
    error = np.abs(ours.numpy() - theirs) / np.maximum(1, np.abs(theirs))
    assert error.max() <= tolerance


def run(net: torch.nn.Module, x: np.ndarray) -> Any:
    with torch.inference_mode():
        return net(torch.from_numpy(x))


def watch(net: torch.nn.Module, modules: list[str]) -> dict[str, Any]:
    """What the named modules return, once the network has run."""
    seen: dict[str, Any] = {}

    def hook(name: str) -> Callable[..., None]:
        return lambda _module, _input, output: seen.__setitem__(name, output)

    for name in modules:
        net.get_submodule(name).register_forward_hook(hook(name))
    return seen


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("config", TINY_VIDEO)
def test_videopose3d(config: str, causal: bool) -> None:
    weights, data = golden(f"videopose3d/{config}.safetensors"), io("videopose3d")
    suffix = "_causal" if causal else ""
    net = load("videopose3d", weights, causal=causal, **TINY_VIDEO[config])
    close(run(net, data[f"in/{config}"]), data[f"out/{config}{suffix}"])
    if f"in_1f/{config}" in data:
        close(run(net, data[f"in_1f/{config}"]), data[f"out_1f_ref/{config}{suffix}"])
        strided = load("videopose3d", weights, causal=causal, single_frame=True, **TINY_VIDEO[config])
        close(run(strided, data[f"in_1f/{config}"]), data[f"out_1f/{config}{suffix}"])


@pytest.mark.parametrize("container", ["tiny_ckpt_legacy.bin", "tiny_ckpt_zip.bin", "tiny_ckpt_with_traj_legacy.bin", "tiny_ckpt_minimal_legacy.bin"])
def test_videopose3d_containers(container: str) -> None:
    net = load("videopose3d", golden(f"videopose3d/{container}"), **TINY_VIDEO["tiny"])
    close(run(net, io("videopose3d")["in/tiny"]), io("videopose3d")["out/tiny"])


def test_hrnet() -> None:
    net, data = load("hrnet-w32", golden("hrnet/tiny.safetensors"), **TINY_HRNET), io("hrnet")
    close(run(net, data["in/x_odd"]), data["out/x_odd"])
    seen = watch(net, ["transition1.0.0", "transition1.1.0.0", "stage2.0", "stage3.1", "stage4.1"])
    close(run(net, data["in/x"]), data["out/x"])
    for name in ("transition1.0.0", "transition1.1.0.0"):
        close(seen[name], data[f"inter/{name}"])
    for stage, branches in (("stage2.0", 2), ("stage3.1", 3), ("stage4.1", 1)):
        for i in range(branches):
            close(seen[stage][i], data[f"inter/{stage[:6]}/{i}"])


@pytest.mark.parametrize(
    ("name", "weights"),
    [
        ("simplebaseline-res50", "tiny_res50.safetensors"),
        ("simplebaseline-res50-caffe", "tiny_res50_caffe.safetensors"),
        ("simplebaseline-res18", "tiny_res18.safetensors"),
        ("simplebaseline-res18", "tiny_res18_ckpt_legacy.pth.tar"),
    ],
)
def test_simplebaseline(name: str, weights: str) -> None:
    net, data = load(name, golden(f"simplebaseline/{weights}"), **TINY_RESNET), io("simplebaseline")
    config = weights.partition(".")[0].removesuffix("_ckpt_legacy")
    stages = ["layer1", "layer2", "layer3", "layer4", "deconv_layers.0", "deconv_layers"]
    seen = watch(net, stages)
    close(run(net, data["in/x"]), data[f"out/{config}"])
    for stage in stages:
        close(seen[stage], data[f"inter/{config}/{stage}"])


TINY_BERT = {
    "tiny": {"channels": 32, "features": 48, "depth": 2, "heads": 4, "mlp_ratio": 2, "max_frames": 27},
    "tiny_lite": {"channels": 32, "features": 64, "depth": 3, "heads": 8, "mlp_ratio": 4, "max_frames": 27},
    "tiny_nofuse": {"channels": 32, "features": 48, "depth": 2, "heads": 4, "mlp_ratio": 2, "max_frames": 27, "fuse": False},
}


@pytest.mark.parametrize("container", ["tiny.safetensors", "tiny_lite.safetensors", "tiny_nofuse.safetensors", "tiny_ckpt_zip.bin", "tiny_ckpt_legacy.bin"])
def test_motionbert(container: str) -> None:
    config = container.partition(".")[0].partition("_ckpt")[0]
    net, data = load("motionbert", golden(f"motionbert/{container}"), **TINY_BERT[config]), io("motionbert")
    blocks = [f"blocks_{kind}.{i}" for kind in ("st", "ts") for i in range(2)]
    seen = watch(net, [*blocks, "norm"])
    for clip in ("full_len", "short"):
        x = data[f"in/{clip}"]
        close(run(net, x), data[f"out/{config}/{clip}"])
        with torch.inference_mode():
            close(net.represent(torch.from_numpy(x)), data[f"rep/{config}/{clip}"])
    for name in [*blocks, "norm"]:
        close(seen[name][0], data[f"inter/{name}/{config}/short"])


TINY_CENTERNET = {
    "dla34": ("centernet-dla34", {"channels": (4, 8, 12, 16, 20, 24), "head_channels": 16}),
    "hourglass": ("centernet-hourglass", {"widths": (8, 8, 12, 12, 12, 16), "stem": 8, "head_channels": 8}),
}


@pytest.mark.parametrize("container", ["tiny_dla34.safetensors", "tiny_dla34_ckpt_legacy.pth"])
def test_centernet_dla(container: str) -> None:
    name, arguments = TINY_CENTERNET["dla34"]
    net, data = load(name, golden(f"centernet/{container}"), **arguments), io("centernet")
    stages = ["base.base_layer", "base.level2", "base.level3", "base.level4", "base.level5", "ida_up.proj_1"]
    seen = watch(net, stages)
    for head, ours in zip(NETS[name].outputs, run(net, data["in/dla34"]), strict=True):
        close(ours, data[f"out/dla34/stack0/{head}"])
    for stage in stages:
        close(seen[stage], data[f"inter/dla34/{stage}"])


def test_centernet_hourglass() -> None:
    name, arguments = TINY_CENTERNET["hourglass"]
    net, data = load(name, golden("centernet/tiny_hourglass.safetensors"), **arguments), io("centernet")
    stages = ["pre", "kps.0", "cnvs.0", "inters.0"]
    seen = watch(net, stages)
    outputs = run(net, data["in/hourglass"])
    with torch.inference_mode():
        first, last = (net.read_stack(i, x) for i, x in enumerate(net.features(torch.from_numpy(data["in/hourglass"]))))
    for i, head in enumerate(NETS[name].outputs):
        close(first[i], data[f"out/hourglass/stack0/{head}"])
        close(last[i], data[f"out/hourglass/stack1/{head}"])
        assert torch.equal(outputs[i], last[i])
    for stage in stages:
        close(seen[stage], data[f"inter/hourglass/{stage}"])


def test_deformable_convolution() -> None:
    data = np.load(golden("centernet/dcn_unit.npz"))
    layer = DeformConv2d(16, 12)
    layer.load_state_dict({key: torch.from_numpy(data[key]) for key in layer.state_dict()})
    seen = watch(layer, ["conv_offset_mask"])
    close(run(layer, data["in"]), data["out"])
    close(seen["conv_offset_mask"], data["raw_offset_mask"])


TINY_MIDAS = {
    "small": ("midas-small", {"channels": (8, 8, 8, 16, 24, 40, 64), "features": 6}, 2e-5),
    "large": ("midas-large", {"features": 16, "counts": (3, 4, 5, 3), "width": 8, "groups": 4, "group_width": 16}, 2e-5),
    "dpt_hybrid": (
        "dpt-hybrid",
        {"features": 16, "reassembled": (128, 128, 32, 32), "embed": 24, "heads": 3, "stem": 32, "channels": (128, 128, 128), "counts": (2, 2, 2), "classes": 10},
        1e-4,
    ),
}


@pytest.mark.parametrize("config", TINY_MIDAS)
def test_midas(config: str) -> None:
    name, arguments, tolerance = TINY_MIDAS[config]
    net, data = load(name, golden(f"midas/tiny_{config}.safetensors"), **arguments), io("midas")
    prefix = f"inter/{config}/"
    stages = [key.removeprefix(prefix) for key in data if key.startswith(prefix)]
    seen = watch(net, stages)
    close(run(net, data[f"in/{config}"]), data[f"out/{config}"], tolerance)
    for stage in stages:
        if not stage.endswith("stem"):  # ours ends before the ReLU and the pooling
            close(seen[stage], data[prefix + stage], tolerance)


def test_midas_large_as_in_its_published_onnx() -> None:
    name, arguments, tolerance = TINY_MIDAS["large"]
    net, data = load(name, golden("midas/tiny_large.safetensors"), align_corners=False, **arguments), io("midas")
    close(run(net, data["in/large"]), data["out/large_onnx_variant_align_corners_false"], tolerance)


@pytest.mark.parametrize("container", ["tiny_bodypose_coco.safetensors", "tiny_bodypose_ckpt_caffe_names_legacy.pth"])
def test_openpose(container: str) -> None:
    net, data = load("openpose-coco", golden(f"openpose/{container}"), widths=(4, 6, 10, 12)), io("openpose")
    stages = ["model0", "model1_1", "model1_2", "model2_1"]
    seen = watch(net, stages)
    fields, heatmaps = run(net, data["in/bodypose_coco"])
    close(fields, data["out/bodypose_coco/paf_38"])
    close(heatmaps, data["out/bodypose_coco/heatmap_19"])
    for stage in stages:
        close(seen[stage], data[f"inter/bodypose_coco/{stage}"])


def test_openpose_mobile() -> None:
    net, data = load("openpose-mobile", golden("openpose/tiny_lightweight_mobilenet.safetensors"), widths=(4, 6, 8, 12, 16)), io("openpose")
    stages = ["model.0", "model.6", "model.11", "cpm"]
    seen = watch(net, stages)
    x = data["in/lightweight_mobilenet"]
    outputs = run(net, x)
    with torch.inference_mode():
        every = net.stages(torch.from_numpy(x))
    assert all(torch.equal(a, b) for a, b in zip(outputs, every[-1], strict=True))
    for i, (heatmaps, fields) in enumerate(every):
        close(heatmaps, data[f"out/lightweight_mobilenet/stage{i}_heatmaps"])
        close(fields, data[f"out/lightweight_mobilenet/stage{i}_pafs"])
    for stage in stages:
        close(seen[stage], data[f"inter/lightweight_mobilenet/{stage}"])


FULL_SIZE = [
    ("motionbert", "motionbert", "full_MB", {}),
    ("motionbert-lite", "motionbert", "lite_MB", {}),
    ("centernet-dla34", "centernet", "dla_34", {}),
    ("centernet-hourglass", "centernet", "hourglass", {}),
    ("midas-small", "midas", "midas_v21_small", {}),
    ("midas-large", "midas", "midas_v21_384", {}),
    ("dpt-hybrid", "midas", "dpt_hybrid", {}),
    ("openpose-coco", "openpose", "bodypose_model", {}),
    ("openpose-mobile", "openpose", "PoseEstimationWithMobileNet num_refinement_stages=1", {}),
    ("openpose-mobile", "openpose", "PoseEstimationWithMobileNet num_refinement_stages=3", {"refinements": 3}),
    ("videopose3d", "videopose3d", "h36m_243", {}),
    ("videopose3d", "videopose3d", "h36m_81", {"widths": (3, 3, 3, 3)}),
    ("videopose3d", "videopose3d", "h36m_27", {"widths": (3, 3, 3)}),
    ("videopose3d", "videopose3d", "traj_243", {"joints_out": 1}),
    ("videopose3d-humaneva", "videopose3d", "humaneva15", {}),
    ("hrnet-w32", "hrnet", "pose_hrnet coco/hrnet/w32", {}),
    ("hrnet-w48", "hrnet", "pose_hrnet coco/hrnet/w48", {}),
    ("hrnet-w32-mpii", "hrnet", "pose_hrnet mpii/hrnet/w32", {}),
    ("simplebaseline-res50", "simplebaseline", "pose_resnet_50 256x192 d256x3", {}),
    ("simplebaseline-res101", "simplebaseline", "pose_resnet_101", {}),
    ("simplebaseline-res152", "simplebaseline", "pose_resnet_152", {}),
    ("simplebaseline-res50-caffe", "simplebaseline", "pose_resnet_50 256x192 d256x3 STYLE=caffe", {}),
]


@pytest.mark.parametrize(("name", "model", "variant", "overrides"), FULL_SIZE)
def test_every_published_key_and_shape(name: str, model: str, variant: str, overrides: dict[str, Any]) -> None:
    keys, parameters = full_size(model, variant)
    with torch.device("meta"):
        net = build(name, **overrides)
    assert {key: list(value.shape) for key, value in net.state_dict().items()} == keys
    assert sum(p.numel() for p in net.parameters()) == parameters
