// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which invalidation descriptors the emulated unit takes: every kind that is right, then each kind with one thing
 * wrong, every reserved bit among them, and the kinds that a unit or a mode does not know.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "drivers/vtd/regs.h"
#include "tests/qemu/vtd/queue.h"

#define MAMV UINT64_C(18)
#define MHMV UINT64_C(15)

static struct vtd_walk_unit unit;

static int set_up(void **state)
{
	(void)state;
	unit = (struct vtd_walk_unit){
	        .cap = FIELD_PREP(VTD_CAP_MAMV, MAMV),
	        .ecap = VTD_ECAP_SMTS | VTD_ECAP_DT | VTD_ECAP_PRS | VTD_ECAP_PDS | FIELD_PREP(VTD_ECAP_MHMV, MHMV),
	        .rtaddr = FIELD_PREP(VTD_RTADDR_TTM, (uint64_t)VTD_TTM_SCALABLE),
	};
	return 0;
}

static unsigned check(bool wide, uint64_t q0, uint64_t q1)
{
	const uint64_t q[4] = {q0, q1, 0, 0};

	return vtd_queue_check(&unit, wide, q);
}

/*
 * The kinds by the specification's pictures (6.5.2.1 to 6.5.2.10): a good descriptor of each, and the bits of its first
 * two words that a field owns. All others are reserved.
 */
static const struct {
	const char *name;
	uint64_t q0, q1, fields0, fields1;
	bool legacy; /* legacy mode knows it */
} kinds[] = {
        {"context cache, global", 0x11, 0, 0x0003ffffffff003f, 0, true},
        {"context cache, domain", 0x21, 0, 0x0003ffffffff003f, 0, true},
        {"context cache, device", 0x31, 0, 0x0003ffffffff003f, 0, true},
        {"IOTLB, global", 0x12, 0, 0x00000000ffff00ff, 0xfffffffffffff07f, true},
        {"IOTLB, domain", 0x22, 0, 0x00000000ffff00ff, 0xfffffffffffff07f, true},
        {"IOTLB, page", 0x32, 0, 0x00000000ffff00ff, 0xfffffffffffff07f, true},
        {"device TLB", 0x3, 0, 0x0000ffff001f000f, 0xfffffffffffff001, true},
        {"interrupt entries, global", 0x4, 0, 0x0000fffff800001f, 0, true},
        {"interrupt entries, by index", 0x14, 0, 0x0000fffff800001f, 0, true},
        {"wait", 0x5, 0, 0xffffffff000000ff, 0xfffffffffffffffc, true},
        {"PASID-based IOTLB, PASID", 0x26, 0, 0x000fffffffff003f, 0xfffffffffffff07f, false},
        {"PASID-based IOTLB, page", 0x36, 0, 0x000fffffffff003f, 0xfffffffffffff07f, false},
        {"PASID cache, domain", 0x7, 0, 0x000fffffffff003f, 0, false},
        {"PASID cache, PASID", 0x17, 0, 0x000fffffffff003f, 0, false},
        {"PASID cache, global", 0x37, 0, 0x000fffffffff003f, 0, false},
        {"PASID-based device TLB", 0x8, 0, 0x000fffffffff01ff, 0xfffffffffffff801, false},
        {"page group response", 0x9, 0, 0x000ffffffffff01f, 0x0000000000000ffc, false},
};

#define TYPE_BITS UINT64_C(0xe0f)

static void good(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		assert_int_equal(VTD_IQE_NONE, check(true, kinds[i].q0, kinds[i].q1));
	}
}

static void reserved_bits(void **state)
{
	size_t i;
	unsigned bit;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (bit = 0; bit < 64; bit++) {
			uint64_t mask = UINT64_C(1) << bit;

			if (!(mask & (kinds[i].fields0 | TYPE_BITS)))
				assert_int_equal(VTD_IQE_RESERVED, check(true, kinds[i].q0 | mask, kinds[i].q1));
			if (!(mask & kinds[i].fields1))
				assert_int_equal(VTD_IQE_RESERVED, check(true, kinds[i].q0, kinds[i].q1 | mask));
		}
	}
}

/* The second half of a wide descriptor is 0 in all of them; in a narrow queue there is none. */
static void second_half(void **state)
{
	size_t i;
	unsigned word;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		for (word = 2; word < 4; word++) {
			uint64_t q[4] = {kinds[i].q0, kinds[i].q1, 0, 0};

			q[word] = 1;
			assert_int_equal(VTD_IQE_RESERVED, vtd_queue_check(&unit, true, q));
			unit.rtaddr = 0;
			assert_int_equal(kinds[i].legacy ? VTD_IQE_NONE : VTD_IQE_TYPE,
			                 vtd_queue_check(&unit, false, q));
			set_up(NULL);
		}
	}
}

static void types(void **state)
{
	unsigned type;

	(void)state;
	for (type = 0; type < 128; type++) {
		uint64_t q0 = (type & 15) | (uint64_t)(type >> 4) << 9;

		if (type < 1 || type > 9)
			assert_int_equal(VTD_IQE_TYPE, check(true, q0, 0));
		else
			assert_int_not_equal(VTD_IQE_TYPE, check(true, q0, 0));
	}
}

static void granularities(void **state)
{
	static const uint64_t bad[] = {0x01, 0x02, 0x06, 0x16, 0x27};
	size_t i;

	(void)state;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(VTD_IQE_RESERVED, check(true, bad[i], 0));
}

static void limits(void **state)
{
	(void)state;
	assert_int_equal(VTD_IQE_NONE, check(true, 0x32, MAMV));
	assert_int_equal(VTD_IQE_RESERVED, check(true, 0x32, MAMV + 1));
	assert_int_equal(VTD_IQE_NONE, check(true, 0x22, MAMV + 1)); /* no address there */
	assert_int_equal(VTD_IQE_NONE, check(true, 0x36, 63));       /* no limit for this kind */
	assert_int_equal(VTD_IQE_NONE, check(true, 0x14 | MHMV << 27, 0));
	assert_int_equal(VTD_IQE_RESERVED, check(true, 0x14 | (MHMV + 1) << 27, 0));
}

static void capabilities(void **state)
{
	(void)state;
	unit.ecap &= ~(uint64_t)VTD_ECAP_DT;
	assert_int_equal(VTD_IQE_TYPE, check(true, 3, 0));
	assert_int_equal(VTD_IQE_TYPE, check(true, 8, 0));
	unit.ecap &= ~(uint64_t)VTD_ECAP_PRS;
	assert_int_equal(VTD_IQE_TYPE, check(true, 9, 0));
	assert_int_equal(VTD_IQE_NONE, check(true, 0x5 | VTD_QI_WAIT_PD, 0));
	unit.ecap &= ~(uint64_t)VTD_ECAP_PDS;
	assert_int_equal(VTD_IQE_RESERVED, check(true, 0x5 | VTD_QI_WAIT_PD, 0));
	unit.ecap |= VTD_ECAP_DT | VTD_ECAP_DIT; /* with it there is a PFSID */
	assert_int_equal(VTD_IQE_NONE, check(true, 3 | UINT64_C(0xfff) << 52 | 0xf000, 0));
	assert_int_equal(VTD_IQE_NONE, check(true, 8 | UINT64_C(0xfff) << 52 | 0xf000, 0));
}

static void mode(unsigned ttm)
{
	unit.rtaddr = FIELD_PREP(VTD_RTADDR_TTM, (uint64_t)ttm);
}

static void modes(void **state)
{
	size_t i;

	(void)state;
	assert_int_equal(VTD_IQE_WIDTH, check(false, 0x11, 0));
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		mode(VTD_TTM_LEGACY);
		assert_int_equal(kinds[i].legacy ? VTD_IQE_NONE : VTD_IQE_TYPE, check(true, kinds[i].q0, kinds[i].q1));
		assert_int_equal(kinds[i].legacy ? VTD_IQE_NONE : VTD_IQE_TYPE, check(false, kinds[i].q0, kinds[i].q1));
	}
	mode(2);
	assert_int_equal(VTD_IQE_TTM, check(true, 0x11, 0));
	mode(VTD_TTM_ABORT);
	assert_int_equal(VTD_IQE_TTM, check(true, 0x11, 0));
	unit.ecap |= VTD_ECAP_ADMS;
	assert_int_equal(VTD_IQE_NONE, check(true, 0x37, 0));
	assert_int_equal(VTD_IQE_WIDTH, check(false, 0x11, 0));
	mode(VTD_TTM_SCALABLE);
	unit.ecap &= ~(uint64_t)VTD_ECAP_SMTS;
	assert_int_equal(VTD_IQE_TTM, check(true, 0x11, 0));
	/* A unit that has neither mode has no wide descriptors either. */
	unit.ecap &= ~(uint64_t)VTD_ECAP_ADMS;
	assert_int_equal(VTD_IQE_WIDTH, check(true, 0x11, 0));
	assert_int_equal(VTD_IQE_NONE, check(false, 0x11, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(good, set_up),          cmocka_unit_test_setup(reserved_bits, set_up),
	        cmocka_unit_test_setup(second_half, set_up),   cmocka_unit_test_setup(types, set_up),
	        cmocka_unit_test_setup(granularities, set_up), cmocka_unit_test_setup(limits, set_up),
	        cmocka_unit_test_setup(capabilities, set_up),  cmocka_unit_test_setup(modes, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
