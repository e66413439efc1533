import cv2
import numpy as np
import pytest

from posewright.errors import InputError, UsageError
from posewright.media import open_source
from posewright.media.video import Clock
from tests.media.clips import mean_difference, quarters, texture, write_clip, write_sound


def read(path, **window):
    """All frames and the source they came from."""
    with open_source(path, **window) as source:
        return list(source), source


def write_image(path, rgb):
    assert cv2.imwrite(str(path), rgb[..., ::-1])
    return path


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Sixty frames, two seconds."""
    return write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", [texture(seed=i) for i in range(60)], faststart=True)


def test_frames_come_in_order_with_their_times(clip):
    frames, source = read(clip)
    assert [frame.index for frame in frames] == list(range(60))
    np.testing.assert_allclose([frame.timestamp for frame in frames], np.arange(60) / 30, atol=1e-6)
    assert (source.info.kind, source.info.frame_size, source.info.fps, source.info.frame_count) == ("video", (160, 96), 30.0, 60)
    assert source.warnings == []
    assert mean_difference(frames[37].rgb(), texture(seed=37)) < 6


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi", ".ts"])
def test_a_window_of_a_clip(tmp_path, suffix):
    path = write_clip(tmp_path / f"clip{suffix}", [texture(seed=i) for i in range(60)])
    frames, source = read(path, start=0.5, end=1.1)
    np.testing.assert_allclose([frame.timestamp for frame in frames], np.arange(15, 33) / 30, atol=2e-3)
    assert source.info.frame_count == 18
    assert mean_difference(frames[0].rgb(), texture(seed=15)) < 6
    assert source.warnings == []


def test_two_windows_join_without_a_gap(clip):
    times = [frame.timestamp for window in ({"end": 0.7}, {"start": 0.7}) for frame in read(clip, **window)[0]]
    np.testing.assert_allclose(times, np.arange(60) / 30, atol=1e-6)


def test_a_variable_frame_rate_keeps_its_times(tmp_path):
    times_ms = [0, 33, 66, 266, 300, 900, 933, 1500]
    frames, source = read(write_clip(tmp_path / "vfr.mp4", [texture(seed=i) for i in range(8)], times_ms=times_ms))
    np.testing.assert_allclose([frame.timestamp for frame in frames], np.array(times_ms) / 1000, atol=1e-3)
    assert source.warnings == []


def test_one_frame(tmp_path):
    frames, source = read(write_clip(tmp_path / "one.mp4", [texture()]))
    assert len(frames) == 1
    assert source.info.frame_count == 1


def test_a_truncated_clip_gives_what_it_has_and_says_what_is_lost(clip, tmp_path):
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(clip.read_bytes()[: clip.stat().st_size * 6 // 10])
    frames, source = read(cut)
    assert 20 < len(frames) < 45
    assert source.warnings == [f"{cut}: {60 - len(frames)} frames could not be read (file truncated or damaged?)"]
    late, source = read(cut, start=0.5)
    assert len(late) == len(frames) - 15
    assert f"about {60 - len(frames)} frames could not be read" in source.warnings[0]


def test_a_damaged_middle_is_stepped_over(clip, tmp_path):
    data = bytearray(clip.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20_000] = bytes(20_000)
    (tmp_path / "hole.mp4").write_bytes(data)
    frames, _ = read(tmp_path / "hole.mp4")
    assert frames[-1].timestamp == pytest.approx(59 / 30)
    assert mean_difference(frames[-1].rgb(), texture(seed=59)) < 6


def test_a_clip_without_its_index(tmp_path):
    whole = write_clip(tmp_path / "whole.mp4", [texture(seed=i) for i in range(30)])
    (tmp_path / "cut.mp4").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(InputError, match=r"cut\.mp4 is incomplete"):
        open_source(tmp_path / "cut.mp4")


def test_no_such_file(tmp_path):
    with pytest.raises(InputError, match=r"no\.mp4 does not exist"):
        open_source(tmp_path / "no.mp4")


@pytest.mark.parametrize("name", ["notes.mp4", "notes.txt", "notes.png"])
def test_a_text_file(tmp_path, name):
    (tmp_path / name).write_text("A walk in the park.\n" * 50)
    with pytest.raises(InputError, match=r"is not a video|is a text file|is not an image"):
        open_source(tmp_path / name)


@pytest.mark.parametrize("name", ["empty.mp4", "empty.png"])
def test_an_empty_file(tmp_path, name):
    (tmp_path / name).touch()
    with pytest.raises(InputError, match="is empty"):
        open_source(tmp_path / name)


def test_sound_only(tmp_path):
    with pytest.raises(InputError, match=r"no video stream \(sound only\)"):
        open_source(write_sound(tmp_path / "song.wav"))


def test_a_start_behind_the_end_of_the_clip(clip):
    with pytest.raises(InputError, match=r"lasts 2\.00 s: nothing is left from 5 s on"):
        open_source(clip, start=5)


@pytest.mark.parametrize("window", [{"start": 2, "end": 1}, {"start": 1, "end": 1}, {"start": -1}, {"end": float("nan")}])
def test_a_window_that_is_none(clip, window):
    with pytest.raises(UsageError, match="must"):
        open_source(clip, **window)


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".bmp"])
def test_an_image(tmp_path, suffix):
    frames, source = read(write_image(tmp_path / f"a{suffix}", texture()))
    assert [(frame.index, frame.timestamp, frame.size) for frame in frames] == [(0, 0.0, (160, 96))]
    assert (source.info.kind, source.info.frame_count) == ("image", 1)
    assert mean_difference(frames[0].rgb(), texture()) < 6


def test_the_orientation_of_a_photograph_is_honoured(tmp_path):
    """Orientation 6: the camera was turned, rows run from the right."""
    jpeg = write_image(tmp_path / "plain.jpg", quarters()).read_bytes()
    tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    exif = b"\xff\xe1" + (8 + len(tiff)).to_bytes(2, "big") + b"Exif\0\0" + tiff
    (tmp_path / "turned.jpg").write_bytes(jpeg[:2] + exif + jpeg[2:])
    frames, source = read(tmp_path / "turned.jpg")
    assert source.info.frame_size == (96, 160)
    assert mean_difference(frames[0].rgb(), np.ascontiguousarray(np.rot90(quarters(), -1))) < 6


def test_a_folder_of_images_in_natural_order(tmp_path):
    for number in (10, 9, 1, 2):
        write_image(tmp_path / f"shot_{number}.png", np.full((32, 48, 3), number, np.uint8))
    (tmp_path / "notes.txt").write_text("not a picture")
    frames, source = read(tmp_path, fps=10)
    assert [int(frame.rgb()[0, 0, 0]) for frame in frames] == [1, 2, 9, 10]
    np.testing.assert_allclose([frame.timestamp for frame in frames], [0, 0.1, 0.2, 0.3])
    assert (source.info.kind, source.info.frame_count, source.info.fps) == ("images", 4, 10.0)
    assert len(read(tmp_path, fps=10, start=0.1, end=0.3)[0]) == 2


def test_images_of_two_sizes(tmp_path):
    write_image(tmp_path / "a.png", texture((64, 48)))
    write_image(tmp_path / "b.png", texture((48, 64)))
    with pytest.raises(InputError, match=r"b\.png is 48 x 64, the images before it are 64 x 48"):
        read(tmp_path)


def test_a_folder_without_images(tmp_path):
    with pytest.raises(InputError, match="holds no image"):
        open_source(tmp_path)


def test_a_folder_rate_that_is_none(tmp_path):
    write_image(tmp_path / "a.png", texture())
    with pytest.raises(UsageError, match="positive"):
        open_source(tmp_path, fps=0)


@pytest.mark.parametrize(
    ("told", "expected", "repaired"),
    [
        ([0.0, 0.1, 0.2, 0.3], [0.0, 0.1, 0.2, 0.3], 0),
        ([0.0, 0.1, 0.1, 0.2], [0.0, 0.1, 0.15, 0.2], 1),
        ([None, None, None], [0.0, 0.1, 0.2], 3),
        ([0.0, 0.1, None, 0.3], [0.0, 0.1, 0.2, 0.3], 1),
        ([5.0, 5.1, 0.0, 0.1, 0.2], [5.0, 5.1, 5.2, 5.3, 5.4], 1),
    ],
    ids=["even", "repeated", "none at all", "one missing", "set back"],
)
def test_timestamps_always_increase(told, expected, repaired):
    clock = Clock(fps=10)
    np.testing.assert_allclose([clock(timestamp) for timestamp in told], expected)
    assert clock.repaired == repaired
