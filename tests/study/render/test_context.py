from __future__ import annotations

import sys

import pytest

from posewright.errors import RenderError
from posewright.study.render import Renderer


def test_without_moderngl_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "moderngl", None)
    with pytest.raises(RenderError, match=r"posewright\[render\]"):
        Renderer((16, 16))


def test_without_a_driver_the_error_names_the_system_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    moderngl = pytest.importorskip("moderngl")

    def refuse(**_: object) -> None:
        raise Exception("libEGL.so not detected")

    monkeypatch.setattr(moderngl, "create_context", refuse)
    with pytest.raises(RenderError, match=r"libEGL.so not detected.*libegl1 libgl1-mesa-dri"):
        Renderer((16, 16))
