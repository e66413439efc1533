"""The one exception tree: each says what was wrong, in which file or frame, and what to do."""

from __future__ import annotations


class PosewrightError(Exception):
    """Base of all errors that a user can act on. The command line prints the message alone."""


class InputError(PosewrightError):
    """A video, image, motion or calibration file that cannot be used."""


class NoPersonError(PosewrightError):
    """Nobody was found in the source, or for too short a time to animate."""


class ModelError(PosewrightError):
    """A network's file is missing, damaged or cannot be fetched."""


class CharacterError(PosewrightError):
    """A character or rig that cannot be read or mapped to the humanoid."""


class OutputError(PosewrightError):
    """A result cannot be written where it was asked for."""


class RenderError(PosewrightError):
    """Nothing can be drawn on this machine: no OpenGL driver, or the extra `render` is not installed."""


class UsageError(PosewrightError):
    """Options that do not fit together, or a name that does not exist."""


def require(condition: bool, message: str) -> None:
    """Raise ValueError with `message` unless `condition` holds. For checks inside types."""
    if not condition:
        raise ValueError(message)
