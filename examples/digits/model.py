"""A network with one hidden layer, trained by stochastic gradient descent with momentum."""

import numpy as np


class Network:
    def __init__(self, inputs, hidden, outputs, seed, momentum=0.9):
        rng = np.random.default_rng(seed)
        # He's initialisation keeps the variance of the activations through the ReLU.
        self.weights = {
            "w1": (rng.standard_normal((inputs, hidden)) * np.sqrt(2.0 / inputs)).astype(np.float32),
            "b1": np.zeros(hidden, np.float32),
            "w2": (rng.standard_normal((hidden, outputs)) * np.sqrt(2.0 / hidden)).astype(np.float32),
            "b2": np.zeros(outputs, np.float32),
        }
        self.momentum = momentum
        self.velocity = {name: np.zeros_like(value) for name, value in self.weights.items()}

    def forward(self, pixels):
        """Returns the hidden activations and the probability of each class."""
        hidden = np.maximum(pixels @ self.weights["w1"] + self.weights["b1"], 0)
        scores = hidden @ self.weights["w2"] + self.weights["b2"]
        scores -= scores.max(axis=1, keepdims=True)  # exp must not overflow
        probabilities = np.exp(scores)
        return hidden, probabilities / probabilities.sum(axis=1, keepdims=True)

    def step(self, pixels, labels, lr):
        """One step down the gradient of the cross-entropy; returns the batch's loss before it."""
        hidden, probabilities = self.forward(pixels)
        loss = cross_entropy(probabilities, labels)

        error = probabilities.copy()
        error[np.arange(len(labels)), labels] -= 1
        error /= len(labels)
        back = (error @ self.weights["w2"].T) * (hidden > 0)
        gradient = {
            "w1": pixels.T @ back,
            "b1": back.sum(axis=0),
            "w2": hidden.T @ error,
            "b2": error.sum(axis=0),
        }
        for name, slope in gradient.items():
            self.velocity[name] = self.momentum * self.velocity[name] - lr * slope
            self.weights[name] += self.velocity[name]
        return loss

    def evaluate(self, pixels, labels):
        """Returns (loss, accuracy)."""
        _, probabilities = self.forward(pixels)
        accuracy = float((probabilities.argmax(axis=1) == labels).mean())
        return cross_entropy(probabilities, labels), accuracy

    def save(self, path):
        np.savez(path, **self.weights)


def cross_entropy(probabilities, labels):
    chosen = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(chosen, 1e-12)).mean())
