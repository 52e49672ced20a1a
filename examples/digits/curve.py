"""Draws curves into a PNG with nothing but numpy and zlib: a plotting library would weigh more than the training."""

import struct
import zlib

import numpy as np

WIDTH, HEIGHT, MARGIN, SCALE = 640, 400, 48, 2
BLUE, ORANGE, GREY, BLACK = (31, 119, 180), (255, 127, 14), (225, 225, 225), (60, 60, 60)
# Five rows of three pixels a sign, each row an octal digit.
FONT = {
    "0": "75557", "1": "26227", "2": "71747", "3": "71717", "4": "55711", "5": "74717",
    "6": "74757", "7": "71122", "8": "75757", "9": "75717", ".": "00002",
}


def write_png(path, curves):
    """Writes `curves`, a list of (values, colour), over their index from 1, on a y axis that starts at 0."""
    top = max(max(values) for values, _ in curves) or 1.0
    count = max(len(values) for values, _ in curves)
    picture = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)

    def column(index):
        return MARGIN + index * (WIDTH - 2 * MARGIN) / max(count - 1, 1)

    def row(value):
        return HEIGHT - MARGIN - value / top * (HEIGHT - 2 * MARGIN)

    for part in range(5):
        value = top * part / 4
        line(picture, MARGIN, row(value), WIDTH - MARGIN, row(value), GREY if part else BLACK, 1)
        text(picture, 8, row(value) - 5, f"{value:.2f}")
    for index in sorted({round((count - 1) * part / 5) for part in range(6)}):
        text(picture, column(index) - 6, HEIGHT - MARGIN + 10, str(index + 1))
    for values, colour in curves:
        for index in range(len(values)):
            before = max(index - 1, 0)
            line(picture, column(before), row(values[before]), column(index), row(values[index]), colour, 2)
    path.write_bytes(encode(picture))


def line(picture, x0, y0, x1, y1, colour, width):
    steps = int(max(abs(x1 - x0), abs(y1 - y0))) * 2 + 2
    xs = np.linspace(x0, x1, steps).round().astype(int)
    ys = np.linspace(y0, y1, steps).round().astype(int)
    for shift in range(width):
        picture[np.clip(ys + shift, 0, HEIGHT - 1), np.clip(xs, 0, WIDTH - 1)] = colour


def text(picture, x, y, words):
    x, y = int(x), int(y)
    for sign in words:
        rows = np.array([[int(octal) >> bit & 1 for bit in (2, 1, 0)] for octal in FONT[sign]])
        dots = rows.repeat(SCALE, axis=0).repeat(SCALE, axis=1).astype(bool)
        picture[y : y + dots.shape[0], x : x + dots.shape[1]][dots] = BLACK
        x += 4 * SCALE


def encode(picture):
    """PNG (RFC 2083): eight-bit RGB, every row with filter 0."""
    height, width, _ = picture.shape
    rows = np.concatenate([np.zeros((height, 1), np.uint8), picture.reshape(height, width * 3)], axis=1)

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows.tobytes(), 9))
            + chunk(b"IEND", b""))
