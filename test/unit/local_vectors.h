/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* Texts and the FNV-1a hash of their vectors (1024 bytes): rows of a table in test_local.c. */
/* clang-format off */
{"hello", 0xA381B936},
{"the cat sat on the mat", 0xEE2A6FD1},
{"How do I repair a flat tyre?", 0x4B0BC3EB},
{"Na\303\257ve caf\303\251 \342\200\224 \344\270\255\346\226\207, \355\225\234\352\265\255\354\226\264 & \321\200\321\203\321\201\321\201\320\272\320\270\320\271 [MASK]", 0x64E75ECA},
{"GNU Image Manipulation Program", 0x10700D30},
{"0123456789 x86_64 libfoo-dev (>= 2.36) \342\202\2545", 0x17FCAF0B},
