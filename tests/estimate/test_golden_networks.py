"""The published tiny checkpoints, converted, on ONNX Runtime, with all that stands round the network: against the published programs' results."""

import importlib.util

import numpy as np
import pytest

from posewright.estimate.heatmap import HeatmapNetwork
from posewright.lift.motionbert import MotionBERT
from posewright.lift.videopose3d import VideoPose3D, screen_coordinates
from posewright.models.onnx import OnnxSession
from posewright.nets.table import BGR_IMAGENET, RGB
from tests.nets.golden import golden, io

HAVE_ALL = all(importlib.util.find_spec(package) for package in ("torch", "onnx", "onnxruntime"))
pytestmark = pytest.mark.skipif(not HAVE_ALL, reason="needs PyTorch, ONNX and ONNX Runtime (extra `train`)")

HRNET = {"width": 4, "modules": (1, 2, 2), "blocks": ((2, 2), (2, 1, 2), (2, 1, 1, 1))}
RESNET = {"width": 4, "deconv_channels": (16, 16, 16)}
VIDEO = {"widths": (3, 3, 3), "channels": 16}
BERT = {"channels": 32, "features": 48, "depth": 2, "heads": 4, "max_frames": 27}


@pytest.fixture
def session(tmp_path):
    def make(name, weights, shape, **arguments):
        from posewright import nets

        nets.export_onnx(nets.load(name, golden(weights), **arguments), tmp_path / "net.onnx", name, shape=shape)
        return OnnxSession(tmp_path / "net.onnx", threads=1)

    return make


def close(ours, theirs):
    assert ours.shape == theirs.shape
    assert (np.abs(ours - theirs) / np.maximum(1, np.abs(theirs))).max() <= 1e-5


@pytest.mark.parametrize(
    ("model", "name", "weights", "arguments", "pixels"),
    [("hrnet", "hrnet-w32", "tiny", HRNET, RGB), ("simplebaseline", "simplebaseline-res50", "tiny_res50", RESNET, BGR_IMAGENET)],
    ids=["hrnet", "simplebaseline"],
)
@pytest.mark.parametrize("flip_test", [False, True])
def test_heat_maps_and_the_flip_test(session, model, name, weights, arguments, pixels, flip_test):
    network = HeatmapNetwork(session(name, f"{model}/{weights}.safetensors", (1, 3, 128, 96), **arguments), pixels, flip_test)
    published = np.load(golden(f"{model}/decode.npz"))
    close(network.run(io(model)["in/x"]), published["fliptest/out_fliptest" if flip_test else "fliptest/out"])


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("flip", [False, True])
def test_videopose3d_over_a_clip(session, causal, flip):
    network = session("videopose3d", "videopose3d/tiny.safetensors", (1, 27, 17, 2), causal=causal, **VIDEO)
    published = np.load(golden("videopose3d/decode.npz"))
    clip = screen_coordinates(published["pixels"], tuple(published["wh"].tolist()))
    pose = published["pose" + ("_causal" if causal else "") + ("_tta" if flip else "")]
    close(VideoPose3D(network, flip=flip, causal=causal, receptive_field=27).run(clip), pose - pose[:, :1])


@pytest.mark.parametrize(("flip", "wanted"), [(False, "pred_plain"), (True, "pred_tta")])
def test_motionbert_over_a_clip(session, flip, wanted):
    network = session("motionbert", "motionbert/tiny.safetensors", (1, 27, 17, 3), **BERT)
    published = np.load(golden("motionbert/decode.npz"))
    close(MotionBERT(network, flip=flip).run(published["net_in"][0]), published[wanted][0])
