"""Everything that touches Numba's internals: typed IR, activity, the pipeline, the dispatchers of derivatives."""
