"""Agreement of a derivative with its reference.

Source: the measure is ADBench's, |a - b| / max(1, |a| + |b|), at its largest over all entries
(Srajer, Kukelova and Fitzgibbon, Optim. Methods Softw. 33 (2018) 889).
"""

import numpy as np

TOLERANCE = 1e-8


def error(derivative, reference) -> float:
    """Largest disagreement; infinite when the structures or shapes differ or an entry is not a number."""
    if isinstance(reference, tuple):
        if not isinstance(derivative, tuple) or len(derivative) != len(reference):
            return float("inf")
        return max(error(a, b) for a, b in zip(derivative, reference, strict=True))
    if np.shape(derivative) != np.shape(reference):
        return float("inf")
    a, b = np.asarray(derivative), np.asarray(reference)
    worst = np.max(np.abs(a - b) / np.maximum(1.0, np.abs(a) + np.abs(b)), initial=0.0)
    return float(worst) if np.isfinite(worst) else float("inf")
