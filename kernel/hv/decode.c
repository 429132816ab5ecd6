/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include <Zydis/Decoder.h>

#include "kernel/bits.h"
#include "kernel/hv/decode_operand.h"

#define CR0_PE BIT64(0)

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
	        .repeat = hv_has_prefix(&z, 0xf3) || hv_has_prefix(&z, 0xf2),
	        .source_base = hv_segment_base(&z, regs, regs->ds_base),
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
	struct hv_operand e = hv_operand_e(z, regs, width);

	switch (z->mnemonic) {
	case ZYDIS_MNEMONIC_TEST:
		return set(out, HV_OP_TEST, e, hv_operand_imm(z, width));
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
	case ZYDIS_MNEMONIC_CALL:
	case ZYDIS_MNEMONIC_JMP:
		if (z->raw.modrm.reg & 1U) /* far ones */
			return -ENOTSUP;
		return set(out, z->mnemonic == ZYDIS_MNEMONIC_CALL ? HV_OP_CALL : HV_OP_JMP, none, e);
	case ZYDIS_MNEMONIC_POP: {
		struct hv_regs popped = *regs; /* the address is computed with RSP behind the value */

		popped.gpr[HV_RSP] += width;
		return set(out, HV_OP_POP, hv_operand_e(z, &popped, width), none);
	}
	default:
		return -ENOTSUP;
	}
}

/* A bit offset in a register reaches beyond the operand, whole operands up or down (Intel SDM vol. 2, 3.1.1.9). */
static int from_bit_test(enum hv_op op, const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width,
                         struct hv_insn *out)
{
	struct hv_operand g = hv_operand_g(z, regs, width);
	unsigned shift = 64 - width * 8, log2_bits = 3 + (unsigned)__builtin_ctz(width);
	int64_t offset = (int64_t)(regs->gpr[g.reg] << shift) >> shift;

	if (z->opcode == 0xba)
		return set(out, op, hv_operand_e(z, regs, width), hv_operand_imm(z, width));
	if (z->raw.modrm.mod == 3)
		return set(out, op, hv_operand_e(z, regs, width), g);
	return set(out, op, hv_operand_mem(z, regs, width, (uint64_t)(offset >> log2_bits) * width), g);
}

static int from_0f(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width, struct hv_insn *out)
{
	out->condition = z->opcode & 0xfU;
	switch (z->opcode) {
	case 0x40 ... 0x4f:
		return set(out, HV_OP_CMOV, hv_operand_g(z, regs, width), hv_operand_e(z, regs, width));
	case 0x90 ... 0x9f:
		return set(out, HV_OP_SET, hv_operand_e(z, regs, 1), (struct hv_operand){0});
	default:
		break;
	}
	switch (z->mnemonic) {
	case ZYDIS_MNEMONIC_BT:
		return from_bit_test(HV_OP_BT, z, regs, width, out);
	case ZYDIS_MNEMONIC_BTS:
		return from_bit_test(HV_OP_BTS, z, regs, width, out);
	case ZYDIS_MNEMONIC_BTR:
		return from_bit_test(HV_OP_BTR, z, regs, width, out);
	case ZYDIS_MNEMONIC_BTC:
		return from_bit_test(HV_OP_BTC, z, regs, width, out);
	case ZYDIS_MNEMONIC_XADD:
		return set(out, HV_OP_XADD, hv_operand_e(z, regs, width), hv_operand_g(z, regs, width));
	case ZYDIS_MNEMONIC_CMPXCHG:
		return set(out, HV_OP_CMPXCHG, hv_operand_e(z, regs, width), hv_operand_g(z, regs, width));
	case ZYDIS_MNEMONIC_MOVSX:
		out->sign_extend = true;
		return set(out, HV_OP_MOV, hv_operand_g(z, regs, width), hv_operand_e(z, regs, z->opcode & 1U ? 2 : 1));
	case ZYDIS_MNEMONIC_MOVZX:
		return set(out, HV_OP_MOV, hv_operand_g(z, regs, width), hv_operand_e(z, regs, z->opcode & 1U ? 2 : 1));
	case ZYDIS_MNEMONIC_MOVNTI:
		return set(out, HV_OP_MOV, hv_operand_e(z, regs, width), hv_operand_g(z, regs, width));
	default:
		return -ENOTSUP;
	}
}

static int from_0f38(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width, struct hv_insn *out)
{
	switch (z->mnemonic) {
	case ZYDIS_MNEMONIC_MOVBE:
		if (z->opcode & 1U)
			return set(out, HV_OP_MOVBE, hv_operand_e(z, regs, width), hv_operand_g(z, regs, width));
		return set(out, HV_OP_MOVBE, hv_operand_g(z, regs, width), hv_operand_e(z, regs, width));
	case ZYDIS_MNEMONIC_MOVDIRI:
		return set(out, HV_OP_MOV, hv_operand_e(z, regs, width), hv_operand_g(z, regs, width));
	case ZYDIS_MNEMONIC_MOVDIR64B:
		return set(out, HV_OP_MOVDIR64B, hv_operand_g(z, regs, out->address_width),
		           hv_operand_mem(z, regs, 64, 0));
	default:
		return -ENOTSUP;
	}
}

static int from_string(const ZydisDecodedInstruction *z, unsigned width, struct hv_insn *out)
{
	static const enum hv_op ops[] = {HV_OP_MOVS, HV_OP_CMPS, 0, HV_OP_STOS, HV_OP_LODS, HV_OP_SCAS};

	out->repeat_unequal = hv_has_prefix(z, 0xf2);
	out->string_width = (uint8_t)width;
	if (z->opcode < 0xa4)
		out->op = z->opcode < 0x6e ? HV_OP_INS : HV_OP_OUTS;
	else
		out->op = ops[(z->opcode - 0xa4U) / 2];
	return 0;
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
	        .value = hv_mask_to_width((uint64_t)z->raw.disp.value, out->address_width) + out->source_base,
	};

	switch (opcode) {
	case 0x00 ... 0x3f:
		if ((opcode & 7U) > 3)
			return -ENOTSUP;
		if (opcode & 2U)
			return set(out, (enum hv_op)(opcode >> 3), hv_operand_g(z, regs, width),
			           hv_operand_e(z, regs, width));
		return set(out, (enum hv_op)(opcode >> 3), hv_operand_e(z, regs, width), hv_operand_g(z, regs, width));
	case 0x50 ... 0x57:
		return set(out, HV_OP_PUSH, none, hv_operand_reg(low_reg, width, true));
	case 0x58 ... 0x5f:
		return set(out, HV_OP_POP, hv_operand_reg(low_reg, width, true), none);
	case 0x63:
		if (!regs->code64)
			return -ENOTSUP;
		out->sign_extend = true;
		return set(out, HV_OP_MOV, hv_operand_g(z, regs, width), hv_operand_e(z, regs, width < 4 ? width : 4));
	case 0x68:
	case 0x6a:
		return set(out, HV_OP_PUSH, none, hv_operand_imm(z, width));
	case 0x80 ... 0x83:
		return set(out, (enum hv_op)(z->raw.modrm.reg & 7U), hv_operand_e(z, regs, width),
		           hv_operand_imm(z, width));
	case 0x84:
	case 0x85:
		return set(out, HV_OP_TEST, hv_operand_e(z, regs, width), hv_operand_g(z, regs, width));
	case 0x86:
	case 0x87:
		return set(out, HV_OP_XCHG, hv_operand_e(z, regs, width), hv_operand_g(z, regs, width));
	case 0x88:
	case 0x89:
		return set(out, HV_OP_MOV, hv_operand_e(z, regs, width), hv_operand_g(z, regs, width));
	case 0x8a:
	case 0x8b:
		return set(out, HV_OP_MOV, hv_operand_g(z, regs, width), hv_operand_e(z, regs, width));
	case 0xa0:
	case 0xa1:
		return set(out, HV_OP_MOV, hv_operand_reg(HV_RAX, width, true), moffs);
	case 0xa2:
	case 0xa3:
		return set(out, HV_OP_MOV, moffs, hv_operand_reg(HV_RAX, width, true));
	case 0x6c ... 0x6f:
	case 0xa4 ... 0xa7:
	case 0xaa ... 0xaf:
		return from_string(z, width, out);
	case 0xc6:
	case 0xc7:
		if (z->mnemonic != ZYDIS_MNEMONIC_MOV)
			return -ENOTSUP;
		return set(out, HV_OP_MOV, hv_operand_e(z, regs, width), hv_operand_imm(z, width));
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
