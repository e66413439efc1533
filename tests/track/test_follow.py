import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from posewright.track.follow import assign, follow
from tests.track.people import clip, person


@given(st.integers(0, 5), st.integers(0, 5), st.integers(0, 1000))
def test_assignment_is_the_cheapest_of_all(rows, columns, seed):
    costs = np.random.default_rng(seed).uniform(0, 1, (rows, columns))
    best = min(
        (sum(costs[r, c] for r, c in zip(order, range(columns), strict=False)) for order in itertools.permutations(range(rows), min(rows, columns))),
        default=0.0,
    )
    if rows < columns:
        best = min((sum(costs[r, c] for r, c in zip(range(rows), order, strict=False)) for order in itertools.permutations(range(columns), rows)), default=0.0)
    chosen = assign(costs)
    assert len(chosen) == min(rows, columns)
    assert abs(sum(costs[row, column] for column, row in chosen.items()) - best) < 1e-9


def test_infinite_costs_are_never_assigned():
    assert assign(np.array([[np.inf, 1.0], [np.inf, 2.0]])) == {1: 0}
    assert assign(np.full((2, 2), np.inf)) == {}


def test_two_who_walk_through_each_other_keep_their_names():
    frames = [[person(100 + 10 * t), person(500 - 10 * t, y=310)] for t in range(41)]
    order = np.random.default_rng(0).integers(0, 2, 41)
    one, two = follow(clip(*(people if keep else people[::-1] for people, keep in zip(frames, order, strict=True))))
    assert one.frames == two.frames == list(range(41))
    assert one.numbers == [number if keep else 1 - number for number, keep in zip([one.numbers[0] if order[0] else 1 - one.numbers[0]] * 41, order, strict=True)]


def test_one_who_comes_back_after_a_gap_is_the_same():
    frames = [[person(100 + 5 * t)] if not 10 <= t < 25 else [] for t in range(40)]
    (chain,) = follow(clip(*frames))
    assert chain.frames == [*range(10), *range(25, 40)]


def test_one_elsewhere_or_of_another_size_is_another():
    assert len(follow(clip([person(100)], [person(700)]))) == 2
    assert len(follow(clip([person(100)], [person(100, size=2.5)]))) == 2
    assert len(follow(clip([person(100)], [person(110, size=1.1)]))) == 1
