"""Products, solutions, factorisations; each operand active, both active, every layout BLAS can see."""

import numpy as np

from .case import Cases, judge

X = np.array([1.3, 0.7, 2.2])
A = np.array([[3.1, 0.4, 1.2], [0.6, 2.7, 0.9], [0.5, 0.8, 4.2]])
B = np.array([[1.0, 0.3], [-0.4, 2.0], [0.7, 0.1]])
S = np.array([[4.0, 0.5, 0.3], [0.5, 3.0, -0.2], [0.3, -0.2, 2.5]])
cases = Cases(A, X)


@cases
def inner_products(a, x):
    w = np.arange(3.0)
    return np.dot(x, x), np.dot(w, x), x @ w, np.vdot(x, a[0]), a[1] @ x


@cases
def matrix_times_vector(a, x):
    return a @ x, np.dot(a, x), x @ a, a.T @ x, a[:, 1] @ x


@cases.at(X)
def inactive_matrix(x):
    w = np.ones((4, 3))
    w[1, 2] = -2.0
    return w @ x, np.dot(w, x), np.tanh(np.dot(w, x) + 0.1), x @ w.T


@cases.at(A)
def inactive_vector(a):
    w = np.arange(3.0)
    return a @ w, w @ a, np.dot(a.T, w)


@cases.at(A, B)
def matrix_times_matrix(a, b):
    return a @ b, b.T @ a, np.dot(a, a), a.T @ a, b @ b.T


@cases.at(B)
def matrix_times_inactive_matrix(b):
    w = np.array([[1.0, 2.0], [0.5, -1.0]])
    return b @ w, w @ b.T, b[:2] @ w


@cases.at(np.asfortranarray(A), X)
def fortran_order(a, x):
    return a @ x, x @ a, a @ a, np.linalg.solve(a, x)


@cases.at(A, X)
def strided_operands(a, x):
    return a[::2] @ x, a[:, ::2].T @ x, a[::-1] @ x[::-1], np.dot(a[0, ::2], x[::2])


@cases.at(A, X, forward_only="out=")
def product_into_out(a, x):
    y = np.zeros(3)
    np.dot(a, x, out=y)
    return y


@cases
def solutions(a, x):
    return np.linalg.solve(a, x), np.linalg.solve(a, np.ones(3)), np.linalg.solve(np.eye(3) * 2.0, x)


@cases.at(A, B)
def several_right_hand_sides(a, b):
    return np.linalg.solve(a, b)


@cases.at(A)
def inverse_and_determinant(a):
    return np.linalg.inv(a), np.linalg.det(a)


@cases.at(A)
def sign_and_logarithm_of_the_determinant(a):
    sign, logarithm = np.linalg.slogdet(a)
    return sign * logarithm


@cases.at(S)
def factor_of_cholesky(s):
    return np.linalg.cholesky(s)


@cases.at(S, X)
def gaussian_density(s, x):
    factor = np.linalg.cholesky(s)
    z = np.linalg.solve(factor, x)
    return -0.5 * np.sum(z * z) - np.sum(np.log(np.diag(factor)))


@cases.at(S)
def symmetric_eigenvalues(s):
    values, vectors = np.linalg.eigh(s)
    return values, vectors[:, 0] * vectors[0, 0]


@cases
def norms(a, x):
    return np.linalg.norm(x), np.linalg.norm(a), np.linalg.norm(x, 1), np.linalg.norm(x, np.inf)


@cases
def products_of_tensors(a, x):
    return np.outer(x, x), np.kron(a, np.eye(2)), np.kron(x, x), np.cross(x, a[0]), np.outer(x, np.arange(2.0))


@cases
def powers_and_traces(a, x):
    return np.linalg.matrix_power(a, 3), np.trace(a @ a), a.T.sum() * x[0]


@cases
def quadratic_form(a, x):
    return x @ a @ x, (x * (a @ x)).sum(), np.dot(x, np.dot(a, x))


@cases.parametrize
def test_linear_algebra(case):
    judge(case)
