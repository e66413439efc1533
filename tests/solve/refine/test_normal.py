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
    equations, terms = NormalEquations(frames, unknowns), []
    for span, size in ((1, 5), (2, 3)):
        count = max(frames - span + 1, 0)
        if count:
            term = rng.normal(size=(frames, size, unknowns)), rng.normal(size=(count, span)), rng.normal(size=(count, size)), rng.uniform(0.1, 2, count)
            equations.add_stencil(*term)
            terms.append((slice(0, unknowns), *term))
    if frames > 2:
        coefficients = rng.normal(size=(frames - 2, 3))
        for start, vectors, size in ((0, 1, 3), (3, 2, 2)):
            derivative, residual, weight = rng.normal(size=(frames, vectors, 3, size)), rng.normal(size=(frames - 2, vectors, 3)), rng.uniform(0.1, 2, (frames - 2, vectors))
            equations.add_curvature(start, derivative, coefficients, residual, weight)
            terms += [(slice(start + size * v, start + size * (v + 1)), derivative[:, v], coefficients, residual[:, v], weight[:, v]) for v in range(vectors)]
    assert np.allclose(equations.solve(0.1), _plainly(frames, unknowns, terms, 0.1), atol=1e-8)
