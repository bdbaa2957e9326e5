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
#define AFTER_sd(X) X(sd) X(ld) X(li) X(mv) X(addi)
#define AFTER_ld(X) X(ld) X(sd) X(addi) X(mv) X(li)
#define AFTER_addi(X) X(sd) X(jr) X(add) X(bnez) X(lbu) X(addi) X(ld)
#define AFTER_lbu(X) X(addi) X(lbu) X(bnez) X(beq) X(beqz) X(li) X(lhu)
#define AFTER_mv(X) X(mv) X(j) X(jal_far) X(ld) X(beqz) X(li) X(addi) X(sd)
#define AFTER_li(X) X(li) X(mv) X(add) X(beq) X(lbu) X(addi) X(beqz) \
    X(slli)
#define AFTER_bnez(X) X(lbu) X(ld) X(addiw) X(addi) X(andi) X(li)
#define AFTER_add(X) X(sb) X(lbu) X(add) X(ld) X(sd) X(andi)
#define AFTER_beqz(X) X(ld) X(mv) X(addi) X(andi) X(li) X(sb) X(lbu) X(jr)
#define AFTER_addiw(X) X(j) X(andi) X(beqz) X(addiw) X(addi) X(sll) X(sw) \
    X(xor)
#define AFTER_andi(X) X(bnez) X(bgeu) X(li) X(beqz) X(mv) X(andi) X(xori) \
    X(sub)
#define AFTER_auipc(X) X(ld) X(jalr) X(li) X(add) X(auipc)
#define AFTER_slli(X) X(add) X(srli) X(blt) X(li)
#define AFTER_j(X) X(lbu) X(mv) X(ld) X(bnez)
#define AFTER_jr(X) X(ld) X(mv) X(add) X(lbu) X(beqz) X(j) X(bnez) X(auipc)
#define AFTER_beq(X) X(beqz) X(lbu) X(addiw) X(li) X(mv) X(addi)
#define AFTER_sb(X) X(bnez) X(addi) X(bne) X(bltu)
#define AFTER_lw(X) X(addi) X(beqz) X(sd) X(addiw) X(lw) X(add) X(auipc) \
    X(li)
#define AFTER_bltu(X) X(bltu) X(lw) X(lbu) X(li) X(and) X(ld) X(beq) X(mv)
#define AFTER_jal_far(X) X(addi) X(li) X(auipc) X(ld) X(beqz)
#define AFTER_or(X) X(or) X(and) X(addw) X(andi) X(sh) X(xor) X(addiw) \
    X(slliw)
#define AFTER_bne(X) X(lbu) X(ld) X(sd) X(li) X(addi) X(lw) X(andi)
#define AFTER_bgeu(X) X(bltu) X(li) X(ld) X(addi) X(jr) X(slli) X(bge) \
    X(andi)
#define AFTER_and(X) X(slli) X(add) X(or) X(and) X(beqz) X(bnez) X(sd) \
    X(mv)
#define AFTER_xor(X) X(li) X(addw) X(xor) X(add) X(and) X(or) X(srliw) \
    X(sd)
#define AFTER_slliw(X) X(or) X(sraiw) X(srliw) X(srl) X(slliw) X(addw) \
    X(addiw) X(xor)
#define AFTER_sw(X) X(addi) X(ld) X(sw) X(bnez) X(lw) X(jal_far) X(sd) \
    X(li)
#define AFTER_addw(X) X(addiw) X(addw) X(xor) X(or) X(srliw) X(slliw) X(j)
#define AFTER_sub(X) X(sd) X(mv) X(add) X(beqz) X(subw) X(ld) X(srai) \
    X(mul)
#define AFTER_srli(X) X(andi) X(add) X(addi) X(bnez) X(slli) X(mv) X(sd) \
    X(bgeu)
#define AFTER_srliw(X) X(slliw) X(srliw) X(addiw) X(or) X(addw) X(addi) \
    X(xor) X(bgeu)
#define AFTER_subw(X) X(addiw) X(ld) X(beq) X(srl) X(bltu) X(jr) X(slliw)
#define AFTER_blt(X) X(slli) X(ld) X(addi) X(sd) X(li) X(subw) X(jr) \
    X(slliw)
#define AFTER_srl(X) X(subw) X(bnez) X(andi)
#define AFTER_lhu(X) X(srl) X(andi) X(addiw) X(bgeu) X(beqz) X(bnez)
#define AFTER_xori(X) X(and) X(slliw) X(add) X(srli) X(andi)
#define AFTER_bge(X) X(bltu) X(addiw) X(li) X(ld) X(beqz) X(mv)
#define AFTER_jal(X) X(addi) X(li) X(auipc)

#endif
