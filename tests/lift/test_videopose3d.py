import numpy as np
import pytest

from posewright.errors import ModelError
from posewright.lift.videopose3d import CHUNK, VideoPose3D, average_flip, pad_edges, screen_coordinates, with_mirrored
from posewright.skeletons import COCO17, H36M17
from tests.estimate.stub import StubSession
from tests.lift.people import CAMERA, moving_body, track_of
from tests.nets.golden import golden

SHAPES = [(-1, -1, 17, 3)]


def window_means(field):
    """A network that gives each joint the mean of its input over the receptive field, and for z the sum of both."""

    def network(clips):
        windows = np.lib.stride_tricks.sliding_window_view(clips, field, axis=1).mean(-1)
        return [np.concatenate([windows, windows.sum(-1, keepdims=True)], axis=-1).astype(np.float32)]

    return StubSession(SHAPES, network)


def test_the_networks_input_is_the_published_one():
    published = np.load(golden("videopose3d/decode.npz"))
    clip = screen_coordinates(published["pixels"], tuple(published["wh"].tolist()))
    np.testing.assert_allclose(clip, published["normalized"], atol=1e-6)
    np.testing.assert_allclose(pad_edges(clip, 27)[None], published["net_input"], atol=1e-6)
    np.testing.assert_allclose(with_mirrored(pad_edges(clip, 27), COCO17), published["net_input_flipbatch"], atol=1e-6)
    np.testing.assert_allclose(pad_edges(clip, 27, causal=True)[None], published["net_input_causal"], atol=1e-6)
    np.testing.assert_allclose(with_mirrored(pad_edges(clip, 27, causal=True), COCO17), published["net_input_causal_flipbatch"], atol=1e-6)


def test_the_mean_of_both_is_that_of_each_turned_back():
    plain = np.random.default_rng(0).normal(size=(4, 17, 3)).astype(np.float32)
    turned = plain[:, H36M17.mirror()] * np.array([-1, 1, 1], np.float32)
    np.testing.assert_allclose(average_flip(np.stack([plain, turned])), plain, atol=1e-6)


@pytest.mark.parametrize("causal", [False, True])
def test_each_frame_is_made_of_its_neighbours(causal):
    clip = np.arange(10, dtype=np.float32)[:, None, None] * np.ones((1, 17, 2), np.float32)
    clip[:, 0] = 0
    lifted = VideoPose3D(window_means(5), flip=False, causal=causal, receptive_field=5).run(clip)
    assert lifted.shape == (10, 17, 3)
    window = (2, 3, 4, 5, 6) if causal else (4, 5, 6, 7, 8)
    assert lifted[6, 3, 0] == pytest.approx(np.mean(window))


def test_a_long_clip_in_parts_is_the_same_as_whole(monkeypatch):
    clip = np.random.default_rng(0).normal(size=(70, 17, 2)).astype(np.float32)
    lifter = VideoPose3D(window_means(9), receptive_field=9)
    whole = lifter.run(clip)
    assert len(clip) < CHUNK
    monkeypatch.setattr("posewright.lift.videopose3d.CHUNK", 16)
    np.testing.assert_allclose(lifter.run(clip), whole, atol=1e-6)


@pytest.mark.parametrize("joint_set", [COCO17, H36M17])
def test_a_track_is_lifted(joint_set):
    track = track_of(moving_body(30), joint_set)
    poses = VideoPose3D(window_means(243), joint_set)(track, CAMERA)
    assert poses.joint_set is H36M17
    assert (poses.frame, poses.root_relative) == ("camera", True)
    assert np.isfinite(poses.xyz).all()
    np.testing.assert_array_equal(poses.xyz[:, 0], 0)
    assert poses.confidence.min() > 0.5


def test_another_network_is_refused():
    with pytest.raises(ModelError, match="not \\(batch, frames, 17, 3\\)"):
        VideoPose3D(StubSession([(-1, 17, 64, 48)], list))
