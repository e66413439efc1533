"""A run's settings: a frozen dataclass with defaults, changed by a TOML file and then by the command line."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from posewright.errors import InputError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Config = TypeVar("Config")


def read_config(kind: type[Config], path: Path | None, **overrides: Any) -> Config:
    """Settings of a run: `kind`'s defaults, then the file's, then `overrides` that are not None.

    Args:
        kind: a dataclass whose fields are numbers, strings, flags, paths, or tuples of these.
        path: a TOML file with a key for each setting to change; None for none.
        overrides: settings by name; None leaves one as it is.

    Raises:
        InputError: the file cannot be read, or it has a key that is no setting or a value of the wrong kind.
    """
    values: dict[str, Any] = {}
    if path is not None:
        try:
            values = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror}") from error
        except ValueError as error:
            raise InputError(f"{path} is not TOML: {error}") from error
    hints = get_type_hints(kind)
    for name, value in values.items():
        if name not in hints:
            raise InputError(f"{path}: there is no setting '{name}'. There are: {', '.join(hints)}")
        values[name] = _as(hints[name], value, f"{path}: '{name}'")
    values.update({name: value for name, value in overrides.items() if value is not None})
    return kind(**values)


def as_table(config: Any) -> dict[str, Any]:
    """Settings as plain values, for a checkpoint or a model card."""
    return {field.name: _plain(getattr(config, field.name)) for field in dataclasses.fields(config)}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, Path) else value


def _as(hint: Any, value: Any, where: str) -> Any:
    text = str(hint)
    if isinstance(value, list):
        return tuple(Path(item) if "Path" in text else item for item in value)
    if "Path" in text and isinstance(value, str):
        return Path(value)
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and type(value) is not hint:
        raise InputError(f"{where} must be a {hint.__name__}, not {value!r}")
    return value
