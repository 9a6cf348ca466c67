#!/usr/bin/env python3
# SPDX-License-Identifier: MIT OR Apache-2.0
"""Writes src/wire/base64_tables.h: python3 tools/make_base64_tables.py > src/wire/base64_tables.h"""

ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
BAD = 0x80000000


def entry(place: int, value: int) -> int:
    """The bits of the 3 output bytes (first byte lowest) that character number `place` gives."""
    word = value << (18 - 6 * place)  # big-endian 24 bits
    return (word >> 16 & 0xFF) | (word & 0xFF00) | (word & 0xFF) << 16


def main() -> None:
    print("/* SPDX-License-Identifier: MIT OR Apache-2.0 */")
    print("/* Written by tools/make_base64_tables.py; do not edit. Table k gives, for the k-th character of")
    print(" * a group of four, its bits of the three bytes (first byte lowest); the top bit marks a")
    print(" * character outside the alphabet. */")
    print("#ifndef EMB_BASE64_TABLES_H")
    print("#define EMB_BASE64_TABLES_H")
    print("#include <stdint.h>")
    print("/* clang-format off */")
    print("#define EMB_BASE64_BAD 0x80000000u")
    print("static const uint32_t base64_table[4][256] = {")
    for place in range(4):
        print("  {")
        row = [entry(place, ALPHABET.index(chr(c))) if chr(c) in ALPHABET else BAD for c in range(256)]
        for i in range(0, 256, 8):
            print("    " + " ".join("0x%08xu," % v for v in row[i : i + 8]))
        print("  },")
    print("};")
    print("/* The two characters of 12 bits. */")
    print("static const char base64_pairs[4096][2] = {")
    for i in range(0, 4096, 16):
        print("    " + " ".join("{'%s','%s'}," % (ALPHABET[v >> 6], ALPHABET[v & 63]) for v in range(i, i + 16)))
    print("};")
    print("/* clang-format on */")
    print("#endif")


main()
