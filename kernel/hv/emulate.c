/* SPDX-License-Identifier: BSD-2-Clause */
/* The meaning of the instructions that hv_decode() knows: Intel SDM vol. 2, each under its name. */
#include <errno.h>

#include "kernel/bits.h"
#include "kernel/hv/decode.h"

#define FLAG_CF          BIT64(0)
#define FLAG_PF          BIT64(2)
#define FLAG_AF          BIT64(4)
#define FLAG_ZF          BIT64(6)
#define FLAG_SF          BIT64(7)
#define FLAG_DF          BIT64(10)
#define FLAG_OF          BIT64(11)
#define FLAGS_ARITHMETIC (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

static uint64_t width_mask(unsigned width)
{
	return width >= 8 ? UINT64_MAX : (UINT64_C(1) << (width * 8)) - 1;
}

static uint64_t sign_bit(unsigned width)
{
	return UINT64_C(1) << (width * 8 - 1);
}

static uint64_t read_reg(const struct hv_regs *regs, const struct hv_operand *o)
{
	return (regs->gpr[o->reg] >> (o->high_byte ? 8 : 0)) & width_mask(o->width);
}

/* A 32-bit result clears the upper half of its register; narrower ones leave the rest. */
static void write_reg(struct hv_regs *regs, const struct hv_operand *o, uint64_t value)
{
	uint64_t mask = width_mask(o->width);
	unsigned shift = o->high_byte ? 8 : 0;

	value &= mask;
	if (o->width >= 4)
		regs->gpr[o->reg] = value;
	else
		regs->gpr[o->reg] = (regs->gpr[o->reg] & ~(mask << shift)) | (value << shift);
}

static int get(const struct hv_operand *o, const struct hv_regs *regs, const struct hv_bus *bus, uint64_t *value)
{
	switch (o->kind) {
	case HV_OPERAND_REG:
		*value = read_reg(regs, o);
		return 0;
	case HV_OPERAND_MEM:
		return bus->read(bus->arg, o->value, o->width, value);
	case HV_OPERAND_IMM:
		*value = o->value & width_mask(o->width);
		return 0;
	default:
		return -ENOTSUP;
	}
}

static int put(const struct hv_operand *o, struct hv_regs *regs, const struct hv_bus *bus, uint64_t value)
{
	if (o->kind == HV_OPERAND_MEM)
		return bus->write(bus->arg, o->value, o->width, value & width_mask(o->width));
	if (o->kind != HV_OPERAND_REG)
		return -ENOTSUP;
	write_reg(regs, o, value);
	return 0;
}

/* ZF, SF and PF of a result; the others as given. */
static uint64_t result_flags(uint64_t result, unsigned width, uint64_t others)
{
	others |= result == 0 ? FLAG_ZF : 0;
	others |= result & sign_bit(width) ? FLAG_SF : 0;
	others |= __builtin_parity((unsigned)(result & 0xff)) ? 0 : FLAG_PF;
	return others;
}

static uint64_t add(uint64_t a, uint64_t b, uint64_t carry, unsigned width, uint64_t *flags)
{
	uint64_t mask = width_mask(width), result = (a + b + carry) & mask;
	/* The carry out of each bit. */
	uint64_t carries = (a & b) | ((a | b) & ~result);

	*flags = result_flags(result, width,
	                      (carries & sign_bit(width) ? FLAG_CF : 0) | (carries & 8U ? FLAG_AF : 0) |
	                              ((a ^ result) & (b ^ result) & sign_bit(width) ? FLAG_OF : 0));
	return result;
}

static uint64_t subtract(uint64_t a, uint64_t b, uint64_t borrow, unsigned width, uint64_t *flags)
{
	uint64_t mask = width_mask(width), result = (a - b - borrow) & mask;
	uint64_t borrows = (~a & b) | ((~a | b) & result);

	*flags = result_flags(result, width,
	                      (borrows & sign_bit(width) ? FLAG_CF : 0) | (borrows & 8U ? FLAG_AF : 0) |
	                              ((a ^ b) & (a ^ result) & sign_bit(width) ? FLAG_OF : 0));
	return result;
}

/* Result and new RFLAGS of op on a (the destination) and b. */
static uint64_t arithmetic(enum hv_op op, uint64_t a, uint64_t b, unsigned width, uint64_t *rflags)
{
	uint64_t result, flags = 0, carry = *rflags & FLAG_CF ? 1 : 0, keep = 0;

	switch (op) {
	case HV_OP_ADC:
		result = add(a, b, carry, width, &flags);
		break;
	case HV_OP_ADD:
		result = add(a, b, 0, width, &flags);
		break;
	case HV_OP_SBB:
		result = subtract(a, b, carry, width, &flags);
		break;
	case HV_OP_SUB:
	case HV_OP_CMP:
		result = subtract(a, b, 0, width, &flags);
		break;
	case HV_OP_NEG:
		result = subtract(0, a, 0, width, &flags);
		break;
	case HV_OP_INC:
		keep = FLAG_CF;
		result = add(a, 1, 0, width, &flags);
		break;
	case HV_OP_DEC:
		keep = FLAG_CF;
		result = subtract(a, 1, 0, width, &flags);
		break;
	case HV_OP_NOT:
		return ~a & width_mask(width);
	case HV_OP_OR:
		result = a | b;
		flags = result_flags(result, width, 0);
		break;
	case HV_OP_XOR:
		result = a ^ b;
		flags = result_flags(result, width, 0);
		break;
	default: /* AND, TEST */
		result = a & b;
		flags = result_flags(result, width, 0);
		break;
	}
	keep |= ~FLAGS_ARITHMETIC;
	*rflags = (*rflags & keep) | (flags & ~keep);
	return result;
}

static int do_arithmetic(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	unsigned width = insn->dst.width;
	uint64_t a, b = 0, flags = regs->rflags;
	int rc = get(&insn->dst, regs, bus, &a);

	if (!rc && insn->src.kind != HV_OPERAND_NONE)
		rc = get(&insn->src, regs, bus, &b);
	if (rc)
		return rc;
	a = arithmetic(insn->op, a, b, width, &flags);
	if (insn->op != HV_OP_CMP && insn->op != HV_OP_TEST)
		rc = put(&insn->dst, regs, bus, a);
	if (!rc)
		regs->rflags = flags;
	return rc;
}

static int do_mov(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	uint64_t value;
	int rc = get(&insn->src, regs, bus, &value);

	if (rc)
		return rc;
	if (insn->sign_extend && value & sign_bit(insn->src.width))
		value |= ~width_mask(insn->src.width);
	return put(&insn->dst, regs, bus, value);
}

static int do_xchg(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	uint64_t a, b;
	int rc = get(&insn->dst, regs, bus, &a);

	if (!rc)
		rc = get(&insn->src, regs, bus, &b);
	if (!rc)
		rc = put(&insn->dst, regs, bus, b);
	return rc ? rc : put(&insn->src, regs, bus, a);
}

/* The stack pointer is as wide as the code: mixed segments are not modelled. */
static unsigned stack_width(const struct hv_regs *regs)
{
	return regs->code64 ? 8 : regs->code32 ? 4 : 2;
}

static void step(struct hv_regs *regs, enum hv_reg r, uint64_t by, unsigned width)
{
	struct hv_operand o = {.kind = HV_OPERAND_REG, .reg = (uint8_t)r, .width = (uint8_t)width};

	write_reg(regs, &o, read_reg(regs, &o) + by);
}

static int do_push(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	unsigned width = insn->src.width, sw = stack_width(regs);
	uint64_t value, sp = (regs->gpr[HV_RSP] - width) & width_mask(sw);
	int rc = get(&insn->src, regs, bus, &value);

	if (!rc)
		rc = bus->write(bus->arg, sp + (regs->code64 ? 0 : regs->ss_base), width, value);
	if (!rc)
		step(regs, HV_RSP, (uint64_t)0 - width, sw);
	return rc;
}

static int do_pop(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	unsigned width = insn->dst.width, sw = stack_width(regs);
	uint64_t value, old = regs->gpr[HV_RSP], sp = old & width_mask(sw);
	int rc = bus->read(bus->arg, sp + (regs->code64 ? 0 : regs->ss_base), width, &value);

	if (rc)
		return rc;
	step(regs, HV_RSP, width, sw); /* before the write: POP RSP keeps what it popped */
	rc = put(&insn->dst, regs, bus, value);
	if (rc)
		regs->gpr[HV_RSP] = old;
	return rc;
}

static int do_string_element(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	unsigned width = insn->op == HV_OP_STOS ? insn->src.width : insn->dst.width, aw = insn->address_width;
	uint64_t by = regs->rflags & FLAG_DF ? (uint64_t)0 - width : width;
	uint64_t from = insn->source_base + (regs->gpr[HV_RSI] & width_mask(aw));
	uint64_t to = insn->dest_base + (regs->gpr[HV_RDI] & width_mask(aw));
	uint64_t value;
	int rc;

	if (insn->op == HV_OP_STOS)
		rc = get(&insn->src, regs, bus, &value);
	else
		rc = bus->read(bus->arg, from, width, &value);
	if (rc)
		return rc;
	if (insn->op == HV_OP_LODS)
		rc = put(&insn->dst, regs, bus, value);
	else
		rc = bus->write(bus->arg, to, width, value);
	if (rc)
		return rc;
	if (insn->op != HV_OP_STOS)
		step(regs, HV_RSI, by, aw);
	if (insn->op != HV_OP_LODS)
		step(regs, HV_RDI, by, aw);
	return 0;
}

/* *done says whether the instruction is over. */
static int do_string(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus, bool *done)
{
	uint64_t mask = width_mask(insn->address_width);

	*done = true;
	if (!insn->repeat)
		return do_string_element(insn, regs, bus);
	for (unsigned n = 0; regs->gpr[HV_RCX] & mask; n++) {
		int rc;

		if (n == HV_STRING_MAX) {
			*done = false;
			return 0;
		}
		rc = do_string_element(insn, regs, bus);
		if (rc)
			return rc;
		step(regs, HV_RCX, UINT64_MAX, insn->address_width);
	}
	return 0;
}

static int do_movdir64b(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	uint64_t data[8], to = insn->dest_base + read_reg(regs, &insn->dst);
	int rc = 0;

	for (unsigned i = 0; !rc && i < ARRAY_SIZE(data); i++)
		rc = bus->read(bus->arg, insn->src.value + i * sizeof(data[0]), sizeof(data[0]), &data[i]);
	for (unsigned i = 0; !rc && i < ARRAY_SIZE(data); i++)
		rc = bus->write(bus->arg, to + i * sizeof(data[0]), sizeof(data[0]), data[i]);
	return rc;
}

int hv_emulate(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	bool done = true;
	int rc;

	switch (insn->op) {
	case HV_OP_MOV:
		rc = do_mov(insn, regs, bus);
		break;
	case HV_OP_XCHG:
		rc = do_xchg(insn, regs, bus);
		break;
	case HV_OP_PUSH:
		rc = do_push(insn, regs, bus);
		break;
	case HV_OP_POP:
		rc = do_pop(insn, regs, bus);
		break;
	case HV_OP_MOVS:
	case HV_OP_STOS:
	case HV_OP_LODS:
		rc = do_string(insn, regs, bus, &done);
		break;
	case HV_OP_MOVDIR64B:
		rc = do_movdir64b(insn, regs, bus);
		break;
	default:
		rc = do_arithmetic(insn, regs, bus);
		break;
	}
	if (!rc && done) {
		regs->rip += insn->length;
		if (!regs->code64)
			regs->rip &= UINT32_MAX;
	}
	return rc;
}
