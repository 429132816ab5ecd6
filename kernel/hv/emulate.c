/* SPDX-License-Identifier: BSD-2-Clause */
/* The meaning of the instructions that hv_decode() knows: Intel SDM vol. 2, each under its name. */
#include <errno.h>

#include "kernel/hv/emulate.h"

#define CR4_LA57 BIT64(12)

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

uint64_t hv_get_reg(const struct hv_regs *regs, enum hv_reg r, unsigned width)
{
	return regs->gpr[r] & width_mask(width);
}

void hv_put_reg(struct hv_regs *regs, enum hv_reg r, unsigned width, uint64_t value)
{
	const struct hv_operand o = {.kind = HV_OPERAND_REG, .reg = (uint8_t)r, .width = (uint8_t)width};

	write_reg(regs, &o, value);
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

static int do_arithmetic(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	unsigned width = insn->dst.width;
	uint64_t a, b = 0, flags = regs->rflags;
	int rc = get(&insn->dst, regs, bus, &a);

	if (!rc && insn->src.kind != HV_OPERAND_NONE)
		rc = get(&insn->src, regs, bus, &b);
	if (rc)
		return rc;
	a = hv_arithmetic(insn->op, a, b, width, &flags);
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

static uint64_t swapped(uint64_t value, unsigned width)
{
	return __builtin_bswap64(value) >> (64 - width * 8);
}

static int do_movbe(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	uint64_t value;
	int rc = get(&insn->src, regs, bus, &value);

	return rc ? rc : put(&insn->dst, regs, bus, swapped(value, insn->dst.width));
}

/* The source is read in any case, and four bytes of the destination clear the others in any case. */
static int do_cmov(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	uint64_t value;
	int rc = get(&insn->src, regs, bus, &value);

	if (rc)
		return rc;
	if (!hv_condition(insn->condition, regs->rflags))
		value = read_reg(regs, &insn->dst);
	return put(&insn->dst, regs, bus, value);
}

static int do_xadd(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	uint64_t a, b, sum, flags = regs->rflags;
	int rc = get(&insn->dst, regs, bus, &a);

	if (rc)
		return rc;
	b = read_reg(regs, &insn->src);
	sum = hv_arithmetic(HV_OP_ADD, a, b, insn->dst.width, &flags);
	rc = put(&insn->dst, regs, bus, sum);
	if (rc)
		return rc;
	write_reg(regs, &insn->src, a);
	regs->rflags = flags;
	return 0;
}

/* The destination is written in any case, as the processor does. */
static int do_cmpxchg(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	unsigned width = insn->dst.width;
	uint64_t old, accumulator = hv_get_reg(regs, HV_RAX, width), flags = regs->rflags;
	int rc = get(&insn->dst, regs, bus, &old);

	if (rc)
		return rc;
	hv_arithmetic(HV_OP_CMP, accumulator, old, width, &flags);
	rc = put(&insn->dst, regs, bus, flags & FLAG_ZF ? read_reg(regs, &insn->src) : old);
	if (rc)
		return rc;
	if (!(flags & FLAG_ZF))
		hv_put_reg(regs, HV_RAX, width, old);
	regs->rflags = flags;
	return 0;
}

/* Only CF changes: the manual leaves OF, SF, AF and PF undefined and keeps ZF. */
static int do_bit_test(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	unsigned bits = insn->dst.width * 8U;
	uint64_t value, offset, bit;
	int rc = get(&insn->dst, regs, bus, &value);

	if (!rc)
		rc = get(&insn->src, regs, bus, &offset);
	if (rc)
		return rc;
	bit = UINT64_C(1) << (offset & (bits - 1));
	if (insn->op != HV_OP_BT)
		rc = put(&insn->dst, regs, bus,
		         insn->op == HV_OP_BTS   ? value | bit
		         : insn->op == HV_OP_BTR ? value & ~bit
		                                 : value ^ bit);
	if (!rc)
		regs->rflags = (regs->rflags & ~FLAG_CF) | (value & bit ? FLAG_CF : 0);
	return rc;
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

static int do_push(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	unsigned width = insn->src.width, sw = stack_width(regs);
	uint64_t value, sp = (regs->gpr[HV_RSP] - width) & width_mask(sw);
	int rc = get(&insn->src, regs, bus, &value);

	if (!rc)
		rc = bus->write(bus->arg, linear_of(regs, regs->code64 ? 0 : regs->ss_base, sp), width, value);
	if (!rc)
		hv_put_reg(regs, HV_RSP, sw, regs->gpr[HV_RSP] - width);
	return rc;
}

static bool canonical(const struct hv_regs *regs, uint64_t linear)
{
	unsigned beyond = regs->cr4 & CR4_LA57 ? 64 - 57 : 64 - 48;

	return (uint64_t)((int64_t)(linear << beyond) >> beyond) == linear;
}

/* Before RIP has moved on. */
static int do_branch(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	unsigned width = insn->src.width;
	struct hv_insn push = {.src = {.kind = HV_OPERAND_IMM, .width = (uint8_t)width}};
	uint64_t target;
	int rc = get(&insn->src, regs, bus, &target);

	push.src.value = regs->rip + insn->length;
	if (!rc && regs->code64 && !canonical(regs, target))
		rc = -ERANGE;
	if (!rc && insn->op == HV_OP_CALL)
		rc = do_push(&push, regs, bus);
	if (!rc)
		regs->rip = target;
	return rc;
}

static int do_pop(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	unsigned width = insn->dst.width, sw = stack_width(regs);
	uint64_t value, old = regs->gpr[HV_RSP], sp = old & width_mask(sw);
	int rc = bus->read(bus->arg, linear_of(regs, regs->code64 ? 0 : regs->ss_base, sp), width, &value);

	if (rc)
		return rc;
	hv_put_reg(regs, HV_RSP, sw, old + width); /* before the write: POP RSP keeps what it popped */
	rc = put(&insn->dst, regs, bus, value);
	if (rc)
		regs->gpr[HV_RSP] = old;
	return rc;
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
	case HV_OP_MOVBE:
		rc = do_movbe(insn, regs, bus);
		break;
	case HV_OP_CMOV:
		rc = do_cmov(insn, regs, bus);
		break;
	case HV_OP_SET:
		rc = put(&insn->dst, regs, bus, hv_condition(insn->condition, regs->rflags));
		break;
	case HV_OP_XCHG:
		rc = do_xchg(insn, regs, bus);
		break;
	case HV_OP_XADD:
		rc = do_xadd(insn, regs, bus);
		break;
	case HV_OP_CMPXCHG:
		rc = do_cmpxchg(insn, regs, bus);
		break;
	case HV_OP_BT ... HV_OP_BTC:
		rc = do_bit_test(insn, regs, bus);
		break;
	case HV_OP_PUSH:
		rc = do_push(insn, regs, bus);
		break;
	case HV_OP_POP:
		rc = do_pop(insn, regs, bus);
		break;
	case HV_OP_CALL:
	case HV_OP_JMP:
		rc = do_branch(insn, regs, bus);
		done = false; /* RIP is where it belongs */
		break;
	case HV_OP_MOVS ... HV_OP_OUTS:
		rc = hv_emulate_string(insn, regs, bus, &done);
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
