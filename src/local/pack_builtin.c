/* SPDX-License-Identifier: MIT OR Apache-2.0 */
/* The built-in model as bytes of this library: EMB_PACK_FILE and EMB_PACK_SHA256 come from the
 * Makefile. It is mapped with the library and read page by page as its rows are touched. */
#include "local/pack.h"

#ifdef EMB_PACK_FILE
#ifdef __APPLE__
#define SECTION ".const_data\n"
#define NAME(symbol) "_" symbol
#define HIDDEN ".private_extern "
#define BACK ".text\n"
#else
#define SECTION ".section .rodata.rembed_pack,\"a\"\n"
#define NAME(symbol) symbol
#define HIDDEN ".hidden "
#define BACK ".previous\n"
#endif

__asm__(SECTION ".balign 64\n" HIDDEN NAME(
    "emb_pack_bytes") "\n"
                      ".globl " NAME("emb_pack_bytes") "\n" NAME(
                          "emb_pack_bytes") ":\n"
                                            ".incbin \"" EMB_PACK_FILE "\"\n" HIDDEN NAME(
                                                "emb_pack_end") "\n"
                                                                ".globl " NAME("emb_pack_end") "\n" NAME(
                                                                    "emb_pack_end") ":\n"
                                                                                    ".byte "
                                                                                    "0\n" BACK);

extern const unsigned char emb_pack_bytes[] __attribute__((visibility("hidden")));
extern const unsigned char emb_pack_end[] __attribute__((visibility("hidden")));

const unsigned char *emb_pack_builtin(size_t *n, const char **sha256) {
  *n = (size_t)(emb_pack_end - emb_pack_bytes);
  *sha256 = EMB_PACK_SHA256;
  return emb_pack_bytes;
}
#else
const unsigned char *emb_pack_builtin(size_t *n, const char **sha256) {
  *n = 0;
  *sha256 = "";
  return NULL;
}
#endif
