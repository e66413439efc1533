"""Positions to motion: local joint rotations on the canonical humanoid, one set of bone lengths, and a path through the world."""

from posewright.solve.solver import SolveOptions, solve

__all__ = ["SolveOptions", "solve"]
