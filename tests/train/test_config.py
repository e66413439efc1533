from dataclasses import dataclass
from pathlib import Path

import pytest

from posewright.errors import InputError
from posewright.train.config import as_table, read_config


@dataclass(frozen=True)
class Settings:
    steps: int = 100
    rate: float = 1e-3
    data: tuple[Path, ...] = ()
    name: str = "small"


def test_the_file_changes_defaults_and_the_command_line_the_file(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('steps = 7\nrate = 1\ndata = ["a", "b"]\n')
    config = read_config(Settings, path, steps=9, name=None)
    assert config == Settings(9, 1.0, (Path("a"), Path("b")), "small")
    assert as_table(config) == {"steps": 9, "rate": 1.0, "data": ["a", "b"], "name": "small"}
    assert read_config(Settings, None) == Settings()


@pytest.mark.parametrize(("text", "told"), [("stepz = 1", "no setting 'stepz'. There are: steps"), ('steps = "a"', "must be a int"), ("steps", "not TOML")])
def test_a_wrong_file_says_what_is_wrong(tmp_path, text, told):
    path = tmp_path / "run.toml"
    path.write_text(text)
    with pytest.raises(InputError, match=told):
        read_config(Settings, path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match="cannot read"):
        read_config(Settings, tmp_path / "gone.toml")
