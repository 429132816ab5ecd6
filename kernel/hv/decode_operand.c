/* SPDX-License-Identifier: BSD-2-Clause */
/* Where an instruction's operands are: Intel SDM vol. 2, 2.1. */
#include "kernel/bits.h"
#include "kernel/hv/decode_operand.h"

uint64_t hv_mask_to_width(uint64_t value, unsigned width)
{
	return width >= 8 ? value : value & ((UINT64_C(1) << (width * 8)) - 1);
}

bool hv_has_prefix(const ZydisDecodedInstruction *z, uint8_t value)
{
	for (unsigned i = 0; i < z->raw.prefix_count; i++)
		if (z->raw.prefixes[i].value == value)
			return true;
	return false;
}

static bool has_rex(const ZydisDecodedInstruction *z, const struct hv_regs *regs)
{
	for (unsigned i = 0; regs->code64 && i < z->raw.prefix_count; i++)
		if ((z->raw.prefixes[i].value & 0xf0U) == 0x40)
			return true;
	return false;
}

uint64_t hv_segment_base(const ZydisDecodedInstruction *z, const struct hv_regs *regs, uint64_t fallback)
{
	uint64_t base = regs->code64 ? 0 : fallback;

	for (unsigned i = 0; i < z->raw.prefix_count; i++) {
		switch (z->raw.prefixes[i].value) {
		case 0x64:
			base = regs->fs_base;
			break;
		case 0x65:
			base = regs->gs_base;
			break;
		case 0x2e:
			base = regs->code64 ? base : regs->cs_base;
			break;
		case 0x36:
			base = regs->code64 ? base : regs->ss_base;
			break;
		case 0x3e:
			base = regs->code64 ? base : regs->ds_base;
			break;
		case 0x26:
			base = regs->code64 ? base : regs->es_base;
			break;
		default:
			break;
		}
	}
	return base;
}

/* Intel SDM vol. 2, table 2-1: the 16-bit forms. */
static uint64_t address16(const ZydisDecodedInstruction *z, const struct hv_regs *regs, bool *on_stack)
{
	static const uint8_t first[8] = {HV_RBX, HV_RBX, HV_RBP, HV_RBP, HV_RSI, HV_RDI, HV_RBP, HV_RBX};
	static const uint8_t second[4] = {HV_RSI, HV_RDI, HV_RSI, HV_RDI};
	uint64_t address = (uint64_t)z->raw.disp.value;
	unsigned rm = z->raw.modrm.rm & 7U;

	*on_stack = false;
	if (z->raw.modrm.mod == 0 && rm == 6)
		return address;
	*on_stack = first[rm] == HV_RBP;
	address += regs->gpr[first[rm]];
	if (rm < 4)
		address += regs->gpr[second[rm]];
	return address;
}

static uint64_t address32(const ZydisDecodedInstruction *z, const struct hv_regs *regs, bool *on_stack)
{
	uint64_t address = (uint64_t)z->raw.disp.value;
	unsigned mod = z->raw.modrm.mod, rm = z->raw.modrm.rm & 7U, base = rm;

	*on_stack = false;
	if (mod == 0 && rm == 5) /* RIP-relative in 64-bit mode, absolute otherwise */
		return regs->code64 ? address + regs->rip + z->length : address;
	if (rm == 4) {
		unsigned index = (z->raw.sib.index & 7U) | (z->raw.rex.X ? 8U : 0U);

		base = z->raw.sib.base & 7U;
		if (index != HV_RSP)
			address += regs->gpr[index] << (z->raw.sib.scale & 3U);
		if (mod == 0 && base == 5)
			return address;
	}
	base |= z->raw.rex.B ? 8U : 0U;
	*on_stack = base == HV_RSP || base == HV_RBP;
	return address + regs->gpr[base];
}

struct hv_operand hv_operand_mem(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width,
                                 uint64_t beyond)
{
	bool on_stack;
	uint64_t address = z->address_width == 16 ? address16(z, regs, &on_stack) : address32(z, regs, &on_stack);

	address = hv_mask_to_width(address + beyond, z->address_width / 8U);
	address += hv_segment_base(z, regs, on_stack ? regs->ss_base : regs->ds_base);
	if (!regs->code64)
		address = hv_mask_to_width(address, 4);
	return (struct hv_operand){.kind = HV_OPERAND_MEM, .width = (uint8_t)width, .value = address};
}

struct hv_operand hv_operand_reg(unsigned number, unsigned width, bool rex)
{
	bool high = width == 1 && !rex && number >= 4 && number < 8;

	return (struct hv_operand){
	        .kind = HV_OPERAND_REG,
	        .width = (uint8_t)width,
	        .reg = (uint8_t)(high ? number - 4 : number & 15U),
	        .high_byte = high,
	};
}

struct hv_operand hv_operand_imm(const ZydisDecodedInstruction *z, unsigned width)
{
	/* Zydis fills in the sign where the immediate is signed; a full-width one needs none. */
	return (struct hv_operand){.kind = HV_OPERAND_IMM, .width = (uint8_t)width, .value = z->raw.imm[0].value.u};
}

/* ModRM.reg, and ModRM.rm as a register or memory. */
struct hv_operand hv_operand_g(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width)
{
	return hv_operand_reg((z->raw.modrm.reg & 7U) | (z->raw.rex.R ? 8U : 0U), width, has_rex(z, regs));
}

struct hv_operand hv_operand_e(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width)
{
	if (z->raw.modrm.mod != 3)
		return hv_operand_mem(z, regs, width, 0);
	return hv_operand_reg((z->raw.modrm.rm & 7U) | (z->raw.rex.B ? 8U : 0U), width, has_rex(z, regs));
}
