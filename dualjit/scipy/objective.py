"""Functions that are minimized: value, gradient and Hessian at a point by one evaluation, whichever SciPy asks for."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dualjit.errors import OutputError
from dualjit.scipy.arrays import dense, same
from dualjit.scipy.refusals import check_no_nan
from dualjit.scipy.solver import Solver
from dualjit.transforms.grad import value_and_grad
from dualjit.transforms.hessian import hessian, value_grad_hessian
from dualjit.transforms.hvp import hvp
from dualjit.transforms.once import once_per_function

once_value_and_grad = once_per_function(value_and_grad)
once_all = once_per_function(value_grad_hessian)
once_hessian = once_per_function(hessian)
once_hvp = once_per_function(hvp)

FEW = 8  # up to so many variables value, gradient and Hessian cost little more than the Hessian alone


class Objective:
    """``fun``, ``jac`` and ``hessp`` of a function for SciPy.

    ``fun(x)`` evaluates value and gradient; ``jac`` at the same point finds the gradient waiting.  ``fun`` itself
    always evaluates, except what ``jac`` or :meth:`start` has left for it: an array among the extra arguments may have
    been changed since.
    """

    __slots__ = ("_answer", "_evaluate", "_given", "_key", "_product", "_unread", "asked", "evaluations", "f")

    transform = "value_and_grad"

    def __init__(self, f: Callable):
        self.f, self._evaluate = f, self.derivative(f)
        self._key, self._given, self._answer, self._unread = None, (), None, False
        self._product: Callable | None = None
        self.asked, self.evaluations = {"jac": 0}, 0

    @staticmethod
    def derivative(f: Callable) -> Callable:
        """What one evaluation computes."""
        return once_value_and_grad(f)

    def _run(self, x: np.ndarray, key: bytes, args: tuple) -> None:
        self._answer = self._evaluate(x, *args)
        self._key, self._given = key, args
        self.evaluations += 1

    def _at(self, x, args: tuple) -> tuple:
        """The answer at a point, evaluated if the last point was another."""
        x = dense(x)
        key = x.tobytes()
        if key != self._key or not (args is self._given or same(args, self._given)):
            self._run(x, key, args)
            self._unread = True
        return self._answer

    def fun(self, x, *args) -> float:
        """The value."""
        x = dense(x)
        key = x.tobytes()
        if not (self._unread and key == self._key and same(args, self._given)):
            self._run(x, key, args)
        self._unread = False
        return self._answer[0]

    def jac(self, x, *args) -> np.ndarray:
        """The gradient, of shape (n,)."""
        self.asked["jac"] += 1
        return self._at(x, args)[1]

    def hessp(self, x, p, *args) -> np.ndarray:
        """The Hessian times ``p``, of shape (n,)."""
        self.asked["hessp"] += 1
        return self._product(dense(x), dense(p), *args)

    def with_products(self) -> Objective:
        """Itself, ready for ``hessp``."""
        self._product = once_hvp(self.f)
        self.asked["hessp"] = 0
        return self

    def start(self, x0: np.ndarray, args: tuple, solver: Solver) -> None:
        """Evaluate at the starting point; raises what SciPy would have misused."""
        try:
            value, gradient, *_ = self._at(x0, args)
        except OutputError as error:
            raise OutputError(f"{solver} takes {solver.takes}: {error}") from error
        check_no_nan(value, "the value at x0", solver)
        check_no_nan(gradient, "the gradient at x0", solver)

    def counts(self) -> dict[str, int]:
        """How often derivatives were evaluated."""
        products = {"hvp": self.asked["hessp"]} if "hessp" in self.asked else {}
        return {self.transform: self.evaluations, **products}


class LazyObjective(Objective):
    """With ``hess``: the Hessian by an evaluation of its own, at accepted points alone."""

    __slots__ = ("_hessian",)

    def __init__(self, f: Callable):
        super().__init__(f)
        self._hessian = once_hessian(f)
        self.asked["hess"] = 0

    def hess(self, x, *args) -> np.ndarray:
        """The Hessian, of shape (n, n)."""
        self.asked["hess"] += 1
        return self._hessian(dense(x), *args)

    def counts(self):
        return {**super().counts(), "hessian": self.asked["hess"]}


class JointObjective(Objective):
    """With ``hess``: value, gradient and Hessian by one evaluation."""

    __slots__ = ()

    transform = "value_grad_hessian"

    def __init__(self, f: Callable):
        super().__init__(f)
        self.asked["hess"] = 0

    @staticmethod
    def derivative(f):
        return once_all(f)

    def hess(self, x, *args) -> np.ndarray:
        """The Hessian, of shape (n, n)."""
        self.asked["hess"] += 1
        return self._at(x, args)[2]
