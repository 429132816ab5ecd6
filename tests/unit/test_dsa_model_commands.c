/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands of the DSA model: their errors, one at a time, and what happens to work; enabling is in ..._enable.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/dsa_world.h"

static struct world w;

/* ---- the rest (5.8.3) ---- */

static void other_errors(void **s)
{
	static const struct {
		uint32_t code, operand;
		uint8_t error;
	} rows[] = {
	        {0, 0, DSA_CMDERR_INVALID_CMD},
	        {15, 0, DSA_CMDERR_INVALID_CMD},
	        {31, 0, DSA_CMDERR_INVALID_CMD},
	        {DSA_CMD_REQUEST_INT_HANDLE, 0, DSA_CMDERR_INVALID_CMD},
	        {DSA_CMD_RELEASE_INT_HANDLE, 0, DSA_CMDERR_INVALID_CMD},
	        {DSA_CMD_DISABLE_WQ, BIT32(5), DSA_CMDERR_WQ_NOT_ENABLED},
	        {DSA_CMD_DRAIN_WQ, BIT32(DWQ) | BIT32(5), DSA_CMDERR_WQ_NOT_ENABLED},
	        {DSA_CMD_ABORT_WQ, BIT32(5), DSA_CMDERR_WQ_NOT_ENABLED},
	        {DSA_CMD_RESET_WQ, BIT32(5), 0},
	        {DSA_CMD_DISABLE_WQ, BIT32(8), DSA_CMDERR_INVALID_WQ},
	        {DSA_CMD_DRAIN_WQ, 0x10001, DSA_CMDERR_INVALID_WQ},
	        {DSA_CMD_ABORT_WQ, BIT32(15), DSA_CMDERR_INVALID_WQ},
	        {DSA_CMD_RESET_WQ, BIT32(9), DSA_CMDERR_INVALID_WQ},
	        {DSA_CMD_DRAIN_WQ, 0, 0},
	        {DSA_CMD_DRAIN_ALL, 0, 0},
	        {DSA_CMD_ABORT_ALL, 0, 0},
	        {DSA_CMD_DRAIN_PASID, 0xfffff, 0},
	        {DSA_CMD_ABORT_PASID, 0, 0},
	        {DSA_CMD_DRAIN_ALL, 1, DSA_CMDERR_RESERVED},
	        {DSA_CMD_ENABLE_WQ, 0x100, DSA_CMDERR_RESERVED},
	        {DSA_CMD_DRAIN_ALL, BIT32(25), DSA_CMDERR_RESERVED},
	        {DSA_CMD_DRAIN_ALL, BIT32(30), DSA_CMDERR_RESERVED},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		world_up(&w, DSA_FAULT_NONE);
		assert_int_equal(command(&w, rows[i].code, rows[i].operand), rows[i].error);
		assert_null(world_invariants(&w));
	}
	assert_int_equal(command(&w, DSA_CMD_DISABLE_DEVICE, 0), 0);
	assert_int_equal(command(&w, DSA_CMD_DISABLE_DEVICE, 0), DSA_CMDERR_DISABLE_DEV);
}

static void one_at_a_time(void **s)
{
	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	wr(&w, DSA_GENCTRL, DSA_GENCTRL_SWERR_INT);
	issue(&w, DSA_CMD_DISABLE_WQ, BIT32(DWQ));
	assert_int_equal(rd(&w, DSA_CMDSTS), DSA_CMDSTS_ACTIVE);
	issue(&w, DSA_CMD_DISABLE_DEVICE, 0);
	assert_int_equal(swerror_code(&w), DSA_SWERR_CMD_ACTIVE);
	assert_int_equal(rd64(&w, DSA_SWERROR) & (DSA_SWERROR_DESC_VALID | DSA_SWERROR_WQ_VALID), 0);
	assert_int_equal(rd(&w, DSA_INTCAUSE), DSA_INTCAUSE_SWERR);
	assert_int_equal(w.notified[0], 1);
	world_advance(&w, COMMAND_NS - 1);
	assert_int_equal(rd(&w, DSA_CMDSTS), DSA_CMDSTS_ACTIVE);
	world_advance(&w, 1);
	assert_int_equal(rd(&w, DSA_CMDSTS), 0);
	assert_int_equal(rd(&w, DSA_GENSTS), DSA_STATE_ENABLED);
	assert_int_equal(FIELD_GET(DSA_WQCFG6_STATE, wqcfg(&w, DWQ, 6)), DSA_WQ_DISABLED);
}

static void completion_interrupt(void **s)
{
	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	assert_int_equal(command(&w, DSA_CMD_DRAIN_ALL, 0), 0);
	assert_int_equal(rd(&w, DSA_INTCAUSE), 0);
	assert_int_equal(w.notified[0], 0);
	assert_int_equal(command(&w, DSA_CMD_DRAIN_ALL, DSA_CMD_REQ_INT), 0);
	assert_int_equal(rd(&w, DSA_INTCAUSE), DSA_INTCAUSE_COMMAND);
	assert_int_equal(w.notified[0], 1);
	assert_int_equal(command(&w, 31, DSA_CMD_REQ_INT), DSA_CMDERR_INVALID_CMD);
	assert_int_equal(w.notified[0], 2);
}

/* ---- what happens to work (3.15) ---- */

static void submit_noops(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		struct dsa_raw_desc d = noop(i);

		assert_false(post(&w, DWQ, 0, &d));
	}
}

static unsigned completed(unsigned n)
{
	unsigned done = 0;

	for (unsigned i = 0; i < n; i++)
		done += status(i) == DSA_COMP_SUCCESS;
	return done;
}

static void waiting_commands_finish_work(void **s)
{
	static const struct {
		uint32_t code, operand;
	} rows[] = {{DSA_CMD_DRAIN_ALL, 0},
	            {DSA_CMD_DRAIN_WQ, BIT32(DWQ)},
	            {DSA_CMD_DISABLE_WQ, BIT32(DWQ)},
	            {DSA_CMD_DISABLE_DEVICE, 0}};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const uint64_t start = (world_up(&w, DSA_FAULT_NONE), w.now);

		world_one_in_progress(&w);
		submit_noops(5);
		assert_int_equal(command(&w, rows[i].code, rows[i].operand), 0);
		assert_int_equal(completed(5), 5);
		assert_true(w.now - start >= 5 * SERVICE_NS);
		assert_null(world_invariants(&w));
	}
}

static void unrelated_drains_do_not_wait(void **s)
{
	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	world_one_in_progress(&w);
	submit_noops(5);
	assert_int_equal(command(&w, DSA_CMD_DRAIN_WQ, BIT32(SWQ)), 0);
	assert_int_equal(command(&w, DSA_CMD_DRAIN_PASID, PWQ_PASID), 0);
	assert_int_equal(completed(5), 1);
	/* Drain All waits for what was there before, not for what comes after. */
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	world_advance(&w, 2 * SERVICE_NS);
	assert_int_equal(rd(&w, DSA_CMDSTS), DSA_CMDSTS_ACTIVE);
	submit_noops(3);
	world_advance(&w, 2 * SERVICE_NS);
	assert_int_equal(rd(&w, DSA_CMDSTS), 0);
	assert_int_equal(completed(3), 0);
}

static void aborting_commands_drop_work(void **s)
{
	static const struct {
		uint32_t code, operand;
	} rows[] = {{DSA_CMD_ABORT_ALL, 0},
	            {DSA_CMD_ABORT_WQ, BIT32(DWQ)},
	            {DSA_CMD_RESET_WQ, BIT32(DWQ)},
	            {DSA_CMD_RESET_DEVICE, 0}};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		world_up(&w, DSA_FAULT_NONE);
		submit_noops(5);
		assert_int_equal(command(&w, rows[i].code, rows[i].operand), 0);
		(void)world_settle(&w);
		assert_int_equal(completed(5), 0);
		assert_int_equal(FIELD_GET(DSA_WQCFG6_OCCUPANCY, wqcfg(&w, DWQ, 6)), 0);
		assert_null(world_invariants(&w));
	}
}

static void pasid_commands(void **s)
{
	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	world_one_in_progress(&w);
	for (unsigned i = 0; i < 6; i++)
		assert_false(enqueue(&w, SWQ, 0, noop(i), i % 2 ? 77 : SWQ_PASID));
	assert_int_equal(command(&w, DSA_CMD_ABORT_PASID, 77), 0);
	(void)world_settle(&w);
	for (unsigned i = 0; i < 6; i++)
		assert_int_equal(status(i), i % 2 ? 0 : DSA_COMP_SUCCESS);
	for (unsigned i = 0; i < 4; i++)
		assert_false(enqueue(&w, SWQ, 0, noop(i), i < 2 ? 77 : SWQ_PASID));
	assert_int_equal(command(&w, DSA_CMD_DRAIN_PASID, 77), 0);
	assert_int_equal(completed(4), 2);
}

static void wq_states(void **s)
{
	struct dsa_raw_desc d;

	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	d = noop(7);
	submit_noops(2);
	issue(&w, DSA_CMD_DISABLE_DEVICE, 0);
	assert_int_equal(rd(&w, DSA_GENSTS), DSA_STATE_DRAIN);
	for (unsigned i = 0; i < WQS_IN_USE; i++)
		assert_int_equal(FIELD_GET(DSA_WQCFG6_STATE, wqcfg(&w, i, 6)), DSA_WQ_BUSY);
	assert_true(post(&w, DWQ, 0, &d));
	assert_true(enqueue(&w, SWQ, 0, d, 1));
	(void)world_settle(&w);
	assert_int_equal(rd(&w, DSA_GENSTS), DSA_STATE_DISABLED);
	/* Configuration is kept; the WQs do not come back by themselves. */
	assert_int_equal(wqcfg(&w, DWQ, 0), WQ_SIZE);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(FIELD_GET(DSA_WQCFG6_STATE, wqcfg(&w, DWQ, 6)), DSA_WQ_DISABLED);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
	/* Reset WQ keeps the size alone. */
	assert_int_equal(command(&w, DSA_CMD_RESET_WQ, BIT32(DWQ)), 0);
	assert_int_equal(wqcfg(&w, DWQ, 0), WQ_SIZE);
	for (unsigned dword = 1; dword < DSA_WQCFG_DWORDS; dword++)
		assert_int_equal(wqcfg(&w, DWQ, dword), 0);
}

/* Time passes between two looks at the clock: a command that comes due there is not forgotten. */
static void clock_goes_on(void **s)
{
	static const uint32_t codes[] = {DSA_CMD_DRAIN_ALL, DSA_CMD_DISABLE_DEVICE, DSA_CMD_RESET_DEVICE, 31};

	(void)s;
	for (uint64_t drift = 0; drift <= 3 * COMMAND_NS; drift += 7) {
		for (unsigned work = 0; work < 3; work++) {
			for (size_t i = 0; i < ARRAY_SIZE(codes); i++) {
				world_up(&w, DSA_FAULT_NONE);
				w.drift = drift;
				submit_noops(work);
				assert_int_equal(command(&w, codes[i], 0) & DSA_CMDSTS_ACTIVE, 0);
			}
		}
	}
	world_up(&w, DSA_FAULT_NONE);
	w.m.config.command_ns = 0;
	assert_int_equal(command(&w, DSA_CMD_DRAIN_ALL, 0), 0);
}

static void handles(void **s)
{
	(void)s;
	world_start(&w, DSA_FAULT_NONE, true);
	assert_int_equal(command(&w, DSA_CMD_REQUEST_INT_HANDLE, 3), FIELD_PREP(DSA_CMDSTS_RESULT, 3U));
	assert_int_equal(command(&w, DSA_CMD_REQUEST_INT_HANDLE, DSA_CMD_HANDLE_IMS | 2047),
	                 FIELD_PREP(DSA_CMDSTS_RESULT, 2047U));
	assert_int_equal(command(&w, DSA_CMD_REQUEST_INT_HANDLE, DSA_MODEL_VECTORS), DSA_CMDERR_INT_INDEX);
	assert_int_equal(command(&w, DSA_CMD_REQUEST_INT_HANDLE, DSA_CMD_HANDLE_IMS | 2048), DSA_CMDERR_INT_INDEX);
	assert_int_equal(command(&w, DSA_CMD_RELEASE_INT_HANDLE, 9), DSA_CMDERR_INT_INDEX);
	assert_int_equal(command(&w, DSA_CMD_REQUEST_INT_HANDLE, BIT32(17)), DSA_CMDERR_RESERVED);
	/* An occupancy interrupt through a handle that was not granted. */
	world_pci(&w, true, false);
	world_configure(&w);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	wqcfg_set(&w, DWQ, 4, 4);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), DSA_CMDERR_WQ_OCC_INT);
	wqcfg_set(&w, DWQ, 4, 3);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
	assert_int_equal(command(&w, DSA_CMD_RELEASE_INT_HANDLE, 3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(other_errors),
	        cmocka_unit_test(one_at_a_time),
	        cmocka_unit_test(completion_interrupt),
	        cmocka_unit_test(waiting_commands_finish_work),
	        cmocka_unit_test(unrelated_drains_do_not_wait),
	        cmocka_unit_test(aborting_commands_drop_work),
	        cmocka_unit_test(pasid_commands),
	        cmocka_unit_test(wq_states),
	        cmocka_unit_test(clock_goes_on),
	        cmocka_unit_test(handles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
