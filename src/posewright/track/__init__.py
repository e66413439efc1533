"""Third room of the path: the people found in each frame become one track a person."""

from posewright.track.repair import Repaired, repair
from posewright.track.track import Track, track

__all__ = ["Repaired", "Track", "repair", "track"]
