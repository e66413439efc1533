"""TRC there and back, and what other programs write."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from posewright.errors import InputError, OutputError
from posewright.formats.export import Export
from posewright.formats.markers import MARKERS, Markers
from posewright.formats.trc import read_trc, write_markers, write_trc
from posewright.types import Motion

SHARED = Path(__file__).resolve().parents[3] / "shared" / "video"
OPENSIM = """PathFileType\t4\t(X/Y/Z)\twalk.trc
DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames
100.00\t100.00\t3\t2\tmm\t100.00\t1\t3
Frame#\tTime\tR.ASIS\t\t\tL.ASIS
\t\tX1\tY1\tZ1\tX2\tY2\tZ2

1\t0.00\t1000\t900\t100\t1000\t900\t-100
2\t0.01\t1010\t900\t100\t\t\t
3\t0.02\t1020\t900\t100\t0\t0\t0
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "a.trc"
    path.write_text(text)
    return path


def test_a_file_as_opensim_writes_it(tmp_path: Path) -> None:
    markers = read_trc(written(tmp_path, OPENSIM))
    assert markers.names == ("R.ASIS", "L.ASIS")
    assert markers.fps == 100.0
    assert markers.timestamps.tolist() == [0.0, 0.01, 0.02]
    assert markers.xyz[0].tolist() == [[1.0, 0.9, 0.1], [1.0, 0.9, -0.1]]
    assert np.isnan(markers.xyz[1:, 1]).all()  # empty cells, and all zero


@settings(deadline=None)
@given(hnp.arrays(np.float64, (4, 3, 3), elements=st.floats(-50, 50)), st.integers(1, 240))
def test_there_and_back(tmp_path_factory: pytest.TempPathFactory, xyz: np.ndarray, fps: int) -> None:
    xyz[np.abs(xyz).max(-1) < 1e-6] = np.nan  # a marker at the origin means a missing one
    xyz[2, 1] = np.nan
    before = Markers(("RHip", "LHip", "Nose"), xyz, np.arange(4) / fps, float(fps))
    path = tmp_path_factory.mktemp("trc") / "a.trc"
    write_markers(path, before)
    after = read_trc(path)
    assert after.names == before.names
    assert after.fps == fps
    assert np.allclose(after.xyz, before.xyz, atol=1e-6, equal_nan=True)
    assert np.allclose(after.timestamps, before.timestamps, atol=1e-6)


def test_a_motion_is_written_with_marker_names(tmp_path: Path, motion: Motion) -> None:
    path = tmp_path / "a.trc"
    write_trc(path, Export((motion,)))
    markers = read_trc(path)
    knee = motion.joint_positions()[:, motion.skeleton.index("rightLowerLeg")]
    assert np.allclose(markers.xyz[:, markers.names.index("RKnee")], knee, atol=1e-6)
    assert {"hips", "spine", "head", "leftIndexProximal"} <= {*markers.names}
    assert markers.fps == motion.fps


def test_every_row_has_the_columns_of_the_header(tmp_path: Path, motion: Motion) -> None:
    path = tmp_path / "a.trc"
    write_trc(path, Export((motion,)))
    lines = path.read_text().splitlines()
    count = len(read_trc(path).names)
    assert lines[2].split("\t") == [f"{motion.fps:g}", f"{motion.fps:g}", str(len(motion)), str(count), "m", f"{motion.fps:g}", "1", str(len(motion))]
    assert len(lines) == 5 + len(motion)
    assert {len(line.split("\t")) for line in lines[5:]} == {2 + 3 * count}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("PathFileType", "Nonsense"), "no TRC file"),
        (("\tmm\t", "\tfurlong\t"), "line 3: unit 'furlong'"),
        (("100.00\t100.00", "x\t100.00"), "line 3: 'x' is no number"),
        (("1010", "10a10"), "line 8: '10a10' is no number"),
        (("2\t0.01", "2\t0.00"), "must increase"),
        (("-100\n", "-100\t7\n"), "line 7: 9 columns"),
        (("R.ASIS", ""), "line 4: marker names"),
    ],
)
def test_damage_is_named_with_its_line(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_trc(written(tmp_path, OPENSIM.replace(*change, 1)))


def test_no_frames_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no frames"):
        read_trc(written(tmp_path, OPENSIM.split("\n\n")[0]))
    with pytest.raises(InputError, match="cannot read"):
        read_trc(tmp_path / "none.trc")


def test_a_folder_that_is_not_there(tmp_path: Path, motion: Motion) -> None:
    with pytest.raises(OutputError, match="does not exist"):
        write_trc(tmp_path / "no" / "a.trc", Export((motion,)))


@pytest.mark.skipif(not SHARED.is_dir(), reason="../shared is not there")
def test_pose2sims_own_file() -> None:
    markers = read_trc(SHARED / "pose2sim_results" / "single_balancing.trc")
    assert markers.xyz.shape == (100, 21, 3)
    assert set(markers.names) <= set(MARKERS)
    truth = np.load(SHARED / "pose2sim_single" / "reference_3d.npz")
    # The calibration's axes are (z, x, y) of the file's.
    assert np.allclose(markers.xyz[..., [2, 0, 1]], truth["xyz_world_m_filtered"], atol=1e-9)
