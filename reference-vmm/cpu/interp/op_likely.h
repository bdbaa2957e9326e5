/* SPDX-License-Identifier: MIT */
/*
 * op_likely.h - what mostly follows each op, the likeliest first: counted
 * while Linux boots and busybox's shell runs loops and small programs.
 *
 * A processor's indirect branch predictor knows about two thousand targets,
 * fewer than a busy guest has ops; a miss costs more than twenty cycles.  It
 * knows many more conditional branches.  So an op first asks whether its
 * successor is one of these, and jumps there directly.  Longer lists are not
 * better: the conditional predictor fills up too.
 *
 * Thread context: none.
 */
#ifndef REFVMM_CPU_INTERP_OP_LIKELY_H
#define REFVMM_CPU_INTERP_OP_LIKELY_H

#define AFTER_ANY(X) X(add) X(ld) X(beq) X(sd)
#define AFTER_add(X) X(add) X(beq) X(ld) X(sd)
#define AFTER_ld(X) X(ld) X(add) X(sd) X(beq)
#define AFTER_sd(X) X(sd) X(add) X(ld)
#define AFTER_beq(X) X(add) X(ld) X(lbu) X(beq) X(and) X(lw)
#define AFTER_and(X) X(beq) X(add) X(and) X(sll)
#define AFTER_lbu(X) X(add) X(beq) X(lbu) X(lhu)
#define AFTER_addw(X) X(addw) X(beq) X(add) X(xor) X(sll) X(blt)
#define AFTER_sll(X) X(add) X(srl) X(or) X(blt)
#define AFTER_bltu(X) X(add) X(bltu) X(ld) X(and) X(lw) X(lbu)
#define AFTER_lw(X) X(add) X(beq) X(and) X(lw) X(sd) X(addw)
#define AFTER_jr(X) X(add) X(ld) X(beq) X(lw) X(lbu)
#define AFTER_srl(X) X(and) X(add) X(subw) X(beq)
#define AFTER_j(X) X(add) X(lbu) X(ld) X(beq)
#define AFTER_blt(X) X(ld) X(subw) X(sllw) X(add) X(lh) X(sll)
#define AFTER_or(X) X(addw) X(or) X(and) X(sll) X(xor) X(sh)
#define AFTER_sb(X) X(beq) X(add) X(bltu)
#define AFTER_sllw(X) X(sraw) X(addw) X(or) X(srlw) X(sllw) X(xor)
#define AFTER_sw(X) X(add) X(sw) X(ld) X(sd) X(beq) X(lw)
#define AFTER_jal_far(X) X(add) X(ld) X(lw) X(beq)
#define AFTER_xor(X) X(add) X(addw) X(and) X(xor) X(sllw) X(or)
#define AFTER_sub(X) X(add) X(sra) X(sub) X(beq) X(sll) X(bltu)
#define AFTER_srlw(X) X(addw) X(sllw) X(srlw) X(sll) X(or) X(xor)
#define AFTER_subw(X) X(addw) X(sllw) X(sw) X(subw) X(bltu)
#define AFTER_lhu(X) X(srl) X(addw) X(beq) X(and) X(add)
#define AFTER_sraw(X) X(blt) X(beq) X(add)
#define AFTER_sh(X) X(add) X(jr) X(lw) X(j) X(ld) X(beq)
#define AFTER_lh(X) X(add) X(sll)
#define AFTER_jalr(X) X(add) X(lw)
#define AFTER_sra(X) X(addw) X(and) X(blt)
#define AFTER_jal(X) X(add) X(ld)

#endif
