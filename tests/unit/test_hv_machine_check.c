/* SPDX-License-Identifier: BSD-2-Clause */
/* What is said of a machine check, and that the next one finds the processor ready: no emulator makes one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/hv/machine_check.h"

#define BANKS     4
#define CORRECTED (UINT64_C(1) << 63 | UINT64_C(1) << 60 | 0x11)
#define FATAL     (CORRECTED | UINT64_C(1) << 61)
#define ADDRESS   (UINT64_C(1) << 58)
#define CORRUPT   (UINT64_C(1) << 57)

static uint64_t mcg_status, banks[BANKS][4]; /* CTL, STATUS, ADDR, MISC */

static uint64_t read_msr(uint32_t msr)
{
	if (msr == 0x179)
		return 0x1000100 | BANKS;
	if (msr == 0x17a)
		return mcg_status;
	assert_in_range(msr, 0x400, 0x400 + 4 * BANKS - 1);
	/* An address register that its status does not vouch for may be absent: #GP. */
	if (msr % 4 == 2)
		assert_true(banks[(msr - 0x400) / 4][1] & ADDRESS);
	return banks[(msr - 0x400) / 4][msr % 4];
}

/* A status takes nothing but 0 (SDM vol. 3, 15.3.2.2). */
static void write_msr(uint32_t msr, uint64_t value)
{
	assert_int_equal(value, 0);
	if (msr == 0x17a) {
		mcg_status = 0;
		return;
	}
	assert_int_equal(msr % 4, 1);
	assert_in_range(msr, 0x400, 0x400 + 4 * BANKS - 1);
	banks[(msr - 0x400) / 4][1] = 0;
}

static char text[80];

static bool taken(void)
{
	bool corrupt;

	mcg_status = 5; /* RIPV, MCIP */
	corrupt = hv_machine_check(text, sizeof(text), read_msr, write_msr);
	assert_int_equal(mcg_status, 0);
	return corrupt;
}

static void fatal(void **state)
{
	(void)state;
	memset(banks, 0, sizeof(banks));
	banks[1][1] = CORRECTED;
	banks[2][1] = FATAL | ADDRESS;
	banks[2][2] = 0x12345678;
	banks[3][1] = FATAL;
	assert_false(taken());
	assert_string_equal(text, "bank 2, status 0xb400000000000011, address 0x12345678");
	assert_true(banks[1][1] == CORRECTED); /* somebody else's to read */
	assert_true(banks[2][1] == 0 && banks[3][1] == 0);
}

static void corrupt(void **state)
{
	(void)state;
	memset(banks, 0, sizeof(banks));
	banks[0][1] = FATAL;
	banks[3][1] = FATAL | CORRUPT;
	assert_true(taken());
	assert_string_equal(text, "bank 0, status 0xb000000000000011, address 0x0");
	banks[1][1] = CORRECTED | CORRUPT; /* from before */
	assert_false(taken());
}

static void no_bank(void **state)
{
	(void)state;
	memset(banks, 0, sizeof(banks));
	assert_false(taken());
	assert_string_equal(text, "no bank says why, MCG_STATUS 0x5");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(fatal),
	        cmocka_unit_test(corrupt),
	        cmocka_unit_test(no_bank),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
