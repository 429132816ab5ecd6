/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DSA model's operations on plain memory (8.3) against the C library, its CRCs (8.3.12) against ISA-L and a
 * calculation by the bit; where each stops at a page that is not there; and that each way to be wrong on purpose is
 * wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <isa-l/crc.h>

#include "tests/unit/dsa_flat.h"

#define SRC  (FLAT_BASE + 3)
#define DST  (FLAT_BASE + 20 * FLAT_PAGE + 1001)
#define DST2 (FLAT_BASE + 40 * FLAT_PAGE + 1001)

static uint8_t before[sizeof(flat)], expected[sizeof(flat)];

static struct dsa_result run(const struct dsa_env *env, struct dsa_raw_desc d)
{
	struct dsa_result r;

	memcpy(before, flat, sizeof(flat));
	memcpy(expected, flat, sizeof(flat));
	memset(&r, 0xa5, sizeof(r));
	dsa_execute(env, &d, &r);
	return r;
}

static void is_success(struct dsa_result r)
{
	static const uint8_t zero[16];

	assert_int_equal(r.status, DSA_COMP_SUCCESS);
	assert_int_equal(r.result, 0);
	assert_int_equal(r.bytes, 0);
	assert_memory_equal(r.specific, zero, sizeof(zero));
}

static void memory_is_right(void)
{
	assert_memory_equal(flat, expected, sizeof(flat));
}

static void forbid(uint64_t addr, uint8_t perm)
{
	flat_perm[(addr - FLAT_BASE) / FLAT_PAGE] &= (uint8_t)~perm;
}

static void is_fault(struct dsa_result r, uint64_t page, bool write, uint32_t bytes)
{
	assert_int_equal(r.status, DSA_COMP_PAGE_FAULT_NOBOF | (write ? DSA_COMP_STATUS_WRITE : 0));
	assert_int_equal(r.fault_addr, page);
	assert_int_equal(r.bytes, bytes);
}

static const uint32_t sizes[] = {1, 2, 7, 8, 9, 63, 4095, 4096, 4097, 12288, 40001};

static void noop(void **state)
{
	struct dsa_env env = flat_env(1);

	(void)state;
	is_success(run(&env, descriptor(0, 0, 0, 0, 0)));
	memory_is_right();
}

static void memmove_apart_and_over(void **state)
{
	static const int64_t distances[] = {-40001, -4097, -4096, -100, -8, -1, 0, 1, 8, 100, 4096, 4097, 40001, 90000};

	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		for (size_t i = 0; i < ARRAY_SIZE(distances); i++) {
			struct dsa_env env = flat_env(2);
			uint64_t src = FLAT_BASE + 15 * FLAT_PAGE + 77, dst = src + (uint64_t)distances[i];

			is_success(run(&env, descriptor(3, 0x4000, src, dst, sizes[s])));
			memmove(expected + (dst - FLAT_BASE), expected + (src - FLAT_BASE), sizes[s]);
			memory_is_right();
		}
	}
}

/* What 8.3.4 says of the rest: sent again as told, the move is complete. */
static void resume_move(struct dsa_env *env, struct dsa_raw_desc d, struct dsa_result r)
{
	uint64_t src = d.field[2], dst = d.field[3];

	if (r.result == 0) {
		src += r.bytes;
		dst += r.bytes;
	}
	memset(flat_perm, FLAT_READ | FLAT_WRITE, sizeof(flat_perm));
	dsa_execute(env, (struct dsa_raw_desc[]){descriptor(3, 0, src, dst, dsa_desc_size(&d) - r.bytes)}, &r);
	assert_int_equal(r.status, DSA_COMP_SUCCESS);
}

static void memmove_faults(void **state)
{
	(void)state;
	for (unsigned page = 0; page < 10; page++) {
		for (unsigned kind = 0; kind < 4; kind++) {
			struct dsa_env env = flat_env(3);
			bool back = (kind & 1) != 0, write = (kind & 2) != 0;
			uint64_t src = FLAT_BASE + 1234, dst = back ? src + 5000 : DST, bad;
			struct dsa_raw_desc d;
			struct dsa_result r;
			uint32_t bytes;

			d = descriptor(3, 0, src, dst, 9 * FLAT_PAGE);
			bad = ALIGN_DOWN(write ? dst : src, FLAT_PAGE) + page * FLAT_PAGE;
			forbid(bad, write ? FLAT_WRITE : FLAT_READ);
			r = run(&env, d);
			/* How much lies on this side of the page. */
			if (!back)
				bytes = page == 0 ? 0 : (uint32_t)(bad - (write ? dst : src));
			else
				bytes = page == 9 ? 0
				                  : (uint32_t)((write ? dst : src) + 9 * FLAT_PAGE - bad - FLAT_PAGE);
			/* Backwards, a chunk is a page's part of both operands. */
			if (back)
				assert_in_range(r.bytes, bytes > FLAT_PAGE ? bytes - FLAT_PAGE : 0, bytes);
			is_fault(r, bad, write, back ? r.bytes : bytes);
			assert_int_equal(r.result, back);
			memmove(expected + (dst - FLAT_BASE) + (back ? 9 * FLAT_PAGE - r.bytes : 0),
			        before + (src - FLAT_BASE) + (back ? 9 * FLAT_PAGE - r.bytes : 0), r.bytes);
			memory_is_right();
			resume_move(&env, d, r);
			memmove(expected + (dst - FLAT_BASE), before + (src - FLAT_BASE), 9 * FLAT_PAGE);
			memory_is_right();
		}
	}
}

/* Without ATS a refused write is lost and nobody told; a refused read is an error (3.13). */
static void without_ats(void **state)
{
	struct dsa_env env = flat_env(4);

	(void)state;
	env.who.ats = false;
	forbid(DST, FLAT_WRITE);
	is_success(run(&env, descriptor(3, 0, SRC, DST, 100)));
	memory_is_right();
	/* Unless the destination is read back. */
	forbid(DST, FLAT_READ);
	assert_int_equal(run(&env, descriptor(3, 0x4000, SRC, DST, 100)).status, DSA_COMP_HW_ERR_DRB);
	assert_int_equal(run(&env, descriptor(4, 0x4000, 5, DST, 100)).status, DSA_COMP_HW_ERR_DRB);
	assert_int_equal(run(&env, descriptor(3, 0, DST, DST2, 100)).status, DSA_COMP_HW_ERR1);
	assert_int_equal(run(&env, descriptor(5, 0, SRC, DST, 100)).status, DSA_COMP_HW_ERR1);
}

static void memfill(void **state)
{
	(void)state;
	for (unsigned wide = 0; wide < 2; wide++) {
		for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
			struct dsa_env env = flat_env(5);
			struct dsa_raw_desc d =
			        descriptor(4, wide ? 0x44000 : 0x4000, UINT64_C(0x8877665544332211), DST, sizes[s]);

			env.gencap |= DSA_GENCAP_FILL16;
			if (wide)
				set_bytes(&d, 40, UINT64_C(0x10ffeeddccbbaa99), 8);
			is_success(run(&env, d));
			for (uint32_t i = 0; i < sizes[s]; i++)
				expected[DST - FLAT_BASE + i] = (uint8_t)(0x11 * (i % (wide ? 16 : 8) + 1));
			memory_is_right();
		}
	}
}

static void memfill_faults(void **state)
{
	struct dsa_env env = flat_env(5);
	uint64_t bad = DST + 6 * FLAT_PAGE - DST % FLAT_PAGE;

	(void)state;
	forbid(bad, FLAT_WRITE);
	is_fault(run(&env, descriptor(4, 0, 0, DST, 40001)), bad, true, (uint32_t)(bad - DST));
	memset(expected + (DST - FLAT_BASE), 0, bad - DST);
	memory_is_right();
}

/* Equal operands of 20000 bytes, with one difference if at is less; second operand: memory or pattern. */
static struct dsa_result compare(struct dsa_env *env, bool memory, uint32_t at, uint32_t flags, uint8_t want)
{
	uint64_t pattern = UINT64_C(0xf1e2d3c4b5a69788);
	struct dsa_raw_desc d = descriptor(memory ? 5 : 6, flags, SRC, memory ? DST : pattern, 20000);

	set_bytes(&d, 40, want, 1);
	for (uint32_t i = 0; i < 20000; i++)
		*flat_at(SRC + i) = (uint8_t)(pattern >> (i % 8 * 8));
	memcpy(flat_at(DST), flat_at(SRC), 20000);
	if (at < 20000)
		*flat_at(SRC + at) ^= 0x40;
	return run(env, d);
}

static void comparisons(void **state)
{
	static const uint32_t at[] = {0, 1, 7, 8, 4092, 4093, 4096, 8191, 19999};
	struct dsa_env env = flat_env(6);
	struct dsa_result r;

	(void)state;
	for (unsigned memory = 0; memory < 2; memory++) {
		is_success(compare(&env, memory, 20000, 0, 1));
		is_success(compare(&env, memory, 20000, 0x80, 0));
		assert_int_equal(compare(&env, memory, 20000, 0x80, 1).status, DSA_COMP_SUCCESS_PRED);
		for (size_t i = 0; i < ARRAY_SIZE(at); i++) {
			r = compare(&env, memory, at[i], 0, 0);
			assert_int_equal(r.status, DSA_COMP_SUCCESS);
			assert_int_equal(r.result, 1);
			assert_int_equal(r.bytes, at[i]);
			assert_int_equal(compare(&env, memory, at[i], 0x80, 1).status, DSA_COMP_SUCCESS);
			assert_int_equal(compare(&env, memory, at[i], 0x80, 0).status, DSA_COMP_SUCCESS_PRED);
			memory_is_right();
		}
	}
}

static void comparison_faults(void **state)
{
	struct dsa_env env = flat_env(6);
	uint64_t bad = FLAT_BASE + 2 * FLAT_PAGE, bad2 = ALIGN_DOWN(DST, FLAT_PAGE) + FLAT_PAGE;
	uint32_t offset = (uint32_t)(bad - SRC), offset2 = (uint32_t)(bad2 - DST);

	(void)state;
	forbid(bad, FLAT_READ);
	is_fault(compare(&env, true, 20000, 0x80, 1), bad, false, offset);
	is_fault(compare(&env, false, 20000, 0, 0), bad, false, offset);
	/* A difference found before it wins. */
	assert_int_equal(compare(&env, true, offset - 1, 0, 0).result, 1);
	assert_int_equal(compare(&env, true, offset - 1, 0, 0).bytes, offset - 1);
	is_fault(compare(&env, true, offset, 0, 0), bad, false, offset);
	/* The second operand's comes earlier. */
	forbid(bad2, FLAT_READ);
	is_fault(compare(&env, true, 20000, 0, 0), bad2, false, offset2);
}

static struct dsa_raw_desc dualcast_of(uint32_t size)
{
	struct dsa_raw_desc d = descriptor(9, 0x4000, SRC, DST, size);

	set_bytes(&d, 40, DST2, 8);
	return d;
}

static void dualcast(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		struct dsa_env env = flat_env(7);

		is_success(run(&env, dualcast_of(sizes[s])));
		memcpy(expected + (DST - FLAT_BASE), expected + (SRC - FLAT_BASE), sizes[s]);
		memcpy(expected + (DST2 - FLAT_BASE), expected + (SRC - FLAT_BASE), sizes[s]);
		memory_is_right();
	}
}

static void dualcast_faults(void **state)
{
	static const uint64_t starts[] = {SRC, DST, DST2};

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		struct dsa_env env = flat_env(7);
		uint64_t bad = ALIGN_DOWN(starts[i], FLAT_PAGE) + 3 * FLAT_PAGE;
		uint32_t bytes = (uint32_t)(bad - starts[i]);

		forbid(bad, i == 0 ? FLAT_READ : FLAT_WRITE);
		is_fault(run(&env, dualcast_of(40001)), bad, i != 0, bytes);
		assert_memory_equal(flat_at(DST), before + (SRC - FLAT_BASE), bytes);
		assert_memory_equal(flat_at(DST2), before + (SRC - FLAT_BASE), bytes);
	}
}

static void cflush(void **state)
{
	struct dsa_env env = flat_env(8);

	(void)state;
	is_success(run(&env, descriptor(0x20, 0, 0, DST, 40001)));
	memory_is_right();
	forbid(DST + 2 * FLAT_PAGE, FLAT_READ);
	is_fault(run(&env, descriptor(0x20, 0, 0, DST, 40001)), ALIGN_DOWN(DST, FLAT_PAGE) + 2 * FLAT_PAGE, false,
	         2 * FLAT_PAGE - 1001);
	memory_is_right();
	forbid(DST + 9 * FLAT_PAGE, FLAT_READ);
	forbid(DST + 11 * FLAT_PAGE, FLAT_READ);
	flat_perm[(DST - FLAT_BASE) / FLAT_PAGE + 2] = FLAT_READ;
	is_success(run(&env, descriptor(0x20, 0, 0, DST, 9 * FLAT_PAGE - 1001)));
}

/* The specification's polynomial division, a bit at a time, on a register that shifts to the left. */
static uint64_t crc_by_bit(const uint8_t *data, size_t len, uint64_t seed, unsigned mode, bool crc64)
{
	unsigned width = crc64 ? 64 : 32;
	uint64_t poly = crc64 ? UINT64_C(0xad93d23594c93659) : 0x1edc6f41, mask = crc64 ? ~UINT64_C(0) : 0xffffffff;
	uint64_t reg = 0, out = 0;

	/* The seed, bit 0 of which is the register's highest, unless it is used as it is. */
	for (unsigned i = 0; i < width; i++)
		if ((~seed >> i & 1) != 0)
			reg |= BIT64(width - 1 - i);
	if ((mode & 1) != 0)
		reg = seed;
	for (size_t i = 0; i < len * 8; i++) {
		unsigned bit = (mode & 2) != 0 ? data[i / 8] >> (7 - i % 8) & 1U : data[i / 8] >> (i % 8) & 1U;
		unsigned high = (unsigned)(reg >> (width - 1)) & 1;

		reg = (reg << 1 & mask) ^ (high != bit ? poly : 0);
	}
	if ((mode & 1) != 0)
		return reg & mask;
	for (unsigned i = 0; i < width; i++)
		if ((reg >> i & 1) == 0)
			out |= BIT64(width - 1 - i);
	return out;
}

static uint64_t crc_value(struct dsa_result r)
{
	assert_int_equal(r.status, DSA_COMP_SUCCESS);
	return dsa_get_le(r.specific, 8);
}

static struct dsa_raw_desc crc_of(bool copy, unsigned mode, uint32_t seed, uint32_t size)
{
	struct dsa_raw_desc d = descriptor(copy ? 0x11 : 0x10, mode << 17, SRC, copy ? DST : 0, size);

	set_bytes(&d, 40, seed, 4);
	return d;
}

static uint64_t crc_text(const struct dsa_env *env, const char *text, unsigned mode, uint32_t seed)
{
	memcpy(flat_at(SRC), text, strlen(text));
	return crc_value(run(env, crc_of(false, mode, seed, (uint32_t)strlen(text))));
}

static void crc_vectors(void **state)
{
	static const uint32_t digits[] = {0xe3069283, 0x045fc71a, 0xa8f022a0, 0xc052a8c8};
	static const uint8_t zero[32];
	struct dsa_env env = flat_env(9);

	(void)state;
	for (unsigned mode = 0; mode < 4; mode++) {
		assert_int_equal(crc_text(&env, "123456789", mode, 0), digits[mode]);
		assert_int_equal(crc_text(&env, "56789", mode, (uint32_t)crc_text(&env, "1234", mode, 0)),
		                 digits[mode]);
		assert_int_equal(crc_by_bit((const uint8_t *)"123456789", 9, 0, mode, false), digits[mode]);
	}
	memcpy(flat_at(SRC), zero, sizeof(zero));
	assert_int_equal(crc_value(run(&env, crc_of(false, 0, 0, 1))), 0x527d5351);
	assert_int_equal(crc_value(run(&env, crc_of(false, 0, 0, 32))), 0x8a9136aa);
	memset(flat_at(SRC), 0xff, 32);
	assert_int_equal(crc_value(run(&env, crc_of(false, 0, 0, 32))), 0x62a8ab43);
	for (uint8_t i = 0; i < 32; i++)
		*flat_at(SRC + i) = i;
	assert_int_equal(crc_value(run(&env, crc_of(false, 0, 0, 32))), 0x46dd794e);
	env.gencap |= DSA_GENCAP_CRC64;
	assert_true(crc_text(&env, "123456789", 4, 0) == UINT64_C(0xae8b14860a799888));
}

static void crc_against_others(void **state)
{
	(void)state;
	for (size_t s = 0; s < ARRAY_SIZE(sizes); s++) {
		for (unsigned mode = 0; mode < 8; mode++) {
			struct dsa_env env = flat_env((unsigned)s + 10);
			uint32_t seed = flat_random() << 16 ^ flat_random();
			uint64_t want = crc_by_bit(flat_at(SRC), sizes[s], seed, mode & 3, mode >= 4);

			env.gencap |= DSA_GENCAP_CRC64;
			if (mode == 0)
				assert_int_equal(want, ~crc32_iscsi(flat_at(SRC), (int)sizes[s], ~seed));
			assert_true(crc_value(run(&env, crc_of(false, mode, seed, sizes[s]))) == want);
			memory_is_right();
			assert_true(crc_value(run(&env, crc_of(true, mode, seed, sizes[s]))) == want);
			memcpy(expected + (DST - FLAT_BASE), expected + (SRC - FLAT_BASE), sizes[s]);
			/* The copy is not bit-reversed, whatever the check is of. */
			memory_is_right();
		}
	}
}

static void crc_seed_from_memory(void **state)
{
	struct dsa_env env = flat_env(11);
	struct dsa_raw_desc d = crc_of(true, 0, 0, 5000);

	(void)state;
	d.field[0] |= (uint64_t)DSA_FLAG_READ_SEED << 32;
	set_bytes(&d, 48, FLAT_BASE + 50 * FLAT_PAGE + 4, 8);
	dsa_put_le(flat_at(FLAT_BASE + 50 * FLAT_PAGE + 4), 0xcafe1234, 4);
	assert_int_equal(crc_value(run(&env, d)), ~crc32_iscsi(flat_at(SRC), 5000, ~0xcafe1234U));
	forbid(FLAT_BASE + 50 * FLAT_PAGE, FLAT_READ);
	is_fault(run(&env, d), FLAT_BASE + 50 * FLAT_PAGE, false, 0);
	memory_is_right();
}

static void crc_faults(void **state)
{
	(void)state;
	for (unsigned kind = 0; kind < 3; kind++) {
		struct dsa_env env = flat_env(12);
		bool copy = kind > 0, write = kind == 2;
		uint64_t start = write ? DST : SRC, bad = ALIGN_DOWN(start, FLAT_PAGE) + 3 * FLAT_PAGE;
		uint32_t want = ~crc32_iscsi(flat_at(SRC), 40001, ~0x1234U);
		struct dsa_result r;
		struct dsa_raw_desc rest;

		forbid(bad, write ? FLAT_WRITE : FLAT_READ);
		r = run(&env, crc_of(copy, 0, 0x1234, 40001));
		is_fault(r, bad, write, (uint32_t)(bad - start));
		/* The value so far is the seed of the rest. */
		memset(flat_perm, FLAT_READ | FLAT_WRITE, sizeof(flat_perm));
		rest = crc_of(copy, 0, (uint32_t)dsa_get_le(r.specific, 4), 40001 - r.bytes);
		rest.field[2] += r.bytes;
		rest.field[3] += r.bytes;
		dsa_execute(&env, &rest, &r);
		assert_int_equal(crc_value(r), want);
		if (copy)
			assert_memory_equal(flat_at(DST), before + (SRC - FLAT_BASE), 40001);
	}
}

/* Run the same descriptor right and wrong: result or memory must differ. */
static void is_wrong(enum dsa_fault fault, struct dsa_raw_desc d)
{
	static uint8_t right[sizeof(flat)];
	struct dsa_env env = flat_env(13);
	struct dsa_result r, w;

	memcpy(flat_at(FLAT_BASE + 10 * FLAT_PAGE), flat_at(FLAT_BASE + 5 * FLAT_PAGE), FLAT_PAGE);
	*flat_at(FLAT_BASE + 10 * FLAT_PAGE + 10) ^= 1;
	r = run(&env, d);
	memcpy(right, flat, sizeof(flat));
	memcpy(flat, before, sizeof(flat));
	env.fault = fault;
	w = run(&env, d);
	assert_int_equal(w.status, DSA_COMP_SUCCESS);
	assert_true(memcmp(&r, &w, sizeof(r)) != 0 || memcmp(right, flat, sizeof(flat)) != 0);
	assert_true(dsa_fault_parse(dsa_fault_name((int)fault)) == (int)fault);
}

static void wrong_on_purpose(void **state)
{
	struct dsa_raw_desc move = descriptor(3, 0, SRC, DST, 64), up = descriptor(3, 0, SRC, SRC + 8, 64);
	uint64_t a = FLAT_BASE + 5 * FLAT_PAGE, b = FLAT_BASE + 10 * FLAT_PAGE;

	(void)state;
	is_wrong(DSA_FAULT_MEMMOVE_BIT_FLIP, move);
	is_wrong(DSA_FAULT_MEMMOVE_BIT_FLIP, up);
	is_wrong(DSA_FAULT_MEMMOVE_SHORT, move);
	is_wrong(DSA_FAULT_MEMMOVE_SHORT, up);
	is_wrong(DSA_FAULT_MEMMOVE_FORWARD, up);
	is_wrong(DSA_FAULT_FILL_PHASE, descriptor(4, 0, UINT64_C(0x0807060504030201), DST, 64));
	is_wrong(DSA_FAULT_COMPARE_EQUAL, descriptor(5, 0, a, b, 64));
	is_wrong(DSA_FAULT_COMPARE_EQUAL, descriptor(6, 0, a, 0, 64));
	is_wrong(DSA_FAULT_COMPARE_OFFSET, descriptor(5, 0, a, b, 64));
	is_wrong(DSA_FAULT_DUALCAST_ONE, dualcast_of(64));
	is_wrong(DSA_FAULT_CRC_POLYNOMIAL, crc_of(false, 0, 0, 64));
	is_wrong(DSA_FAULT_CRC_POLYNOMIAL, crc_of(true, 0, 0, 64));
	is_wrong(DSA_FAULT_CRC_SEED_IGNORED, crc_of(false, 0, 1, 64));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(noop),
	        cmocka_unit_test(memmove_apart_and_over),
	        cmocka_unit_test(memmove_faults),
	        cmocka_unit_test(without_ats),
	        cmocka_unit_test(memfill),
	        cmocka_unit_test(memfill_faults),
	        cmocka_unit_test(comparisons),
	        cmocka_unit_test(comparison_faults),
	        cmocka_unit_test(dualcast),
	        cmocka_unit_test(dualcast_faults),
	        cmocka_unit_test(cflush),
	        cmocka_unit_test(crc_vectors),
	        cmocka_unit_test(crc_against_others),
	        cmocka_unit_test(crc_seed_from_memory),
	        cmocka_unit_test(crc_faults),
	        cmocka_unit_test(wrong_on_purpose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
