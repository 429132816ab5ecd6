/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DSA model's checks of descriptors (5.4): each opcode's flags one by one, its bytes one by one, and each of the
 * other checks. The table of what is legal is written out here a second time, from the specification's 5.5.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/dsa_flat.h"

#define CRAV_RCR 0x0c

static const struct opcode_rule {
	uint8_t opcode;
	uint32_t flags;       /* legal one at a time beside CRAV and RCR, outside of batches, on Sapphire Rapids */
	const char *reserved; /* byte ranges */
} rules[] = {
        {0x00, 0x00101c, "16-35 38-39 40-63"},
        {0x01, 0x00121c, "24-31 38-39 40-63"},
        {0x02, 0x0c101c, "16-31 32-35 38-39 40-63"},
        {0x03, 0x00771e, "38-39 40-63"},
        {0x04, 0x00751e, "38-39 40-63"},
        {0x05, 0x00169e, "38-39 41-63"},
        {0x06, 0x00129e, "38-39 41-63"},
        {0x07, 0x007f9e, "38-39 52-55 57-63"},
        {0x08, 0x00771e, "38-39 44-63"},
        {0x09, 0x007f1e, "38-39 48-63"},
        {0x10, 0x07121e, "24-31 38-39 44-63"},
        {0x11, 0x07771e, "38-39 44-63"},
        {0x12, 0x00121e, "24-31 38-39 41-41 43-47 56-63"},
        {0x13, 0x00771e, "38-39 40-40 43-55"},
        {0x14, 0x00771e, "38-39 41-41 43-47 56-63"},
        {0x15, 0x00771e, "38-39 43-47"},
        {0x20, 0x00751e, "16-23 38-39 40-63"},
};

/* A descriptor of that opcode that passes every check. */
static struct dsa_raw_desc good(uint8_t opcode)
{
	struct dsa_raw_desc d = descriptor(opcode, CRAV_RCR, 0x10000, 0x20000, 4160);

	switch (opcode) {
	case 0x00:
		return descriptor(opcode, CRAV_RCR, 0, 0, 0);
	case 0x01:
		return descriptor(opcode, CRAV_RCR, 0x10000, 0, 4);
	case 0x02:
		return descriptor(opcode, CRAV_RCR, 0, 0, 0);
	case 0x07:
		set_bytes(&d, 40, 0x30000, 8);
		set_bytes(&d, 48, 80, 4);
		break;
	case 0x08:
		set_bytes(&d, 40, 80, 4);
		break;
	case 0x09:
		set_bytes(&d, 40, 0x30000, 8);
		break;
	case 0x10:
	case 0x12:
		set_bytes(&d, 24, 0, 8);
		break;
	case 0x13:
		set_bytes(&d, 32, 4096, 4);
		break;
	case 0x20:
		set_bytes(&d, 16, 0, 8);
		break;
	default:
		break;
	}
	return d;
}

static uint8_t check(const struct dsa_env *env, struct dsa_raw_desc d)
{
	struct dsa_result r;
	uint8_t status;

	memset(&r, 0xa5, sizeof(r));
	status = dsa_check_descriptor(env, &d, &r);
	assert_int_equal(status, r.status);
	assert_int_equal(r.bytes, 0);
	return status;
}

static struct dsa_raw_desc with_flags(struct dsa_raw_desc d, uint32_t set, uint32_t clear)
{
	d.field[0] = (d.field[0] | (uint64_t)set << 32) & ~((uint64_t)clear << 32);
	return d;
}

static struct dsa_raw_desc with(struct dsa_raw_desc d, unsigned at, uint64_t v, unsigned len)
{
	set_bytes(&d, at, v, len);
	return d;
}

static uint32_t flag_mask(const struct dsa_env *env, struct dsa_raw_desc d)
{
	struct dsa_result r;

	if (dsa_check_descriptor(env, &d, &r) != DSA_COMP_INVALID_FLAGS)
		return 0;
	return (uint32_t)dsa_get_le(r.specific, 3);
}

static void each_opcode(void **state)
{
	struct dsa_env env = flat_env(1);
	unsigned known = 0;

	(void)state;
	for (unsigned opcode = 0; opcode < 256; opcode++) {
		bool legal = false;

		for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
			legal |= rules[i].opcode == opcode;
		assert_int_equal(check(&env, good((uint8_t)opcode)), legal ? 0 : DSA_COMP_BAD_OPCODE);
		known += legal;
	}
	assert_int_equal(known, 17);
	/* Withdrawn by OPCAP, or named there and not implemented. */
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		env.opcap[0] = SPR_OPCAP & ~BIT64(rules[i].opcode);
		assert_int_equal(check(&env, good(rules[i].opcode)), DSA_COMP_BAD_OPCODE);
	}
	memset(env.opcap, 0xff, sizeof(env.opcap));
	assert_int_equal(check(&env, good(0x0b)), DSA_COMP_BAD_OPCODE);
	assert_int_equal(check(&env, good(0xff)), DSA_COMP_BAD_OPCODE);
}

static void each_flag(void **state)
{
	struct dsa_env env = flat_env(1);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		for (unsigned bit = 0; bit < 24; bit++) {
			struct dsa_raw_desc d = with_flags(good(rules[i].opcode), BIT32(bit), 0);
			uint32_t expected = (rules[i].flags & BIT32(bit)) != 0 ? 0 : BIT32(bit);

			assert_int_equal(flag_mask(&env, d), expected);
			assert_int_equal(check(&env, d), expected != 0 ? DSA_COMP_INVALID_FLAGS : 0);
			env.fault = DSA_FAULT_FLAGS_UNCHECKED;
			assert_int_equal(flag_mask(&env, d), 0);
			env.fault = DSA_FAULT_NONE;
		}
	}
}

static void flags_by_circumstance(void **state)
{
	struct dsa_env env = flat_env(1), bare = flat_env(1), full = flat_env(1);

	(void)state;
	bare.gencap = 0;
	bare.bof = false;
	bare.rci_reserved = true;
	full.gencap = SPR_GENCAP | BIT64(5) | BIT64(9) | BIT64(10) | BIT64(11) | BIT64(15);
	/* Nothing that depends on a capability is left without it: BOF, cache control, readback, RCI. */
	assert_int_equal(flag_mask(&bare, with_flags(good(0x03), 0x773e, 0)), 0x4132);
	/* A fence needs a batch. */
	env.in_batch = true;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++)
		if (rules[i].opcode != 1 && rules[i].opcode != 2)
			assert_int_equal(check(&env, with_flags(good(rules[i].opcode), 1, 0)), 0);
	assert_int_equal(check(&env, good(0x01)), DSA_COMP_BAD_OPCODE);
	assert_int_equal(check(&env, good(0x02)), DSA_COMP_BAD_OPCODE);
	env.in_batch = false;
	/* Without a completion record there is none to ask for, nor has it a traffic class. */
	assert_int_equal(flag_mask(&env, with_flags(good(0x03), 0, 0x04)), 0x08);
	assert_int_equal(flag_mask(&env, with_flags(good(0x03), 0x1000, 0x0c)), 0x1000);
	assert_int_equal(flag_mask(&env, with_flags(good(0x03), 0, 0x0c)), 0);
	/* Whose result goes nowhere. */
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		uint8_t op = rules[i].opcode;
		bool both = op == 5 || op == 6 || op == 7 || op == 0x10 || op == 0x11 || op == 0x12;

		assert_int_equal(flag_mask(&env, with_flags(good(op), 0, 0x0c)), both ? 0x0c : op == 2 ? 0x18 : 0);
		assert_int_equal(flag_mask(&env, with_flags(good(op), 0, 0x08)), both ? 0x08 : op == 2 ? 0x18 : 0);
	}
	assert_int_equal(flag_mask(&env, with_flags(good(0x02), 0x10, 0x0c)), 0);
	/* Traffic classes of addresses that are there only with another flag. */
	assert_int_equal(flag_mask(&env, with_flags(good(0x10), 0x10800, 0)), 0);
	assert_int_equal(flag_mask(&full, with_flags(good(0x02), 0x30600, 0)), 0);
	assert_int_equal(flag_mask(&full, with_flags(good(0x02), 0x10600, 0)), 0x400);
	assert_int_equal(flag_mask(&full, with_flags(good(0x02), 0x20600, 0)), 0x200);
	/* What later versions know. */
	assert_int_equal(check(&full, with_flags(good(0x01), 0x10000, 0)), 0);
	assert_int_equal(check(&full, with_flags(good(0x04), 0x40000, 0)), 0);
	assert_int_equal(check(&full, with_flags(good(0x10), 0x80000, 0)), 0);
	assert_int_equal(flag_mask(&full, with_flags(good(0x03), 0x4020, 0)), 0);
	assert_int_equal(flag_mask(&full, with_flags(good(0x03), 0x0120, 0)), 0x100);
	assert_int_equal(flag_mask(&full, with_flags(good(0x20), 0x0020, 0)), 0x20);
	full.gencap |= BIT64(53);
	assert_int_equal(flag_mask(&full, with_flags(good(0x03), 0x2000, 0)), 0x2000);
}

static bool in_ranges(const char *ranges, unsigned n)
{
	for (const char *p = ranges; *p != '\0'; p += 6) {
		unsigned first = (unsigned)(p[0] - '0') * 10 + (unsigned)(p[1] - '0');
		unsigned last = (unsigned)(p[3] - '0') * 10 + (unsigned)(p[4] - '0');

		if (n >= first && n <= last)
			return true;
		if (p[5] == '\0')
			break;
	}
	return false;
}

static void each_byte(void **state)
{
	struct dsa_env env = flat_env(1);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		for (unsigned n = 16; n < 64; n++) {
			for (unsigned v = 1; v < 256; v <<= 1) {
				struct dsa_raw_desc d = with(good(rules[i].opcode), n, v, 1);
				bool reserved = in_ranges(rules[i].reserved, n);
				uint8_t op = rules[i].opcode, status;

				/* Fields within a byte. */
				if (op >= 0x12 && op <= 0x15)
					reserved |= (n == 42 && v > 8) || (op % 2 == 1 && n == 41 && v < 8);
				status = check(&env, d);
				assert_true(reserved == (status == DSA_COMP_NOZERO_RESERVE));
				env.fault = DSA_FAULT_RESERVED_UNCHECKED;
				assert_int_not_equal(check(&env, d), DSA_COMP_NOZERO_RESERVE);
				env.fault = DSA_FAULT_NONE;
			}
		}
		/* The first four are the processor's to fill in, or nobody's (8.1.1). */
		assert_int_equal(check(&env, with(good(rules[i].opcode), 0, 0xffffffff, 4)), 0);
	}
}

static void bytes_by_flag(void **state)
{
	struct dsa_env env = flat_env(1);
	struct dsa_raw_desc d;

	(void)state;
	env.gencap |= BIT64(9) | BIT64(10) | BIT64(11);
	/* The seed is in the descriptor, or else its address is. */
	d = with_flags(good(0x10), 0x10000, 0);
	assert_int_equal(check(&env, with(d, 48, 0x1000, 8)), 0);
	for (unsigned n = 40; n < 48; n++)
		assert_int_equal(check(&env, with(d, n, 1, 1)), DSA_COMP_NOZERO_RESERVE);
	assert_int_equal(check(&env, with(d, 56, 1, 1)), DSA_COMP_NOZERO_RESERVE);
	/* 8 bytes of it for CRC64, 8 more of the pattern for a fill by 16. */
	assert_int_equal(check(&env, with(with_flags(good(0x10), 0x80000, 0), 40, ~0ULL, 8)), 0);
	assert_int_equal(check(&env, with(with_flags(good(0x04), 0x40000, 0), 40, ~0ULL, 8)), 0);
	assert_int_equal(check(&env, with(with_flags(good(0x04), 0x40000, 0), 48, 1, 1)), DSA_COMP_NOZERO_RESERVE);
	assert_int_equal(check(&env, with(with_flags(good(0x02), 0x10000, 0), 16, ~0ULL, 8)), 0);
	assert_int_equal(check(&env, with(with_flags(good(0x02), 0x20000, 0), 24, ~0ULL, 8)), 0);
	assert_int_equal(check(&env, with(with_flags(good(0x02), 0x20000, 0), 16, 1, 8)), DSA_COMP_NOZERO_RESERVE);
}

static void sizes(void **state)
{
	struct dsa_env env = flat_env(1);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rules); i++) {
		uint8_t op = rules[i].opcode;
		struct dsa_raw_desc zero = with(good(op), 32, 0, 4), more = with(good(op), 32, (1 << 20) + 1, 4);

		if (op < 3)
			continue;
		assert_int_equal(check(&env, zero), DSA_COMP_XFER_ERANGE);
		assert_int_equal(check(&env, more), DSA_COMP_XFER_ERANGE);
		env.fault = DSA_FAULT_SIZE_UNCHECKED;
		assert_int_not_equal(check(&env, zero), DSA_COMP_XFER_ERANGE);
		assert_int_not_equal(check(&env, more), DSA_COMP_XFER_ERANGE);
		env.fault = DSA_FAULT_NONE;
	}
	assert_int_equal(check(&env, with(good(3), 32, 1 << 20, 4)), 0);
	env.max_xfer = 31;
	assert_int_equal(check(&env, with(good(3), 32, 1U << 31, 4)), 0);
	assert_int_equal(check(&env, with(good(3), 32, (1U << 31) + 1, 4)), DSA_COMP_XFER_ERANGE);
	env.max_xfer = 20;
	/* Deltas: their offsets have 16 bits. */
	assert_int_equal(check(&env, with(with(good(8), 32, 0x80000, 4), 16, 0x900000, 8)), 0);
	assert_int_equal(check(&env, with(good(8), 32, 0x80008, 4)), DSA_COMP_XFER_ERANGE);
	assert_int_equal(check(&env, with(good(7), 48, 79, 4)), DSA_COMP_DR_ERANGE);
	assert_int_equal(check(&env, with(good(7), 48, (1 << 20) + 1, 4)), DSA_COMP_DR_ERANGE);
	assert_int_equal(check(&env, with(good(8), 40, 9, 4)), DSA_COMP_DR_ERANGE);
	assert_int_equal(check(&env, with(good(8), 40, (1 << 20) + 1, 4)), DSA_COMP_DR_ERANGE);
	/* DIF blocks are whole. */
	assert_int_equal(check(&env, with(good(0x12), 32, 4161, 4)), DSA_COMP_XFER_ERANGE);
	assert_int_equal(check(&env, with(with(good(0x13), 42, 3, 1), 32, 8208, 4)), 0);
	/* Batches. */
	assert_int_equal(check(&env, with(good(1), 32, 0, 4)), DSA_COMP_DESC_CNT_ERANGE);
	assert_int_equal(check(&env, with(good(1), 32, 1, 4)), DSA_COMP_DESC_CNT_ERANGE);
	assert_int_equal(check(&env, with(good(1), 32, 2, 4)), 0);
	assert_int_equal(check(&env, with(good(1), 32, 32, 4)), 0);
	assert_int_equal(check(&env, with(good(1), 32, 33, 4)), DSA_COMP_DESC_CNT_ERANGE);
	env.gencap |= DSA_GENCAP_BATCH1;
	assert_int_equal(check(&env, with(good(1), 32, 1, 4)), 0);
}

static void overlaps(void **state)
{
	struct dsa_env env = flat_env(1);
	/* 64 bytes at src; the other operand a step before, at, or after each edge. */
	struct dsa_raw_desc move = with(good(3), 32, 64, 4), crc = with(good(0x11), 32, 64, 4);
	struct dsa_raw_desc cast = with(good(9), 32, 64, 4);

	(void)state;
	for (int step = -80; step <= 80; step++) {
		bool meets = step > -64 && step < 64;
		uint64_t at = 0x10000 + (uint64_t)(int64_t)step;
		uint8_t expected = meets ? DSA_COMP_OVERLAP_BUFFERS : 0;

		env.gencap = SPR_GENCAP;
		assert_int_equal(check(&env, with(move, 24, at, 8)), 0);
		env.gencap &= ~DSA_GENCAP_OVERLAP;
		assert_int_equal(check(&env, with(move, 24, at, 8)), expected);
		assert_int_equal(check(&env, with(crc, 24, at, 8)), expected);
		assert_true((check(&env, with(cast, 24, at, 8)) == DSA_COMP_OVERLAP_BUFFERS) == meets);
		assert_true((check(&env, with(cast, 40, at, 8)) == DSA_COMP_OVERLAP_BUFFERS) == meets);
		assert_true((check(&env, with(cast, 40, at + 0x10000, 8)) == DSA_COMP_OVERLAP_BUFFERS) == meets);
		env.fault = DSA_FAULT_OVERLAP_UNCHECKED;
		assert_int_equal(check(&env, with(crc, 24, at, 8)), 0);
		env.fault = DSA_FAULT_NONE;
	}
	/* Delta records count with their greatest size, DIF operands with their tuples. */
	assert_int_equal(check(&env, with(good(7), 40, 0x10000 - 80, 8)), 0);
	assert_int_equal(check(&env, with(good(7), 40, 0x10000 - 79, 8)), DSA_COMP_OVERLAP_BUFFERS);
	assert_int_equal(check(&env, with(good(7), 40, 0x20000 + 4159, 8)), DSA_COMP_OVERLAP_BUFFERS);
	assert_int_equal(check(&env, with(good(8), 16, 0x20000 - 80, 8)), 0);
	assert_int_equal(check(&env, with(good(8), 16, 0x20000 - 79, 8)), DSA_COMP_OVERLAP_BUFFERS);
	assert_int_equal(check(&env, with(good(0x13), 24, 0x10000 - 4160, 8)), 0);
	assert_int_equal(check(&env, with(good(0x13), 24, 0x10000 - 4159, 8)), DSA_COMP_OVERLAP_BUFFERS);
	assert_int_equal(check(&env, with(good(0x14), 24, 0x10000 - 4096, 8)), 0);
	assert_int_equal(check(&env, with(good(0x14), 24, 0x10000 - 4095, 8)), DSA_COMP_OVERLAP_BUFFERS);
	assert_int_equal(check(&env, with(good(0x15), 24, 0x10000 - 4159, 8)), DSA_COMP_OVERLAP_BUFFERS);
}

static void alignment(void **state)
{
	struct dsa_env env = flat_env(1);

	(void)state;
	env.gencap |= BIT64(11);
	for (unsigned n = 1; n < 64; n++) {
		struct dsa_raw_desc seed = with(with_flags(good(0x10), 0x10000, 0), 48, n, 8);
		uint8_t by8 = n % 8 == 0 ? 0 : DSA_COMP_ADDR_ALIGN;

		assert_int_equal(check(&env, with(good(1), 16, 0x10000 + n, 8)), DSA_COMP_DESCLIST_ALIGN);
		assert_int_equal(check(&env, with(good(9), 40, 0x30000 + n, 8)), DSA_COMP_DCAST_ERR);
		assert_int_equal(check(&env, with(good(7), 16, 0x10000 + n, 8)), by8);
		assert_int_equal(check(&env, with(good(7), 24, 0x20000 + n, 8)), by8);
		assert_int_equal(check(&env, with(good(7), 32, n, 4)), by8);
		assert_int_equal(check(&env, with(good(7), 40, 0x30000 + n, 8)), 0);
		assert_int_equal(check(&env, with(good(8), 24, 0x20000 + n, 8)), by8);
		assert_int_equal(check(&env, with(good(8), 32, n, 4)), by8);
		assert_int_equal(check(&env, with(good(8), 16, 0x10000 + n, 8)), 0);
		assert_int_equal(check(&env, seed), n % 4 == 0 ? 0 : DSA_COMP_ADDR_ALIGN);
		assert_int_equal(check(&env, with_flags(seed, 0x80000, 0)), by8);
	}
	assert_int_equal(check(&env, with(good(9), 40, 0x30800, 8)), DSA_COMP_DCAST_ERR);
	assert_int_equal(check(&env, with(good(9), 40, 0x31000, 8)), 0);
}

static bool seven(const struct dsa_env *env, uint16_t handle)
{
	(void)env;
	return handle == 7;
}

static void handles(void **state)
{
	struct dsa_env env = flat_env(1);
	struct dsa_raw_desc d = with_flags(good(0), 0x10, 0);

	(void)state;
	assert_int_equal(check(&env, with(d, 36, 8, 2)), 0);
	env.handle_ok = seven;
	assert_int_equal(check(&env, with(d, 36, 7, 2)), 0);
	assert_int_equal(check(&env, with(d, 36, 8, 2)), DSA_COMP_INT_HANDLE_INVAL);
	assert_int_equal(check(&env, with(good(0), 36, 8, 2)), 0);
}

/* Which of the three addresses each opcode has, from its description. */
static void traffic_classes(void **state)
{
	static const struct {
		uint8_t opcode;
		uint32_t addresses; /* bits of their selectors */
	} rows[] = {
	        {0x00, 0x000}, {0x01, 0x200}, {0x02, 0x000}, {0x03, 0x600}, {0x04, 0x400}, {0x05, 0x600},
	        {0x06, 0x200}, {0x07, 0xe00}, {0x08, 0x600}, {0x09, 0xe00}, {0x10, 0x200}, {0x11, 0x600},
	        {0x12, 0x200}, {0x13, 0x600}, {0x14, 0x600}, {0x15, 0x600}, {0x20, 0x400},
	};
	struct dsa_env env = flat_env(1);

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint32_t all = rows[i].addresses;

		/* Each address has TC-A unless its selector says TC-B. That of the record is not looked at here. */
		for (uint32_t set = 0; set <= 0xe00; set += 0x200) {
			const struct dsa_raw_desc d = with_flags(good(rows[i].opcode), set, 0);

			if (set & ~all)
				continue;
			env.unmapped = 0;
			assert_int_equal(check(&env, d), 0);
			env.unmapped = 1;
			assert_int_equal(check(&env, d), set == all ? 0 : DSA_COMP_TRAFFIC_CLASS_CONF);
			env.unmapped = 2;
			assert_int_equal(check(&env, d), set ? DSA_COMP_TRAFFIC_CLASS_CONF : 0);
			env.unmapped = 3;
			assert_int_equal(check(&env, d), all ? DSA_COMP_TRAFFIC_CLASS_CONF : 0);
			env.fault = DSA_FAULT_CLASS_UNCHECKED;
			assert_int_equal(check(&env, d), 0);
			env.fault = DSA_FAULT_NONE;
		}
	}
	/* An address that is there only with another flag; nothing without any. */
	env.unmapped = 1;
	assert_int_equal(check(&env, with_flags(good(0x10), 0x11200, 0)), DSA_COMP_TRAFFIC_CLASS_CONF);
	assert_int_equal(check(&env, with_flags(good(0x10), 0x11a00, 0)), 0);
	env.unmapped = 3;
	assert_int_equal(check(&env, with_flags(good(0x00), 0, CRAV_RCR)), 0);
}

static void opcode_unchecked(void **state)
{
	struct dsa_env env = flat_env(1);
	struct dsa_raw_desc d = good(0x1f);
	struct dsa_result r;

	(void)state;
	env.fault = DSA_FAULT_OPCODE_UNCHECKED;
	assert_int_equal(check(&env, d), 0);
	dsa_execute(&env, &d, &r);
	assert_int_equal(r.status, DSA_COMP_SUCCESS);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_opcode),
	        cmocka_unit_test(each_flag),
	        cmocka_unit_test(flags_by_circumstance),
	        cmocka_unit_test(each_byte),
	        cmocka_unit_test(bytes_by_flag),
	        cmocka_unit_test(sizes),
	        cmocka_unit_test(overlaps),
	        cmocka_unit_test(alignment),
	        cmocka_unit_test(handles),
	        cmocka_unit_test(traffic_classes),
	        cmocka_unit_test(opcode_unchecked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
