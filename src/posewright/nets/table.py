"""The table of networks: which class with which arguments, what the input means, how the published file wraps its weights.

Data only: importing it does not import PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

NETWORK_NOTE = "posewright.network"
"""Key of an .onnx file's metadata under which `nets.export` names the network."""


@dataclass(frozen=True)
class Pixels:
    """How an image becomes the network's input: (value / 255 - mean) / std, channel by channel in the order named."""

    order: str
    """RGB or BGR."""
    mean: tuple[float, float, float]
    std: tuple[float, float, float]


@dataclass(frozen=True)
class Axis:
    """An axis of the input whose length may vary."""

    name: str
    index: int
    step: int = 1
    """Its length grows in these steps."""


@dataclass(frozen=True)
class Net:
    """One published network at full size."""

    where: str
    """Module and class, as `hrnet:HRNet`, below `posewright.nets`."""
    shape: tuple[int, ...]
    """Shape of the input as published."""
    axes: tuple[Axis, ...]
    """Which of its axes an exported file leaves open."""
    outputs: tuple[str, ...]
    """Names of what the network returns, in order."""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    pixels: Pixels | None = None
    """Where the input is an image (B, 3, H, W)."""
    files: tuple[str, ...] = ()
    """Names of the published checkpoints that fit."""
    loading: Mapping[str, Any] = field(default_factory=dict)
    """How these files differ from a plain state dict: fields of `posewright.nets.weights.Peculiarities`."""


IMAGENET = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
RGB = Pixels("RGB", *IMAGENET)
# SimpleBaseline feeds OpenCV's B, G, R with the statistics of R, G, B; its weights were trained so.
BGR_IMAGENET = Pixels("BGR", *IMAGENET)
CENTERNET_PIXELS = Pixels("BGR", (0.40789654, 0.44719302, 0.47026115), (0.28863828, 0.27408164, 0.27809835))
OPENPOSE_PIXELS = Pixels("BGR", (128 / 255,) * 3, (256 / 255,) * 3)  # value / 256 - 0.5
HALF = Pixels("RGB", (0.5,) * 3, (0.5,) * 3)

BATCH = Axis("batch", 0)
CLIP = (BATCH, Axis("frames", 1))


def image_axes(step: int) -> tuple[Axis, ...]:
    """Batch, height and width open, the latter in multiples of `step`."""
    return BATCH, Axis("height", 2, step), Axis("width", 3, step)


def person_crop(joints: int) -> tuple[int, ...]:
    """Shape of the smallest crop that is published: 256 x 192 with COCO's 17 joints, 256 x 256 with MPII's 16."""
    return (1, 3, 256, 256 if joints == 16 else 192)


def hrnet(files: str, width: int, joints: int = 17) -> Net:
    arguments = {"width": width, "joints": joints}
    return Net("hrnet:HRNet", person_crop(joints), (BATCH,), ("heatmaps",), arguments, RGB, expand(files, "pose_hrnet_{}.pth"))


def simplebaseline(depth: str, files: str = "", joints: int = 17) -> Net:
    arguments = {"depth": depth, "joints": joints}
    return Net("simplebaseline:SimpleBaseline", person_crop(joints), (BATCH,), ("heatmaps",), arguments, BGR_IMAGENET, expand(files, "pose_resnet_{}.pth.tar"))


def small(where: str, pixels: Pixels, **arguments: Any) -> Net:
    """A network that nobody publishes, small enough to be trained on a CPU: `posewright train estimator`."""
    return Net(where, (1, 3, 128, 96), (BATCH,), ("heatmaps",), arguments, pixels)


def expand(names: str, pattern: str) -> tuple[str, ...]:
    """Words put into a pattern."""
    return tuple(pattern.format(name) for name in names.split())


def videopose3d(files: tuple[str, ...], **arguments: Any) -> Net:
    return Net("videopose3d:VideoPose3D", (1, 243, 17, 2), CLIP, ("positions",), arguments, files=files, loading={"wrappers": ("model_pos",)})


def motionbert(**arguments: Any) -> Net:
    return Net("motionbert:MotionBERT", (1, 243, 17, 3), CLIP, ("positions",), arguments, files=("best_epoch.bin", "latest_epoch.bin"))


def centernet(where: str, step: int, files: str) -> Net:
    # Some DLA files carry the classifier that its backbone was trained with.
    outputs = ("hm", "wh", "hps", "reg", "hm_hp", "hp_offset")
    return Net(where, (1, 3, 512, 512), image_axes(step), outputs, pixels=CENTERNET_PIXELS, files=expand(files, "{}"), loading={"optional": ("base.fc.",)})


def midas(where: str, size: int, pixels: Pixels, file: str) -> Net:
    return Net(where, (1, 3, size, size), image_axes(32), ("inverse_depth",), pixels=pixels, files=(file,))


NETS: dict[str, Net] = {
    "videopose3d": videopose3d(("pretrained_h36m_detectron_coco.bin", "pretrained_h36m_cpn.bin")),
    "videopose3d-humaneva": videopose3d(("pretrained_humaneva15_detectron.bin",), widths=(3, 3, 3), joints_out=15),
    "martinez": Net("martinez:Martinez", (1, 16, 2), (BATCH,), ("positions",)),
    "hrnet-w32": hrnet("w32_256x192 w32_384x288", width=32),
    "hrnet-w48": hrnet("w48_256x192 w48_384x288", width=48),
    "hrnet-w32-mpii": hrnet("w32_256x256", width=32, joints=16),
    "hrnet-w48-mpii": hrnet("w48_256x256", width=48, joints=16),
    "simplebaseline-res18": simplebaseline("18"),
    "simplebaseline-res34": simplebaseline("34"),
    "simplebaseline-res50": simplebaseline("50", "50_256x192 50_384x288"),
    "simplebaseline-res101": simplebaseline("101", "101_256x192 101_384x288"),
    "simplebaseline-res152": simplebaseline("152", "152_256x192 152_384x288"),
    "simplebaseline-res50-mpii": simplebaseline("50", "50_256x256 50_384x384", joints=16),
    "simplebaseline-res101-mpii": simplebaseline("101", "101_256x256 101_384x384", joints=16),
    "simplebaseline-res152-mpii": simplebaseline("152", "152_256x256 152_384x384", joints=16),
    "simplebaseline-res50-caffe": simplebaseline("50-caffe"),
    "simplebaseline-res101-caffe": simplebaseline("101-caffe"),
    "simplebaseline-res152-caffe": simplebaseline("152-caffe"),
    "hrnet-small": small("hrnet:HRNet", RGB, width=16, modules=(1, 1, 1), blocks=((1, 1), (1, 1, 1), (1, 1, 1, 1)), stem=16, first_blocks=1),
    "simplebaseline-small": small("simplebaseline:SimpleBaseline", BGR_IMAGENET, depth="18", width=16, deconv_channels=(64, 64, 64)),
    "motionbert": motionbert(),
    "motionbert-lite": motionbert(channels=256, mlp_ratio=4),
    "centernet-dla34": centernet("dla:CenterNetDLA", 32, "multi_pose_dla_1x.pth multi_pose_dla_3x.pth"),
    "centernet-hourglass": centernet("hourglass:CenterNetHourglass", 128, "multi_pose_hg_1x.pth multi_pose_hg_3x.pth"),
    "midas-small": midas("midas:MidasSmall", 256, RGB, "midas_v21_small_256.pt"),
    "midas-large": midas("midas:MidasLarge", 384, RGB, "midas_v21_384.pt"),
    "dpt-hybrid": midas("dpt:DPTHybrid", 384, HALF, "dpt_hybrid_384.pt"),
    "openpose-coco": Net(
        "openpose:OpenPoseCOCO",
        (1, 3, 368, 368),
        image_axes(8),
        ("fields", "heatmaps"),
        pixels=OPENPOSE_PIXELS,
        files=("body_pose_model.pth", "pose_iter_440000.caffemodel"),
        loading={"bare_layers": True},
    ),
    "openpose-body25": Net(
        "openpose_body25:OpenPoseBody25",
        (1, 3, 368, 656),
        image_axes(8),
        ("heatmaps", "fields"),
        pixels=OPENPOSE_PIXELS,
        files=("pose_iter_584000.caffemodel",),
    ),
    "openpose-mobile": Net(
        "openpose_mobile:OpenPoseMobile",
        (1, 3, 256, 456),
        image_axes(8),
        ("heatmaps", "fields"),
        pixels=OPENPOSE_PIXELS,
        files=("checkpoint_iter_370000.pth",),
    ),
}
