"""`posewright doctor`: what is installed and what is missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import shutil
import sys

import typer

from posewright import __version__

CORE = ("numpy", "scipy", "av", "opencv-python-headless", "ai-edge-litert", "typer", "rich")
EXTRAS = {"onnxruntime": "onnx", "torch": "train", "moderngl": "render", "viser": "studio", "ray": "batch", "bpy": "blender", "matplotlib": "plots"}


def doctor() -> None:
    """Versions, runtimes, the cache and Blender: what to send with a bug report."""
    from posewright import models

    typer.echo(f"posewright {__version__}, Python {platform.python_version()}, {platform.platform()}, {os.cpu_count()} cores")
    healthy = True
    for package in CORE:
        version = _version(package)
        healthy &= version is not None
        typer.echo(f"  {package:<24} {version or 'MISSING: install posewright again'}")
    for package, extra in EXTRAS.items():
        typer.echo(f"  {package:<24} {_version(package) or f'not installed (extra: {extra})'}")
    blender = shutil.which("blender")
    typer.echo(f"  {'Blender':<24} {blender or ('as bpy' if importlib.util.find_spec('bpy') else 'not found')}")
    typer.echo(f"  {'model cache':<24} {models.cache_dir()}")
    for name in models.MODELS:
        typer.echo(f"    {name:<22} {'in the cache' if models.is_present(name) else 'fetched on first use'}")
    if os.environ.get("POSEWRIGHT_OFFLINE"):
        typer.echo("  POSEWRIGHT_OFFLINE is set: nothing will be fetched")
    sys.exit(0 if healthy else 1)


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None
