/* SPDX-License-Identifier: MIT */
/*
 * file_lock.c - see file_lock.h.
 *
 * Thread context: any.
 */
#include "block/file_lock.h"
#include "block/block.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>

#define USED_BASE 100     /* + bit number: somebody does it */
#define UNSHARED_BASE 200 /* somebody does not let others do it */

static int set_lock(int fd, int64_t byte, short type)
{
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET,
                          .l_start = byte, .l_len = 1 };

    return fcntl(fd, F_OFD_SETLK, &lock) < 0 ? -errno : 0;
}

/* Whether another one holds it. */
static bool is_locked(int fd, int64_t byte)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
                          .l_start = byte, .l_len = 1 };

    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

bool file_lock_supported(int fd)
{
    struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET,
                          .l_start = USED_BASE, .l_len = 1 };

    IO_CODE();
    return fcntl(fd, F_OFD_GETLK, &lock) == 0;
}

static bool apply_byte(int fd, int64_t byte, bool wanted, bool exact,
                       GError **error)
{
    int ret = 0;

    if (wanted) {
        ret = set_lock(fd, byte, F_RDLCK);
    } else if (exact) {
        ret = set_lock(fd, byte, F_UNLCK);
    }
    if (ret < 0) {
        g_set_error(error, VM_ERROR, VM_ERROR_OS,
                    "byte %" PRId64 " of the image cannot be locked: %s",
                    byte, g_strerror(-ret));
    }
    return ret >= 0;
}

bool file_lock_apply(int fd, uint64_t perm, uint64_t shared, bool exact,
                     GError **error)
{
    IO_CODE();
    for (int i = 0; BLK_PERM_ALL >> i; i++) {
        if (!apply_byte(fd, USED_BASE + i, perm >> i & 1, exact, error) ||
            !apply_byte(fd, UNSHARED_BASE + i, !(shared >> i & 1), exact,
                        error)) {
            return false;
        }
    }
    return true;
}

bool file_lock_check(int fd, const char *filename, uint64_t perm,
                     uint64_t shared, GError **error)
{
    uint64_t refused = 0, used = 0;
    g_autofree char *names = NULL;

    IO_CODE();
    for (int i = 0; BLK_PERM_ALL >> i; i++) {
        if ((perm >> i & 1) && is_locked(fd, UNSHARED_BASE + i)) {
            refused |= 1ULL << i;
        }
        if (!(shared >> i & 1) && is_locked(fd, USED_BASE + i)) {
            used |= 1ULL << i;
        }
    }
    if (!refused && !used) {
        return true;
    }
    names = bdrv_perm_names(refused ? refused : used);
    g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                refused ? "failed to get the '%s' lock on '%s': another "
                          "process uses the image and does not share that"
                        : "failed to get exclusive '%s' on '%s': another "
                          "process uses the image for that",
                names, filename);
    return false;
}
