from __future__ import annotations

import numpy as np
from tools.mannequin.mesh import Piece, cut, hem, join, pad, paint, smooth, subdivide


def sheet(cells: int = 6) -> Piece:
    """A unit square in the x-y plane facing +z, of two triangles a cell."""
    x, y = np.meshgrid(np.linspace(0, 1, cells + 1), np.linspace(0, 1, cells + 1))
    positions = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1)
    corner = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()
    a, b, c, d = corner, corner + 1, corner + cells + 2, corner + cells + 1
    triangles = np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])
    return Piece.of(positions, np.stack([positions[:, 0], 1.0 - positions[:, 0]], axis=1), triangles, 0)


def areas(piece: Piece) -> np.ndarray:
    """Vector areas of the triangles, (F, 3)."""
    a, b, c = (piece.positions[piece.triangles[:, i]] for i in range(3))
    return np.cross(b - a, c - a) / 2.0


def open_edges(piece: Piece) -> int:
    edges = piece.triangles[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)
    directed = {(int(a), int(b)) for a, b in edges}
    assert len(directed) == len(edges)  # neighbours wind the same way
    return sum((b, a) not in directed for a, b in directed)


def disc(points: np.ndarray) -> np.ndarray:
    return 0.3 - np.hypot(points[:, 0] - 0.5, points[:, 1] - 0.5)


def test_cut_keeps_the_surface_and_sorts_it() -> None:
    piece, inside = cut(sheet(), lambda p: p[:, 0] + 0.31 * p[:, 1] - 0.6)
    area = areas(piece)
    np.testing.assert_allclose(area.sum(0), [0.0, 0.0, 1.0], atol=1e-12)
    assert (area[:, 2] > 0).all()
    np.testing.assert_allclose(area[inside].sum(0)[2], 1.0 - (0.6 + 0.29) / 2.0, atol=1e-4)
    np.testing.assert_allclose(piece.weights[:, 0], piece.positions[:, 0], atol=1e-12)  # weights are cut along
    assert open_edges(piece) == 24 + 2  # no gap: only the border is open, and is cut at two places


def test_paint_changes_only_what_it_may() -> None:
    once = paint(sheet(), lambda p: p[:, 0] - 0.5001, 1)
    twice = paint(once, lambda p: p[:, 1] - 0.3, 2, over=(1,))
    middle = twice.positions[twice.triangles].mean(1)
    np.testing.assert_array_equal(twice.materials == 0, middle[:, 0] < 0.5001)
    np.testing.assert_array_equal(twice.materials == 2, (middle[:, 0] > 0.5001) & (middle[:, 1] > 0.3))


def test_pad_raises_a_closed_step() -> None:
    flat, inside = cut(sheet(), disc)
    raised = pad(flat, inside, 0.1)
    assert open_edges(raised) == open_edges(flat)
    np.testing.assert_allclose(areas(raised).sum(0), [0.0, 0.0, 1.0], atol=1e-9)  # walls are upright
    top = np.unique(raised.triangles[: len(inside)][inside])
    np.testing.assert_allclose(raised.positions[top, 2], 0.1, atol=1e-12)
    assert raised.walls.sum() == len(raised.triangles) - len(flat.triangles)


def test_creases_share_no_vertex_with_walls() -> None:
    flat, inside = cut(sheet(), disc)
    creased = pad(flat, inside, 0.1).creased()
    assert not set(creased.triangles[creased.walls].ravel()) & set(creased.triangles[~creased.walls].ravel())
    flat_normals = creased.normals()[np.unique(creased.triangles[~creased.walls])]
    np.testing.assert_allclose(flat_normals, np.tile([0.0, 0.0, 1.0], (len(flat_normals), 1)), atol=1e-9)


def test_hem_turns_the_edge_in() -> None:
    piece = hem(sheet(), 0.2)
    assert open_edges(piece) == 24
    np.testing.assert_allclose(piece.positions[len(sheet().positions) :, 2], -0.2, atol=1e-12)
    assert piece.walls.sum() == 2 * 24


def test_subdivide_and_join_keep_the_surface() -> None:
    fine = subdivide(sheet(3))
    assert len(fine.triangles) == 4 * 18
    np.testing.assert_allclose(areas(fine)[:, 2], 1.0 / 72.0, atol=1e-12)
    assert open_edges(fine) == 24
    both = join([fine, sheet(2)])
    np.testing.assert_allclose(areas(both).sum(0), [0.0, 0.0, 2.0], atol=1e-12)


def test_smooth_draws_towards_the_neighbours() -> None:
    piece = sheet()
    bumpy = piece.positions + np.random.default_rng(0).normal(scale=0.05, size=piece.positions.shape) * [0, 0, 1]
    moving = (np.abs(piece.positions[:, 0] - 0.5) < 0.3).astype(float)
    calm = smooth(bumpy, piece.triangles, moving, 5)
    assert calm[moving > 0, 2].std() < 0.5 * bumpy[moving > 0, 2].std()
    np.testing.assert_array_equal(calm[moving == 0], bumpy[moving == 0])
