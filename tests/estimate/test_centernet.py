import numpy as np
import pytest

from posewright.errors import ModelError
from posewright.estimate.centernet import HEADS, CenterNet, Heads, average_flip, decode, flip_offsets, padded, peaks, prepare, whole
from posewright.estimate.crop import Crop
from posewright.media import Frame
from posewright.skeletons import COCO17
from tests.estimate.stub import StubSession, bumps, noise_frame
from tests.nets.golden import golden

CASES = [("a_48x48_K100", 100), ("b_32x48_K20", 20)]
SHAPES = [(-1, channels, -1, -1) for channels in (1, 2, 34, 2, 17, 2)]


@pytest.fixture
def published():
    return np.load(golden("centernet/decode.npz"))


def heads_of(published, case):
    return {head: published[f"{case}/{head}"][0] for head in HEADS}


@pytest.mark.parametrize(("case", "count"), CASES)
@pytest.mark.parametrize(("name", "without"), [("dets_full", ()), ("dets_no_hm_hp", ("hm_hp",)), ("dets_no_offsets", ("reg", "hp_offset"))])
def test_detections_are_the_published_ones(published, case, count, name, without):
    boxes, scores, joints = decode(Heads(**(heads_of(published, case) | dict.fromkeys(without))), count)
    wanted = published[f"{case}/{name}"][0]
    np.testing.assert_allclose(boxes, wanted[:, :4], rtol=1e-6)
    np.testing.assert_allclose(scores, wanted[:, 4], rtol=1e-6)
    np.testing.assert_allclose(joints.reshape(count, -1), wanted[:, 5:39], rtol=1e-6)


@pytest.mark.parametrize(("case", "count"), CASES)
def test_detections_in_the_frame_are_the_published_ones(published, case, count):
    boxes, _, joints = decode(Heads(**heads_of(published, case)), count)
    side = float(published[f"{case}/post_s"])
    crop, size = Crop(tuple(published[f"{case}/post_c"].tolist()), (side, side)), published[f"{case}/hm"].shape[:1:-1]
    wanted = published[f"{case}/post_process"]
    np.testing.assert_allclose(crop.to_frame(boxes.reshape(count, 2, 2), size).reshape(count, 4), wanted[:, :4], rtol=1e-5)
    np.testing.assert_allclose(crop.to_frame(joints, size).reshape(count, -1), wanted[:, 5:], rtol=1e-5)


def test_peaks_are_the_published_ones(published):
    for case, _ in CASES:
        np.testing.assert_array_equal(peaks(published[f"{case}/hm"][0]), published[f"{case}/nms_hm"][0])


def test_flips_are_the_published_ones(published):
    case = "b_32x48_K20"
    np.testing.assert_array_equal(flip_offsets(published[f"{case}/hps"][0]), published["flip/flip_lr_off(hps_b)"][0])
    heads = Heads(**heads_of(published, case))
    mean = average_flip(heads, heads)
    np.testing.assert_allclose(mean.hm_hp, (heads.hm_hp + published["flip/flip_lr(hm_hp_b)"][0]) / 2)
    np.testing.assert_allclose(mean.wh, (heads.wh + published["flip/flip_tensor(wh_b)"][0]) / 2)
    assert mean.reg is heads.reg


def test_the_networks_input_is_the_published_one(published):
    frame = Frame.from_rgb(published["pre/image_uint8_bgr"][..., ::-1])
    np.testing.assert_allclose(prepare(frame, whole(frame.size), (128, 128)), published["pre/fix_res_128/images"][0], atol=2e-2)
    for pad, name in [(31, "keep_res_dla_pad31"), (127, "keep_res_hg_pad127")]:
        crop, size = padded(frame.size, pad)
        np.testing.assert_allclose(crop.centre, published[f"pre/{name}/c"])
        np.testing.assert_allclose(crop.size, published[f"pre/{name}/s"])
        np.testing.assert_array_equal(np.array(size) // 4, published[f"pre/{name}/out_hw"][::-1])
    crop, size = padded(frame.size, 31)
    np.testing.assert_allclose(prepare(frame, crop, size), published["pre/keep_res_dla_pad31/images"][0], atol=2e-2)


def two_people():
    """Joints of two people on a map of 128 x 128, and what the network would show of them."""
    joints = np.random.default_rng(1).uniform(-15, 15, (2, 17, 2)) + np.array([[40.0, 60.0], [90.0, 64.0]])[:, None]
    return joints.astype(np.float32), np.array([[40, 60], [90, 64]])


def logits(probability):
    return np.log(np.clip(probability, 1e-6, 1 - 1e-6) / (1 - np.clip(probability, 1e-6, 1 - 1e-6))).astype(np.float32)


def maps_of(joints, centres, scores):
    """The six maps, raw, of people whose regressed joints are two pixels off."""
    hm = np.max([score * bumps(centre[None].astype(float), (128, 128)) for centre, score in zip(centres, scores, strict=True)], axis=0)
    hps, wh, offset = np.zeros((34, 128, 128), np.float32), np.zeros((2, 128, 128), np.float32), np.zeros((2, 128, 128), np.float32)
    hm_hp = np.zeros((17, 128, 128), np.float32)
    for person, (x, y) in zip(joints, centres, strict=True):
        hps[:, y, x] = (person + np.array([1.5 - x, -y])).ravel()
        wh[:, y, x] = 40
        for j, place in enumerate(person):
            column, row = np.floor(place).astype(int)
            hm_hp[j, row, column] = 0.9
            offset[:, row, column] = place - (column, row)
    return [logits(hm), wh, hps, np.full((2, 128, 128), 0.5, np.float32), logits(hm_hp), offset]


def test_joints_snap_to_their_peaks_and_people_come_surest_first():
    joints, centres = two_people()
    session = StubSession(SHAPES, lambda tensor: [np.stack([value] * len(tensor)) for value in maps_of(joints, centres, [0.6, 0.9])])
    poses = CenterNet(session, people=5)(noise_frame(256, 256))
    assert [round(pose.score, 2) for pose in poses] == [0.9, 0.6]
    for pose, truth in zip(poses, joints[::-1], strict=True):
        # Joints of both people may lie on one peak; most are where they were put.
        assert np.median(np.linalg.norm(pose.xy - 2 * truth, axis=1)) < 1e-2
        assert np.linalg.norm(pose.xy - 2 * truth, axis=1).max() <= 3.01
        np.testing.assert_allclose(pose.confidence, pose.score)


def test_frames_at_once_equal_one_at_a_time():
    def network(tensor):
        cells = tensor.reshape(len(tensor), 3, 128, 4, 128, 4).mean(axis=(3, 5))
        return [np.concatenate([cells] * 12, axis=1)[:, :channels] for _, channels, _, _ in SHAPES]

    net = CenterNet(StubSession(SHAPES, network), people=3)
    frames = [noise_frame(100 + 10 * i, 80, i, seed=i) for i in range(6)]
    told = []
    results = list(net.estimate_clip(frames, told.append))
    assert told == [1, 2, 3, 4, 5, 6]
    for frame, result in zip(frames, results, strict=True):
        alone = net(frame)
        assert (result.index, result.timestamp) == (frame.index, frame.timestamp)
        assert len(result.people) == len(alone)
        for pose, other in zip(result.people, alone, strict=True):
            np.testing.assert_array_equal(pose.xy, other.xy)


def test_a_mirrored_run_leaves_a_symmetric_network_as_it_is():
    """A network whose maps follow the picture gives the same with the flip test."""
    joints, centres = two_people()

    def network(tensor):
        plain = maps_of(joints, centres, [0.6, 0.9])
        turned = maps_of((joints * (-1, 1) + (127, 0))[:, COCO17.mirror()], centres * (-1, 1) + (127, 0), [0.6, 0.9])
        return [np.stack(pair[: len(tensor)]) for pair in zip(plain, turned, strict=True)]

    plain, flipped = (CenterNet(StubSession(SHAPES, network), 2, flip)(noise_frame(256, 256)) for flip in (False, True))
    for a, b in zip(plain, flipped, strict=True):
        np.testing.assert_allclose(a.xy, b.xy, atol=3.1)
        assert a.score == pytest.approx(b.score, abs=1e-4)


def test_another_network_is_refused():
    with pytest.raises(ModelError, match="CenterNet"):
        CenterNet(StubSession([(-1, 17, 64, 48)], list))
