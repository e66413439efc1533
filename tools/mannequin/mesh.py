"""Tailoring: cutting a mesh along the zero line of a field, padding a part of it, and closing its edges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from posewright.geometry import normalize

Field = Callable[[NDArray[np.float64]], NDArray[np.float64]]


@dataclass(frozen=True)
class Piece:
    """A triangle mesh with skin weights and a material a triangle."""

    positions: NDArray[np.float64]
    weights: NDArray[np.float64]
    triangles: NDArray[np.int64]
    materials: NDArray[np.int64]
    walls: NDArray[np.bool_]
    """Triangles that close an edge and meet the others at a sharp crease."""

    @classmethod
    def of(cls, positions: NDArray[np.float64], weights: NDArray[np.float64], triangles: NDArray[np.int64], materials: NDArray[np.int64] | int) -> Piece:
        """A piece without walls."""
        return cls(positions, weights, triangles, np.broadcast_to(materials, len(triangles)).copy(), np.zeros(len(triangles), dtype=bool)).part(np.ones(len(triangles), dtype=bool))

    def part(self, mask: NDArray[np.bool_]) -> Piece:
        """The triangles of `mask` and the vertices that they use."""
        used, inverse = np.unique(self.triangles[mask], return_inverse=True)
        return Piece(self.positions[used], self.weights[used], inverse.reshape(-1, 3), self.materials[mask], self.walls[mask])

    def creased(self) -> Piece:
        """With vertices of their own for the walls, so that no normal is shared across the crease."""
        corners = self.triangles * 2 + self.walls[:, None]
        used, inverse = np.unique(corners, return_inverse=True)
        return replace(self, positions=self.positions[used // 2], weights=self.weights[used // 2], triangles=inverse.reshape(-1, 3))

    def normals(self) -> NDArray[np.float64]:
        """Area-weighted vertex normals, (V, 3)."""
        a, b, c = (self.positions[self.triangles[:, i]] for i in range(3))
        total = np.zeros_like(self.positions)
        for i in range(3):
            np.add.at(total, self.triangles[:, i], np.cross(b - a, c - a))
        return normalize(total)


def join(pieces: list[Piece]) -> Piece:
    """Several pieces as one."""
    starts = np.cumsum([0] + [len(piece.positions) for piece in pieces[:-1]])
    return Piece(
        np.concatenate([piece.positions for piece in pieces]),
        np.concatenate([piece.weights for piece in pieces]),
        np.concatenate([piece.triangles + start for piece, start in zip(pieces, starts, strict=True)]),
        np.concatenate([piece.materials for piece in pieces]),
        np.concatenate([piece.walls for piece in pieces]),
    )


def cut(piece: Piece, field: Field) -> tuple[Piece, NDArray[np.bool_]]:
    """Split triangles along the line where `field` of the positions is zero; also gives which triangles lie where it is positive."""
    values = field(piece.positions)
    values = np.where(np.abs(values) < 1e-5, 1e-5, values)
    sides = values[piece.triangles] > 0
    crossed = sides.any(1) & ~sides.all(1)
    positions, weights = list(piece.positions), list(piece.weights)
    triangles, origins, inside = [], [], []
    made: dict[tuple[int, int], int] = {}

    def between(i: int, j: int) -> int:
        key = (min(i, j), max(i, j))
        if key not in made:
            t = values[key[0]] / (values[key[0]] - values[key[1]])
            for column in (positions, weights):
                column.append(column[key[0]] * (1.0 - t) + column[key[1]] * t)
            made[key] = len(positions) - 1
        return made[key]

    for origin in np.flatnonzero(crossed):
        face = piece.triangles[origin]
        for side in (True, False):
            outline: list[int] = []
            for i, j in zip(face, np.roll(face, -1), strict=True):
                if (values[i] > 0) == side:
                    outline.append(int(i))
                if (values[i] > 0) != (values[j] > 0):
                    outline.append(between(int(i), int(j)))
            for k in range(1, len(outline) - 1):
                triangles.append([outline[0], outline[k], outline[k + 1]])
                origins.append(origin)
                inside.append(side)
    whole = np.flatnonzero(~crossed)
    faces = np.concatenate([piece.triangles[whole], np.array(triangles, dtype=np.int64).reshape(-1, 3)])
    source = np.concatenate([whole, np.array(origins, dtype=np.int64)])
    return (
        Piece(np.array(positions), np.array(weights), faces, piece.materials[source], piece.walls[source]),
        np.concatenate([sides[whole].all(1), np.array(inside, dtype=bool)]),
    )


def paint(piece: Piece, field: Field, material: int, over: tuple[int, ...] | None = None) -> Piece:
    """Give the part where `field` is positive another material; `over` limits it to triangles of those materials."""
    piece, inside = cut(piece, field)
    if over is not None:
        inside &= np.isin(piece.materials, over)
    return replace(piece, materials=np.where(inside, material, piece.materials))


def pad(piece: Piece, mask: NDArray[np.bool_], thickness: NDArray[np.float64] | float, level: bool = False) -> Piece:
    """Raise the triangles of `mask` along their normals by `thickness` (a number or (V,)), with walls where they meet the rest.

    With `level`, vertices on the border move in the horizontal plane only, so that a level border stays level.
    """
    count = len(piece.positions)
    inner, outer = (np.isin(np.arange(count), piece.triangles[side]) for side in (mask, ~mask))
    twin = np.arange(count)
    shared = np.flatnonzero(inner & outer)
    twin[shared] = count + np.arange(len(shared))
    along = normalize(smooth(piece.normals(), piece.triangles, np.ones(count), 2))
    if level:
        along[inner & outer, 1] = 0.0
        along = normalize(along)
    raised = piece.positions + along * np.broadcast_to(thickness, count)[:, None]
    positions = np.concatenate([np.where((inner & ~outer)[:, None], raised, piece.positions), raised[shared]])
    triangles = np.where(mask[:, None], twin[piece.triangles], piece.triangles)

    other = {tuple(edge) for face in piece.triangles[~mask] for edge in zip(face, np.roll(face, -1), strict=True)}
    walls, wall_materials = [], []
    for face, material in zip(piece.triangles[mask], piece.materials[mask], strict=True):
        for a, b in zip(face, np.roll(face, -1), strict=True):
            if (b, a) in other:
                walls += [[twin[b], twin[a], a], [twin[b], a, b]]
                wall_materials += [material, material]
    return Piece(
        positions,
        np.concatenate([piece.weights, piece.weights[shared]]),
        np.concatenate([triangles, np.array(walls, dtype=np.int64).reshape(-1, 3)]),
        np.concatenate([piece.materials, np.array(wall_materials, dtype=np.int64)]),
        np.concatenate([piece.walls, np.ones(len(walls), dtype=bool)]),
    )


def hem(piece: Piece, depth: float) -> Piece:
    """Turn open edges inwards by `depth` metres, so that cloth looks thick and nothing is seen behind it."""
    edges = {(int(a), int(b)): material for face, material in zip(piece.triangles, piece.materials, strict=True) for a, b in zip(face, np.roll(face, -1), strict=True)}
    border = {edge: material for edge, material in edges.items() if edge[::-1] not in edges}
    along = normalize(smooth(piece.normals(), piece.triangles, np.ones(len(piece.positions)), 2))
    rim = sorted({vertex for edge in border for vertex in edge})
    inner = dict(zip(rim, range(len(piece.positions), len(piece.positions) + len(rim)), strict=True))
    faces = [face for a, b in border for face in ([b, a, inner[a]], [b, inner[a], inner[b]])]
    return Piece(
        np.concatenate([piece.positions, piece.positions[rim] - along[rim] * depth]),
        np.concatenate([piece.weights, piece.weights[rim]]),
        np.concatenate([piece.triangles, np.array(faces, dtype=np.int64).reshape(-1, 3)]),
        np.concatenate([piece.materials, np.repeat(list(border.values()), 2).astype(np.int64)]),
        np.concatenate([piece.walls, np.ones(len(faces), dtype=bool)]),
    )


def subdivide(piece: Piece) -> Piece:
    """Each triangle split into four at the middles of its edges."""
    sides = piece.triangles[:, [[0, 1], [1, 2], [2, 0]]]
    edges, inverse = np.unique(np.sort(sides.reshape(-1, 2), axis=1), axis=0, return_inverse=True)
    ab, bc, ca = (inverse.reshape(-1, 3) + len(piece.positions)).T
    a, b, c = piece.triangles.T
    triangles = np.stack([a, ab, ca, ab, b, bc, ca, bc, c, ab, bc, ca], axis=1).reshape(-1, 3)
    columns = (np.concatenate([values, values[edges].mean(1)]) for values in (piece.positions, piece.weights))
    return Piece(*columns, triangles, np.repeat(piece.materials, 4), np.repeat(piece.walls, 4))


def smooth(values: NDArray[np.float64], triangles: NDArray[np.int64], strength: NDArray[np.float64], rounds: int) -> NDArray[np.float64]:
    """Move each vertex's values (V, ...) towards the mean of its neighbours, by `strength` (V,) a round."""
    edges = np.unique(np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1), axis=0)
    degree = np.maximum(np.bincount(edges.ravel(), minlength=len(values)), 1)[:, None]
    for _ in range(rounds):
        total = np.zeros_like(values)
        np.add.at(total, edges[:, 0], values[edges[:, 1]])
        np.add.at(total, edges[:, 1], values[edges[:, 0]])
        values = values + (total / degree - values) * strength[:, None]
    return values
