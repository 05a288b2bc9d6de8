"""What can't be done, and what the message says is to be done about it."""

import numba as nb
import numpy as np
import pytest

import dualjit as dj
from dualjit import errors
from dualjit.cuda import assembly
from dualjit.cuda.target import HOPPER, NumbaTarget, missing, numba_target

X = np.ones((2, 3))


def product(x):
    return x[0] * x[1]


class OnDevice:
    """What arrays of CuPy, PyTorch and Numba have in common; this one has no memory."""

    def __init__(self, *shape, dtype="<f8", strides=None):
        self.__cuda_array_interface__ = {
            "shape": shape, "typestr": dtype, "strides": strides, "data": (0, False), "version": 3
        }  # fmt: skip


def refused(error, match, batch, *args, **more):
    with pytest.raises(error, match=match):
        batch.on_cpu(*args, **more)


gradient = dj.cuda.batch_gradient(product)


def test_arguments_that_do_not_fit():
    refused(errors.ArgumentCountError, r"takes \(x\), 2 arguments were given", gradient, X, X)
    refused(errors.DTypeError, r"dtype int64.*astype", gradient, np.ones((2, 3), int))
    refused(errors.DTypeError, "dtype complex128", gradient, np.ones((2, 3), complex))
    refused(errors.ShapeError, r"\(2, 3, 4\), expected \(n, points\)", gradient, np.ones((2, 3, 4)))
    refused(errors.ShapeError, "no argument .* is an array", gradient, 1.0)
    two = dj.cuda.batch_jacobian(lambda x, y: x[0] * y[0])
    refused(errors.ShapeError, "'y' has 4 points, 'x' has 3", two, X, np.ones((2, 4)))
    refused(errors.DTypeError, "'x' is to be differentiated, but", two, 1.0, X)
    both = dj.cuda.batch_jacobian(lambda x, y: x[0] * y[0], argnums=(0, 1))
    refused(errors.DTypeError, "different dtypes", both, X, X.astype(np.float32))


@pytest.mark.parametrize("mode", ["forward", "reverse", "auto"])
def test_arguments_of_which_numba_has_no_type(mode):
    batch = dj.cuda.batch_gradient(lambda x, a: x[0] * a, mode=mode)
    refused(errors.ShapeError, "no argument .* is an array", batch, object(), 1.0)
    refused(ValueError, r"batch_gradient\(<lambda>\): 'a': Cannot determine Numba type", batch, X, object())
    refused(ValueError, "'a': Int value is too large", batch, X, 10**30)
    refused(errors.ArgumentCountError, r"takes \(x, a\), 1 arguments were given", batch, object())


def test_outputs_that_do_not_fit():
    refused(errors.ShapeError, r"shape \(3, 2\), expected \(2, 3\)", gradient, X, out=np.ones((3, 2)))
    refused(errors.DTypeError, "dtype float32, expected float64", gradient, X, out=np.ones((2, 3), np.float32))
    refused(errors.ShapeError, "not contiguous", gradient, X, out=np.ones((3, 2)).T)
    refused(errors.DeviceArrayError, "must be an array a NumPy array", gradient, X, out=OnDevice(2, 3))
    with_value = dj.cuda.batch_gradient(product, value=True)
    refused(errors.OutputError, "takes a tuple of two arrays", with_value, X, out=np.ones((2, 3)))


def test_directions_that_do_not_fit():
    jvp = dj.cuda.batch_jvp(product)
    refused(errors.ArgumentCountError, r"takes \(x, direction\), 1 arguments were given", jvp, X)
    refused(errors.ShapeError, r"direction of 'x' has shape \(2, 2\)", jvp, X, np.ones((2, 2)))
    refused(errors.DTypeError, "direction of 'x' has dtype float32", jvp, X, X.astype(np.float32))


def test_host_and_device_are_not_mixed():
    two = dj.cuda.batch_jacobian(lambda x, y: x[0] * y[0])
    refused(errors.DeviceArrayError, r"y on the host.*numba.cuda.to_device\(y\)", two, OnDevice(2, 3), X)


def test_arrays_on_the_device_lie_in_order():
    strided = OnDevice(2, 3, strides=(8, 16))
    refused(errors.ShapeError, "not contiguous: copy it, or transpose it and use layout='aos'", gradient, strided)


def test_options():
    with pytest.raises(errors.ModeError, match=r'layout=.rows.*"soa"'):
        dj.cuda.batch_gradient(product, layout="rows")
    with pytest.raises(errors.OptionError, match="chunk=0"):
        dj.cuda.batch_gradient(product, chunk=0)
    with pytest.raises(errors.ArgnumsError, match="position 3"):
        dj.cuda.batch_gradient(product, argnums=3)


def test_functions_that_do_not_compile_for_a_kernel(target):
    def allocates(x):
        y = np.zeros(2)
        y[0] = x[0]
        return y[0]

    with pytest.raises(errors.UnsupportedError, match="allocates in a kernel") as caught:
        dj.cuda.batch_gradient(allocates).inspect(X)
    assert "no arrays are made" in str(caught.value)
    assert "def allocates(x):" in str(caught.value)

    def unknown(x):
        y = x[0] + 1.0
        return y.unheard_of

    with pytest.raises(errors.UnsupportedError, match=r"return y\.unheard_of"):
        dj.cuda.batch_gradient(unknown).inspect(X)

    def writes(x):
        x[0] = 1.0
        return x[1]

    with pytest.raises(errors.UnsupportedError, match="x is not written to"):
        dj.cuda.batch_gradient(writes).inspect(X)


def test_reasons_are_those_of_the_function_that_writes_its_components(target):
    def unknown(x, out):
        y = x[0] + 1.0
        out[0] = y.unheard_of

    jacobian = dj.cuda.batch_jacobian(unknown, outputs=1)
    for compiled in (jacobian.inspect, jacobian.on_cpu):
        with pytest.raises(errors.UnsupportedError, match=r"out\[0\] = y\.unheard_of\n.*attribute 'unheard_of'"):
            compiled(X)


def test_answers_that_have_no_derivative():
    refused(errors.OutputError, "returns none", dj.cuda.batch_jacobian(lambda x: None), X)
    refused(
        errors.OutputError, "has 2 components.*use batch_jacobian", dj.cuda.batch_gradient(lambda x: (x[0], x[1])), X
    )
    refused(errors.OutputError, "has 2 components", dj.cuda.batch_hessian(lambda x: (x[0], x[1])), X)


def test_derivatives_and_functions_with_rules_are_refused_in_kernels(target):
    slope = dj.grad(product)

    def kernel(x, out):
        out[0] = slope(x)[0]

    with pytest.raises(errors.UnsupportedError, match="the call of grad_product in a kernel"):
        target.ptx(kernel, (nb.float64[::1], nb.float64[::1]), HOPPER)

    @dj.custom_jvp
    def mine(x):
        return x * x

    mine.defjvp(lambda primals, tangents: (mine(*primals), tangents[0]))
    with pytest.raises(errors.UnsupportedError, match="mine in a kernel"):
        dj.cuda.batch_jacobian(lambda x: mine(x[0])).inspect(X)


def test_rules_of_vectors_are_refused_on_the_cpu_too():
    """A kernel's vector has partials of its own, of which the rule would know nothing."""

    @dj.custom_jvp
    def mine(x, k):
        return x[k] * x[k]

    mine.defjvp(lambda primals, tangents: (mine(*primals), tangents[0][0]))

    @dj.custom_jvp
    def of_tuple(pair):
        return pair[0][0] * pair[1]

    of_tuple.defjvp(lambda primals, tangents: (of_tuple(*primals), tangents[0][0][0]))
    for f in (lambda x: mine(x, 1), lambda x: mine(x[:1], k=0), lambda x: of_tuple((x, 2.0))):
        for driver in (dj.cuda.batch_gradient, dj.cuda.batch_hessian, dj.cuda.jacobian):
            with pytest.raises(errors.UnsupportedError, match=r"(?s)in a kernel.*the vector of a point is none"):
                driver(f).on_cpu(X[:, 0].copy() if driver is dj.cuda.jacobian else X)


# ---- no GPU, no driver, no compiler


class NoDevice:
    """``numba.cuda`` on a machine without one."""

    id = 0

    def __init__(self, error=None, capability=None):
        self.error, self.compute_capability = error, capability

    def is_available(self):
        return self.compute_capability is not None

    def cuda_error(self):
        return self.error

    def get_current_device(self):
        return self


def on(module, supported=((7, 5), (9, 0))):
    found = object.__new__(NumbaTarget)
    found.module, found.supported, found._capabilities = module, lambda: supported, {}
    return found


def test_no_driver_and_no_device():
    with pytest.raises(errors.CudaError, match=r"no CUDA driver \(not found\): install.*\.on_cpu\(\)"):
        on(NoDevice("not\nfound")).capability()
    with pytest.raises(errors.CudaError, match="no CUDA device was found: check nvidia-smi"):
        on(NoDevice()).capability()
    assert "CUDA_VISIBLE_DEVICES" in missing(None)


def test_a_device_that_the_compiler_knows_no_more():
    assert on(NoDevice(capability=(9, 0))).capability() == (9, 0)
    with pytest.raises(errors.CudaError, match=r"capability 5.2.*begins at 7.5.*cu12"):
        on(NoDevice(capability=(5, 2))).capability()


def test_calls_without_a_gpu_say_so():
    target = numba_target()
    if target.module.is_available():
        pytest.skip("there is a GPU")
    with pytest.raises(errors.CudaError, match=r"no CUDA d.*\.inspect\(\)"):
        gradient(X)


def test_no_assembler(monkeypatch):
    monkeypatch.setattr(assembly, "ptxas", lambda: None)
    with pytest.raises(errors.CudaError, match="neither nvJitLink nor ptxas: python -m pip install"):
        assembly._by_program("", "sm_90")


def test_the_assembler_s_log():
    log = """\
ptxas info    : Function properties for __internal_trig_reduction_slowpathd
ptxas         .     40 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads
ptxas info    : Compiling entry function 'kernel' for 'sm_90'
ptxas info    : Function properties for kernel
ptxas         .     16 bytes stack frame, 8 bytes spill stores, 12 bytes spill loads
ptxas info    : Used 172 registers, used 0 barriers
"""
    assert assembly.parsed(log) == assembly.Resources(172, 12, 16, 40)
