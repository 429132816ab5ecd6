/* SPDX-License-Identifier: BSD-2-Clause */
/* Who waits for whom: drain descriptors and commands, in dedicated WQs, and by PASID in shared ones (3.12, 3.15). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dsa_world.h"

#define OTHER_PASID (SWQ_PASID + 1)
#define LONG        0x8000U

static struct world w;

/* Two engines for the WQs of dsa_world.h. */
static void two_engines(void)
{
	world_up(&w, DSA_FAULT_NONE);
	(void)command(&w, DSA_CMD_DISABLE_DEVICE, 0);
	grpcfg_set(&w, 0, BIT64(DWQ) | BIT64(SWQ) | BIT64(PWQ), 3);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	for (unsigned wq = 0; wq < WQS_IN_USE; wq++)
		assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, wq), 0);
}

/* Until record n is there. */
static void until(unsigned n)
{
	for (unsigned i = 0; i < 1000 && !status(n); i++)
		world_advance(&w, 100);
	assert_int_equal(status(n), DSA_COMP_SUCCESS);
}

static struct dsa_raw_desc drain(unsigned n)
{
	return with_record(descriptor(DSA_OPCODE_DRAIN, 0, 0, 0, 0), n);
}

static void dedicated(void **s)
{
	struct dsa_raw_desc move, last;

	(void)s;
	two_engines();
	move = memmove_desc(0, DATA(0), DATA(10), LONG);
	last = drain(1);
	assert_false(post(&w, DWQ, 0, &move));
	assert_false(post(&w, DWQ, 0, &last));
	until(1);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	/* Another WQ's work is none of its business. */
	move = memmove_desc(0, DATA(0), DATA(10), LONG);
	last = drain(1);
	assert_false(post(&w, DWQ, 0, &move));
	assert_false(post(&w, PWQ, 0, &last));
	until(1);
	assert_int_equal(status(0), 0);
	until(0);
}

/* The one with the long move waits for it, the other does not. */
static void shared(void **s)
{
	static const struct {
		uint32_t pasid;
		uint8_t then;
	} rows[] = {{SWQ_PASID, DSA_COMP_SUCCESS}, {OTHER_PASID, 0}};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		two_engines();
		assert_false(enqueue(&w, SWQ, 0, memmove_desc(0, DATA(0), DATA(10), LONG), SWQ_PASID));
		assert_false(enqueue(&w, SWQ, 0, noop(2), rows[i].pasid));
		assert_false(enqueue(&w, SWQ, 0, drain(1), rows[i].pasid));
		until(1);
		assert_int_equal(status(2), DSA_COMP_SUCCESS);
		assert_int_equal(status(0), rows[i].then);
		until(0);
		assert_null(world_invariants(&w));
	}
}

static void commands(void **s)
{
	(void)s;
	two_engines();
	assert_false(enqueue(&w, SWQ, 0, memmove_desc(0, DATA(0), DATA(10), LONG), SWQ_PASID));
	assert_int_equal(command(&w, DSA_CMD_DRAIN_PASID, OTHER_PASID), 0);
	assert_int_equal(status(0), 0);
	assert_int_equal(command(&w, DSA_CMD_DRAIN_PASID, SWQ_PASID), 0);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);

	/* Both engines busy with one PASID; behind them one of each, of which the other's alone is abandoned. */
	two_engines();
	for (unsigned n = 0; n < 2; n++)
		assert_false(enqueue(&w, SWQ, 0, memmove_desc(n, DATA(0), DATA(10), LONG), SWQ_PASID));
	assert_false(enqueue(&w, SWQ, 0, noop(2), SWQ_PASID));
	assert_false(enqueue(&w, SWQ, 0, noop(3), OTHER_PASID));
	assert_int_equal(command(&w, DSA_CMD_ABORT_PASID, OTHER_PASID), 0);
	assert_int_equal(status(0), 0);
	(void)world_settle(&w);
	for (unsigned n = 0; n < 3; n++)
		assert_int_equal(status(n), DSA_COMP_SUCCESS);
	assert_int_equal(status(3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(dedicated),
	        cmocka_unit_test(shared),
	        cmocka_unit_test(commands),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
