/* SPDX-License-Identifier: BSD-2-Clause */
/* Enable Device and Enable WQ of the DSA model: each error code with exactly one thing wrong. */
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

/* ---- Enable Device (5.1) ---- */

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

/* ---- Enable WQ (5.2) ---- */

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(enable_device_errors),
	        cmocka_unit_test(enable_wq_errors),
	        cmocka_unit_test(enable_wq_state_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
