"""ADBench's LSTM: layers of gates with one weight each, which predict the next character of a sequence.

Source: ADBench's objective (Srajer, Kukelova and Fitzgibbon, Optim. Methods Softw. 33 (2018) 889, and the benchmark's
code for the LSTM, which came later), after Hochreiter and Schmidhuber, Neural Comput. 9 (1997) 1735.  The constant in
the loss's normalisation is ADBench's.  The reference goes back through time by hand.

A layer's parameters are eight rows: weights of the forget, input, output and change gates, then their biases.
"""

import math
from dataclasses import replace

import numpy as np
from numba import njit

from .forms import arrays, form
from .scenario import Scenario

LAYERS, BITS = 2, 14
FORGET, INPUT, OUTPUT, CHANGE = range(4)


@njit
def sigmoid(x):
    """The logistic function."""
    return 1.0 / (1.0 + np.exp(-x))


@njit
def lstm_loop(layers, ends, start, sequence):
    """Mean loss over a sequence, number by number.

    ``ends``: weights of the input and of the prediction, and the prediction's biases; ``start``: for each layer its
    hidden state and its cells.
    """
    count, bits = sequence.shape
    state = start.copy()
    seen = np.empty(bits)
    total = 0.0
    for t in range(count - 1):
        for j in range(bits):
            seen[j] = sequence[t, j] * ends[0, j]
        for k in range(layers.shape[0]):
            advance(layers[k], state[k], seen)
        weight = 2.0
        for j in range(bits):
            seen[j] = seen[j] * ends[1, j] + ends[2, j]
            weight += math.exp(seen[j])
        log_weight = math.log(weight)
        for j in range(bits):
            total += sequence[t + 1, j] * (seen[j] - log_weight)
    return -total / ((count - 1) * bits)


@njit
def advance(p, state, seen):
    """A layer's next state after what was seen, which becomes what the next layer sees."""
    for j in range(seen.size):
        forget = sigmoid(seen[j] * p[0, j] + p[4, j])
        ingate = sigmoid(state[0, j] * p[1, j] + p[5, j])
        outgate = sigmoid(seen[j] * p[2, j] + p[6, j])
        change = math.tanh(state[0, j] * p[3, j] + p[7, j])
        state[1, j] = state[1, j] * forget + ingate * change
        state[0, j] = outgate * math.tanh(state[1, j])
        seen[j] = state[0, j]


@njit
def lstm_arrays(layers, ends, start, sequence):
    """The same in NumPy's words: a layer at a time."""
    count, bits = sequence.shape
    state = start.copy()
    total = 0.0
    for t in range(count - 1):
        seen = sequence[t] * ends[0]
        for k in range(layers.shape[0]):
            p, hidden = layers[k], state[k, 0]
            forget = sigmoid(seen * p[0] + p[4])
            ingate = sigmoid(hidden * p[1] + p[5])
            outgate = sigmoid(seen * p[2] + p[6])
            change = np.tanh(hidden * p[3] + p[7])
            state[k, 1] = state[k, 1] * forget + ingate * change
            state[k, 0] = outgate * np.tanh(state[k, 1])
            seen = state[k, 0]
        predicted = seen * ends[1] + ends[2]
        total += np.sum(sequence[t + 1] * (predicted - np.log(np.sum(np.exp(predicted)) + 2.0)))
    return -total / ((count - 1) * bits)


def lstm_gradient(layers, ends, start, sequence):
    """Forward with everything kept, then back step by step and layer by layer."""
    steps = forward(layers, ends, start, sequence)
    layers_bar, ends_bar = np.zeros_like(layers), np.zeros_like(ends)
    state_bar = np.zeros_like(start)
    scale = -1.0 / ((len(sequence) - 1) * sequence.shape[1])
    for t in reversed(range(len(steps))):
        kept, top, predicted = steps[t]
        wanted, weights = sequence[t + 1], np.exp(predicted)
        predicted_bar = scale * (wanted - wanted.sum() * weights / (weights.sum() + 2.0))
        ends_bar[1] += predicted_bar * top
        ends_bar[2] += predicted_bar
        seen_bar = predicted_bar * ends[1]
        for k in reversed(range(len(layers))):
            state_bar[k, 0] += seen_bar
            seen_bar = layer_back(layers[k], kept[k], state_bar[k], layers_bar[k])
        ends_bar[0] += seen_bar * sequence[t]
    return layers_bar, ends_bar


def forward(layers, ends, start, sequence):
    """For each step what its layers used and made, what came out of the last one, and the prediction."""
    state, steps = [(h, c) for h, c in start], []
    for seen in sequence[:-1] * ends[0]:
        kept = []
        for k, p in enumerate(layers):
            hidden, cell = state[k]
            gates = logistic(np.stack((seen, hidden, seen)) * p[:3] + p[4:7])
            change = np.tanh(hidden * p[CHANGE] + p[4 + CHANGE])
            new_cell = cell * gates[FORGET] + gates[INPUT] * change
            kept.append((seen, hidden, cell, gates, change, np.tanh(new_cell)))
            seen = gates[OUTPUT] * np.tanh(new_cell)
            state[k] = seen, new_cell
        steps.append((kept, seen, seen * ends[1] + ends[2]))
    return steps


def layer_back(p, kept, state_bar, p_bar):
    """From a layer's new state to its old one, in place, and to what it saw; adds to ``p_bar``."""
    seen, hidden, cell, gates, change, squashed = kept
    cell_bar = state_bar[1] + state_bar[0] * gates[OUTPUT] * (1.0 - squashed**2)
    by_gates = np.stack((cell_bar * cell, cell_bar * change, state_bar[0] * squashed)) * gates * (1.0 - gates)
    by_change = cell_bar * gates[INPUT] * (1.0 - change**2)
    sums_bar = np.vstack((by_gates, by_change))
    p_bar[:4] += sums_bar * np.stack((seen, hidden, seen, hidden))
    p_bar[4:] += sums_bar
    back = sums_bar * p[:4]
    state_bar[0], state_bar[1] = back[INPUT] + back[CHANGE], cell_bar * gates[FORGET]
    return back[FORGET] + back[OUTPUT]


def logistic(x):
    """``sigmoid`` for the reference."""
    return 0.5 * (1.0 + np.tanh(0.5 * x))


def step_of_arrays(xp, layers, ends, state, seen):
    """The next state, a pair of hidden state and cells of each layer, and the prediction."""

    def gate(x, k, row):
        return 1.0 / (1.0 + xp.exp(-(x * layers[k, row] + layers[k, 4 + row])))

    seen, moved = seen * ends[0], []
    for k, (hidden, cell) in enumerate(state):
        change = xp.tanh(hidden * layers[k, CHANGE] + layers[k, 4 + CHANGE])
        cell = cell * gate(seen, k, FORGET) + gate(hidden, k, INPUT) * change
        seen = gate(seen, k, OUTPUT) * xp.tanh(cell)
        moved.append((seen, cell))
    return tuple(moved), seen * ends[1] + ends[2]


def losses(xp, predicted, wanted):
    """Mean loss of all predictions at once."""
    weight = xp.sum(xp.exp(predicted), -1) + 2.0
    return -xp.sum(wanted * (predicted - xp.log(weight)[:, None])) / (wanted.shape[0] * wanted.shape[1])


def pairs(start):
    """The state that a sequence begins with."""
    return tuple((start[k, 0], start[k, 1]) for k in range(len(start)))


def lstm_jax(transform):
    """A layer at a time; the sequence as a scan, the losses of all steps together."""
    import jax
    import jax.numpy as jnp

    def lstm(layers, ends, start, sequence):
        def step(state, seen):
            return step_of_arrays(jnp, layers, ends, state, seen)

        _, predicted = jax.lax.scan(step, pairs(start), sequence[:-1])
        return losses(jnp, predicted, sequence[1:])

    return transform(lstm)


def lstm_steps(xp):
    """A layer at a time; the sequence step by step, the losses of all steps together."""

    def lstm(layers, ends, start, sequence):
        state, predictions = pairs(start), []
        for t in range(len(sequence) - 1):
            state, predicted = step_of_arrays(xp, layers, ends, state, sequence[t])
            predictions.append(predicted)
        return losses(xp, xp.stack(predictions), sequence[1:])

    return lstm


def lstm_casadi(transform):
    """A step as a graph of numbers, accumulated over the sequence, by way of C."""
    import casadi

    def step_of_numbers():
        layers, ends = casadi.SX.sym("layers", LAYERS, 8 * BITS), casadi.SX.sym("ends", 3, BITS)
        start, seen, wanted = (
            casadi.SX.sym(n, m, BITS) for n, m in (("state", 2 * LAYERS), ("seen", 1), ("wanted", 1))
        )
        gates = {(k, r): layers[k, r * BITS : (r + 1) * BITS] for k in range(LAYERS) for r in range(8)}
        state = tuple((start[2 * k, :], start[2 * k + 1, :]) for k in range(LAYERS))
        moved, predicted = step_of_arrays(casadi, gates, [ends[k, :] for k in range(3)], state, seen)
        loss = casadi.sum2(wanted * (predicted - casadi.log(casadi.sum2(casadi.exp(predicted)) + 2.0)))
        moved = casadi.vertcat(*(part for pair in moved for part in pair))
        given = [casadi.vec(start), seen.T, wanted.T, casadi.vec(layers), casadi.vec(ends)]
        return casadi.Function("step", given, [casadi.vec(moved), loss])

    def lstm(layers, ends, start, sequence):
        count = sequence.shape[0] - 1
        state = casadi.reshape(start.T, BITS, 2 * LAYERS).T
        parameters = (casadi.repmat(casadi.vec(a), 1, count) for a in (layers, ends))
        along = step_of_numbers().mapaccum("along", count)
        _, losses = along(casadi.vec(state), sequence[:-1, :].T, sequence[1:, :].T, *parameters)
        return -casadi.sum2(losses) / (count * BITS)

    return transform(lstm, "MX")


def characters(size, rng):
    """A sequence of ``size`` characters of 14 bits, parameters and a state as ADBench draws them."""
    layers = rng.uniform(-1.0, 1.0, (LAYERS, 8, BITS))
    return (
        layers,
        rng.uniform(-1.0, 1.0, (3, BITS)),
        rng.uniform(-1.0, 1.0, (LAYERS, 2, BITS)),
        rng.integers(0, 2, (size, BITS)).astype(float),
    )


LSTM = Scenario(
    name="lstm",
    title="ADBench's LSTM, two layers, 1024 characters, by loops, gradient",
    function=lstm_loop,
    make_inputs=characters,
    reference=lstm_gradient,
    size=1024,
    tiny=4,
    argnums=(0, 1),
    transform="grad",
    peers={
        "jax": form(lstm_jax),
        **arrays(lstm_steps, "torch", "autograd", jit=False),
        "casadi": form(lstm_casadi),
    },
)

LSTM_ARRAYS = replace(
    LSTM,
    name="lstm-arrays",
    title="the same in NumPy's words, gradient",
    function=lstm_arrays,
)
