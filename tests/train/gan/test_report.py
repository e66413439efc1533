import json

import pytest

from posewright.errors import InputError
from posewright.train.gan import report
from posewright.train.gan.report import table
from tests.train.gan.bodies import bodies

ROW = {"mean_mm": 70.04, "all_joints_mm": 60.0, "by_elevation_mm": {"-30 to -15": 71.0, "-15 to 0": 69.0}, "upside_mm": 150.0}


def test_a_row_for_each_run_and_each_baseline_once(tmp_path):
    for name, mean in (("a", 70.04), ("b", 90.0)):
        (tmp_path / name).mkdir()
        figures = {"generator": ROW | {"mean_mm": mean}, "depth zero": ROW | {"mean_mm": 120.0}}
        if name == "a":
            figures["elevation error, degrees"] = {"mean": 5.0}
        (tmp_path / name / "figures.json").write_text(json.dumps(figures))
    lines = table({"ours": tmp_path / "a", "2018": tmp_path / "b"}).splitlines()
    assert lines[0].startswith("|  | 12 limb joints | 17 joints | -30 to -15° |")
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| depth zero", "| ours", "| 2018"]
    assert lines[3] == "| ours | 70.0 | 60.0 | 71.0 | 69.0 | 150.0 | 5.0 |"


def test_a_run_that_has_not_ended_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"no figures\.json"):
        table({"a": tmp_path})


def test_the_packages_own_generators_are_measured_on_a_file(monkeypatch, tmp_path):
    monkeypatch.setattr(report, "read_bodies", lambda paths: bodies(60))
    found = report.shipped(tmp_path / "people.npz")
    assert 20.0 < found["generator"]["mean_mm"] < found["generator"]["upside_mm"]
    lines = report.table({"shipped": tmp_path / "people.npz"}).splitlines()
    assert lines[-1].startswith(f"| shipped | {found['generator']['mean_mm']:.1f} |")
