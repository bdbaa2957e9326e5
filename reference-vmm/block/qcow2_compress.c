/* SPDX-License-Identifier: MIT */
/*
 * qcow2_compress.c - clusters that were compressed with zlib: a raw deflate
 * stream, which may begin anywhere and ends in one of its 512-byte sectors.
 *
 * Inflating runs in the thread pool, so that the event loop does not wait.
 *
 * Thread context: coroutines; inflate_cluster() in a worker.
 */
#include "base/thread_pool.h"
#include "block/qcow2.h"
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

typedef struct InflateJob {
    uint8_t *in, *out;
    uint32_t in_bytes, out_bytes;
} InflateJob;

static int inflate_cluster(void *opaque)
{
    InflateJob *job = opaque;
    z_stream z = { .next_in = job->in, .avail_in = job->in_bytes,
                   .next_out = job->out, .avail_out = job->out_bytes };
    int ret;

    /* Streams of a 12-bit window are what is written; 15 reads them all. */
    if (inflateInit2(&z, -15) != Z_OK) {
        return -ENOMEM;
    }
    ret = inflate(&z, Z_FINISH);
    /* With all of the cluster there, the stream's end is no matter. */
    ret = (ret == Z_STREAM_END || ret == Z_BUF_ERROR || ret == Z_OK) &&
                  z.avail_out == 0
              ? 0
              : -EIO;
    inflateEnd(&z);
    return ret;
}

int qcow2_read_compressed(BDRVQcow2State *s, uint64_t l2_entry,
                          int64_t offset_in_cluster, int64_t bytes,
                          IoVector *qiov, size_t qiov_offset)
{
    uint64_t offset, length;
    InflateJob job;
    int ret;

    qcow2_l2_entry_compressed(l2_entry, s->cluster_bits, &offset, &length);
    if (offset > INT64_MAX - length) {
        return -EIO;
    }
    job.in = bdrv_try_blockalign(s->bs->file->bs, (size_t)length);
    job.out = bdrv_try_blockalign(s->bs->file->bs, (size_t)s->cluster_size);
    job.in_bytes = (uint32_t)length;
    job.out_bytes = (uint32_t)s->cluster_size;
    ret = job.in && job.out ? 0 : -ENOMEM;
    if (ret >= 0) {
        BLKDBG_CO_EVENT(s->bs->file, BLKDBG_READ_COMPRESSED);
        ret = bdrv_co_pread(s->bs->file, (int64_t)offset, (int64_t)length,
                            job.in, 0);
    }
    if (ret >= 0) {
        ret = thread_pool_submit_co(inflate_cluster, &job);
    }
    if (ret >= 0) {
        io_vector_from_buf(qiov, qiov_offset, job.out + offset_in_cluster,
                           (size_t)bytes);
    }
    free(job.in);
    free(job.out);
    return ret;
}
