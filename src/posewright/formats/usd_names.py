"""Names as USD allows them in paths: letters of ASCII, digits and underscores, no digit first."""

from __future__ import annotations

import re
from collections.abc import Iterable

from posewright.skeletons import Skeleton


def identifier(name: str, otherwise: str) -> str:
    """The name with an underscore for each character that is not allowed; `otherwise` where no letter or digit is left."""
    cleaned = re.sub(r"[^A-Za-z0-9_]", "_", name)
    if not re.search(r"[A-Za-z0-9]", cleaned):
        return otherwise
    return f"_{cleaned}" if cleaned[0].isdigit() else cleaned


def unique_identifiers(names: Iterable[str], otherwise: str) -> list[str]:
    """An identifier for each name, with a number behind those that stood before."""
    found: list[str] = []
    for name in names:
        wanted = identifier(name, otherwise)
        number, free = 1, wanted
        while free in found:
            number += 1
            free = f"{wanted}_{number}"
        found.append(free)
    return found


def joint_paths(skeleton: Skeleton) -> list[str]:
    """Each joint's path from the root, as `hips/spine/chest`, (J,)."""
    paths: list[str] = []
    for name, parent in zip(unique_identifiers(skeleton.joints, "joint"), skeleton.parents, strict=True):
        paths.append(name if parent < 0 else f"{paths[parent]}/{name}")
    return paths
