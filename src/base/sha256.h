/* SPDX-License-Identifier: MIT OR Apache-2.0 */
#ifndef EMB_SHA256_H
#define EMB_SHA256_H
/*
 * SHA-256 (FIPS 180-4) and HMAC-SHA-256 (RFC 2104), fed in pieces of any size.
 *
 * The whole working state is in the structs, which live wherever the caller puts them and own
 * nothing. The _end functions wipe them, so nothing of a key stays behind; a computation that is
 * given up halfway is wiped by its owner.
 */
#include <stddef.h>
#include <stdint.h>

#define EMB_SHA256_BYTES 32
#define EMB_SHA256_BLOCK 64

struct emb_sha256 {
  uint32_t state[8];
  uint32_t schedule[64];                 /* of the block being mixed in */
  uint64_t n;                            /* bytes fed so far */
  unsigned char block[EMB_SHA256_BLOCK]; /* its first n % 64 bytes wait for the rest */
};

struct emb_hmac_sha256 {
  struct emb_sha256 inner, outer;
};

void emb_sha256_init(struct emb_sha256 *hash);
void emb_sha256_add(struct emb_sha256 *hash, const void *bytes, size_t n);
void emb_sha256_adds(struct emb_sha256 *hash, const char *text);
/* Writes the digest and wipes the hash. */
void emb_sha256_end(struct emb_sha256 *hash, unsigned char digest[EMB_SHA256_BYTES]);
/* Lower-case hexadecimal, NUL terminated. */
void emb_sha256_hex(const unsigned char digest[EMB_SHA256_BYTES],
                    char text[2 * EMB_SHA256_BYTES + 1]);

/* The key may have any length and is not needed afterwards. */
void emb_hmac_sha256_init(struct emb_hmac_sha256 *hmac, const void *key, size_t n_key);
void emb_hmac_sha256_add(struct emb_hmac_sha256 *hmac, const void *bytes, size_t n);
void emb_hmac_sha256_adds(struct emb_hmac_sha256 *hmac, const char *text);
/* Writes the code and wipes the hmac. The code may overwrite what was the key. */
void emb_hmac_sha256_end(struct emb_hmac_sha256 *hmac, unsigned char code[EMB_SHA256_BYTES]);

#endif
