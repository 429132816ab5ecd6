/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include <Zydis/Decoder.h>

#include "kernel/bits.h"
#include "kernel/hv/decode.h"

#define CR0_PE BIT64(0)

static uint64_t mask_to_width(uint64_t value, unsigned width)
{
	return width >= 8 ? value : value & ((UINT64_C(1) << (width * 8)) - 1);
}

static int parse(const uint8_t *bytes, size_t size, const struct hv_regs *regs, ZydisDecodedInstruction *z)
{
	ZydisDecoder decoder;
	ZydisMachineMode mode = ZYDIS_MACHINE_MODE_LEGACY_16;
	ZydisStackWidth stack = ZYDIS_STACK_WIDTH_16;

	if (regs->code64) {
		mode = ZYDIS_MACHINE_MODE_LONG_64;
		stack = ZYDIS_STACK_WIDTH_64;
	} else if (regs->code32) {
		mode = ZYDIS_MACHINE_MODE_LEGACY_32;
		stack = ZYDIS_STACK_WIDTH_32;
	} else if (!(regs->cr0 & CR0_PE)) {
		mode = ZYDIS_MACHINE_MODE_REAL_16;
	}
	if (size > HV_INSN_MAX)
		size = HV_INSN_MAX;
	if (ZYAN_FAILED(ZydisDecoderInit(&decoder, mode, stack)) ||
	    ZYAN_FAILED(ZydisDecoderEnableMode(&decoder, ZYDIS_DECODER_MODE_MINIMAL, ZYAN_TRUE)) ||
	    ZYAN_FAILED(ZydisDecoderDecodeInstruction(&decoder, ZYAN_NULL, bytes, size, z)))
		return -EINVAL;
	return 0;
}

int hv_decode_length(const uint8_t *bytes, size_t size, const struct hv_regs *regs)
{
	ZydisDecodedInstruction z;
	int rc = parse(bytes, size, regs, &z);

	return rc ? rc : z.length;
}

int hv_decode_mov_cr(const uint8_t *bytes, size_t size, const struct hv_regs *regs, unsigned *length)
{
	ZydisDecodedInstruction z;
	int rc = parse(bytes, size, regs, &z);

	if (rc)
		return rc;
	if (z.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY || z.opcode_map != ZYDIS_OPCODE_MAP_0F || z.opcode != 0x22)
		return -ENOTSUP;
	*length = z.length;
	return (z.raw.modrm.rm & 7) | (z.raw.rex.B ? 8 : 0);
}

static bool has_prefix(const ZydisDecodedInstruction *z, uint8_t value)
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

/* Base of the segment that an override names, or of the default one. */
static uint64_t segment_base(const ZydisDecodedInstruction *z, const struct hv_regs *regs, uint64_t fallback)
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

static struct hv_operand memory(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width)
{
	bool on_stack;
	uint64_t address = z->address_width == 16 ? address16(z, regs, &on_stack) : address32(z, regs, &on_stack);

	address = mask_to_width(address, z->address_width / 8U);
	address += segment_base(z, regs, on_stack ? regs->ss_base : regs->ds_base);
	if (!regs->code64)
		address = mask_to_width(address, 4);
	return (struct hv_operand){.kind = HV_OPERAND_MEM, .width = (uint8_t)width, .value = address};
}

static struct hv_operand reg(unsigned number, unsigned width, bool rex)
{
	bool high = width == 1 && !rex && number >= 4 && number < 8;

	return (struct hv_operand){
	        .kind = HV_OPERAND_REG,
	        .width = (uint8_t)width,
	        .reg = (uint8_t)(high ? number - 4 : number & 15U),
	        .high_byte = high,
	};
}

static struct hv_operand immediate(const ZydisDecodedInstruction *z, unsigned width)
{
	/* Zydis fills in the sign where the immediate is signed; a full-width one needs none. */
	return (struct hv_operand){.kind = HV_OPERAND_IMM, .width = (uint8_t)width, .value = z->raw.imm[0].value.u};
}

/* ModRM.reg, and ModRM.rm as a register or memory. */
static struct hv_operand operand_g(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width)
{
	return reg((z->raw.modrm.reg & 7U) | (z->raw.rex.R ? 8U : 0U), width, has_rex(z, regs));
}

static struct hv_operand operand_e(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width)
{
	if (z->raw.modrm.mod != 3)
		return memory(z, regs, width);
	return reg((z->raw.modrm.rm & 7U) | (z->raw.rex.B ? 8U : 0U), width, has_rex(z, regs));
}

static int from_opcode(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width,
                       struct hv_insn *out);

int hv_decode(const uint8_t *bytes, size_t size, const struct hv_regs *regs, struct hv_insn *out)
{
	ZydisDecodedInstruction z;
	int rc = parse(bytes, size, regs, &z);

	if (rc)
		return rc;
	if (z.encoding != ZYDIS_INSTRUCTION_ENCODING_LEGACY)
		return -ENOTSUP;
	*out = (struct hv_insn){
	        .length = z.length,
	        .address_width = z.address_width / 8U,
	        .repeat = has_prefix(&z, 0xf3) || has_prefix(&z, 0xf2),
	        .source_base = segment_base(&z, regs, regs->ds_base),
	        .dest_base = regs->code64 ? 0 : regs->es_base,
	};
	return from_opcode(&z, regs, z.operand_width / 8U, out);
}

static int set(struct hv_insn *out, enum hv_op op, struct hv_operand dst, struct hv_operand src)
{
	out->op = op;
	out->dst = dst;
	out->src = src;
	return 0;
}

/* The unary and mixed groups of F6, F7, FE, FF and 8F: ModRM.reg says which. */
static int from_group(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width, struct hv_insn *out)
{
	const struct hv_operand none = {0};
	struct hv_operand e = operand_e(z, regs, width);

	switch (z->mnemonic) {
	case ZYDIS_MNEMONIC_TEST:
		return set(out, HV_OP_TEST, e, immediate(z, width));
	case ZYDIS_MNEMONIC_NOT:
		return set(out, HV_OP_NOT, e, none);
	case ZYDIS_MNEMONIC_NEG:
		return set(out, HV_OP_NEG, e, none);
	case ZYDIS_MNEMONIC_INC:
		return set(out, HV_OP_INC, e, none);
	case ZYDIS_MNEMONIC_DEC:
		return set(out, HV_OP_DEC, e, none);
	case ZYDIS_MNEMONIC_PUSH:
		return set(out, HV_OP_PUSH, none, e);
	case ZYDIS_MNEMONIC_POP: {
		struct hv_regs popped = *regs; /* the address is computed with RSP behind the value */

		popped.gpr[HV_RSP] += width;
		return set(out, HV_OP_POP, operand_e(z, &popped, width), none);
	}
	default:
		return -ENOTSUP;
	}
}

static int from_0f(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width, struct hv_insn *out)
{
	switch (z->mnemonic) {
	case ZYDIS_MNEMONIC_MOVSX:
		out->sign_extend = true;
		return set(out, HV_OP_MOV, operand_g(z, regs, width), operand_e(z, regs, z->opcode & 1U ? 2 : 1));
	case ZYDIS_MNEMONIC_MOVZX:
		return set(out, HV_OP_MOV, operand_g(z, regs, width), operand_e(z, regs, z->opcode & 1U ? 2 : 1));
	case ZYDIS_MNEMONIC_MOVNTI:
		return set(out, HV_OP_MOV, operand_e(z, regs, width), operand_g(z, regs, width));
	default:
		return -ENOTSUP;
	}
}

static int from_0f38(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width, struct hv_insn *out)
{
	switch (z->mnemonic) {
	case ZYDIS_MNEMONIC_MOVDIRI:
		return set(out, HV_OP_MOV, operand_e(z, regs, width), operand_g(z, regs, width));
	case ZYDIS_MNEMONIC_MOVDIR64B:
		return set(out, HV_OP_MOVDIR64B, operand_g(z, regs, out->address_width), memory(z, regs, 64));
	default:
		return -ENOTSUP;
	}
}

static int from_string(const ZydisDecodedInstruction *z, unsigned width, struct hv_insn *out)
{
	const struct hv_operand accumulator = reg(HV_RAX, width, true), none = {0};

	switch (z->opcode) {
	case 0xa4:
	case 0xa5:
		out->op = HV_OP_MOVS;
		out->dst.width = out->src.width = (uint8_t)width;
		return 0;
	case 0xaa:
	case 0xab:
		return set(out, HV_OP_STOS, none, accumulator);
	default:
		return set(out, HV_OP_LODS, accumulator, none);
	}
}

/* Intel SDM vol. 2, appendix A. Widths come from Zydis, directions from the opcode. */
static int from_default(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width,
                        struct hv_insn *out)
{
	const struct hv_operand none = {0};
	unsigned opcode = z->opcode;
	unsigned low_reg = (opcode & 7U) | (z->raw.rex.B ? 8U : 0U);
	struct hv_operand moffs = {
	        .kind = HV_OPERAND_MEM,
	        .width = (uint8_t)width,
	        .value = mask_to_width((uint64_t)z->raw.disp.value, out->address_width) + out->source_base,
	};

	switch (opcode) {
	case 0x00 ... 0x3f:
		if ((opcode & 7U) > 3)
			return -ENOTSUP;
		if (opcode & 2U)
			return set(out, (enum hv_op)(opcode >> 3), operand_g(z, regs, width),
			           operand_e(z, regs, width));
		return set(out, (enum hv_op)(opcode >> 3), operand_e(z, regs, width), operand_g(z, regs, width));
	case 0x50 ... 0x57:
		return set(out, HV_OP_PUSH, none, reg(low_reg, width, true));
	case 0x58 ... 0x5f:
		return set(out, HV_OP_POP, reg(low_reg, width, true), none);
	case 0x63:
		if (!regs->code64)
			return -ENOTSUP;
		out->sign_extend = true;
		return set(out, HV_OP_MOV, operand_g(z, regs, width), operand_e(z, regs, width < 4 ? width : 4));
	case 0x68:
	case 0x6a:
		return set(out, HV_OP_PUSH, none, immediate(z, width));
	case 0x80 ... 0x83:
		return set(out, (enum hv_op)(z->raw.modrm.reg & 7U), operand_e(z, regs, width), immediate(z, width));
	case 0x84:
	case 0x85:
		return set(out, HV_OP_TEST, operand_e(z, regs, width), operand_g(z, regs, width));
	case 0x86:
	case 0x87:
		return set(out, HV_OP_XCHG, operand_e(z, regs, width), operand_g(z, regs, width));
	case 0x88:
	case 0x89:
		return set(out, HV_OP_MOV, operand_e(z, regs, width), operand_g(z, regs, width));
	case 0x8a:
	case 0x8b:
		return set(out, HV_OP_MOV, operand_g(z, regs, width), operand_e(z, regs, width));
	case 0xa0:
	case 0xa1:
		return set(out, HV_OP_MOV, reg(HV_RAX, width, true), moffs);
	case 0xa2:
	case 0xa3:
		return set(out, HV_OP_MOV, moffs, reg(HV_RAX, width, true));
	case 0xa4:
	case 0xa5:
	case 0xaa:
	case 0xab:
	case 0xac:
	case 0xad:
		return from_string(z, width, out);
	case 0xc6:
	case 0xc7:
		if (z->mnemonic != ZYDIS_MNEMONIC_MOV)
			return -ENOTSUP;
		return set(out, HV_OP_MOV, operand_e(z, regs, width), immediate(z, width));
	case 0x8f:
	case 0xf6:
	case 0xf7:
	case 0xfe:
	case 0xff:
		return from_group(z, regs, width, out);
	default:
		return -ENOTSUP;
	}
}

static int from_opcode(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width,
                       struct hv_insn *out)
{
	if (width != 1 && width != 2 && width != 4 && width != 8)
		return -ENOTSUP;
	switch (z->opcode_map) {
	case ZYDIS_OPCODE_MAP_DEFAULT:
		return from_default(z, regs, width, out);
	case ZYDIS_OPCODE_MAP_0F:
		return from_0f(z, regs, width, out);
	case ZYDIS_OPCODE_MAP_0F38:
		return from_0f38(z, regs, width, out);
	default:
		return -ENOTSUP;
	}
}
