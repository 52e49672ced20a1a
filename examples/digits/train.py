"""Trains the network on the digits; writes out/model.npz, out/metrics.json and out/loss.png."""

import argparse
import json
import pathlib

import numpy as np

import curve
import data
from model import Network

SEED = 3
HIDDEN = 48
BATCH = 32


def train(epochs, lr):
    """Returns the trained network and one record an epoch."""
    train_pixels, train_labels, test_pixels, test_labels = data.load(SEED)
    network = Network(data.SIDE * data.SIDE, HIDDEN, data.CLASSES, SEED)
    rng = np.random.default_rng(SEED)
    history = []
    for epoch in range(1, epochs + 1):
        losses = [
            network.step(pixels, labels, lr * (1 - (epoch - 1) / epochs))  # smaller steps towards the end
            for pixels, labels in data.batches(train_pixels, train_labels, BATCH, rng)
        ]
        test_loss, accuracy = network.evaluate(test_pixels, test_labels)
        record = {"epoch": epoch, "loss": float(np.mean(losses)), "test_loss": test_loss, "accuracy": accuracy}
        history.append(record)
        print(f"epoch {epoch:3d}  loss {record['loss']:.4f}  test loss {test_loss:.4f}  accuracy {accuracy:.4f}",
              flush=True)
    return network, history


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--lr", type=float, default=0.05)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out"))
    options = parser.parse_args()
    if options.epochs < 1:
        parser.error("--epochs must be at least 1")

    network, history = train(options.epochs, options.lr)

    options.out.mkdir(parents=True, exist_ok=True)
    network.save(options.out / "model.npz")
    metrics = {"accuracy": history[-1]["accuracy"], "loss": history[-1]["loss"], "history": history}
    (options.out / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n")
    curve.write_png(
        options.out / "loss.png",
        [([record["loss"] for record in history], curve.BLUE),
         ([record["test_loss"] for record in history], curve.ORANGE)],
    )


if __name__ == "__main__":
    main()
