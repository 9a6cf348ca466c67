#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Draws the pictures of the demo: small PNG files of coloured shapes, byte-reproducible. Usage: make_pictures.py DIR [N]"""
import struct
import sys
import zlib
from pathlib import Path

COLOURS = {"red": (200, 30, 30), "green": (30, 150, 50), "blue": (30, 60, 200), "yellow": (230, 210, 40),
           "purple": (120, 40, 150), "orange": (240, 140, 20), "white": (245, 245, 245), "black": (15, 15, 15)}


def inside(shape, x, y, n):
    """Whether the point lies in the shape that fills the middle of an n x n square."""
    dx, dy, r = x - n / 2, y - n / 2, n * 0.36
    if shape == "circle":
        return dx * dx + dy * dy < r * r
    if shape == "square":
        return max(abs(dx), abs(dy)) < r
    return abs(dx) < (dy + r) / 2 and dy < r  # triangle


def png(width, height, pixels):
    """The file for rows of RGB triples."""
    raw = b"".join(b"\0" + bytes(c for p in row for c in p) for row in pixels)
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(raw, 9)) + chunk(b"IEND", b"")


def picture(i):
    """Name and bytes of the i-th picture."""
    names = list(COLOURS)
    back, fore = names[i % len(names)], names[(i * 3 + 1 + i // len(names)) % len(names)]
    shape, n = ("circle", "square", "triangle")[i % 3], 32 + 16 * (i % 4)
    if back == fore:
        fore = names[(i + 3) % len(names)]
    rows = [[COLOURS[fore if inside(shape, x, y, n) else back] for x in range(n)] for y in range(n)]
    return f"{i:03d}-{fore}-{shape}-on-{back}.png", png(n, n, rows)


def main():
    folder, count = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 24
    folder.mkdir(parents=True, exist_ok=True)
    for i in range(count):
        name, data = picture(i)
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
