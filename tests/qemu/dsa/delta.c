/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Delta records (8.3.8, 8.3.9): how one block of memory becomes another, eight bytes at a time.
 *
 * Section numbers: Intel DSA Architecture Specification, 341204-006.
 */
#include <string.h>

#include "tests/qemu/dsa/ops.h"

#define UNIT 8

/* Results of a record's creation, as in byte 1 of the completion record. */
enum {
	EQUAL = 0,
	WRITTEN = 1,
	TOO_SMALL = 2
};

/* A record on its way to memory. */
struct record {
	uint64_t addr;
	size_t len, max;
};

/*
 * The deltas between the n bytes at a and at b, which stand at offset in the whole. Returns 0, TOO_SMALL's status 0
 * with *done short of n, or the status of the write that failed; *done is how many bytes were dealt with.
 */
static uint8_t write_deltas(const struct dsa_env *env, struct record *record, const uint8_t *a, const uint8_t *b,
                            size_t offset, size_t n, size_t *done, uint64_t *fault_addr)
{
	uint8_t delta[DSA_DELTA_SIZE], status;

	for (*done = 0; *done + UNIT <= n; *done += UNIT) {
		if (memcmp(a + *done, b + *done, UNIT) == 0)
			continue;
		if (record->max - record->len < DSA_DELTA_SIZE && env->fault != DSA_FAULT_DELTA_OVERRUN)
			return 0;
		dsa_put_le(delta, (offset + *done) / UNIT + (env->fault == DSA_FAULT_DELTA_OFFSET), 2);
		memcpy(delta + 2, b + *done, UNIT);
		status = dsa_mem_write(env, record->addr + record->len, delta, sizeof(delta), NULL, fault_addr);
		if (status != 0)
			return status;
		record->len += sizeof(delta);
	}
	return 0;
}

void dsa_op_create_delta(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result)
{
	struct record record = {.addr = dsa_desc_u64(desc, 40), .max = dsa_desc_u32(desc, 48)};
	uint64_t src = dsa_desc_u64(desc, 16), src2 = dsa_desc_u64(desc, 24), fault = 0, fault2 = 0, write_fault = 0;
	size_t size = dsa_desc_size(desc) & ~(size_t)(UNIT - 1), offset = 0, n, got, got2, done;
	uint8_t a[DSA_CHUNK], b[DSA_CHUNK], status, status2, write_status;

	while (offset < size) {
		n = dsa_min(sizeof(a), size - offset);
		status = dsa_mem_read(env, src + offset, a, n, &got, &fault);
		status2 = dsa_mem_read(env, src2 + offset, b, n, &got2, &fault2);
		n = dsa_min(got, got2) & ~(size_t)(UNIT - 1);
		write_status = write_deltas(env, &record, a, b, offset, n, &done, &write_fault);
		offset += done;
		result->result = record.len > 0 ? WRITTEN : EQUAL;
		dsa_put_le(result->specific, record.len, 4);
		if (write_status != 0) {
			dsa_end_early(result, write_status, DSA_OPERAND_DESTINATION, write_fault, offset);
			return;
		}
		if (done < n) {
			result->result = TOO_SMALL;
			result->bytes = (uint32_t)offset;
			break;
		}
		if (status != 0 && got <= got2) {
			dsa_end_early(result, status, DSA_OPERAND_SOURCE, fault, offset);
			return;
		}
		if (status2 != 0) {
			dsa_end_early(result, status2, DSA_OPERAND_SOURCE2, fault2, offset);
			return;
		}
	}
	if ((dsa_desc_flags(desc) & IDXD_OP_FLAG_CR) != 0 && (dsa_desc_byte(desc, 56) & BIT32(result->result)) == 0)
		result->status = DSA_COMP_SUCCESS_PRED;
	dsa_readback(env, desc, record.addr, record.len, result);
}

void dsa_op_apply_delta(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result)
{
	uint64_t addr = dsa_desc_u64(desc, 16), dst = dsa_desc_u64(desc, 24), fault = 0, last = 0;
	size_t size = dsa_desc_size(desc), len = dsa_desc_u32(desc, 40), done;
	uint8_t delta[DSA_DELTA_SIZE], status;

	/* What is left behind the last whole delta is not looked at. */
	for (done = 0; done + sizeof(delta) <= len; done += sizeof(delta)) {
		uint64_t offset;

		status = dsa_mem_read(env, addr + done, delta, sizeof(delta), NULL, &fault);
		if (status != 0) {
			dsa_end_early(result, status, DSA_OPERAND_SOURCE, fault, done);
			return;
		}
		offset = dsa_get_le(delta, 2) * UNIT;
		if (done > 0 && offset <= last && env->fault != DSA_FAULT_DELTA_ORDER) {
			dsa_end_early(result, DSA_COMP_DR_OFFSET_NOINC, DSA_OPERAND_UNKNOWN, 0, done);
			return;
		}
		if (offset >= size) {
			dsa_end_early(result, DSA_COMP_DR_OFFSET_ERANGE, DSA_OPERAND_UNKNOWN, 0, done);
			return;
		}
		status = dsa_mem_write(env, dst + offset, delta + 2, UNIT, NULL, &fault);
		if (status != 0) {
			dsa_end_early(result, status, DSA_OPERAND_DESTINATION, fault, done);
			return;
		}
		last = offset;
	}
	if (done > 0)
		dsa_readback(env, desc, dst + last, UNIT, result);
}
