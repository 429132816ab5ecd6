/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DSA model's delta records (8.3.8) and data integrity fields (appendix B): the tuples are built here by hand, with
 * ISA-L's CRC for the guard.
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
#define RECORD (FLAT_BASE + 40 * FLAT_PAGE + 3)
#define SIZE   20000U

static struct dsa_result run(const struct dsa_env *env, struct dsa_raw_desc d)
{
	struct dsa_result r, checked;

	assert_int_equal(dsa_check_descriptor(env, &d, &checked), 0);
	memset(&r, 0xa5, sizeof(r));
	dsa_execute(env, &d, &r);
	return r;
}

static void forbid(uint64_t addr, uint8_t perm)
{
	flat_perm[(addr - FLAT_BASE) / FLAT_PAGE] &= (uint8_t)~perm;
}

static void allow_all(void)
{
	memset(flat_perm, FLAT_READ | FLAT_WRITE, sizeof(flat_perm));
}

/* Source 1 at SRC and source 2 at DST, which differ in count units; the mask of expected results. */
static struct dsa_result create(const struct dsa_env *env, unsigned count, uint32_t max, uint32_t flags, uint8_t mask)
{
	struct dsa_raw_desc d = descriptor(7, 0x0c | flags, SRC, DST, SIZE);

	set_bytes(&d, 40, RECORD, 8);
	set_bytes(&d, 48, max, 4);
	set_bytes(&d, 56, mask, 1);
	memcpy(flat_at(DST), flat_at(SRC), SIZE);
	for (unsigned i = 0; i < count; i++)
		*flat_at(DST + i * 160 + i % 8) ^= 0x80;
	return run(env, d);
}

static uint32_t delta_size(struct dsa_result r)
{
	return (uint32_t)dsa_get_le(r.specific, 4);
}

static void create_delta(void **state)
{
	struct dsa_env env = flat_env(1);
	struct dsa_result r;

	(void)state;
	r = create(&env, 0, 80, 0, 0);
	assert_int_equal(r.status << 8 | r.result, DSA_COMP_SUCCESS << 8);
	assert_int_equal(delta_size(r) + r.bytes, 0);
	r = create(&env, 100, 1000, 0, 0);
	assert_int_equal(r.status << 8 | r.result, DSA_COMP_SUCCESS << 8 | 1);
	assert_int_equal(r.bytes, 0);
	assert_int_equal(delta_size(r), 1000);
	for (unsigned i = 0; i < 100; i++) {
		assert_int_equal(dsa_get_le(flat_at(RECORD + i * 10), 2), i * 20);
		assert_memory_equal(flat_at(RECORD + i * 10 + 2), flat_at(DST + i * 160), 8);
	}
	/* One delta too many: the record may be no multiple of ten, and the comparison stops before that delta. */
	r = create(&env, 100, 999, 0, 0);
	assert_int_equal(r.status << 8 | r.result, DSA_COMP_SUCCESS << 8 | 2);
	assert_int_equal(delta_size(r), 990);
	assert_int_equal(r.bytes, 99 * 160);
	/* Bit n of the mask: result n is expected. */
	for (unsigned mask = 0; mask < 8; mask++) {
		assert_int_equal(create(&env, 0, 80, 0x80, (uint8_t)mask).status, (mask & 1) != 0 ? 1 : 2);
		assert_int_equal(create(&env, 8, 80, 0x80, (uint8_t)mask).status, (mask & 2) != 0 ? 1 : 2);
		assert_int_equal(create(&env, 9, 80, 0x80, (uint8_t)mask).status, (mask & 4) != 0 ? 1 : 2);
	}
}

static void create_delta_faults(void **state)
{
	struct dsa_env env = flat_env(2);
	struct dsa_result r;

	(void)state;
	forbid(DST + 2 * FLAT_PAGE, FLAT_READ);
	r = create(&env, 100, 1000, 0, 0);
	assert_int_equal(r.status, DSA_COMP_PAGE_FAULT_NOBOF);
	assert_int_equal(r.fault_addr, DST + 2 * FLAT_PAGE);
	assert_int_equal(r.bytes, 2 * FLAT_PAGE);
	assert_int_equal(r.result, 1);
	assert_int_equal(delta_size(r), (2 * FLAT_PAGE / 160 + 1) * 10);
	forbid(SRC + FLAT_PAGE, FLAT_READ);
	r = create(&env, 0, 1000, 0, 0);
	assert_int_equal(r.fault_addr, SRC + FLAT_PAGE);
	assert_int_equal(r.bytes, FLAT_PAGE);
	assert_int_equal(r.result, 0);
	/* The delta that could not be stored does not count. */
	allow_all();
	forbid(RECORD, FLAT_WRITE);
	r = create(&env, 3, 1000, 0, 0);
	assert_int_equal(r.status, DSA_COMP_PAGE_FAULT_NOBOF | DSA_COMP_STATUS_WRITE);
	assert_int_equal(r.bytes + r.result + delta_size(r), 0);
}

/* Apply the record from its byte start up to end. */
static struct dsa_raw_desc apply(uint32_t start, uint32_t end)
{
	struct dsa_raw_desc d = descriptor(8, 0x400c, RECORD + start, DST, SIZE);

	set_bytes(&d, 40, end - start, 4);
	return d;
}

static void apply_delta(void **state)
{
	static uint8_t want[SIZE];
	struct dsa_env env = flat_env(3);
	struct dsa_result r;

	(void)state;
	r = create(&env, 100, 1000, 0, 0);
	memcpy(want, flat_at(DST), SIZE);
	memcpy(flat_at(DST), flat_at(SRC), SIZE);
	/* It stops at the page that is not there, and goes on from the record's rest. */
	forbid(DST + FLAT_PAGE, FLAT_WRITE);
	r = run(&env, apply(0, delta_size(r)));
	assert_int_equal(r.status, DSA_COMP_PAGE_FAULT_NOBOF | DSA_COMP_STATUS_WRITE);
	assert_int_equal(r.bytes, (FLAT_PAGE / 160 + 1) * 10);
	allow_all();
	r = run(&env, apply(r.bytes, 1000));
	assert_int_equal(r.status, DSA_COMP_SUCCESS);
	assert_int_equal(r.bytes, 0);
	assert_memory_equal(flat_at(DST), want, SIZE);
	/* The record's own page. */
	forbid(RECORD, FLAT_READ);
	r = run(&env, apply(0, 1000));
	assert_int_equal(r.status, DSA_COMP_PAGE_FAULT_NOBOF);
	assert_int_equal(r.bytes, 0);
	allow_all();
	/* Offsets that do not ascend, or lie behind the end. */
	dsa_put_le(flat_at(RECORD + 50), 80, 2);
	r = run(&env, apply(0, 1000));
	assert_int_equal(r.status, DSA_COMP_DR_OFFSET_NOINC);
	assert_int_equal(r.bytes, 50);
	dsa_put_le(flat_at(RECORD + 50), SIZE / 8, 2);
	r = run(&env, apply(0, 1000));
	assert_int_equal(r.status, DSA_COMP_DR_OFFSET_ERANGE);
	assert_int_equal(r.bytes, 50);
	dsa_put_le(flat_at(RECORD), 0, 2);
	assert_int_equal(run(&env, apply(0, 19)).status, DSA_COMP_SUCCESS);
}

#define CHECK  0x12
#define INSERT 0x13
#define STRIP  0x14
#define UPDATE 0x15
#define BLOCKS 6U

static const unsigned block_sizes[] = {512, 520, 4096, 4104};

/* A DIF descriptor over BLOCKS blocks from SRC to DST. */
static struct dsa_raw_desc dif(uint8_t opcode, unsigned kind, uint8_t src_flags, uint8_t dst_flags, uint8_t more)
{
	unsigned block = block_sizes[kind] + (opcode == INSERT ? 0 : 8);
	struct dsa_raw_desc d = descriptor(opcode, 0x0c, SRC, opcode == CHECK ? 0 : DST, block * BLOCKS);

	set_bytes(&d, 42, kind | more, 1);
	if (opcode != INSERT) {
		set_bytes(&d, 40, src_flags, 1);
		set_bytes(&d, 48, 0xfffffffe, 4);
		set_bytes(&d, 52, 0x00f0, 2);
		set_bytes(&d, 54, 0xfffe, 2);
	}
	if (opcode == INSERT || opcode == UPDATE) {
		set_bytes(&d, 41, dst_flags, 1);
		set_bytes(&d, 56, 0x12345678, 4);
		set_bytes(&d, 60, 0x0f00, 2);
		set_bytes(&d, 62, 0xabcd, 2);
	}
	return d;
}

static void put_tuple(uint8_t *p, uint16_t guard, uint16_t app, uint32_t ref)
{
	for (unsigned i = 0; i < 2; i++) {
		p[i] = (uint8_t)(guard >> (8 - 8 * i));
		p[2 + i] = (uint8_t)(app >> (8 - 8 * i));
	}
	for (unsigned i = 0; i < 4; i++)
		p[4 + i] = (uint8_t)(ref >> (24 - 8 * i));
}

static uint16_t guard(const uint8_t *data, unsigned len, uint8_t more)
{
	uint16_t crc = crc16_t10dif((more & 4) != 0 ? 0xffff : 0, data, len);

	return (more & 8) != 0 ? (uint16_t)~crc : crc;
}

/* Blocks with the tuples that dif() expects of its source. */
static void make_source(unsigned kind, uint8_t src_flags, uint8_t more)
{
	unsigned block = block_sizes[kind];

	for (unsigned i = 0; i < BLOCKS; i++) {
		uint8_t *p = flat_at(SRC) + i * (block + 8);
		uint16_t app = (uint16_t)(0xfffe + ((src_flags & 0x10) != 0 ? i : 0));

		put_tuple(p + block, guard(p, block, more), app & 0xff0f,
		          0xfffffffe + ((src_flags & 0x80) != 0 ? 0 : i));
	}
}

static void expect_tags(const uint8_t *p, uint32_t ref, uint16_t mask, uint16_t app)
{
	assert_int_equal(dsa_get_le(p, 4), ref);
	assert_int_equal(dsa_get_le(p + 4, 2), mask);
	assert_int_equal(dsa_get_le(p + 6, 2), app);
}

static void guard_vectors(void **state)
{
	struct dsa_env env = flat_env(4);

	(void)state;
	assert_int_equal(crc16_t10dif(0, (const unsigned char *)"123456789", 9), 0xd0db);
	memset(flat_at(SRC), 0, 512);
	memset(flat_at(SRC + 512), 0xff, 512);
	for (unsigned i = 0; i < 512; i++)
		*flat_at(SRC + 1024 + i) = (uint8_t)i;
	assert_int_equal(run(&env, dif(INSERT, 0, 0, 0, 0)).status, DSA_COMP_SUCCESS);
	assert_memory_equal(flat_at(DST + 512), "\0\0", 2);
	assert_memory_equal(flat_at(DST + 520 + 512), "\xe6\xa1", 2);
	assert_memory_equal(flat_at(DST + 1040 + 512), "\x4f\x10", 2);
	assert_int_equal(run(&env, dif(INSERT, 0, 0, 0, 4)).status, DSA_COMP_SUCCESS);
	assert_memory_equal(flat_at(DST + 512), "\x72\xbb", 2);
}

static void insert(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 4 * 4 * 4; n++) {
		struct dsa_env env = flat_env(5);
		unsigned kind = n % 4, block = block_sizes[kind];
		uint8_t more = (uint8_t)((n / 4 % 4) << 2), flags = (uint8_t)((n / 16 & 1) << 7 | (n / 32) << 4);
		unsigned ref = (flags & 0x80) != 0 ? 0 : 1, app = (flags & 0x10) != 0 ? 1 : 0;
		/* Passing through is for updates: here these flags do nothing. */
		struct dsa_result r = run(&env, dif(INSERT, kind, 0, flags | 0x68, more));
		uint8_t tuple[8];

		assert_int_equal(r.status, DSA_COMP_SUCCESS);
		assert_int_equal(r.bytes, 0);
		for (unsigned i = 0; i < BLOCKS; i++) {
			const uint8_t *in = flat_at(SRC) + i * block, *out = flat_at(DST) + i * (block + 8);

			put_tuple(tuple, guard(in, block, more), (uint16_t)((0xabcd + i * app) & 0xf0ff),
			          0x12345678 + i * ref);
			assert_memory_equal(out, in, block);
			assert_memory_equal(out + block, tuple, 8);
		}
		expect_tags(r.specific + 8, 0x12345678 + BLOCKS * ref, 0x0f00, (uint16_t)(0xabcd + BLOCKS * app));
	}
}

static void check_and_strip(void **state)
{
	(void)state;
	for (unsigned n = 0; n < 4 * 4 * 4; n++) {
		struct dsa_env env = flat_env(6);
		unsigned kind = n % 4, block = block_sizes[kind];
		uint8_t more = (uint8_t)((n / 4 % 4) << 2), flags = (uint8_t)((n / 16 & 1) << 7 | (n / 32) << 4);
		unsigned ref = (flags & 0x80) != 0 ? 0 : 1, app = (flags & 0x10) != 0 ? 1 : 0;
		struct dsa_result r;

		make_source(kind, flags, more);
		for (uint8_t opcode = CHECK; opcode <= STRIP; opcode += 2) {
			r = run(&env, dif(opcode, kind, flags, 0, more));
			assert_int_equal(r.status, DSA_COMP_SUCCESS);
			assert_int_equal(r.bytes + r.result, 0);
			expect_tags(r.specific, 0xfffffffe + BLOCKS * ref, 0x00f0, (uint16_t)(0xfffe + BLOCKS * app));
		}
		for (unsigned i = 0; i < BLOCKS; i++)
			assert_memory_equal(flat_at(DST) + i * block, flat_at(SRC) + i * (block + 8), block);
	}
}

static void dif_errors(void **state)
{
	static const struct {
		unsigned byte;     /* of the tuple */
		uint8_t status;    /* DIF status */
		uint8_t disabling; /* source flag */
	} cases[] = {{0, 1, 0x20}, {1, 1, 0x20}, {2, 2, 0}, {3, 2, 0}, {4, 4, 0x40}, {7, 4, 0x40}};
	struct dsa_env env = flat_env(7);
	struct dsa_result r;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint8_t *p = flat_at(SRC) + 3 * 520 + 512 + cases[i].byte;

		make_source(0, 0, 0);
		*p ^= 1;
		for (uint8_t opcode = CHECK; opcode <= UPDATE; opcode++) {
			if (opcode == INSERT)
				continue;
			r = run(&env, dif(opcode, 0, 0, 0, 0));
			assert_int_equal(r.status, DSA_COMP_DIF_ERR);
			assert_int_equal(r.result, cases[i].status);
			assert_int_equal(r.bytes, 3 * 520);
			expect_tags(r.specific, 1, 0x00f0, 0xfffe);
		}
		if (cases[i].disabling != 0)
			assert_int_equal(run(&env, dif(CHECK, 0, cases[i].disabling, 0, 0)).status, DSA_COMP_SUCCESS);
	}
	/* A masked bit of the application tag; all of it masked. */
	make_source(0, 0, 0);
	*(flat_at(SRC) + 512 + 3) ^= 0x10;
	assert_int_equal(run(&env, dif(CHECK, 0, 0, 0, 0)).status, DSA_COMP_SUCCESS);
	/* All three at once, and the fault that does not look at the guard. */
	memset(flat_at(SRC) + 512, 0x55, 8);
	assert_int_equal(run(&env, dif(CHECK, 0, 0, 0, 0)).result, 7);
	env.fault = DSA_FAULT_DIF_GUARD;
	assert_int_equal(run(&env, dif(CHECK, 0, 0, 0, 0)).result, 6);
}

static void dif_all_ones(void **state)
{
	struct dsa_env env = flat_env(8);

	(void)state;
	make_source(0, 0, 0);
	memset(flat_at(SRC) + 512 + 2, 0xff, 2);
	assert_int_equal(run(&env, dif(CHECK, 0, 0x04, 0, 0)).status, DSA_COMP_SUCCESS);
	assert_int_equal(run(&env, dif(CHECK, 0, 0x0a, 0, 0)).result, 2);
	memset(flat_at(SRC) + 512 + 4, 0xff, 4);
	assert_int_equal(run(&env, dif(CHECK, 0, 0x08, 0, 0)).status, DSA_COMP_SUCCESS);
	assert_int_equal(run(&env, dif(CHECK, 0, 0x02, 0, 0)).result, 6);
	memset(flat_at(SRC) + 512, 0xff, 2);
	assert_int_equal(run(&env, dif(CHECK, 0, 0x02, 0, 0)).status, DSA_COMP_SUCCESS);
	assert_int_equal(run(&env, dif(CHECK, 0, 0x03, 0, 0)).result, 8);
	assert_int_equal(run(&env, dif(CHECK, 0, 0x00, 0, 0)).result, 7);
	/* An error only of those that are looked for. */
	assert_int_equal(run(&env, dif(CHECK, 0, 0x01, 0, 0)).result, 7);
}

static void update(void **state)
{
	(void)state;
	for (unsigned pass = 0; pass < 8; pass++) {
		struct dsa_env env = flat_env(9);
		uint8_t flags = (uint8_t)((pass & 1) << 6 | (pass & 2) << 4 | (pass & 4) << 1);
		struct dsa_raw_desc d = dif(UPDATE, 1, 0, flags, 4);
		struct dsa_result r;
		uint8_t tuple[8];

		make_source(1, 0, 4);
		/* A wrong guard passes through too, if nobody checks it. */
		*(flat_at(SRC) + 520) ^= 0xff;
		set_bytes(&d, 40, 0x20, 1);
		r = run(&env, d);
		assert_int_equal(r.status, DSA_COMP_SUCCESS);
		for (unsigned i = 0; i < BLOCKS; i++) {
			const uint8_t *in = flat_at(SRC) + i * 528, *out = flat_at(DST) + i * 528;

			put_tuple(tuple, guard(in, 520, 4), 0xabcd & 0xf0ff, 0x12345678 + i);
			if ((flags & 0x40) != 0)
				memcpy(tuple + 4, in + 524, 4);
			if ((flags & 0x20) != 0)
				memcpy(tuple, in + 520, 2);
			if ((flags & 0x08) != 0)
				memcpy(tuple + 2, in + 522, 2);
			assert_memory_equal(out, in, 520);
			assert_memory_equal(out + 520, tuple, 8);
		}
		expect_tags(r.specific, 0xfffffffe + BLOCKS, 0x00f0, 0xfffe);
		expect_tags(r.specific + 8, 0x12345678 + BLOCKS, 0x0f00, 0xabcd);
	}
}

static void dif_faults(void **state)
{
	struct dsa_env env = flat_env(10);
	struct dsa_result r;

	(void)state;
	/* Whole blocks only: the third one crosses the page. */
	make_source(3, 0, 0);
	forbid(SRC + 3 * FLAT_PAGE, FLAT_READ);
	r = run(&env, dif(STRIP, 3, 0, 0, 0));
	assert_int_equal(r.status, DSA_COMP_PAGE_FAULT_NOBOF);
	assert_int_equal(r.fault_addr, SRC + 3 * FLAT_PAGE);
	assert_int_equal(r.bytes, 2 * 4112);
	expect_tags(r.specific, 0, 0x00f0, 0xfffe);
	/* Bytes completed are the source's. */
	allow_all();
	forbid(DST + 3 * FLAT_PAGE, FLAT_WRITE);
	r = run(&env, dif(INSERT, 3, 0, 0, 0));
	assert_int_equal(r.status, DSA_COMP_PAGE_FAULT_NOBOF | DSA_COMP_STATUS_WRITE);
	assert_int_equal(r.bytes, 2 * 4104);
	expect_tags(r.specific + 8, 0x1234567a, 0x0f00, 0xabcd);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(create_delta), cmocka_unit_test(create_delta_faults),
	        cmocka_unit_test(apply_delta),  cmocka_unit_test(guard_vectors),
	        cmocka_unit_test(insert),       cmocka_unit_test(check_and_strip),
	        cmocka_unit_test(dif_errors),   cmocka_unit_test(dif_all_ones),
	        cmocka_unit_test(update),       cmocka_unit_test(dif_faults),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
