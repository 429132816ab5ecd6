/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a trapped instruction does, from its bytes and the registers; pure, so that it is tested and fuzzed on the
 * developer's machine. Zydis parses (the bytes are a guest's, and may have changed since the processor saw them); here
 * is only the meaning of the few instructions that may touch a device register.
 */
#ifndef KERNEL_HV_DECODE_H
#define KERNEL_HV_DECODE_H

#include "kernel/hv/hv.h"

#define HV_INSN_MAX 15 /* bytes of the longest instruction */

enum hv_op {
	/* The eight of opcodes 00 to 3F, in their order there. */
	HV_OP_ADD,
	HV_OP_OR,
	HV_OP_ADC,
	HV_OP_SBB,
	HV_OP_AND,
	HV_OP_SUB,
	HV_OP_XOR,
	HV_OP_CMP,
	HV_OP_TEST,
	HV_OP_INC,
	HV_OP_DEC,
	HV_OP_NOT,
	HV_OP_NEG,
	HV_OP_MOV, /* also MOVZX, MOVSX, MOVSXD, MOVNTI, MOVDIRI */
	HV_OP_MOVBE,
	HV_OP_CMOV,
	HV_OP_SET,
	HV_OP_XCHG,
	HV_OP_XADD,
	HV_OP_CMPXCHG,
	HV_OP_BT,
	HV_OP_BTS,
	HV_OP_BTR,
	HV_OP_BTC,
	HV_OP_PUSH,
	HV_OP_POP,
	HV_OP_CALL, /* near ones, to where an operand says */
	HV_OP_JMP,
	HV_OP_MOVS,
	HV_OP_STOS,
	HV_OP_LODS,
	HV_OP_CMPS,
	HV_OP_SCAS,
	HV_OP_INS,
	HV_OP_OUTS,
	HV_OP_MOVDIR64B, /* as eight writes of 8 bytes, in ascending order */
};

enum hv_operand_kind {
	HV_OPERAND_NONE,
	HV_OPERAND_REG,
	HV_OPERAND_MEM,
	HV_OPERAND_IMM,
};

struct hv_operand {
	enum hv_operand_kind kind;
	uint8_t width;  /* bytes */
	uint8_t reg;    /* REG: enum hv_reg */
	bool high_byte; /* REG: AH, CH, DH, BH */
	uint64_t value; /* IMM: sign-extended; MEM: linear address */
};

struct hv_insn {
	uint8_t length; /* bytes */
	enum hv_op op;
	bool sign_extend;      /* MOV: the source is the narrower one and signed */
	bool repeat;           /* strings: REP */
	bool repeat_unequal;   /* CMPS, SCAS: REPNE */
	uint8_t condition;     /* CMOV, SET: low four bits of the opcode */
	uint8_t string_width;  /* strings: bytes of an element */
	uint8_t address_width; /* bytes: how much of RSI, RDI and RCX counts */
	uint64_t source_base;  /* strings: base of the segment of RSI */
	uint64_t dest_base;    /* strings, MOVDIR64B's register operand: base of ES */
	struct hv_operand dst;
	struct hv_operand src;
};

/*
 * Take apart the instruction at regs->rip from its first size bytes. Returns 0, -EINVAL (no instruction, or more bytes
 * are needed than size) or -ENOTSUP (an instruction that hv_emulate() does not know).
 */
int hv_decode(const uint8_t *bytes, size_t size, const struct hv_regs *regs, struct hv_insn *out);
/* Only the length in bytes, of any instruction; negative as hv_decode(). For processors that do not report it. */
int hv_decode_length(const uint8_t *bytes, size_t size, const struct hv_regs *regs);

/*
 * The general register (enum hv_reg) that MOV to a control register takes its value from; negative as hv_decode(). For
 * processors that report the exit without it.
 */
int hv_decode_mov_cr(const uint8_t *bytes, size_t size, const struct hv_regs *regs, unsigned *length);

/*
 * How an emulated instruction reaches memory. Linear addresses; width 1, 2, 4 or 8. A return other than 0 ends the
 * instruction at once and is hv_emulate()'s result.
 */
struct hv_bus {
	int (*read)(void *arg, uint64_t linear, unsigned width, uint64_t *value);
	int (*write)(void *arg, uint64_t linear, unsigned width, uint64_t value);
	/* Whether a write would be let through, for what must not be read in vain. */
	int (*probe)(void *arg, uint64_t linear, unsigned width);
	/* Ports: width 1, 2 or 4. */
	uint32_t (*in)(void *arg, uint16_t port, unsigned width);
	void (*out)(void *arg, uint16_t port, unsigned width, uint32_t value);
	void *arg;
};

/* Elements of a string instruction that one call does. */
#define HV_STRING_MAX 4096U

/*
 * Returns 0, what the bus returned, or -ERANGE: a branch to an address that is none (#GP).
 *
 * Do the instruction: registers, flags and RIP change as the processor would change them, or, when the bus fails, not
 * at all (strings: up to the element that failed). A string with more than HV_STRING_MAX elements is done in part, with
 * RIP still on it: run on, and it traps again; in single-step mode (RFLAGS.TF) that is so after each element.
 */
int hv_emulate(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus);

#endif
