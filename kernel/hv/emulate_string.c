/* SPDX-License-Identifier: BSD-2-Clause */
/* String instructions: Intel SDM vol. 1, 7.3.9, and vol. 2, REP. */
#include "kernel/hv/emulate.h"

struct element {
	const struct hv_insn *insn;
	struct hv_regs *regs;
	const struct hv_bus *bus;
	uint64_t from; /* linear addresses */
	uint64_t to;
};

static int do_ins(const struct element *e)
{
	unsigned width = e->insn->string_width;
	int rc = e->bus->probe(e->bus->arg, e->to, width);

	return rc ? rc
	          : e->bus->write(e->bus->arg, e->to, width,
	                          e->bus->in(e->bus->arg, (uint16_t)e->regs->gpr[HV_RDX], width));
}

static int do_outs(const struct element *e)
{
	unsigned width = e->insn->string_width;
	uint64_t value;
	int rc = e->bus->read(e->bus->arg, e->from, width, &value);

	if (!rc)
		e->bus->out(e->bus->arg, (uint16_t)e->regs->gpr[HV_RDX], width, (uint32_t)value);
	return rc;
}

/* CMPS compares what RSI points to with what RDI does, SCAS the accumulator. */
static int do_compare(const struct element *e)
{
	unsigned width = e->insn->string_width;
	uint64_t a = hv_get_reg(e->regs, HV_RAX, width), b;
	int rc = 0;

	if (e->insn->op == HV_OP_CMPS)
		rc = e->bus->read(e->bus->arg, e->from, width, &a);
	if (!rc)
		rc = e->bus->read(e->bus->arg, e->to, width, &b);
	if (!rc)
		hv_arithmetic(HV_OP_CMP, a, b, width, &e->regs->rflags);
	return rc;
}

static int do_move(const struct element *e)
{
	unsigned width = e->insn->string_width;
	uint64_t value = hv_get_reg(e->regs, HV_RAX, width);
	int rc = 0;

	if (e->insn->op != HV_OP_STOS)
		rc = e->bus->read(e->bus->arg, e->from, width, &value);
	if (rc)
		return rc;
	if (e->insn->op == HV_OP_LODS)
		hv_put_reg(e->regs, HV_RAX, width, value);
	else
		rc = e->bus->write(e->bus->arg, e->to, width, value);
	return rc;
}

static bool uses_source(enum hv_op op)
{
	return op == HV_OP_MOVS || op == HV_OP_LODS || op == HV_OP_CMPS || op == HV_OP_OUTS;
}

static bool uses_dest(enum hv_op op)
{
	return op != HV_OP_LODS && op != HV_OP_OUTS;
}

static void step(struct hv_regs *regs, enum hv_reg r, uint64_t by, unsigned width)
{
	hv_put_reg(regs, r, width, regs->gpr[r] + by);
}

static int do_element(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus)
{
	unsigned aw = insn->address_width, width = insn->string_width;
	uint64_t by = regs->rflags & FLAG_DF ? (uint64_t)0 - width : width;
	const struct element e = {
	        .insn = insn,
	        .regs = regs,
	        .bus = bus,
	        .from = linear_of(regs, insn->source_base, hv_get_reg(regs, HV_RSI, aw)),
	        .to = linear_of(regs, insn->dest_base, hv_get_reg(regs, HV_RDI, aw)),
	};
	int rc;

	switch (insn->op) {
	case HV_OP_INS:
		rc = do_ins(&e);
		break;
	case HV_OP_OUTS:
		rc = do_outs(&e);
		break;
	case HV_OP_CMPS:
	case HV_OP_SCAS:
		rc = do_compare(&e);
		break;
	default:
		rc = do_move(&e);
		break;
	}
	if (rc)
		return rc;
	if (uses_source(insn->op))
		step(regs, HV_RSI, by, aw);
	if (uses_dest(insn->op))
		step(regs, HV_RDI, by, aw);
	return 0;
}

static bool ends_early(const struct hv_insn *insn, const struct hv_regs *regs)
{
	if (insn->op != HV_OP_CMPS && insn->op != HV_OP_SCAS)
		return false;
	return !(regs->rflags & FLAG_ZF) != insn->repeat_unequal;
}

int hv_emulate_string(const struct hv_insn *insn, struct hv_regs *regs, const struct hv_bus *bus, bool *done)
{
	unsigned aw = insn->address_width, most = regs->rflags & FLAG_TF ? 1 : HV_STRING_MAX;

	*done = true;
	if (!insn->repeat)
		return do_element(insn, regs, bus);
	for (unsigned n = 0; hv_get_reg(regs, HV_RCX, aw); n++) {
		int rc;

		if (n == most) {
			*done = false;
			return 0;
		}
		rc = do_element(insn, regs, bus);
		if (rc)
			return rc;
		step(regs, HV_RCX, UINT64_MAX, aw);
		if (ends_early(insn, regs))
			return 0;
	}
	return 0;
}
