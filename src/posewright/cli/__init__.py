"""The command line: it reads options, calls the rooms and shows what happens. No logic of its own."""

from posewright.cli.main import app, main

__all__ = ["app", "main"]
