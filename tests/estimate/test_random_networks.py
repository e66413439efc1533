"""Every estimator and lifter at full size, converted by our own command from randomly weighted checkpoints, on the sample clip."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

import posewright
from posewright import models
from posewright.errors import ModelError
from posewright.estimate import ESTIMATORS, make_estimator
from posewright.lift import make_lifter, observed
from posewright.media import open_source
from posewright.models.onnx import OnnxSession
from posewright.track import Track
from posewright.types import Camera, Keypoints

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
from random_networks import save_random

HAVE_ALL = all(importlib.util.find_spec(package) for package in ("torch", "onnx", "onnxruntime"))
pytestmark = [pytest.mark.slow, pytest.mark.skipif(not HAVE_ALL, reason="needs PyTorch, ONNX and ONNX Runtime (extra `train`)")]

SAMPLE = Path(posewright.__file__).parent / "data" / "sample" / "walk_wave.mp4"
SHAPES = {
    "hrnet-w32": (3, 256, 192),
    "simplebaseline-res50": (3, 256, 192),
    "centernet-dla34": (3, 128, 128),
    "openpose-mobile": (3, 64, 96),
    "openpose-coco": (3, 64, 96),
    "openpose-body25": (3, 64, 96),
    "videopose3d": (250, 17, 2),
    "motionbert-lite": (30, 17, 3),
    "midas-small": (3, 64, 96),
}
PAIRS = [
    ("hrnet", "motionbert"),
    ("simplebaseline", "videopose3d"),
    ("centernet", "depth"),
    ("openpose:mobile", "motionbert"),
    ("openpose:coco", "videopose3d"),
    ("openpose:body25", "videopose3d"),
]


@pytest.fixture(scope="module")
def converted(tmp_path_factory):
    """The file of a network, made on first use, in a cache of its own."""
    home = tmp_path_factory.mktemp("home")

    def get(name):
        file = home / "models" / name / f"{name}.onnx"
        if not file.exists():
            checkpoint = save_random(models.MODELS[name].network, home / "random.pth")
            assert models.convert(name, checkpoint, None) == file
        return file

    (home / "models").mkdir()
    for name in ("blazepose-detector", "blazepose-full"):
        kept = models.cache_dir() / "models" / name
        if kept.is_dir():
            (home / "models" / name).symlink_to(kept, target_is_directory=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("POSEWRIGHT_HOME", str(home))
        patch.setenv("POSEWRIGHT_OFFLINE", "1")
        yield get


@pytest.mark.parametrize("name", SHAPES)
def test_a_batch_of_one_equals_a_batch_of_many(name, converted):
    session = OnnxSession(converted(name), threads=1)
    many = np.random.default_rng(0).normal(size=(3, *SHAPES[name])).astype(np.float32)
    together = session.run([many])
    for i in range(3):
        for all_three, one in zip(together, session.run([many[i : i + 1]]), strict=True):
            scale = max(1.0, float(np.abs(one).max()))
            np.testing.assert_allclose(all_three[i], one[0], atol=1e-5 * scale)


@pytest.mark.parametrize(("estimator", "lifter"), PAIRS, ids=lambda name: name)
def test_a_pair_runs_on_the_sample_to_the_end(estimator, lifter, converted, blazepose):
    name, _, variant = estimator.partition(":")
    needed = ESTIMATORS[name].models[variant or next(iter(ESTIMATORS[name].models))]
    lifting = {"motionbert": "motionbert-lite", "videopose3d": "videopose3d", "depth": "midas-small"}[lifter]
    for model in (*needed[-1:], lifting):
        converted(model)
    with open_source(SAMPLE, end=0.3) as frames:
        lift = make_lifter(lifter, estimator)
        network = make_estimator(estimator, people=2)
        results = list(network.estimate_clip(observed(lift, frames)))
        size = frames.info.frame_size
    assert len(results) >= 8
    assert sum(bool(result.people) for result in results) >= 5
    seen = [result for result in results if result.people]
    xy, confidence = (np.stack([getattr(result.people[0], name) for result in seen]) for name in ("xy", "confidence"))  # noise is too restless to be tracked
    single = Track(Keypoints(xy, confidence, network.joint_set, np.array([result.timestamp for result in seen]), size), None)
    poses = lift(single, Camera.from_fov(size))
    assert poses.xyz.shape == (len(seen), 17, 3)
    assert np.isfinite(poses.xyz).all()
    assert 0.1 < np.ptp(poses.xyz[0], axis=0).max() < 10.0


def test_a_checkpoint_of_another_network_is_refused(converted, tmp_path):
    checkpoint = save_random("motionbert-lite", tmp_path / "lite.bin")
    with pytest.raises(ModelError, match="motionbert cannot be converted"):
        models.convert("motionbert", checkpoint, tmp_path / "x.onnx")
    assert not (tmp_path / "x.onnx").exists()
