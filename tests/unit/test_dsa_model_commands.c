/* SPDX-License-Identifier: BSD-2-Clause */
/* Commands of the DSA model: each error code with exactly one thing wrong, and what happens to work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/dsa_world.h"

static struct world w;

static void pci(bool bus_master, bool pasid, bool priv, bool prs, uint32_t allocation)
{
	const struct dsa_model_pci state = {.bus_master = bus_master,
	                                    .pasid = pasid,
	                                    .pasid_priv = priv,
	                                    .prs = prs,
	                                    .prs_capacity = 512,
	                                    .prs_allocation = allocation};

	dsa_model_pci_changed(&w.m, &state);
}

/* ---- Enable Device (3.4) ---- */

static void no_bus_master(void)
{
	pci(false, true, false, false, 0);
}

static void prs_without_allocation(void)
{
	pci(true, true, false, true, 0);
}

static void prs_above_capacity(void)
{
	pci(true, true, false, true, 513);
}

static void sizes_too_large(void)
{
	wqcfg_set(&w, DWQ, 0, DSA_MODEL_ENTRIES - 2 * WQ_SIZE + 1);
}

static void wqs_without_engine(void)
{
	grpcfg_set(&w, 0, 7, 0);
}

static void engine_without_wq(void)
{
	grpcfg_set(&w, 1, 0, 2);
}

static void wq_in_two_groups(void)
{
	grpcfg_set(&w, 1, 1, 2);
}

static void wq_in_no_group(void)
{
	wqcfg_set(&w, 5, 0, 1);
}

static void wq_without_size(void)
{
	grpcfg_set(&w, 0, 0xf, 1);
}

static void wq_beyond_count(void)
{
	grpcfg_set(&w, 0, 0x107, 1);
}

static void wq_beyond_count_high(void)
{
	wr64(&w, DSA_MODEL_GRPCFG + 24, BIT64(63));
}

static void engine_in_two_groups(void)
{
	wqcfg_set(&w, 3, 0, 1);
	grpcfg_set(&w, 1, 8, 1);
}

static void engine_beyond_count(void)
{
	grpcfg_set(&w, 0, 7, 0x11);
}

static void flags(unsigned group, uint64_t allowed, uint64_t reserved, uint64_t more)
{
	wr64(&w, grpflags_at(group),
	     FIELD_PREP(DSA_GRPFLAGS_RB_ALLOWED, allowed) | FIELD_PREP(DSA_GRPFLAGS_RB_RESERVED, reserved) | more);
}

static void too_few_allowed(void)
{
	flags(0, 3, 0, 0);
}

static void allowed_below_reserved(void)
{
	flags(0, 10, 11, 0);
}

static void allowed_above_free(void)
{
	flags(0, 96, 0, 0);
	flags(1, 10, 1, 0);
}

static void reserved_above_total(void)
{
	flags(1, 50, 50, 0);
	flags(2, 47, 47, 0);
}

static void global_limit_too_large(void)
{
	flags(0, 96, 0, DSA_GRPFLAGS_RB_GLOBAL);
	wr(&w, DSA_GENCFG, 97);
}

static void global_limit_too_small(void)
{
	flags(0, 96, 0, DSA_GRPFLAGS_RB_GLOBAL);
	flags(1, 96, 0, DSA_GRPFLAGS_RB_GLOBAL);
	wqcfg_set(&w, 3, 0, 1);
	grpcfg_set(&w, 1, 8, 2);
	wr(&w, DSA_GENCFG, 7);
}

static void reserved_flag(void)
{
	flags(0, 96, 0, BIT64(6));
}

static void limit_without_support(void)
{
	flags(0, 96, 0, FIELD_PREP(DSA_GRPFLAGS_DESC_LIMIT, UINT64_C(1)));
}

static void nothing(void)
{
}

static void prs_at_capacity(void)
{
	pci(true, true, false, true, 512);
}

static void reserved_all(void)
{
	flags(0, 96, 96, 0);
}

static void full_sizes(void)
{
	wqcfg_set(&w, DWQ, 0, DSA_MODEL_ENTRIES - 2 * WQ_SIZE);
}

static void enable_device_errors(void **s)
{
	static const struct {
		void (*spoil)(void);
		uint8_t error;
	} rows[] = {
	        {nothing, 0},
	        {prs_at_capacity, 0},
	        {reserved_all, 0},
	        {full_sizes, 0},
	        {no_bus_master, DSA_CMDERR_BUS_MASTER},
	        {prs_without_allocation, DSA_CMDERR_PRS_ALLOC},
	        {prs_above_capacity, DSA_CMDERR_PRS_ALLOC},
	        {sizes_too_large, DSA_CMDERR_WQ_SIZES},
	        {wqs_without_engine, DSA_CMDERR_GROUP},
	        {engine_without_wq, DSA_CMDERR_GROUP},
	        {wq_in_two_groups, DSA_CMDERR_GROUP_WQ},
	        {wq_in_no_group, DSA_CMDERR_GROUP_WQ},
	        {wq_without_size, DSA_CMDERR_GROUP_WQ},
	        {wq_beyond_count, DSA_CMDERR_GROUP_WQ},
	        {wq_beyond_count_high, DSA_CMDERR_GROUP_WQ},
	        {engine_in_two_groups, DSA_CMDERR_GROUP_ENGINE},
	        {engine_beyond_count, DSA_CMDERR_GROUP_ENGINE},
	        {too_few_allowed, DSA_CMDERR_READ_BUFFERS},
	        {allowed_below_reserved, DSA_CMDERR_READ_BUFFERS},
	        {allowed_above_free, DSA_CMDERR_READ_BUFFERS},
	        {reserved_above_total, DSA_CMDERR_READ_BUFFERS},
	        {global_limit_too_large, DSA_CMDERR_READ_BUFFERS},
	        {global_limit_too_small, DSA_CMDERR_READ_BUFFERS},
	        {reserved_flag, DSA_CMDERR_CONFIG},
	        {limit_without_support, DSA_CMDERR_CONFIG},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		world_start(&w, DSA_FAULT_NONE, false);
		pci(true, true, false, false, 0);
		world_configure(&w);
		rows[i].spoil();
		assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), rows[i].error);
		assert_int_equal(rd(&w, DSA_GENSTS), rows[i].error ? DSA_STATE_DISABLED : DSA_STATE_ENABLED);
	}
	assert_int_equal(command(&w, DSA_CMD_RESET_DEVICE, 0), 0);
	world_configure(&w);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), DSA_CMDERR_DEV_NOT_DISABLED);
}

/* ---- Enable WQ (3.5) ---- */

static void enable_wq_errors(void **s)
{
	static const struct {
		unsigned wq;
		unsigned dword;
		uint32_t clear, set;
		uint8_t error;
	} rows[] = {
	        {DWQ, 1, 0, 0, 0},
	        {DWQ, 2, DSA_WQCFG2_PRIORITY, 0, DSA_CMDERR_WQ_PRIORITY},
	        {DWQ, 2, 0, DSA_WQCFG2_BOF, DSA_CMDERR_WQ_BOF},
	        {SWQ, 2, DSA_WQCFG2_PASID_EN, 0, DSA_CMDERR_WQ_PASID},
	        {DWQ, 3, DSA_WQCFG3_MAX_BATCH, 0, DSA_CMDERR_WQ_MAX_BATCH},
	        {DWQ, 3, DSA_WQCFG3_MAX_BATCH, 10 << 5, 0},
	        {DWQ, 3, DSA_WQCFG3_MAX_BATCH, 11 << 5, DSA_CMDERR_WQ_MAX_BATCH},
	        {DWQ, 3, DSA_WQCFG3_MAX_XFER, 31, 0}, /* the largest that the field and GENCAP can say */
	        {PWQ, 2, 0, DSA_WQCFG2_PRIV, DSA_CMDERR_WQ_PRIV},
	        {DWQ, 2, 0, DSA_WQCFG2_PRIV, 0}, /* means nothing without PASID */
	        {DWQ, 4, 0, DSA_MODEL_VECTORS - 1, 0},
	        {DWQ, 4, 0, DSA_MODEL_VECTORS, DSA_CMDERR_WQ_OCC_INT},
	        {DWQ, 4, 0, DSA_WQCFG4_INT_IMS | (DSA_MODEL_IMS - 1), 0},
	        {DWQ, 4, 0, DSA_WQCFG4_INT_IMS | DSA_MODEL_IMS, DSA_CMDERR_WQ_OCC_INT},
	        {DWQ, 2, 0, DSA_WQCFG2_ATS_DISABLE, 0},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		world_start(&w, DSA_FAULT_NONE, false);
		pci(true, true, false, false, 0);
		world_configure(&w);
		assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
		wqcfg_set(&w, rows[i].wq, rows[i].dword,
		          (wqcfg(&w, rows[i].wq, rows[i].dword) & ~rows[i].clear) | rows[i].set);
		assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, rows[i].wq), rows[i].error);
		assert_int_equal(FIELD_GET(DSA_WQCFG6_STATE, wqcfg(&w, rows[i].wq, 6)),
		                 rows[i].error ? DSA_WQ_DISABLED : DSA_WQ_ENABLED);
	}
}

static void enable_wq_state_errors(void **s)
{
	(void)s;
	world_start(&w, DSA_FAULT_NONE, false);
	pci(true, false, false, false, 0);
	world_configure(&w);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), DSA_CMDERR_DEV_NOT_ENABLED);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DSA_MODEL_WQS), DSA_CMDERR_INVALID_WQ);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, 5), DSA_CMDERR_WQ_SIZE);
	/* PASIDs are off in the PCI capability. */
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, PWQ), DSA_CMDERR_WQ_PASID);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, SWQ), DSA_CMDERR_WQ_PASID);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), DSA_CMDERR_WQ_NOT_DISABLED);
	/* GENCAP.BOF and PRS on: block on fault is allowed. */
	world_start(&w, DSA_FAULT_NONE, false);
	pci(true, true, true, true, 512);
	world_configure(&w);
	wqcfg_set(&w, PWQ, 2, wqcfg(&w, PWQ, 2) | DSA_WQCFG2_BOF | DSA_WQCFG2_PRIV);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, PWQ), 0);
}

/* ---- the rest (3.6) ---- */

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

/* ---- what happens to work (3.3) ---- */

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
	submit_noops(5);
	assert_int_equal(command(&w, DSA_CMD_DRAIN_WQ, BIT32(SWQ)), 0);
	assert_int_equal(command(&w, DSA_CMD_DRAIN_PASID, PWQ_PASID), 0);
	assert_int_equal(completed(5), 1);
	/* Drain All waits for what was there before, not for what comes after. */
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	world_advance(&w, 4 * SERVICE_NS);
	submit_noops(3);
	world_advance(&w, SERVICE_NS);
	assert_int_equal(rd(&w, DSA_CMDSTS), 0);
	assert_true(completed(3) < 3);
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
		assert_int_equal(completed(5), 1); /* the one in the engine */
		assert_int_equal(FIELD_GET(DSA_WQCFG6_OCCUPANCY, wqcfg(&w, DWQ, 6)), 0);
		assert_null(world_invariants(&w));
	}
}

static void pasid_commands(void **s)
{
	(void)s;
	world_up(&w, DSA_FAULT_NONE);
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
	        cmocka_unit_test(enable_device_errors),
	        cmocka_unit_test(enable_wq_errors),
	        cmocka_unit_test(enable_wq_state_errors),
	        cmocka_unit_test(other_errors),
	        cmocka_unit_test(one_at_a_time),
	        cmocka_unit_test(completion_interrupt),
	        cmocka_unit_test(waiting_commands_finish_work),
	        cmocka_unit_test(unrelated_drains_do_not_wait),
	        cmocka_unit_test(aborting_commands_drop_work),
	        cmocka_unit_test(pasid_commands),
	        cmocka_unit_test(wq_states),
	        cmocka_unit_test(handles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
