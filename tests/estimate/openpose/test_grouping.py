import numpy as np
import pytest

from posewright.estimate.openpose.grouping import SAMPLES, Rules, group, limb_scores, match
from posewright.estimate.openpose.layout import BODY25, COCO
from posewright.estimate.openpose.maps import centred_padding, corner_padding, enlarged, pad
from posewright.estimate.openpose.peaks import sharp_peaks, smooth_peaks, strongest
from tests.nets.golden import golden

RULES = {"coco": Rules(0.1), "mobile": Rules(0.1, prior=False, min_parts=3, min_score=0.2)}


def rows(groups):
    """People as the published programs write them: peaks, score, count."""
    return np.array([[*person.parts, person.score, person.count] for person in groups])


def test_two_people_are_grouped_as_pytorch_openpose_does():
    published = np.load(golden("openpose/decode.npz"))
    height, width = published["image_hw"].tolist()
    padding = corner_padding(*published["pytorch_openpose/net_input_shape"][2:].tolist())
    heatmaps, fields = (enlarged(published[name][0], 8, padding, (width, height)) for name in ("net_heatmap", "net_paf"))
    peaks = [smooth_peaks(heatmap, 0.1) for heatmap in heatmaps[:18]]
    candidates = published["pytorch_openpose/candidate"]
    np.testing.assert_array_equal(np.concatenate(peaks)[:, :2], candidates[:, :2])
    np.testing.assert_allclose(np.concatenate(peaks)[:, 2], candidates[:, 2], atol=1e-3)
    np.testing.assert_allclose(rows(group(peaks, fields, COCO, RULES["coco"])), published["pytorch_openpose/subset"], atol=1e-3)


def test_two_people_are_grouped_as_the_lightweight_program_does():
    published = np.load(golden("openpose/decode.npz"))
    heatmaps, fields = (enlarged(published[name][0], 4) for name in ("net_heatmap", "net_paf"))
    peaks = [sharp_peaks(heatmap, 0.1) for heatmap in heatmaps[:18]]
    keypoints = published["lightweight/all_keypoints"]
    np.testing.assert_array_equal(np.concatenate(peaks)[:, :2], keypoints[:, :2])
    np.testing.assert_allclose(np.concatenate(peaks)[:, 2], keypoints[:, 2], atol=1e-3)
    np.testing.assert_allclose(rows(group(peaks, fields, COCO, RULES["mobile"])), published["lightweight/pose_entries"], atol=1e-3)


def test_images_are_padded_as_published():
    published = np.load(golden("openpose/decode.npz"))
    padding = corner_padding(*published["pad_in"].shape[:2])
    np.testing.assert_array_equal(pad(published["pad_in"], padding), published["pad_out"])
    assert [padding.top, padding.left, padding.bottom, padding.right] == published["pad_udlr_order_up_left_down_right"].tolist()


@pytest.mark.parametrize(("height", "width"), [(256, 456), (256, 455), (256, 144), (250, 300)])
def test_centred_padding_reaches_the_stride_and_the_least_width(height, width):
    padding = centred_padding(height, width)
    full = height + padding.top + padding.bottom, width + padding.left + padding.right
    assert full[0] % 8 == full[1] % 8 == 0
    assert full[1] >= 256
    assert 0 <= padding.bottom - padding.top <= 1
    assert 0 <= padding.right - padding.left <= 1


@pytest.mark.parametrize("layout", [COCO, BODY25], ids=["coco", "body25"])
def test_a_layout_uses_each_channel_once_and_reaches_each_joint(layout):
    channels = sorted(channel for limb in layout.limbs for channel in (limb.channel, limb.channel + 1))
    assert channels == list(range(layout.field_channels))
    assert {joint for limb in layout.limbs for joint in (limb.start, limb.end)} == set(range(len(layout.joint_set)))
    assert sum(not limb.founds for limb in layout.limbs) == 2
    drawn = {frozenset(layout.joint_set.indices(*edge)) for edge in layout.joint_set.edges}
    extra = {frozenset((limb.start, limb.end)) for limb in layout.limbs} - drawn
    assert extra == {frozenset((limb.start, limb.end)) for limb in layout.limbs if not limb.founds}


def plain_score(start, end, field, rules):
    """One pair, point by point."""
    vector = end[:2] - start[:2]
    length = max(0.001, float(np.hypot(*vector)))
    values = []
    for step in np.linspace(0, 1, SAMPLES):
        x, y = start[:2] + step * vector
        values.append(float(field[:, round(float(y)), round(float(x))] @ vector) / length)
    sure = [value for value in values if value > rules.min_field]
    if rules.prior:
        score = float(np.mean(values)) + min(0.5 * field.shape[1] / length - 1, 0)
    else:
        score = float(np.mean(sure)) if sure else 0.0
    return score if len(sure) > rules.min_share * SAMPLES and score > 0 else -np.inf


@pytest.mark.parametrize("rules", RULES.values(), ids=RULES)
def test_all_pairs_at_once_equal_one_at_a_time(rules):
    random = np.random.default_rng(4)
    field = random.normal(0.6, 0.5, (2, 40, 50)).astype(np.float32)
    starts, ends = (np.column_stack([random.integers(0, 50, 12), random.integers(0, 40, 12), random.random(12)]).astype(float) for _ in range(2))
    scores = limb_scores(starts, ends, field, rules)
    np.testing.assert_allclose(scores, [[plain_score(a, b, field, rules) for b in ends] for a in starts], atol=1e-4)
    assert np.isfinite(scores).any()
    assert not np.isfinite(scores).all()


def test_the_best_pairs_are_taken_first():
    scores = np.array([[0.9, 0.8, -np.inf], [0.85, -np.inf, -np.inf], [-np.inf, 0.1, -np.inf]])
    assert match(scores) == [(0, 0, 0.9), (2, 1, 0.1)]


def test_a_limb_joins_two_halves_of_one_person():
    """Shoulder to elbow and elbow to wrist come before neck to hip: the legs begin a person of their own until a limb joins them."""
    size = 100
    places = {1: (50, 20), 2: (40, 20), 3: (35, 35), 8: (45, 50), 9: (45, 70), 10: (45, 90)}
    peaks = [np.array([[*places[j], 1.0]]) if j in places else np.zeros((0, 3)) for j in range(18)]
    fields = np.zeros((38, size, size), np.float32)
    for limb in COCO.limbs:
        if limb.start in places and limb.end in places:
            direction = np.subtract(places[limb.end], places[limb.start])
            fields[limb.channel : limb.channel + 2] = (direction / np.linalg.norm(direction))[:, None, None]
    (person,) = group(peaks, fields, COCO, RULES["coco"])
    assert {j for j in range(18) if person.parts[j] >= 0} == set(places)
    assert person.count == 6


def test_close_peaks_of_the_lightweight_program_are_one():
    heatmap = np.zeros((20, 30))
    heatmap[5, 5], heatmap[5, 8], heatmap[5, 20] = 0.9, 0.95, 0.5
    np.testing.assert_array_equal(sharp_peaks(heatmap, 0.1)[:, :2], [(5, 5), (20, 5)])


def test_of_too_many_peaks_the_strongest_stay_in_order():
    peaks = np.column_stack([np.arange(300), np.zeros(300), np.random.default_rng(0).random(300)])
    kept = strongest(peaks, 10)
    assert len(kept) == 10
    assert (np.diff(kept[:, 0]) > 0).all()
    assert kept[:, 2].min() == np.sort(peaks[:, 2])[-10]
