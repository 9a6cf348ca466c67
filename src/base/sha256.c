/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * SHA-256 and HMAC-SHA-256: see sha256.h. Plain portable C after FIPS 180-4; its users sign a few
 * requests a second, whose bodies take far longer to send than to hash.
 *
 * Invariant of a hash between calls: block[0 .. n % 64) holds the bytes not mixed in yet.
 */
#include "base/sha256.h"

#include <string.h>

#include "base/mem.h"

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static inline uint32_t rotate(uint32_t x, int bits) { return x >> bits | x << (32 - bits); }

static inline uint32_t load(const unsigned char *p) {
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline void store(unsigned char *p, uint32_t word) {
  p[0] = (unsigned char)(word >> 24);
  p[1] = (unsigned char)(word >> 16);
  p[2] = (unsigned char)(word >> 8);
  p[3] = (unsigned char)word;
}

/* Mixes one block in. */
static void mix(struct emb_sha256 *hash, const unsigned char *block) {
  uint32_t *w = hash->schedule;
  for (int i = 0; i < 16; i++) w[i] = load(block + (size_t)i * 4);
  for (int i = 16; i < 64; i++) {
    uint32_t s0 = rotate(w[i - 15], 7) ^ rotate(w[i - 15], 18) ^ w[i - 15] >> 3;
    uint32_t s1 = rotate(w[i - 2], 17) ^ rotate(w[i - 2], 19) ^ w[i - 2] >> 10;
    w[i] = w[i - 16] + s0 + w[i - 7] + s1;
  }
  uint32_t a = hash->state[0], b = hash->state[1], c = hash->state[2], d = hash->state[3];
  uint32_t e = hash->state[4], f = hash->state[5], g = hash->state[6], h = hash->state[7];
  for (int i = 0; i < 64; i++) {
    uint32_t s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
    uint32_t t1 = h + s1 + ((e & f) ^ (~e & g)) + round_constants[i] + w[i];
    uint32_t s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
    uint32_t t2 = s0 + ((a & b) ^ (a & c) ^ (b & c));
    h = g, g = f, f = e, e = d + t1;
    d = c, c = b, b = a, a = t1 + t2;
  }
  hash->state[0] += a, hash->state[1] += b, hash->state[2] += c, hash->state[3] += d;
  hash->state[4] += e, hash->state[5] += f, hash->state[6] += g, hash->state[7] += h;
}

void emb_sha256_init(struct emb_sha256 *hash) {
  static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  memcpy(hash->state, start, sizeof start);
  hash->n = 0;
}

void emb_sha256_add(struct emb_sha256 *hash, const void *bytes, size_t n) {
  const unsigned char *in = bytes;
  if (!n) return; /* bytes may be NULL then */
  size_t waiting = (size_t)(hash->n % EMB_SHA256_BLOCK);
  hash->n += n;
  if (waiting) {
    size_t take = EMB_SHA256_BLOCK - waiting < n ? EMB_SHA256_BLOCK - waiting : n;
    memcpy(hash->block + waiting, in, take);
    if (waiting + take < EMB_SHA256_BLOCK) return;
    mix(hash, hash->block);
    in += take;
    n -= take;
  }
  for (; n >= EMB_SHA256_BLOCK; n -= EMB_SHA256_BLOCK, in += EMB_SHA256_BLOCK) mix(hash, in);
  if (n) memcpy(hash->block, in, n);
}

void emb_sha256_adds(struct emb_sha256 *hash, const char *text) {
  emb_sha256_add(hash, text, strlen(text));
}

void emb_sha256_end(struct emb_sha256 *hash, unsigned char digest[EMB_SHA256_BYTES]) {
  static const unsigned char padding[EMB_SHA256_BLOCK] = {0x80};
  unsigned char n_bits[8];
  store(n_bits, (uint32_t)(hash->n >> 29));
  store(n_bits + 4, (uint32_t)(hash->n << 3));
  /* one bit, then zeros up to the 8 bytes of the length that close a block: 1 to 64 bytes */
  emb_sha256_add(hash, padding, EMB_SHA256_BLOCK - (size_t)((hash->n + 8) % EMB_SHA256_BLOCK));
  emb_sha256_add(hash, n_bits, sizeof n_bits);
  for (size_t i = 0; i < 8; i++) store(digest + i * 4, hash->state[i]);
  emb_wipe(hash, sizeof *hash);
}

void emb_sha256_hex(const unsigned char digest[EMB_SHA256_BYTES],
                    char text[2 * EMB_SHA256_BYTES + 1]) {
  static const char digits[] = "0123456789abcdef";
  for (int i = 0; i < EMB_SHA256_BYTES; i++) {
    *text++ = digits[digest[i] >> 4];
    *text++ = digits[digest[i] & 15];
  }
  *text = 0;
}

void emb_hmac_sha256_init(struct emb_hmac_sha256 *hmac, const void *key, size_t n_key) {
  unsigned char pad[EMB_SHA256_BLOCK] = {0};
  if (n_key > EMB_SHA256_BLOCK) {
    emb_sha256_init(&hmac->inner);
    emb_sha256_add(&hmac->inner, key, n_key);
    emb_sha256_end(&hmac->inner, pad);
  } else if (n_key) {
    memcpy(pad, key, n_key);
  }
  for (int i = 0; i < EMB_SHA256_BLOCK; i++) pad[i] ^= 0x36;
  emb_sha256_init(&hmac->inner);
  emb_sha256_add(&hmac->inner, pad, sizeof pad);
  for (int i = 0; i < EMB_SHA256_BLOCK; i++) pad[i] ^= 0x36 ^ 0x5c;
  emb_sha256_init(&hmac->outer);
  emb_sha256_add(&hmac->outer, pad, sizeof pad);
  emb_wipe(pad, sizeof pad);
}

void emb_hmac_sha256_add(struct emb_hmac_sha256 *hmac, const void *bytes, size_t n) {
  emb_sha256_add(&hmac->inner, bytes, n);
}

void emb_hmac_sha256_adds(struct emb_hmac_sha256 *hmac, const char *text) {
  emb_sha256_adds(&hmac->inner, text);
}

void emb_hmac_sha256_end(struct emb_hmac_sha256 *hmac, unsigned char code[EMB_SHA256_BYTES]) {
  unsigned char digest[EMB_SHA256_BYTES];
  emb_sha256_end(&hmac->inner, digest);
  emb_sha256_add(&hmac->outer, digest, sizeof digest);
  emb_sha256_end(&hmac->outer, code);
  emb_wipe(digest, sizeof digest);
}
