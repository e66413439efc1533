"""The published networks other than BlazePose: what their authors say of files, addresses and licences (`table.py` joins them to the rest).

Most are checkpoints, which are converted to ONNX on first use. Addresses are as documented, not tried by us; few publishers give digests.
"""

from __future__ import annotations

from posewright.models.entry import ModelEntry, ModelFile
from posewright.models.sources import Page, Source, Url

COCO = "COCO 2017 (annotations CC BY 4.0; the photographs' own terms), from weights for ImageNet (research only)"
MPII = "MPII Human Pose (research only), from weights for ImageNet (research only)"
H36M = "Human3.6M (research only)"
BODY7 = "AI Challenger, COCO, CrowdPose, MPII, sub-JHMDB, Halpe, PoseTrack18 (several research only)"
DEPTH = "ten data sets or more, several research only (Ranftl et al. 2020)"
NOT_STATED = "MIT (code; weights not stated)"
CMU = "CMU OpenPose licence: academic or non-profit research only"

OPENMMLAB = "https://download.openmmlab.com/mmpose/v1/projects"
MIDAS = "https://github.com/isl-org/MiDaS/releases/download"
HRNET_ZOO = (Page("https://drive.google.com/drive/folders/1hOTihvbyIxsm5ygDpbUuJ7O_tzv4oXjC?usp=sharing"), Page("https://1drv.ms/f/s!AhIXJn_J-blW231MH2krnmLq5kkQ"))
BASELINE_ZOO = (Page("https://drive.google.com/drive/folders/13_wJ6nC7my1KKouMkQMqyr9r1ZnLnukP?usp=sharing"), Page("https://1drv.ms/f/s!AhIXJn_J-blW0D5ZE4ArK9wk_fvw"))
CENTERNET_ZOO = Page("https://drive.google.com/drive/folders/1S3NnppRgXea_IG4WeyquJcnOB3I6G-LX")
MOTIONBERT = "https://huggingface.co/walterzhu/MotionBERT/resolve/main/checkpoint/pose3d"


def checkpoint(
    name: str, network: str, file: str, sources: tuple[Source, ...], licence: str, data: str, joint_set: str | None, input_size: str, *,
    shape: tuple[int, ...] | None = None, sha256: str | None = None, size: int | None = None, note: str = "",
) -> ModelEntry:  # fmt: skip
    """A checkpoint of one of `posewright.nets`. None of those here may be used commercially without asking."""
    return ModelEntry(name, (ModelFile(file, sha256, sources, size),), licence, data, False, joint_set, input_size, note, network, shape)


def onnx(name: str, address: str, data: str, joint_set: str | None, input_size: str, note: str, sha256: str | None = None) -> ModelEntry:
    """A network that is published as ONNX, in a zip archive."""
    return ModelEntry(name, (ModelFile(f"{name}.onnx", sha256, (Url(address, "*end2end.onnx"),)),), "Apache-2.0", data, False, joint_set, input_size, note)


def _hrnet(width: int, size: tuple[int, int] = (192, 256)) -> ModelEntry:
    name = f"hrnet-w{width}" if size == (192, 256) else f"hrnet-w{width}-{size[1]}x{size[0]}"
    file = f"pose_hrnet_w{width}_{size[1]}x{size[0]}.pth"
    return checkpoint(
        name, f"hrnet-w{width}", file, HRNET_ZOO, NOT_STATED, COCO, "coco17", f"{size[0]} x {size[1]}", shape=(1, 3, size[1], size[0]), note="In the folder pose_coco."
    )


def _hrnet_mpii(width: int) -> ModelEntry:
    name = f"hrnet-w{width}-mpii"
    return checkpoint(name, name, f"pose_hrnet_w{width}_256x256.pth", HRNET_ZOO, NOT_STATED, MPII, "mpii16", "256 x 256", shape=(1, 3, 256, 256), note="In the folder pose_mpii.")


def _baseline(depth: int, size: tuple[int, int] = (192, 256)) -> ModelEntry:
    name = f"simplebaseline-res{depth}" if size == (192, 256) else f"simplebaseline-res{depth}-{size[1]}x{size[0]}"
    file = f"pose_resnet_{depth}_{size[1]}x{size[0]}.pth.tar"
    return checkpoint(
        name, f"simplebaseline-res{depth}", file, BASELINE_ZOO, "MIT (code); weights for research purpose", COCO, "coco17", f"{size[0]} x {size[1]}",
        shape=(1, 3, size[1], size[0]), note="In the folder pose_coco.",
    )  # fmt: skip


def _rtmpose(letter: str, archive: str, data: str = BODY7) -> ModelEntry:
    return onnx(f"rtmpose-{letter}", f"{OPENMMLAB}/rtmposev1/onnx_sdk/{archive}.zip", data, "coco17", "192 x 256", "SimCC, COCO's 17 joints.")


PUBLISHED: tuple[ModelEntry, ...] = (
    *(_hrnet(width, size) for size in ((192, 256), (288, 384)) for width in (32, 48)),
    *(_hrnet_mpii(width) for width in (32, 48)),
    *(_baseline(depth, size) for size in ((192, 256), (288, 384)) for depth in (50, 101, 152)),
    _rtmpose("s", "rtmpose-s_simcc-body7_pt-body7_420e-256x192-acd4a1ef_20230504"),
    _rtmpose("m", "rtmpose-m_simcc-body7_pt-body7_420e-256x192-e48f03d0_20230504"),
    onnx(
        "rtmpose-m-halpe26",
        f"{OPENMMLAB}/rtmposev1/onnx_sdk/rtmpose-m_simcc-body7_pt-body7-halpe26_700e-256x192-4d3e73dd_20230605.zip",
        BODY7,
        "halpe26",
        "192 x 256",
        "SimCC, Halpe's 26 joints, feet included.",
    ),
    onnx(
        "rtmdet-nano",
        f"{OPENMMLAB}/rtmposev1/onnx_sdk/rtmdet_nano_8xb32-100e_coco-obj365-person-05d8511e.zip",
        "COCO and Objects365 (research only)",
        None,
        "320 x 320",
        "Finds people.",
    ),
    onnx("yolox-tiny", f"{OPENMMLAB}/rtmposev1/onnx_sdk/yolox_tiny_8xb8-300e_humanart-6f3252f9.zip", "Human-Art (research only)", None, "416 x 416", "Finds people."),
    onnx("yolox-m", f"{OPENMMLAB}/rtmposev1/onnx_sdk/yolox_m_8xb8-300e_humanart-c2c7a14a.zip", "Human-Art (research only)", None, "640 x 640", "Finds people."),
    checkpoint(
        "centernet-dla34", "centernet-dla34", "multi_pose_dla_3x.pth",
        (CENTERNET_ZOO, Page("https://drive.google.com/file/d/1mC2PAQT_RuHi_9ZMZgkt4rg7BSY2_Lkd")), NOT_STATED, COCO, "coco17", "512 x 512",
    ),
    checkpoint(
        "centernet-hourglass", "centernet-hourglass", "multi_pose_hg_3x.pth",
        (CENTERNET_ZOO, Page("https://drive.google.com/file/d/17-YS11iguOQKwPPHUg8LzakLzrgKSLfA")), NOT_STATED, COCO, "coco17", "512 x 512",
    ),
    checkpoint(
        "openpose-mobile", "openpose-mobile", "checkpoint_iter_370000.pth",
        (Url("https://download.01.org/opencv/openvino_training_extensions/models/human_pose_estimation/checkpoint_iter_370000.pth"),),
        "Apache-2.0", COCO, "openpose18", "456 x 256",
    ),
    checkpoint(
        "openpose-coco", "openpose-coco", "body_pose_model.pth",
        (
            Page("https://www.dropbox.com/sh/7xbup2qsn7vvjxo/AABWFksdlgOMXR_r5v3RwKRYa?dl=0"),
            Page("https://drive.google.com/drive/folders/1JsvI4M4ZTg98fmnCZLFM-3TeovnCRElG?usp=sharing"),
        ),
        CMU, COCO, "openpose18", "368 x 368", note="CMU's weights in pytorch-openpose's file.",
    ),
    checkpoint(
        "openpose-body25", "openpose-body25", "pose_iter_584000.caffemodel",
        (Url("http://vcl.snu.ac.kr/OpenPose/models/pose/body_25/pose_iter_584000.caffemodel"),), CMU, COCO + " and CMU's foot data", "body_25", "656 x 368",
    ),
    checkpoint(
        "videopose3d", "videopose3d", "pretrained_h36m_detectron_coco.bin", (Url("https://dl.fbaipublicfiles.com/video-pose-3d/pretrained_h36m_detectron_coco.bin"),),
        "CC-BY-NC-4.0", H36M, "h36m17", "243 frames of 17 joints", note="Lifts COCO's 17 joints.",
    ),
    checkpoint(
        "videopose3d-cpn", "videopose3d", "pretrained_h36m_cpn.bin", (Url("https://dl.fbaipublicfiles.com/video-pose-3d/pretrained_h36m_cpn.bin"),),
        "CC-BY-NC-4.0", H36M, "h36m17", "243 frames of 17 joints", note="Lifts Human3.6M's 17 joints.",
    ),
    checkpoint(
        "motionbert-lite", "motionbert-lite", "best_epoch.bin",
        (Url(f"{MOTIONBERT}/FT_MB_lite_MB_ft_h36m_global_lite/best_epoch.bin"), Page("https://1drv.ms/f/s!AvAdh0LSjEOlgT67igq_cIoYvO2y?e=bfEc73")),
        "Apache-2.0 (code; weights not stated)", H36M + ", AMASS (research only) and others", "h36m17", "243 frames of 17 joints", note="The authors' choice in the wild.",
    ),
    checkpoint(
        "motionbert", "motionbert", "best_epoch.bin",
        (Url(f"{MOTIONBERT}/FT_MB_release_MB_ft_h36m/best_epoch.bin"), Page("https://1drv.ms/f/s!AvAdh0LSjEOlgSoTqtyR5Zsgi8_Z?e=rn4VJf")),
        "Apache-2.0 (code; weights not stated)", H36M + ", AMASS (research only) and others", "h36m17", "243 frames of 17 joints",
    ),
    checkpoint("midas-small", "midas-small", "midas_v21_small_256.pt", (Url(f"{MIDAS}/v2_1/midas_v21_small_256.pt"),), "MIT", DEPTH, None, "256 x 256"),
    checkpoint(
        "midas-large", "midas-large", "midas_v21_384.pt", (Url(f"{MIDAS}/v2_1/midas_v21_384.pt"),), "MIT, from a CC-BY-NC-4.0 backbone", DEPTH, None, "384 x 384"
    ),
    checkpoint("dpt-hybrid", "dpt-hybrid", "dpt_hybrid_384.pt", (Url(f"{MIDAS}/v3/dpt_hybrid_384.pt"),), "MIT", DEPTH, None, "384 x 384"),
)  # fmt: skip
