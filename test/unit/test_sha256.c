/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/*
 * SHA-256 by the examples of FIPS 180-4, HMAC-SHA-256 by those of RFC 4231; every length around the
 * edges of a block, whole and in pieces, against values that Python made:
 *
 *   import hashlib, hmac
 *   texts = [bytes(i * 7 % 256 for i in range(n)) for n in range(300)]
 *   code = bytes(32)
 *   for text in texts:
 *       code = hmac.digest(text, hmac.digest(code, text, "sha256"), "sha256")
 *   digests = b"".join(hashlib.sha256(text).digest() for text in texts)
 *   print(hashlib.sha256(digests).hexdigest(), code.hex())
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "base/sha256.h"

enum { LONGEST = 300 };
#define DIGEST_OF_DIGESTS "f65f14b090e805017546322e618401d41f0710c213e013a5131eb38bbe8f367f"
#define CODE_OF_CODES "a60301312bf0647d53edf681e5c868f06ac5c6927838c46f5e5e2bc442ae1372"

static const char *digest_of(const void *bytes, size_t n, char hex[65]) {
  struct emb_sha256 hash;
  unsigned char digest[EMB_SHA256_BYTES];
  emb_sha256_init(&hash);
  emb_sha256_add(&hash, bytes, n);
  emb_sha256_end(&hash, digest);
  emb_sha256_hex(digest, hex);
  return hex;
}

static void test_sha256__agrees_with_fips_180_4(void **state) {
  (void)state;
  static const struct {
    const char *text, *want;
  } rows[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
       "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
      {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
       "lmnopqrsmnopqrstnopqrstu",
       "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"},
  };
  char hex[65];
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    assert_string_equal(digest_of(rows[i].text, strlen(rows[i].text), hex), rows[i].want);
}

static void test_sha256__of_a_million_letters(void **state) {
  (void)state;
  char letters[997], hex[65];
  unsigned char digest[EMB_SHA256_BYTES];
  struct emb_sha256 hash;
  memset(letters, 'a', sizeof letters);
  emb_sha256_init(&hash);
  for (size_t left = 1000000, n; left; left -= n) {
    n = left < sizeof letters ? left : sizeof letters;
    emb_sha256_add(&hash, letters, n);
  }
  emb_sha256_end(&hash, digest);
  emb_sha256_hex(digest, hex);
  assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static void test_sha256__every_length_in_any_pieces(void **state) {
  (void)state;
  unsigned char bytes[LONGEST], whole[EMB_SHA256_BYTES], pieces[EMB_SHA256_BYTES];
  char hex[65];
  struct emb_sha256 all, hash;
  for (size_t i = 0; i < LONGEST; i++) bytes[i] = (unsigned char)(i * 7);
  emb_sha256_init(&all);
  for (size_t n = 0; n < LONGEST; n++) {
    emb_sha256_init(&hash);
    emb_sha256_add(&hash, bytes, n);
    emb_sha256_end(&hash, whole);
    emb_sha256_add(&all, whole, sizeof whole);
    for (size_t piece = 1; piece <= 130; piece++) {
      emb_sha256_init(&hash);
      for (size_t at = 0; at < n; at += piece)
        emb_sha256_add(&hash, bytes + at, piece < n - at ? piece : n - at);
      emb_sha256_end(&hash, pieces);
      assert_memory_equal(pieces, whole, sizeof whole);
    }
  }
  emb_sha256_end(&all, whole);
  emb_sha256_hex(whole, hex);
  assert_string_equal(hex, DIGEST_OF_DIGESTS);
}

static void test_sha256__leaves_nothing_behind(void **state) {
  (void)state;
  static const unsigned char zeros[sizeof(struct emb_hmac_sha256)];
  struct emb_sha256 hash;
  struct emb_hmac_sha256 hmac;
  unsigned char digest[EMB_SHA256_BYTES];
  emb_sha256_init(&hash);
  emb_sha256_adds(&hash, "a secret");
  emb_sha256_end(&hash, digest);
  assert_memory_equal(&hash, zeros, sizeof hash);
  emb_hmac_sha256_init(&hmac, "a key", 5);
  emb_hmac_sha256_adds(&hmac, "a text");
  emb_hmac_sha256_end(&hmac, digest);
  assert_memory_equal(&hmac, zeros, sizeof hmac);
}

/* A key or text is a string or n equal bytes. Left out: case 5, which is about a code cut short. */
static void test_hmac_sha256__agrees_with_rfc_4231(void **state) {
  (void)state;
  static const struct {
    const char *key;
    int key_byte;
    size_t n_key;
    const char *text;
    int text_byte;
    size_t n_text;
    const char *want;
  } rows[] = {
      {NULL, 0x0b, 20, "Hi There", 0, 8,
       "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {"Jefe", 0, 4, "what do ya want for nothing?", 0, 28,
       "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {NULL, 0xaa, 20, NULL, 0xdd, 50,
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {"\1\2\3\4\5\6\7\10\11\12\13\14\15\16\17\20\21\22\23\24\25\26\27\30\31", 0, 25, NULL, 0xcd,
       50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {NULL, 0xaa, 131, "Test Using Larger Than Block-Size Key - Hash Key First", 0, 54,
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {NULL, 0xaa, 131,
       "This is a test using a larger than block-size key and a larger than block-size data. The "
       "key needs to be hashed before being used by the HMAC algorithm.",
       0, 152, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    unsigned char key[200], text[200], code[EMB_SHA256_BYTES];
    char hex[65];
    memset(key, rows[i].key_byte, sizeof key);
    memset(text, rows[i].text_byte, sizeof text);
    if (rows[i].key) memcpy(key, rows[i].key, rows[i].n_key);
    if (rows[i].text) memcpy(text, rows[i].text, rows[i].n_text);
    struct emb_hmac_sha256 hmac;
    emb_hmac_sha256_init(&hmac, key, rows[i].n_key);
    emb_hmac_sha256_add(&hmac, text, rows[i].n_text);
    emb_hmac_sha256_end(&hmac, code);
    emb_sha256_hex(code, hex);
    if (strcmp(hex, rows[i].want) != 0) fail_msg("row %zu: %s", i, hex);
  }
}

/* Each code is the key of the next, longer text; keys of every length close the chain. */
static void test_hmac_sha256__every_length(void **state) {
  (void)state;
  unsigned char bytes[LONGEST], code[EMB_SHA256_BYTES] = {0};
  char hex[65];
  struct emb_hmac_sha256 hmac;
  for (size_t i = 0; i < LONGEST; i++) bytes[i] = (unsigned char)(i * 7);
  for (size_t n = 0; n < LONGEST; n++) {
    emb_hmac_sha256_init(&hmac, code, sizeof code);
    emb_hmac_sha256_add(&hmac, bytes, n);
    emb_hmac_sha256_end(&hmac, code);
    emb_hmac_sha256_init(&hmac, bytes, n);
    emb_hmac_sha256_add(&hmac, code, sizeof code);
    emb_hmac_sha256_end(&hmac, code);
  }
  emb_sha256_hex(code, hex);
  assert_string_equal(hex, CODE_OF_CODES);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_sha256__agrees_with_fips_180_4),
      cmocka_unit_test(test_sha256__of_a_million_letters),
      cmocka_unit_test(test_sha256__every_length_in_any_pieces),
      cmocka_unit_test(test_sha256__leaves_nothing_behind),
      cmocka_unit_test(test_hmac_sha256__agrees_with_rfc_4231),
      cmocka_unit_test(test_hmac_sha256__every_length),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
