/* SPDX-License-Identifier: MIT */
/*
 * ops_fp.c - the F and D extensions: registers and boxes around fpu.h.
 *
 * Whether the FPU is on was found by the block's fp_guard.
 *
 * Thread context: the hart's own thread.
 */
#include "cpu/interp/op.h"

#define RM fpu_rounding_mode(&h->fpu, (unsigned)op->imm)
#define FPU (&h->fpu)
#define X1 h->x[op->rs1]
#define D1 h->f[op->rs1]
#define D2 h->f[op->rs2]
#define D3 h->f[op->rs3]
#define S1 fpu_unbox_s(h->f[op->rs1])
#define S2 fpu_unbox_s(h->f[op->rs2])
#define S3 fpu_unbox_s(h->f[op->rs3])

#define OP_D(name, expression)       \
    OP(name)                         \
    {                                \
        h->f[op->rd] = (expression); \
        OP_NEXT;                     \
    }
#define OP_S(name, expression)                  \
    OP(name)                                    \
    {                                           \
        h->f[op->rd] = fpu_box_s((expression)); \
        OP_NEXT;                                \
    }
#define OP_X(name, expression)       \
    OP(name)                         \
    {                                \
        h->x[op->rd] = (expression); \
        OP_NEXT;                     \
    }

OP_D(fadd_d, fpu_add_d(FPU, D1, D2, RM))
OP_D(fsub_d, fpu_sub_d(FPU, D1, D2, RM))
OP_D(fmul_d, fpu_mul_d(FPU, D1, D2, RM))
OP_D(fdiv_d, fpu_div_d(FPU, D1, D2, RM))
OP_D(fsqrt_d, fpu_sqrt_d(FPU, D1, RM))
OP_D(fmadd_d, fpu_madd_d(FPU, D1, D2, D3, RM))
OP_D(fmsub_d, fpu_msub_d(FPU, D1, D2, D3, RM))
OP_D(fnmsub_d, fpu_nmsub_d(FPU, D1, D2, D3, RM))
OP_D(fnmadd_d, fpu_nmadd_d(FPU, D1, D2, D3, RM))
OP_D(fsgnj_d, fpu_sgnj_d(D1, D2))
OP_D(fsgnjn_d, fpu_sgnjn_d(D1, D2))
OP_D(fsgnjx_d, fpu_sgnjx_d(D1, D2))
OP_D(fmv_d, D1)
OP_D(fmin_d, fpu_min_d(FPU, D1, D2))
OP_D(fmax_d, fpu_max_d(FPU, D1, D2))
OP_X(feq_d, fpu_eq_d(FPU, D1, D2))
OP_X(flt_d, fpu_lt_d(FPU, D1, D2))
OP_X(fle_d, fpu_le_d(FPU, D1, D2))
OP_X(fclass_d, fpu_class_d(D1))
OP_X(fcvt_w_d, fpu_cvt_w_d(FPU, D1, RM))
OP_X(fcvt_wu_d, fpu_cvt_wu_d(FPU, D1, RM))
OP_X(fcvt_l_d, fpu_cvt_l_d(FPU, D1, RM))
OP_X(fcvt_lu_d, fpu_cvt_lu_d(FPU, D1, RM))
OP_D(fcvt_d_w, fpu_cvt_d_w(FPU, X1, RM))
OP_D(fcvt_d_wu, fpu_cvt_d_wu(FPU, X1, RM))
OP_D(fcvt_d_l, fpu_cvt_d_l(FPU, X1, RM))
OP_D(fcvt_d_lu, fpu_cvt_d_lu(FPU, X1, RM))

OP_S(fadd_s, fpu_add_s(FPU, S1, S2, RM))
OP_S(fsub_s, fpu_sub_s(FPU, S1, S2, RM))
OP_S(fmul_s, fpu_mul_s(FPU, S1, S2, RM))
OP_S(fdiv_s, fpu_div_s(FPU, S1, S2, RM))
OP_S(fsqrt_s, fpu_sqrt_s(FPU, S1, RM))
OP_S(fmadd_s, fpu_madd_s(FPU, S1, S2, S3, RM))
OP_S(fmsub_s, fpu_msub_s(FPU, S1, S2, S3, RM))
OP_S(fnmsub_s, fpu_nmsub_s(FPU, S1, S2, S3, RM))
OP_S(fnmadd_s, fpu_nmadd_s(FPU, S1, S2, S3, RM))
OP_S(fsgnj_s, fpu_sgnj_s(S1, S2))
OP_S(fsgnjn_s, fpu_sgnjn_s(S1, S2))
OP_S(fsgnjx_s, fpu_sgnjx_s(S1, S2))
OP_S(fmin_s, fpu_min_s(FPU, S1, S2))
OP_S(fmax_s, fpu_max_s(FPU, S1, S2))
OP_X(feq_s, fpu_eq_s(FPU, S1, S2))
OP_X(flt_s, fpu_lt_s(FPU, S1, S2))
OP_X(fle_s, fpu_le_s(FPU, S1, S2))
OP_X(fclass_s, fpu_class_s(S1))
OP_X(fcvt_w_s, fpu_cvt_w_s(FPU, S1, RM))
OP_X(fcvt_wu_s, fpu_cvt_wu_s(FPU, S1, RM))
OP_X(fcvt_l_s, fpu_cvt_l_s(FPU, S1, RM))
OP_X(fcvt_lu_s, fpu_cvt_lu_s(FPU, S1, RM))
OP_S(fcvt_s_w, fpu_cvt_s_w(FPU, X1, RM))
OP_S(fcvt_s_wu, fpu_cvt_s_wu(FPU, X1, RM))
OP_S(fcvt_s_l, fpu_cvt_s_l(FPU, X1, RM))
OP_S(fcvt_s_lu, fpu_cvt_s_lu(FPU, X1, RM))

OP_S(fcvt_s_d, fpu_cvt_s_d(FPU, D1, RM))
OP_D(fcvt_d_s, fpu_cvt_d_s(FPU, S1, RM))
/* Bits, boxed or not. */
OP_X(fmv_x_w, (uint64_t)(int64_t)(int32_t)h->f[op->rs1])
OP_S(fmv_w_x, (uint32_t)X1)
OP_X(fmv_x_d, D1)
OP_D(fmv_d_x, X1)
