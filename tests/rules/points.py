"""Where the rows are tested: adversarial points of each row's domain.

One idea: errors hide at the ends of the domain, near roots, and where magnitudes are extreme or nearly equal; so as
many points are drawn there as in the middle.
"""

import math

import numpy as np


def _inside(interval, candidates):
    return [float(x) for x in candidates if interval.low <= x <= interval.high and math.isfinite(x)]


def argument(interval, rng, each=7):
    """Points of one interval."""
    if interval.integer:
        return [float(n) for n in range(int(interval.low), int(interval.high) + 1)]
    low, high = max(interval.low, -10.0), min(interval.high, 10.0)
    points = list(rng.uniform(low, high, 2 * each)) if low < high else []
    if math.isfinite(interval.low) and math.isfinite(interval.high):
        points += list(rng.uniform(interval.low, interval.high, 2 * each))
    size = 10.0 ** np.concatenate([rng.uniform(*span, each) for span in ((-300, 300), (-20, 20), (-2, 4))])
    points += list(size) + list(-size)
    for special in (*interval.near, interval.low, interval.high):
        if math.isfinite(special):
            gap = 10.0 ** rng.uniform(-16.0, -1.0, each) * (abs(special) or 1.0)
            points += list(special + gap) + list(special - gap)
    return [x for x in _inside(interval, points) if x not in (interval.low, interval.high) and x != 0.0]


def points_of(domain, seed=1):
    """Tuples of arguments in a domain."""
    rng = np.random.default_rng(seed)
    pools = [argument(interval, rng) for interval in domain]
    if len(domain) == 1:
        return [(x,) for x in pools[0]]
    drawn = [tuple(float(rng.choice(pool)) for pool in pools) for _ in range(80)]
    if any(interval.integer for interval in domain):
        return drawn
    second = domain[1]
    for exponent in (-16.0, -9.0, -2.0):
        close = rng.choice(pools[0], 12)
        drawn += [(float(a), float(a * (1.0 + rng.uniform(-1, 1) * 10.0**exponent))) for a in close]
    moderate = [[x for x in pool if 1e-3 < abs(x) < 1e3] for pool in pools]
    drawn += [tuple(float(rng.choice(pool)) for pool in moderate) for _ in range(50)]
    return [p for p in drawn if second.low <= p[1] <= second.high]
