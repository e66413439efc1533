"""What the channels of OpenPose's networks mean, and how each of its programs reads them."""

from __future__ import annotations

from dataclasses import dataclass

from posewright.skeletons import BODY_25, OPENPOSE18, JointSet


@dataclass(frozen=True)
class Limb:
    """Two joints and the field that leads from the first to the second."""

    start: int
    end: int
    channel: int
    """The field's x channel; y is the next."""
    founds: bool = True
    """Whether it may begin a person; what joins ears to shoulders may only extend one."""


@dataclass(frozen=True)
class Layout:
    """A joint set as one of OpenPose's networks gives it."""

    joint_set: JointSet
    """In the order of the heat maps; one more, for the background, comes last."""
    limbs: tuple[Limb, ...]
    """In the order in which people are put together."""

    @property
    def heatmap_channels(self) -> int:
        """Channels of the heat maps."""
        return len(self.joint_set) + 1

    @property
    def field_channels(self) -> int:
        """Channels of the fields."""
        return 2 * len(self.limbs)


def _limbs(*rows: tuple[int, int, int]) -> tuple[Limb, ...]:
    return tuple(Limb(*row, founds=row[:2] not in EAR_SHOULDER) for row in rows)


EAR_SHOULDER = ((2, 16), (5, 17), (2, 17), (5, 18))
"""COCO's pair and BODY_25's."""

COCO = Layout(
    OPENPOSE18,
    _limbs(
        *((1, 2, 12), (1, 5, 20), (2, 3, 14), (3, 4, 16), (5, 6, 22), (6, 7, 24), (1, 8, 0), (8, 9, 2), (9, 10, 4), (1, 11, 6)),
        *((11, 12, 8), (12, 13, 10), (1, 0, 28), (0, 14, 30), (14, 16, 34), (0, 15, 32), (15, 17, 36), (2, 16, 18), (5, 17, 26)),
    ),
)
BODY25 = Layout(
    BODY_25,
    _limbs(
        *((1, 8, 0), (1, 2, 14), (1, 5, 22), (2, 3, 16), (3, 4, 18), (5, 6, 24), (6, 7, 26), (8, 9, 6), (9, 10, 2), (10, 11, 4)),
        *((8, 12, 8), (12, 13, 10), (13, 14, 12), (1, 0, 30), (0, 15, 32), (15, 17, 36), (0, 16, 34), (16, 18, 38), (2, 17, 20), (5, 18, 28)),
        *((14, 19, 40), (19, 20, 42), (14, 21, 44), (11, 22, 46), (22, 23, 48), (11, 24, 50)),
    ),
)
