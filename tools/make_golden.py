#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes the golden cases of test/wire from the providers' documented shapes.

Usage: make_golden.py DIRECTORY. The form of a case is explained in test/wire/run_golden.c, the facts
are in golden/. The files that come of it are committed.
"""
import sys

from golden.images import IMAGES, ImageCases
from golden.special import write_special
from golden.text_clouds import CLOUDS
from golden.text_hosted import HOSTED
from golden.text_local import LOCAL
from golden.text_variants import VARIANTS
from golden.texts import TextCases
from golden.vision import VISION, write_vision


def main():
    root = sys.argv[1]
    texts = {**HOSTED, **VARIANTS, **LOCAL, **CLOUDS}
    for name, provider in texts.items():
        TextCases(root, name, provider).write_all()
    for name, provider in IMAGES.items():
        ImageCases(root, name, provider).write_all()
    for name, provider in VISION.items():
        write_vision(root, name, provider)
    write_special(root)


if __name__ == "__main__":
    main()
