/* SPDX-License-Identifier: MIT */
/*
 * op_likely.h - what mostly follows each op, the likeliest first: counted
 * while Linux boots and busybox's shell runs loops and small programs.
 *
 * A processor's indirect branch predictor knows about two thousand targets,
 * fewer than a busy guest has ops; a miss costs more than twenty cycles.  It
 * knows many more conditional branches.  So an op first asks whether its
 * successor is one of these, and jumps there directly.
 *
 * Thread context: none.
 */
#ifndef REFVMM_CPU_INTERP_OP_LIKELY_H
#define REFVMM_CPU_INTERP_OP_LIKELY_H

#define AFTER_ANY(X) X(ld) X(addi) X(mv) X(li)
#define AFTER_sd(X) X(sd) X(ld)
#define AFTER_ld(X) X(ld) X(sd) X(addi)
#define AFTER_addi(X) X(sd) X(jr) X(add) X(bnez) X(lbu)
#define AFTER_lbu(X) X(addi) X(lbu) X(bnez) X(beq) X(beqz)
#define AFTER_mv(X) X(mv) X(j) X(jal_far) X(ld) X(beqz)
#define AFTER_li(X) X(li) X(mv) X(add) X(beq)
#define AFTER_bnez(X) X(lbu) X(ld) X(addiw) X(addi)
#define AFTER_add(X) X(sb) X(lbu) X(add) X(ld) X(sd)
#define AFTER_beqz(X) X(ld) X(mv) X(addi)
#define AFTER_addiw(X) X(j) X(andi) X(beqz) X(addiw) X(addi)
#define AFTER_andi(X) X(bnez) X(bgeu) X(li) X(beqz) X(mv)
#define AFTER_auipc(X) X(ld)
#define AFTER_slli(X) X(add) X(srli) X(blt) X(li)
#define AFTER_j(X) X(lbu) X(mv) X(ld) X(bnez)
#define AFTER_jr(X) X(ld) X(mv) X(add) X(lbu) X(beqz)
#define AFTER_beq(X) X(beqz) X(lbu) X(addiw) X(li) X(mv)
#define AFTER_sb(X) X(bnez) X(addi) X(bne)
#define AFTER_lw(X) X(addi) X(beqz) X(sd) X(addiw) X(lw)
#define AFTER_bltu(X) X(bltu) X(lw) X(lbu) X(li) X(and)
#define AFTER_jal_far(X) X(addi) X(li) X(auipc)
#define AFTER_or(X) X(or) X(and) X(addw) X(andi) X(sh)
#define AFTER_bne(X) X(lbu) X(ld) X(sd) X(li)
#define AFTER_bgeu(X) X(bltu) X(li) X(ld) X(addi) X(jr)
#define AFTER_and(X) X(slli) X(add) X(or) X(and) X(beqz)
#define AFTER_xor(X) X(li) X(addw) X(xor) X(add) X(and)
#define AFTER_slliw(X) X(or) X(sraiw) X(srliw) X(srl) X(slliw)
#define AFTER_sw(X) X(addi) X(ld) X(sw) X(bnez) X(lw)
#define AFTER_addw(X) X(addiw) X(addw) X(xor) X(or) X(srliw)
#define AFTER_sub(X) X(sd) X(mv) X(add) X(beqz)
#define AFTER_srli(X) X(andi) X(add) X(addi) X(bnez) X(slli)
#define AFTER_srliw(X) X(slliw) X(srliw) X(addiw) X(or) X(addw)
#define AFTER_subw(X) X(addiw) X(ld) X(beq) X(srl) X(bltu)
#define AFTER_blt(X) X(slli) X(ld) X(addi) X(sd)
#define AFTER_srl(X) X(subw) X(bnez)
#define AFTER_lhu(X) X(srl) X(andi) X(addiw) X(bgeu) X(beqz)
#define AFTER_xori(X) X(and) X(slliw) X(add) X(srli)
#define AFTER_bge(X) X(bltu) X(addiw) X(li) X(ld) X(beqz) X(mv)
#define AFTER_jal(X) X(addi) X(li) X(auipc)

#endif
