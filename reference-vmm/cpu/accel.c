/* SPDX-License-Identifier: MIT */
/*
 * accel.c - the accelerators there are, the one in use, and `qtest`, which
 * runs nothing: outside programs drive the machine's devices instead.
 *
 * Thread context: as in accel.h.
 */
#include "cpu/accel.h"
#include "base/error.h"
#include <inttypes.h>
#include <string.h>

/* ---- qtest -------------------------------------------------------------- */

/* Levels of interrupts, for whoever asks about mip. */
typedef struct QtestCpu {
    uint64_t mip; /* atomic */
} QtestCpu;

static void *qtest_create(const VcpuConfig *config, Vcpu *cpu,
                          GError **error)
{
    return g_new0(QtestCpu, 1);
}

static void qtest_destroy(void *state)
{
    g_free(state);
}

static void qtest_reset(void *state)
{
    QtestCpu *q = state;

    __atomic_store_n(&q->mip, 0, __ATOMIC_SEQ_CST);
}

static void qtest_set_entry(void *state, uint64_t pc, uint64_t a0,
                            uint64_t a1)
{
}

static void qtest_request_exit(void *state)
{
}

static void qtest_set_irq(void *state, unsigned bit, bool level)
{
    QtestCpu *q = state;
    uint64_t mask = UINT64_C(1) << (bit & 63);

    if (level) {
        __atomic_fetch_or(&q->mip, mask, __ATOMIC_SEQ_CST);
    } else {
        __atomic_fetch_and(&q->mip, ~mask, __ATOMIC_SEQ_CST);
    }
}

static bool qtest_get_register(void *state, const char *name, uint64_t *ret)
{
    QtestCpu *q = state;

    if (strcmp(name, "mip")) {
        return false;
    }
    *ret = __atomic_load_n(&q->mip, __ATOMIC_SEQ_CST);
    return true;
}

static bool qtest_set_register(void *state, const char *name, uint64_t value)
{
    return false;
}

static bool qtest_is_halted(const void *state)
{
    return true;
}

static uint64_t qtest_instructions(const void *state)
{
    return 0;
}

static char *qtest_dump(void *state)
{
    QtestCpu *q = state;

    return g_strdup_printf(" mip      %016" PRIx64 "\n",
                           __atomic_load_n(&q->mip, __ATOMIC_SEQ_CST));
}

static const VMStateField qtest_fields[] = {
    VMSTATE_UINT64(mip, QtestCpu),
    VMSTATE_END
};

static const VMStateDescription qtest_vmstate = {
    .name = "qtest-cpu",
    .version = 1,
    .fields = qtest_fields,
};

static const AccelOps accel_qtest = {
    .name = "qtest",
    .help = "no CPU: devices are driven from outside",
    .has_threads = false,
    .create = qtest_create,
    .destroy = qtest_destroy,
    .reset = qtest_reset,
    .set_entry = qtest_set_entry,
    .request_exit = qtest_request_exit,
    .set_irq = qtest_set_irq,
    .get_register = qtest_get_register,
    .set_register = qtest_set_register,
    .is_halted = qtest_is_halted,
    .instructions = qtest_instructions,
    .dump = qtest_dump,
    .vmstate = &qtest_vmstate,
};

/* ---- the choice --------------------------------------------------------- */

const AccelOps *const accel_list[] = { &accel_interp, &accel_qtest, NULL };

/* Set under the BQL before the first vCPU, and constant from then on. */
static const AccelOps *current;

static char *known_names(void)
{
    GString *s = g_string_new(NULL);

    for (const AccelOps *const *a = accel_list; *a; a++) {
        g_string_append_printf(s, "%s%s", s->len ? ", " : "", (*a)->name);
    }
    return g_string_free(s, FALSE);
}

bool accel_set(const char *name, GError **error)
{
    g_autofree char *known = NULL;

    GLOBAL_STATE_CODE();
    if (vcpus_count()) {
        g_set_error(error, VM_ERROR, VM_ERROR_STATE,
                    "accelerator '%s': there are vCPUs already", name);
        return false;
    }
    for (const AccelOps *const *a = accel_list; *a; a++) {
        if (!strcmp((*a)->name, name)) {
            current = *a;
            return true;
        }
    }
    known = known_names();
    g_set_error(error, VM_ERROR, VM_ERROR_ARGUMENT,
                "accelerator '%s' is not known; there are: %s", name, known);
    return false;
}

const AccelOps *accel_current(void)
{
    return current ? current : accel_list[0];
}
