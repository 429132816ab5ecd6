/* SPDX-License-Identifier: BSD-2-Clause */
/* Between the files of the emulator. */
#ifndef KERNEL_HV_EMULATE_H
#define KERNEL_HV_EMULATE_H

#include "kernel/bits.h"
#include "kernel/hv/decode.h"

#define FLAG_CF BIT64(0)
#define FLAG_PF BIT64(2)
#define FLAG_AF BIT64(4)
#define FLAG_ZF BIT64(6)
#define FLAG_SF BIT64(7)
#define FLAG_TF BIT64(8)
#define FLAG_DF BIT64(10)
#define FLAG_OF BIT64(11)

static inline uint64_t width_mask(unsigned width)
{
	return width >= 8 ? UINT64_MAX : (UINT64_C(1) << (width * 8)) - 1;
}

static inline uint64_t sign_bit(unsigned width)
{
	return UINT64_C(1) << (width * 8 - 1);
}

/* Result of op on a (the destination) and b; *rflags becomes what it is after it. */
uint64_t hv_arithmetic(enum hv_op op, uint64_t a, uint64_t b, unsigned width, uint64_t *rflags);
/* Whether the condition of that number (low four bits of Jcc, SETcc and CMOVcc) holds. */
bool hv_condition(unsigned number, uint64_t rflags);

/* The low width bytes of a register; writing four of them clears the others, writing fewer leaves them. */
uint64_t hv_get_reg(const struct hv_regs *regs, enum hv_reg r, unsigned width);
void hv_put_reg(struct hv_regs *regs, enum hv_reg r, unsigned width, uint64_t value);

/* An address plus its segment's base, as far as that mode's linear addresses reach. */
static inline uint64_t linear_of(const struct hv_regs *regs, uint64_t base, uint64_t offset)
{
	return regs->code64 ? base + offset : (base + offset) & UINT32_MAX;
}

/* A string instruction. *done says whether it is over. */
int hv_emulate_string(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus, bool *done);

#endif
