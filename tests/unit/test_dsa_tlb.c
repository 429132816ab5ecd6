/* SPDX-License-Identifier: BSD-2-Clause */
/* The device TLB: what it knows, for whom, and that an invalidation leaves nothing of its range. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/qemu/dsa/tlb.h"

static const struct dsa_requester user = {.pasid = 7, .ats = true}, other = {.pasid = 8, .ats = true},
                                  kernel = {.pasid = 7, .priv = true, .ats = true},
                                  untagged = {.pasid = DSA_NO_PASID, .ats = true};
static struct dsa_tlb tlb;
static uint64_t output;

static int set_up(void **s)
{
	(void)s;
	dsa_tlb_flush(&tlb);
	dsa_tlb_insert(&tlb, &user, 0x5123, 0x99123, true, false);
	dsa_tlb_insert(&tlb, &other, 0x5000, 0x88000, true, true);
	dsa_tlb_insert(&tlb, &untagged, 0x5000, 0x77000, true, true);
	return 0;
}

static void lookup(void **s)
{
	(void)s;
	assert_true(dsa_tlb_lookup(&tlb, &user, 0x5fff, false, &output));
	assert_int_equal(output, 0x99fff);
	assert_true(dsa_tlb_lookup(&tlb, &other, 0x5008, true, &output));
	assert_int_equal(output, 0x88008);
	assert_false(dsa_tlb_lookup(&tlb, &user, 0x5000, true, &output));
	assert_false(dsa_tlb_lookup(&tlb, &user, 0x6000, false, &output));
	assert_false(dsa_tlb_lookup(&tlb, &kernel, 0x5000, false, &output));
	/* Another right for the same page. */
	dsa_tlb_insert(&tlb, &user, 0x5000, 0x66000, true, true);
	assert_true(dsa_tlb_lookup(&tlb, &user, 0x5000, true, &output));
	assert_int_equal(output, 0x66000);
}

static void collision(void **s)
{
	(void)s;
	dsa_tlb_insert(&tlb, &user, 0x5000 + UINT64_C(4096) * DSA_TLB_ENTRIES, 0x1000, true, true);
	assert_false(dsa_tlb_lookup(&tlb, &user, 0x5000, false, &output));
}

static bool knows(const struct dsa_requester *who)
{
	return dsa_tlb_lookup(&tlb, who, 0x5000, false, &output);
}

static void invalidate(void **s)
{
	(void)s;
	dsa_tlb_invalidate(&tlb, false, 7, 0x4000, 0x1000);
	dsa_tlb_invalidate(&tlb, false, 7, 0x6000, 0x1000);
	assert_true(knows(&user));
	dsa_tlb_invalidate(&tlb, false, 7, 0x4000, 0x2000);
	assert_true(!knows(&user) && knows(&other) && knows(&untagged));
	set_up(s);
	dsa_tlb_invalidate(&tlb, true, 0, 0x5000, 0x1000);
	assert_true(!knows(&user) && !knows(&other) && knows(&untagged));
	set_up(s);
	dsa_tlb_invalidate(&tlb, false, DSA_NO_PASID, 0, UINT64_MAX);
	assert_true(knows(&user) && knows(&other) && !knows(&untagged));
	dsa_tlb_flush(&tlb);
	assert_true(!knows(&user) && !knows(&other));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_setup(lookup, set_up),
	        cmocka_unit_test_setup(collision, set_up),
	        cmocka_unit_test_setup(invalidate, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
