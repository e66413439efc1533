import numpy as np
import pytest

from posewright.solve.refine.normal import NormalEquations


def _plainly(frames, unknowns, terms, damping):
    """The same problem with one dense Jacobian over all frames."""
    rows, values = [], []
    for columns, jacobian, coefficients, residual, weight in terms:
        for t in range(len(coefficients)):
            for d in range(jacobian.shape[1]):
                row = np.zeros((frames, unknowns))
                for i in range(coefficients.shape[1]):
                    row[t + i, columns] += coefficients[t, i] * jacobian[t + i, d]
                rows.append(np.sqrt(weight[t]) * row.ravel())
                values.append(np.sqrt(weight[t]) * residual[t, d])
    jacobian, residual = np.array(rows), np.array(values)
    return np.linalg.solve(jacobian.T @ jacobian + damping * np.eye(frames * unknowns), -jacobian.T @ residual).reshape(frames, unknowns)


@pytest.mark.parametrize("frames", [1, 2, 3, 7])
def test_banded_solution_equals_the_dense_one(frames):
    rng, unknowns = np.random.default_rng(frames), 7
    terms = []
    for span, columns, size in ((1, slice(0, 7), 5), (2, slice(0, 7), 3), (3, slice(0, 3), 3), (3, slice(3, 5), 3), (3, slice(5, 7), 3)):
        count = max(frames - span + 1, 0)
        if count:
            width = columns.stop - columns.start
            terms.append((columns, rng.normal(size=(frames, size, width)), rng.normal(size=(count, span)), rng.normal(size=(count, size)), rng.uniform(0.1, 2, count)))
    equations = NormalEquations(frames, unknowns)
    for term in terms:
        equations.add_stencil(*term)
    assert np.allclose(equations.solve(0.1).step, _plainly(frames, unknowns, terms, 0.1), atol=1e-8)
