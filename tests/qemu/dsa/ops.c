/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The operations on plain memory, and the way to all others (8.3).
 *
 * Data moves in chunks over a buffer on the stack. Where a page faults in the middle of a chunk, what went through
 * before it counts: bytes completed is exact to the byte.
 *
 * Section numbers: Intel DSA Architecture Specification, 341204-006.
 */
#include <string.h>

#include "tests/qemu/dsa/ops.h"

#define PAGE UINT64_C(4096)

void dsa_readback(const struct dsa_env *env, const struct dsa_raw_desc *desc, uint64_t dst, size_t len,
                  struct dsa_result *result)
{
	uint64_t fault_addr = 0;
	uint8_t last;

	if ((dsa_desc_flags(desc) & IDXD_OP_FLAG_DRDBK) == 0 || len == 0)
		return;
	if (dsa_operand_read(env, 1, dst + len - 1, &last, 1, NULL, &fault_addr) != 0)
		result->status = DSA_COMP_HW_ERR_DRB;
}

/* From first to last, each chunk read as far as possible and then written as far as that. */
static void move_forward(const struct dsa_env *env, const struct dsa_raw_desc *desc, size_t size, size_t chunk,
                         struct dsa_result *result)
{
	uint64_t src = dsa_desc_u64(desc, 16), dst = dsa_desc_u64(desc, 24), read_fault = 0, write_fault = 0;
	uint8_t buf[DSA_CHUNK], read_status, write_status;
	size_t done = 0, got, put;

	while (done < size) {
		read_status = dsa_operand_read(env, 0, src + done, buf, dsa_min(chunk, size - done), &got, &read_fault);
		if (env->fault == DSA_FAULT_MEMMOVE_BIT_FLIP && done == 0 && got > 0)
			buf[0] ^= 1;
		write_status = dsa_operand_write(env, 1, dst + done, buf, got, &put, &write_fault);
		done += put;
		if (write_status != 0) {
			dsa_end_early(result, write_status, DSA_OPERAND_DESTINATION, write_fault, done);
			return;
		}
		if (read_status != 0) {
			dsa_end_early(result, read_status, DSA_OPERAND_SOURCE, read_fault, done);
			return;
		}
	}
}

/*
 * From last to first. No chunk crosses a page of the source or of the destination, so that it goes through as a whole
 * or not at all, and bytes completed can count from the end.
 */
static void move_backward(const struct dsa_env *env, const struct dsa_raw_desc *desc, size_t size,
                          struct dsa_result *result)
{
	uint64_t src = dsa_desc_u64(desc, 16), dst = dsa_desc_u64(desc, 24), fault = 0;
	uint8_t buf[DSA_CHUNK], status;
	size_t left = size, n;

	while (left > 0) {
		n = dsa_min(left, (src + left - 1) % PAGE + 1);
		n = dsa_min(n, (dst + left - 1) % PAGE + 1);
		status = dsa_operand_read(env, 0, src + left - n, buf, n, NULL, &fault);
		if (env->fault == DSA_FAULT_MEMMOVE_BIT_FLIP && left == size && status == 0)
			buf[0] ^= 1;
		if (status == 0)
			status = dsa_operand_write(env, 1, dst + left - n, buf, n, NULL, &fault);
		if (status != 0) {
			result->result = 1;
			dsa_end_early(result, status,
			              status & DSA_COMP_STATUS_WRITE ? DSA_OPERAND_DESTINATION : DSA_OPERAND_SOURCE,
			              fault, size - left);
			return;
		}
		left -= n;
	}
}

static void op_memmove(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result)
{
	uint64_t src = dsa_desc_u64(desc, 16), dst = dsa_desc_u64(desc, 24);
	size_t size = dsa_desc_size(desc);
	/* In two domains, addresses say nothing about who overlaps whom; and nobody promises anything. */
	bool ahead = dsa_desc_opcode(desc) == DSA_OPCODE_MEMMOVE && dst - src < size;

	if (env->fault == DSA_FAULT_MEMMOVE_SHORT && size > 0)
		size--;
	if (!ahead)
		move_forward(env, desc, size, DSA_CHUNK, result);
	else if (env->fault == DSA_FAULT_MEMMOVE_FORWARD)
		move_forward(env, desc, size, 1, result);
	else
		move_backward(env, desc, size, result);
	if (result->status == DSA_COMP_SUCCESS)
		dsa_readback(env, desc, dst, size, result);
}

static void op_memfill(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result)
{
	uint64_t dst = dsa_desc_u64(desc, 24), low = dsa_desc_u64(desc, 16), high = low, fault = 0;
	size_t size = dsa_desc_size(desc), done = 0, put, phase = env->fault == DSA_FAULT_FILL_PHASE ? 1 : 0;
	uint8_t buf[DSA_CHUNK], pattern[16], status;

	if ((dsa_desc_flags(desc) & DSA_FLAG_FILL16) != 0 && (env->gencap & DSA_GENCAP_FILL16) != 0 &&
	    env->fault != DSA_FAULT_FILL16_HALF)
		high = dsa_desc_u64(desc, 40);
	dsa_put_le(pattern, low, 8);
	dsa_put_le(pattern + 8, high, 8);
	for (size_t i = 0; i < sizeof(buf); i++)
		buf[i] = pattern[(i + phase) % sizeof(pattern)];
	while (done < size) {
		status = dsa_operand_write(env, 1, dst + done, buf, dsa_min(sizeof(buf), size - done), &put, &fault);
		done += put;
		if (status != 0) {
			dsa_end_early(result, status, DSA_OPERAND_DESTINATION, fault, done);
			return;
		}
	}
	dsa_readback(env, desc, dst, size, result);
}

/* The end of a comparison that ran through or found a difference: offset is where, or size. */
static void end_compare(const struct dsa_env *env, const struct dsa_raw_desc *desc, bool differ, size_t offset,
                        struct dsa_result *result)
{
	if (differ) {
		result->result = 1;
		result->bytes = (uint32_t)offset + (env->fault == DSA_FAULT_COMPARE_OFFSET ? 1 : 0);
	}
	if (env->fault == DSA_FAULT_EXPECTED_IGNORED)
		return;
	if ((dsa_desc_flags(desc) & IDXD_OP_FLAG_CR) != 0 && result->result != (dsa_desc_byte(desc, 40) & 1))
		result->status = DSA_COMP_SUCCESS_PRED;
}

/* COMPARE and COMPVAL: the second operand is memory, or a pattern of 8 bytes. */
static void op_compare(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result)
{
	bool memory = dsa_desc_opcode(desc) == DSA_OPCODE_COMPARE || dsa_desc_opcode(desc) == DSA_OP_ID_COMPARE;
	uint64_t src = dsa_desc_u64(desc, 16), src2 = dsa_desc_u64(desc, 24), fault = 0, fault2 = 0;
	size_t size = dsa_desc_size(desc), done = 0, n, got, got2;
	size_t phase = env->fault == DSA_FAULT_COMPVAL_PHASE ? 1 : 0;
	uint8_t a[DSA_CHUNK], b[DSA_CHUNK], status, status2 = 0;

	for (size_t i = 0; !memory && i < sizeof(b); i++)
		b[i] = (uint8_t)(src2 >> ((i + phase) % 8 * 8));
	while (done < size) {
		n = dsa_min(sizeof(a), size - done);
		status = dsa_operand_read(env, 0, src + done, a, n, &got, &fault);
		got2 = n;
		if (memory)
			status2 = dsa_operand_read(env, 1, src2 + done, b, n, &got2, &fault2);
		/* A difference before the first fault wins over the fault. */
		for (size_t i = 0; i < dsa_min(got, got2) && env->fault != DSA_FAULT_COMPARE_EQUAL; i++)
			if (a[i] != b[i]) {
				end_compare(env, desc, true, done + i, result);
				return;
			}
		done += dsa_min(got, got2);
		if (status != 0 && got <= got2) {
			dsa_end_early(result, status, DSA_OPERAND_SOURCE, fault, done);
			return;
		}
		if (status2 != 0) {
			dsa_end_early(result, status2, DSA_OPERAND_SOURCE2, fault2, done);
			return;
		}
	}
	end_compare(env, desc, false, size, result);
}

static void op_dualcast(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result)
{
	uint64_t src = dsa_desc_u64(desc, 16), dst = dsa_desc_u64(desc, 24), dst2 = dsa_desc_u64(desc, 40);
	uint64_t read_fault = 0, fault = 0, fault2 = 0;
	size_t size = dsa_desc_size(desc), done = 0, got, put, put2;
	uint8_t buf[DSA_CHUNK], read_status, status, status2;

	while (done < size) {
		read_status = dsa_mem_read(env, src + done, buf, dsa_min(sizeof(buf), size - done), &got, &read_fault);
		status = dsa_mem_write(env, dst + done, buf, got, &put, &fault);
		put2 = put;
		status2 = 0;
		/* The second destination gets no more than the first: both stop at the same byte. */
		if (env->fault != DSA_FAULT_DUALCAST_ONE)
			status2 = dsa_mem_write(env, dst2 + done, buf, put, &put2, &fault2);
		done += put2;
		if (status2 != 0) {
			dsa_end_early(result, status2, DSA_OPERAND_DESTINATION2, fault2, done);
			return;
		}
		if (status != 0) {
			dsa_end_early(result, status, DSA_OPERAND_DESTINATION, fault, done);
			return;
		}
		if (read_status != 0) {
			dsa_end_early(result, read_status, DSA_OPERAND_SOURCE, read_fault, done);
			return;
		}
	}
	dsa_readback(env, desc, dst, size, result);
	dsa_readback(env, desc, dst2, size, result);
}

/* There is no cache here: each page is looked at, so that one that is not there is reported as the device does it. */
static void op_cflush(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result)
{
	uint64_t dst = dsa_desc_u64(desc, 24), fault = 0;
	size_t size = dsa_desc_size(desc);
	uint8_t byte, status;

	for (size_t done = 0; done < size; done += (size_t)(PAGE - (dst + done) % PAGE)) {
		status = dsa_mem_read(env, dst + done, &byte, 1, NULL, &fault);
		if (status != 0) {
			dsa_end_early(result, status, DSA_OPERAND_DESTINATION, fault, done);
			return;
		}
	}
	dsa_readback(env, desc, dst, size, result);
}

/* Each page of a region, or one a stride, is translated, so that who comes later need not wait. */
static void op_fetch(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result)
{
	uint64_t addr = dsa_desc_u64(desc, 16), end = addr + dsa_desc_size(desc) - 1, stride = PAGE, fault = 0;
	uint64_t at = addr;
	uint8_t status;

	if ((dsa_desc_flags(desc) & DSA_FLAG_STRIDE) != 0)
		stride = dsa_desc_u32(desc, 48);
	do {
		status = dsa_mem_probe(env, at, false, &fault);
		if (status != 0) {
			dsa_end_early(result, status, DSA_OPERAND_SOURCE, fault, at - addr);
			return;
		}
		at = (at & ~(stride - 1)) + stride;
	} while (at > addr && at <= end);
}

void dsa_execute(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result)
{
	uint8_t opcode = dsa_desc_opcode(desc);

	memset(result, 0, sizeof(*result));
	result->status = DSA_COMP_SUCCESS;
	/* Comes here only with DSA_FAULT_OPCODE_UNCHECKED. */
	if (!dsa_opcode_known(env, opcode))
		return;
	switch (opcode) {
	case DSA_OPCODE_MEMMOVE:
	case DSA_OP_ID_COPY:
		op_memmove(env, desc, result);
		break;
	case DSA_OPCODE_MEMFILL:
	case DSA_OP_ID_FILL:
		op_memfill(env, desc, result);
		break;
	case DSA_OPCODE_COMPARE:
	case DSA_OPCODE_COMPVAL:
	case DSA_OP_ID_COMPARE:
	case DSA_OP_ID_COMPVAL:
		op_compare(env, desc, result);
		break;
	case DSA_OPCODE_CR_DELTA:
		dsa_op_create_delta(env, desc, result);
		break;
	case DSA_OPCODE_AP_DELTA:
		dsa_op_apply_delta(env, desc, result);
		break;
	case DSA_OPCODE_DUALCAST:
		op_dualcast(env, desc, result);
		break;
	case DSA_OPCODE_CRCGEN:
	case DSA_OPCODE_COPY_CRC:
		dsa_op_crc(env, desc, result);
		break;
	case DSA_OPCODE_DIF_CHECK:
	case DSA_OPCODE_DIF_INS:
	case DSA_OPCODE_DIF_STRP:
	case DSA_OPCODE_DIF_UPDT:
	case DSA_OP_DIX_GENERATE:
		dsa_op_dif(env, desc, result);
		break;
	case DSA_OP_TRANSLATION_FETCH:
		op_fetch(env, desc, result);
		break;
	case DSA_OPCODE_CFLUSH:
		op_cflush(env, desc, result);
		break;
	default:
		break; /* NOOP */
	}
}
