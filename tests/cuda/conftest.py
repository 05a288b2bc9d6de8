"""Where kernels are compiled: without a device, for compute capability 9.0."""

import pytest
from numba import types

from dualjit.cuda.assembly import resources
from dualjit.cuda.target import HOPPER, numba_target
from dualjit.errors import CudaError


def compiler_missing() -> str:
    """Why no kernel can be compiled here; empty where one can."""

    def nothing(x):
        x[0] = 0.0

    try:
        resources(numba_target().ptx(nothing, (types.float64[::1],), HOPPER), HOPPER)
    except (CudaError, ImportError, OSError, RuntimeError) as error:
        return f"no CUDA compiler: {str(error).splitlines()[0]}"
    except Exception as error:  # numba raises errors of its own where NVVM is missing
        return f"no CUDA compiler: {type(error).__name__}"
    return ""


@pytest.fixture(scope="session")
def target():
    """The CUDA target, which compiles without a device."""
    reason = compiler_missing()
    if reason:
        pytest.skip(reason)
    return numba_target()


@pytest.fixture(scope="session")
def assembled(target):
    """Compile a kernel for these argument types and assemble it: what it takes of a device."""
    return lambda kernel, *argtypes: resources(target.ptx(kernel, argtypes, HOPPER), HOPPER)
