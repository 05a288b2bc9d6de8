"""The GPU benchmark: the same derivatives by dualjit, by a kernel written by hand, by JAX and by PyTorch."""
