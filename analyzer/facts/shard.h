/* SPDX-License-Identifier: MIT */
/*
 * shard.h - the header of a shard.  Private to facts; shard_write.c says
 * what the bytes mean.
 */
#ifndef HOLDFAST_FACTS_SHARD_H
#define HOLDFAST_FACTS_SHARD_H

#include "facts/facts.h"

G_BEGIN_DECLS

#define HF_SHARD_MAGIC "HFSHARD\x1a"
#define HF_SHARD_ALIGN 8u

typedef struct {
    char name[16]; /* zero-padded */
    uint64_t offset;
    uint32_t row_size;
    uint32_t count;
} HfShardSection;

#define X(member, type, name) HF_SHARD_SECTION_##member,
enum {
    HF_FACTS_TABLES(X) HF_SHARD_SECTION_strings,
    HF_SHARD_N_SECTIONS,
};
#undef X

typedef struct {
    char magic[8];
    uint32_t version;
    uint32_t header_size;
    uint64_t file_size;
    uint8_t cache_key[16];
    uint8_t checksum[16]; /* of all that follows */
    uint32_t status;
    uint32_t main_file;
    uint32_t output;
    uint32_t n_sections;
    HfShardSection sections[HF_SHARD_N_SECTIONS];
} HfShardHeader;

/* Where the checksum starts. */
#define HF_SHARD_SUMMED G_STRUCT_OFFSET(HfShardHeader, status)

/* Rows go to disk as they lie in memory: a size that changes is another
 * version of the format. */
G_STATIC_ASSERT(sizeof(HfShardSection) == 32);
G_STATIC_ASSERT(HF_SHARD_SUMMED == 56);
G_STATIC_ASSERT(sizeof(HfShardHeader) == 72 + 32 * HF_SHARD_N_SECTIONS);
G_STATIC_ASSERT(sizeof(HfFile) == 16);
G_STATIC_ASSERT(sizeof(HfLoc) == 28);
G_STATIC_ASSERT(sizeof(HfRecord) == 36);
G_STATIC_ASSERT(sizeof(HfPart) == 24);
G_STATIC_ASSERT(sizeof(HfField) == 24);
G_STATIC_ASSERT(sizeof(HfSymbol) == 44);
G_STATIC_ASSERT(sizeof(HfAnnot) == 24);
G_STATIC_ASSERT(sizeof(HfPath) == 24);
G_STATIC_ASSERT(sizeof(HfFunction) == 44);
G_STATIC_ASSERT(sizeof(HfLocal) == 28);
G_STATIC_ASSERT(sizeof(HfBlock) == 16);
G_STATIC_ASSERT(sizeof(HfEdge) == 12);
G_STATIC_ASSERT(sizeof(HfCond) == 20);
G_STATIC_ASSERT(sizeof(HfEvent) == 32);
G_STATIC_ASSERT(sizeof(HfBinding) == 16);
G_STATIC_ASSERT(sizeof(HfComment) == 12);
G_STATIC_ASSERT(sizeof(HfRemark) == 20);
G_STATIC_ASSERT(sizeof(HfDiag) == 12);
G_STATIC_ASSERT(HF_FACTS_VERSION == 3);

static inline uint64_t hf_shard_align(uint64_t size)
{
    return (size + HF_SHARD_ALIGN - 1) & ~(uint64_t)(HF_SHARD_ALIGN - 1);
}

/* Describe where each section of these facts goes; sets file_size too. */
void hf_shard_layout(const HfFacts *facts, HfShardHeader *header);

G_END_DECLS

#endif
