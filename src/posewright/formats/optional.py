"""Packages that only some formats need."""

from __future__ import annotations

import importlib
from typing import Any

from posewright.errors import OutputError


def need(module: str, package: str, extra: str, what: str) -> Any:
    """Import a module that may not be installed.

    Args:
        module: to import.
        package: that holds it, as the package index calls it.
        extra: of ours that brings it.
        what: needs it, for the error.

    Raises:
        OutputError: it is not installed.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise OutputError(f"{what} needs the package {package}, which is not installed. Install it: pip install 'posewright[{extra}]'") from error
