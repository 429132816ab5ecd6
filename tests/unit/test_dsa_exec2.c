/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What DSA 2.0 adds to the operations: DIX generation, whose tuples are compared with ISA-L's CRC; translation fetch;
 * and which operand a fault is in. Fill by 16 bytes and CRC64 are with their elder sisters in test_dsa_exec.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <isa-l/crc.h>

#include "tests/unit/dsa_flat.h"

#define SRC    (FLAT_BASE + FLAT_PAGE)
#define DST    (FLAT_BASE + 20 * FLAT_PAGE)
#define OTHER  (FLAT_BASE + 40 * FLAT_PAGE)
#define BLOCKS 5U
#define RECORD (IDXD_OP_FLAG_CRAV | IDXD_OP_FLAG_RCR)
#define FETCH  DSA_OP_TRANSLATION_FETCH
#define DIX    DSA_OP_DIX_GENERATE

static struct dsa_env env2(unsigned seed)
{
	struct dsa_env env = flat_env(seed);

	env.gencap |= DSA_GENCAP_FETCH_STRIDE | DSA_GENCAP_FILL16 | DSA_GENCAP_CRC64;
	env.opcap[0] |= BIT64(FETCH) | BIT64(DIX);
	return env;
}

static struct dsa_result run(const struct dsa_env *env, struct dsa_raw_desc d)
{
	struct dsa_result r, checked;

	assert_int_equal(dsa_check_descriptor(env, &d, &checked), 0);
	memset(&r, 0xa5, sizeof(r));
	dsa_execute(env, &d, &r);
	return r;
}

static uint8_t check(const struct dsa_env *env, struct dsa_raw_desc d)
{
	struct dsa_result r;

	return dsa_check_descriptor(env, &d, &r);
}

static void forbid(uint64_t addr, uint8_t perm)
{
	flat_perm[(addr - FLAT_BASE) / FLAT_PAGE] &= (uint8_t)~perm;
}

static struct dsa_raw_desc dix(unsigned kind, unsigned block, uint8_t dst_flags, uint8_t more)
{
	struct dsa_raw_desc d = descriptor(DIX, RECORD, SRC, DST, BLOCKS * block);

	set_bytes(&d, 41, dst_flags, 1);
	set_bytes(&d, 42, kind | more, 1);
	set_bytes(&d, 56, 0xfffffffd, 4);
	set_bytes(&d, 60, 0x0f00, 2);
	set_bytes(&d, 62, 0xfffe, 2);
	return d;
}

static void dix_generates(void **state)
{
	static const uint16_t sizes[] = {512, 520, 4096, 4104};
	struct dsa_env env = env2(11);

	(void)state;
	/* Blocks, how the guard is inverted, and which tags go on. Bits for passing through mean nothing here. */
	for (unsigned n = 0; n < 4 * 4 * 8; n++) {
		const unsigned block = sizes[n % 4], more = n / 4 % 4 * 4, flags = n / 16;
		const uint8_t dst_flags =
		        (uint8_t)((flags & 1 ? 0x80 : 0) | (flags & 2 ? 0x10 : 0) | (flags & 4 ? 0x68 : 0));
		uint32_t ref = 0xfffffffd;
		uint16_t app = 0xfffe;
		struct dsa_result r;

		memset(flat_at(DST), 0x5a, (BLOCKS + 1) * 8);
		r = run(&env, dix(n % 4, block, dst_flags, (uint8_t)more));
		assert_int_equal(r.status, DSA_COMP_SUCCESS);
		assert_int_equal(r.bytes, 0);
		for (unsigned b = 0; b < BLOCKS; b++) {
			uint16_t guard = crc16_t10dif(more & 4 ? 0xffff : 0, flat_at(SRC + b * block), block);
			const uint16_t used = app & 0xf0ff;
			uint8_t want[8];

			guard = more & 8 ? (uint16_t)~guard : guard;
			for (unsigned i = 0; i < 2; i++) {
				want[i] = (uint8_t)(guard >> (8 - 8 * i));
				want[2 + i] = (uint8_t)(used >> (8 - 8 * i));
			}
			for (unsigned i = 0; i < 4; i++)
				want[4 + i] = (uint8_t)(ref >> (24 - 8 * i));
			assert_memory_equal(flat_at(DST + b * 8), want, 8);
			ref += flags & 1 ? 0 : 1;
			app = (uint16_t)(app + (flags & 2 ? 1 : 0));
		}
		assert_int_equal(*flat_at(DST + BLOCKS * 8), 0x5a);
		assert_int_equal(dsa_get_le(r.specific + 8, 4), ref);
		assert_int_equal(dsa_get_le(r.specific + 12, 2), 0x0f00);
		assert_int_equal(dsa_get_le(r.specific + 14, 2), app);
	}
}

static void dix_refused(void **state)
{
	struct dsa_env env = env2(12);
	struct dsa_raw_desc d = dix(0, 512, 0, 0);

	(void)state;
	d.field[3] += 4;
	assert_int_equal(check(&env, d), DSA_COMP_ADDR_ALIGN);
	d = dix(0, 512, 0, 0);
	d.field[4]--;
	assert_int_equal(check(&env, d), DSA_COMP_XFER_ERANGE);
	d = dix(0, 512, 0, 0);
	d.field[3] = SRC + BLOCKS * 512 - 8;
	assert_int_equal(check(&env, d), DSA_COMP_OVERLAP_BUFFERS);
	d.field[3] = SRC - BLOCKS * 8;
	assert_int_equal(check(&env, d), 0);
	for (unsigned byte = 40; byte < 56; byte++) {
		d = dix(0, 512, 0, 0);
		set_bytes(&d, byte, byte == 42 ? 0x40 : byte == 41 ? 1 : 0x80, 1);
		assert_int_equal(check(&env, d), DSA_COMP_NOZERO_RESERVE);
	}
	env.opcap[0] = SPR_OPCAP;
	assert_int_equal(check(&env, dix(0, 512, 0, 0)), DSA_COMP_BAD_OPCODE);
}

static void dix_faults(void **state)
{
	struct dsa_env env = env2(13);
	struct dsa_result r;

	(void)state;
	forbid(SRC + FLAT_PAGE, FLAT_READ);
	r = run(&env, dix(2, 4096, 0, 0));
	assert_int_equal(r.status, DSA_COMP_PAGE_FAULT_NOBOF);
	assert_int_equal(r.operand, DSA_OPERAND_SOURCE);
	assert_int_equal(r.bytes, 4096);
	assert_int_equal(dsa_get_le(r.specific + 8, 4), 0xfffffffe);
	forbid(DST, FLAT_WRITE);
	r = run(&env, dix(2, 4096, 0, 0));
	assert_int_equal(r.status, DSA_COMP_PAGE_FAULT_NOBOF | DSA_COMP_STATUS_WRITE);
	assert_int_equal(r.operand, DSA_OPERAND_DESTINATION);
	assert_int_equal(r.bytes, 0);
}

/* The pages that were asked for. */
static uint64_t pages_asked;
static const struct dsa_memory_ops *flat_ops;

static int note(void *ctx, const struct dsa_requester *who, uint64_t addr, bool write)
{
	pages_asked |= BIT64((addr - FLAT_BASE) / FLAT_PAGE);
	return flat_ops->translate(ctx, who, addr, write);
}

static struct dsa_raw_desc fetch(uint64_t addr, uint32_t size, uint32_t stride)
{
	struct dsa_raw_desc d = descriptor(FETCH, stride ? RECORD | DSA_FLAG_STRIDE : RECORD, addr, 0, size);

	set_bytes(&d, 48, stride, 4);
	return d;
}

static void fetches(void **state)
{
	static const struct {
		uint64_t addr;
		uint32_t size, stride;
		uint64_t pages;
	} rows[] = {
	        {SRC, 1, 0, 0x2},
	        {SRC + 4095, 1, 0, 0x2},
	        {SRC + 4095, 2, 0, 0x6},
	        {SRC, 4 * FLAT_PAGE, 0, 0x1e},
	        {SRC + 1, 4 * FLAT_PAGE, 0, 0x3e},
	        {SRC, 8 * FLAT_PAGE, 4 * FLAT_PAGE, 0x112}, /* strides are aligned, as pages are */
	        {SRC, 3 * FLAT_PAGE + 1, 4 * FLAT_PAGE, 0x12},
	        {SRC, 3 * FLAT_PAGE, 4 * FLAT_PAGE, 0x2},
	        {SRC, 3 * FLAT_PAGE, 0x80000000, 0x2},
	};
	struct dsa_env env = env2(14);
	struct dsa_memory_ops ops = *env.memory;
	struct dsa_result r;

	(void)state;
	flat_ops = env.memory;
	ops.translate = note;
	env.memory = &ops;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		pages_asked = 0;
		r = run(&env, fetch(rows[i].addr, rows[i].size, rows[i].stride));
		assert_int_equal(r.status, DSA_COMP_SUCCESS);
		assert_int_equal(pages_asked, rows[i].pages);
	}
	forbid(SRC + 2 * FLAT_PAGE, FLAT_READ);
	r = run(&env, fetch(SRC, 4 * FLAT_PAGE, 0));
	assert_int_equal(r.status, DSA_COMP_PAGE_FAULT_NOBOF);
	assert_int_equal(r.fault_addr, SRC + 2 * FLAT_PAGE);
	assert_int_equal(r.operand, DSA_OPERAND_SOURCE);
	/* Up to the last byte there is, and no further. */
	assert_int_equal(check(&env, fetch(UINT64_MAX - 9, 10, 0)), 0);
	assert_int_equal(check(&env, fetch(UINT64_MAX - 9, 11, 0)), DSA_COMP_XFER_ERANGE);
	assert_int_equal(check(&env, fetch(SRC, 0, 0)), DSA_COMP_XFER_ERANGE);
	assert_int_equal(check(&env, fetch(SRC, 1, 2048)), DSA_COMP_ADDR_ALIGN);
	assert_int_equal(check(&env, fetch(SRC, 1, 3 * 4096)), DSA_COMP_ADDR_ALIGN);
	env.gencap &= ~DSA_GENCAP_FETCH_STRIDE;
	assert_int_equal(check(&env, fetch(SRC, 1, 4096)), DSA_COMP_INVALID_FLAGS);
	env.who.ats = false;
	assert_int_equal(check(&env, fetch(SRC, 1, 0)), DSA_COMP_BAD_OPCODE);
}

/* Each operation with each of its operands away in turn. */
static void operands(void **state)
{
	static const struct {
		uint8_t opcode;
		uint64_t away;
		uint8_t perm;
		uint8_t operand;
	} rows[] = {
	        {DSA_OPCODE_MEMMOVE, SRC, FLAT_READ, DSA_OPERAND_SOURCE},
	        {DSA_OPCODE_MEMMOVE, DST, FLAT_WRITE, DSA_OPERAND_DESTINATION},
	        {DSA_OPCODE_MEMFILL, DST, FLAT_WRITE, DSA_OPERAND_DESTINATION},
	        {DSA_OPCODE_COMPARE, SRC, FLAT_READ, DSA_OPERAND_SOURCE},
	        {DSA_OPCODE_COMPARE, DST, FLAT_READ, DSA_OPERAND_SOURCE2},
	        {DSA_OPCODE_COMPVAL, SRC, FLAT_READ, DSA_OPERAND_SOURCE},
	        {DSA_OPCODE_DUALCAST, SRC, FLAT_READ, DSA_OPERAND_SOURCE},
	        {DSA_OPCODE_DUALCAST, DST, FLAT_WRITE, DSA_OPERAND_DESTINATION},
	        {DSA_OPCODE_DUALCAST, OTHER, FLAT_WRITE, DSA_OPERAND_DESTINATION2},
	        {DSA_OPCODE_CR_DELTA, SRC, FLAT_READ, DSA_OPERAND_SOURCE},
	        {DSA_OPCODE_CR_DELTA, DST, FLAT_READ, DSA_OPERAND_SOURCE2},
	        {DSA_OPCODE_CR_DELTA, OTHER, FLAT_WRITE, DSA_OPERAND_DESTINATION},
	        {DSA_OPCODE_CRCGEN, SRC, FLAT_READ, DSA_OPERAND_SOURCE},
	        {DSA_OPCODE_CRCGEN, OTHER, FLAT_READ, DSA_OPERAND_SOURCE2},
	        {DSA_OPCODE_COPY_CRC, DST, FLAT_WRITE, DSA_OPERAND_DESTINATION},
	        {DSA_OPCODE_CFLUSH, DST, FLAT_READ, DSA_OPERAND_DESTINATION},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint8_t op = rows[i].opcode;
		const bool crc = op == DSA_OPCODE_CRCGEN || op == DSA_OPCODE_COPY_CRC;
		struct dsa_env env = env2(15);
		struct dsa_raw_desc d = descriptor(op, crc ? RECORD | DSA_FLAG_READ_SEED : RECORD, SRC, DST, 64);
		struct dsa_result r;

		if (op == DSA_OPCODE_CRCGEN)
			d.field[3] = 0;
		if (op == DSA_OPCODE_CFLUSH)
			d.field[2] = 0;
		if (op == DSA_OPCODE_COMPVAL)
			memset(flat_at(SRC), 0, 64);
		if (op == DSA_OPCODE_DUALCAST || op == DSA_OPCODE_CR_DELTA)
			d.field[5] = OTHER;
		if (op == DSA_OPCODE_CR_DELTA)
			set_bytes(&d, 48, 80, 4);
		if (crc)
			d.field[6] = OTHER;
		forbid(rows[i].away, rows[i].perm);
		r = run(&env, d);
		assert_int_equal(r.status & ~DSA_COMP_STATUS_WRITE, DSA_COMP_PAGE_FAULT_NOBOF);
		assert_int_equal(r.operand, rows[i].operand);
		assert_int_equal(r.fault_addr, rows[i].away);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(dix_generates), cmocka_unit_test(dix_refused), cmocka_unit_test(dix_faults),
	        cmocka_unit_test(fetches),       cmocka_unit_test(operands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
