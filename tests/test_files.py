import os

import pytest

from posewright.errors import OutputError
from posewright.files import atomic_path


def test_a_whole_file_takes_its_final_name(tmp_path):
    with atomic_path(tmp_path / "a.txt") as temporary:
        assert temporary.suffix == ".txt"
        temporary.write_text("whole")
        assert not (tmp_path / "a.txt").exists()
    assert (tmp_path / "a.txt").read_text() == "whole"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("problem", [RuntimeError, KeyboardInterrupt])
def test_an_early_end_leaves_the_old_file_and_nothing_else(tmp_path, problem):
    (tmp_path / "a.txt").write_text("old")
    with pytest.raises(problem), atomic_path(tmp_path / "a.txt") as temporary:
        temporary.write_text("half")
        raise problem
    assert (tmp_path / "a.txt").read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(OutputError, match="no-such-folder does not exist"), atomic_path(tmp_path / "no-such-folder" / "a.txt"):
        pass


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(OutputError, match="it is a folder"), atomic_path(tmp_path):
        pass


def test_a_failing_disk_becomes_an_output_error(tmp_path):
    with pytest.raises(OutputError, match="No space left"), atomic_path(tmp_path / "a.txt"):
        raise OSError(28, "No space left on device")
