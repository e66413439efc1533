from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from posewright.character import read_bone_map, write_bone_map
from posewright.errors import CharacterError, OutputError
from posewright.skeletons import HUMANOID_PARENTS

NAMES = st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=12)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(bones=st.dictionaries(st.sampled_from(sorted(HUMANOID_PARENTS)), NAMES))
def test_round_trip(tmp_path: Path, bones: dict[str, str]) -> None:
    write_bone_map(tmp_path / "map.toml", bones, "Hero", ["tail", 'odd "bone"'])
    back = read_bone_map(tmp_path / "map.toml")
    assert {bone: joint for bone, joint in back.items() if joint} == {bone: joint for bone, joint in bones.items() if joint}
    assert back.keys() == HUMANOID_PARENTS.keys()


def test_is_toml(tmp_path: Path) -> None:
    tomllib = pytest.importorskip("tomllib", reason="Python 3.11 and later bring a TOML reader")
    write_bone_map(tmp_path / "map.toml", {"hips": 'a "b" \\ c', "head": "頭"}, "Hero", ["tail"])
    table = tomllib.loads((tmp_path / "map.toml").read_text(encoding="utf-8"))["bones"]
    assert (table["hips"], table["head"]) == ('a "b" \\ c', "頭")
    assert "tail" in (tmp_path / "map.toml").read_text(encoding="utf-8")


def test_reads_what_people_write(tmp_path: Path) -> None:
    (tmp_path / "map.toml").write_text('# mine\nhips=\'Root "x"\'   # no table needed\n\n[bones]\n"head" = "Kopf"\n', encoding="utf-8")
    assert read_bone_map(tmp_path / "map.toml") == {"hips": 'Root "x"', "head": "Kopf"}


@pytest.mark.parametrize(
    ("text", "message"),
    [("hips = Root\n", "line 1: expected"), ('\nwing = "x"\n', "line 2: 'wing' is no humanoid bone"), ('hips = "a"\nhips = "b"\n', "line 2: hips stands twice")],
)
def test_says_which_line_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "map.toml").write_text(text)
    with pytest.raises(CharacterError, match=re.escape(message)):
        read_bone_map(tmp_path / "map.toml")


def test_files_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(CharacterError, match="No such file"):
        read_bone_map(tmp_path / "none.toml")
    (tmp_path / "b.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CharacterError, match="cannot read the bone map"):
        read_bone_map(tmp_path / "b.toml")
    with pytest.raises(OutputError):
        write_bone_map(tmp_path / "none" / "map.toml", {}, "Hero")
