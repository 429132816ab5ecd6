/* SPDX-License-Identifier: BSD-2-Clause */
/* Between decode.c and decode_operand.c: what Zydis found, as operands. */
#ifndef KERNEL_HV_DECODE_OPERAND_H
#define KERNEL_HV_DECODE_OPERAND_H

#include <Zydis/Decoder.h>

#include "kernel/hv/decode.h"

uint64_t hv_mask_to_width(uint64_t value, unsigned width);
bool hv_has_prefix(const ZydisDecodedInstruction *z, uint8_t value);
/* Base of the segment that an override names, or of the default one. */
uint64_t hv_segment_base(const ZydisDecodedInstruction *z, const struct hv_regs *regs, uint64_t fallback);

/* rex: the instruction has a REX prefix, so that numbers 4 to 7 of one byte are SPL to DIL. */
struct hv_operand hv_operand_reg(unsigned number, unsigned width, bool rex);
struct hv_operand hv_operand_imm(const ZydisDecodedInstruction *z, unsigned width);
/* The memory operand of ModRM, beyond bytes (two's complement) behind what it says. */
struct hv_operand hv_operand_mem(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width,
                                 uint64_t beyond);
/* ModRM.reg, and ModRM.rm as a register or memory. */
struct hv_operand hv_operand_g(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width);
struct hv_operand hv_operand_e(const ZydisDecodedInstruction *z, const struct hv_regs *regs, unsigned width);

#endif
