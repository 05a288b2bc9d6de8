import dualjit.numbers.registration  # noqa: F401  (what is tested here is compiled by Numba alone)
