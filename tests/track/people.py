"""Made-up people for tests of tracking."""

import numpy as np

from posewright.estimate import FrameResult, Pose2D
from posewright.skeletons import BLAZEPOSE33

BODY = np.random.default_rng(3).uniform((-30, -90), (30, 90), (33, 2)).astype(np.float32)


def person(x, y=300.0, size=1.0, lifted=True):
    """A rigid body with its middle near (x, y), about 180 pixels tall; its confidence tells nothing, its 3D holds x."""
    xy = (BODY * size + (x, y)).astype(np.float32)
    return Pose2D(xy, np.full(33, 0.8, np.float32), 0.9, BLAZEPOSE33, np.full((33, 3), x, np.float32) if lifted else None)


def clip(*frames, fps=30.0):
    """Frame results from lists of people."""
    return [FrameResult(index, index / fps, tuple(people)) for index, people in enumerate(frames)]
