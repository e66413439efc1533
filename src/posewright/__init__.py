"""Posewright: a video goes in, an animated character comes out."""

__version__ = "0.1.0"
