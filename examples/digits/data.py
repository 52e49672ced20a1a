"""The handwritten digits that scikit-learn ships: 1797 grey pictures of 8x8 pixels, each with its label."""

import numpy as np
from sklearn.datasets import load_digits

SIDE = 8
CLASSES = 10
HELD_OUT = 360


def load(seed):
    """Returns (train pixels, train labels, test pixels, test labels); pixels are rows of 64 values from 0 to 1."""
    digits = load_digits()
    pixels = digits.data.astype(np.float32) / 16.0
    order = np.random.default_rng(seed).permutation(len(pixels))
    test, train = order[:HELD_OUT], order[HELD_OUT:]
    return pixels[train], digits.target[train], pixels[test], digits.target[test]


def batches(pixels, labels, size, rng):
    """Yields the whole set once, shuffled, in batches of `size`."""
    order = rng.permutation(len(pixels))
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        yield pixels[rows], labels[rows]
