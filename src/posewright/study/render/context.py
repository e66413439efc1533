"""Opening an OpenGL context without a window."""

from __future__ import annotations

import sys
from typing import Any

from posewright.errors import RenderError

_HELP = (
    "Install EGL and a driver: Debian/Ubuntu 'apt-get install libegl1 libgl1-mesa-dri', Fedora 'dnf install mesa-libEGL mesa-dri-drivers' "
    "(Mesa draws in software where there is no GPU)."
)


def open_context() -> Any:
    """A standalone OpenGL 3.3 context: EGL on Linux (no display needed), the system's own elsewhere.

    Raises:
        RenderError: moderngl is not installed, or no OpenGL driver was found.
    """
    try:
        import moderngl
    except ImportError as error:
        raise RenderError("rendering needs moderngl: pip install 'posewright[render]'") from error
    options: dict[str, Any] = {"backend": "egl"} if sys.platform.startswith("linux") else {}
    try:
        return moderngl.create_context(standalone=True, require=330, **options)
    except Exception as error:  # moderngl raises a bare Exception when a library or a driver is missing
        raise RenderError(f"no offscreen OpenGL 3.3 here ({error}). {_HELP}") from error
