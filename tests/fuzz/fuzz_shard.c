/* SPDX-License-Identifier: MIT */
/*
 * fuzz_shard.c - any bytes, taken for a shard, are refused or can be used.
 *
 * The checksum is not looked at, or nothing else ever would be.
 *
 *     clang-19 -g -O1 -fsanitize=fuzzer,address,undefined -Ianalyzer \
 *         $(pkg-config --cflags glib-2.0) tests/fuzz/fuzz_shard.c \
 *         analyzer/facts/[a-z]*.c $(pkg-config --libs glib-2.0 libxxhash) \
 *         -o fuzz_shard
 *     mkdir -p corpus && cp CACHE/[a-z0-9]*.shard corpus/
 *     ./fuzz_shard -max_len=8192 corpus
 *
 * A corpus of real, small shards matters: random bytes do not get past the
 * header.
 */
#include "facts/facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    g_autoptr(GBytes) bytes = g_bytes_new(data, size);
    g_autoptr(GError) error = NULL;
    GString *out;
    HfFacts *f = hf_facts_read_bytes(bytes, "fuzz", FALSE, &error);

    if ((f != NULL) == (error != NULL))
        __builtin_trap();
    if (!f)
        return 0;
    out = g_string_new(NULL);
    hf_facts_dump(f, "/src", out);
    for (HfId p = 0; p < f->n_paths; p++)
        hf_facts_path_text(f, p, out);
    g_string_free(out, TRUE);
    hf_facts_free(f);
    return 0;
}
