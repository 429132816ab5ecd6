/* SPDX-License-Identifier: BSD-2-Clause */
/* BAR0 of the DSA model: what it reads after each kind of reset, at each width, and who may write what when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/dsa_world.h"

static struct world w;

#define MSIXPERM(n) (DSA_MODEL_MSIXPERM + DSA_MSIXPERM_STRIDE * (uint64_t)(n))
#define IMS(n)      (DSA_MODEL_IMS_TABLE + DSA_IMS_STRIDE * (uint64_t)(n))
#define WQCFG(n, d) (DSA_MODEL_WQCFG + 32 * (uint64_t)(n) + 4 * (uint64_t)(d))
#define RB_ALLOWED  FIELD_PREP(DSA_GRPFLAGS_RB_ALLOWED, (uint64_t)DSA_MODEL_READ_BUFFERS)

/* Registers of table 9-3 that are the same after Reset Device and after power-on. */
static void expect_configuration_reset(void)
{
	assert_int_equal(rd(&w, DSA_GENCFG), DSA_MODEL_READ_BUFFERS);
	assert_int_equal(rd(&w, DSA_GENCTRL), 0);
	assert_int_equal(rd(&w, DSA_GENSTS), 0);
	assert_int_equal(rd(&w, DSA_INTCAUSE), 0);
	for (unsigned g = 0; g < DSA_MODEL_GROUPS; g++) {
		for (unsigned at = 0; at < DSA_GRPCFG_STRIDE; at += 8)
			assert_int_equal(rd64(&w, DSA_MODEL_GRPCFG + DSA_GRPCFG_STRIDE * g + at),
			                 at == DSA_GRPCFG_FLAGS ? RB_ALLOWED : 0);
	}
	for (unsigned at = 0; at < 32 * DSA_MODEL_WQS; at += 4)
		assert_int_equal(rd(&w, DSA_MODEL_WQCFG + at), 0);
	for (unsigned i = 0; i < DSA_MODEL_VECTORS; i++)
		assert_int_equal(rd64(&w, MSIXPERM(i)), 0);
	for (unsigned i = 0; i < DSA_MODEL_IMS; i++) {
		assert_int_equal(rd64(&w, IMS(i)), DSA_IMS_ADDR_RESET);
		assert_int_equal(rd64(&w, IMS(i) + DSA_IMS_DATA), (uint64_t)DSA_IMS_CTRL_MASK << 32);
	}
}

static void reset_values(void **s)
{
	static const struct {
		uint64_t offset, value;
	} values[] = {
	        {DSA_VERSION, 0x100},
	        {DSA_GENCAP, UINT64_C(0x40915f010f)},
	        {DSA_WQCAP, UINT64_C(0x003f000000080080)},
	        {DSA_GRPCAP, UINT64_C(0x36004)},
	        {DSA_ENGCAP, 4},
	        {DSA_OPCAP, UINT64_C(0x1003f03ff)},
	        {DSA_OPCAP + 8, 0},
	        {DSA_OPCAP + 16, 0},
	        {DSA_OPCAP + 24, 0},
	        {DSA_OFFSETS, UINT64_C(0x0040000200040003)},
	        {DSA_OFFSETS + 8, 0x10},
	        {DSA_CMD, 0},
	        {DSA_CMDSTS, 0},
	        {DSA_CMDCAP, 0},
	        {DSA_SWERROR, 0},
	        {DSA_SWERROR + 8, 0},
	        {DSA_SWERROR + 16, 0},
	        {DSA_SWERROR + 24, 0},
	        {0xe0, 0},
	        {0xf0, 0},
	        {DSA_MODEL_PERFMON, UINT64_C(0x00c001f001f53008)},
	        {DSA_DUMMY_PORTAL, 0},
	};

	(void)s;
	world_start(&w, DSA_FAULT_NONE, false);
	for (size_t i = 0; i < ARRAY_SIZE(values); i++)
		assert_int_equal(rd64(&w, values[i].offset), values[i].value);
	expect_configuration_reset();
	world_start(&w, DSA_FAULT_NONE, true);
	assert_int_equal(rd64(&w, DSA_GENCAP), UINT64_C(0x40915f011f));
	assert_int_equal(rd64(&w, DSA_CMDCAP), 0x7ffe);
}

/* Something else than 0 in as many registers as can be. */
static void fill_registers(void)
{
	world_start(&w, DSA_FAULT_NONE, false);
	world_pci(&w, true, false);
	world_configure(&w);
	wr(&w, DSA_GENCFG, 0x1000 | 90);
	wr(&w, DSA_GENCTRL, 3);
	for (unsigned i = 0; i < DSA_MODEL_VECTORS; i++)
		wr(&w, MSIXPERM(i), 0xabcde00c);
	for (unsigned i = 0; i < DSA_MODEL_IMS; i++) {
		wr64(&w, IMS(i), 0xfee01230 + i * 0x10);
		wr64(&w, IMS(i) + 8, UINT64_C(0x54321009deadbeef));
	}
	wr64(&w, grpflags_at(2), RB_ALLOWED | 0xb);
}

static void each_width_agrees(void **s)
{
	(void)s;
	fill_registers();
	for (uint64_t at = 0; at < DSA_MODEL_BAR0_SIZE; at += 8) {
		const uint64_t whole = rd64(&w, at);

		for (unsigned width = 1; width < 8; width *= 2) {
			uint64_t parts = 0;

			for (unsigned i = 0; i < 8; i += width)
				parts |= dsa_model_read(&w.m, at + i, width) << (8 * i);
			assert_int_equal(parts, whole);
		}
	}
}

static void odd_accesses_do_nothing(void **s)
{
	static const struct {
		uint64_t offset;
		unsigned width;
	} odd[] = {{DSA_GENCAP + 1, 2}, {DSA_GENCAP + 2, 4}, {DSA_GENCAP + 4, 8},      {DSA_GENCAP, 3},
	           {DSA_GENCAP, 0},     {DSA_GENCAP, 16},    {DSA_MODEL_BAR0_SIZE, 4}, {UINT64_MAX - 7, 8}};

	(void)s;
	world_start(&w, DSA_FAULT_NONE, false);
	for (size_t i = 0; i < ARRAY_SIZE(odd); i++) {
		dsa_model_write(&w.m, odd[i].offset, odd[i].width, UINT64_MAX);
		assert_int_equal(dsa_model_read(&w.m, odd[i].offset, odd[i].width), 0);
	}
	/* CMD is one 32-bit access: parts of it start nothing. */
	dsa_model_write(&w.m, DSA_CMD + 2, 2, 0x50);
	dsa_model_write(&w.m, DSA_CMD, 1, 0);
	assert_int_equal(rd(&w, DSA_CMDSTS), 0);
}

static void write_widths(void **s)
{
	(void)s;
	world_start(&w, DSA_FAULT_NONE, false);
	dsa_model_write(&w.m, WQCFG(3, 0), 1, 0x20);
	assert_int_equal(rd(&w, WQCFG(3, 0)), 0x20);
	dsa_model_write(&w.m, WQCFG(3, 0) + 1, 1, 1);
	assert_int_equal(rd(&w, WQCFG(3, 0)), 0x120);
	dsa_model_write(&w.m, WQCFG(3, 0), 8, UINT64_C(0x0000000500000007));
	assert_int_equal(rd(&w, WQCFG(3, 0)), 7);
	assert_int_equal(rd(&w, WQCFG(3, 1)), 5);
	dsa_model_write(&w.m, MSIXPERM(1) + 2, 2, 0x1234);
	assert_int_equal(rd(&w, MSIXPERM(1)), 0x12340000);
	dsa_model_write(&w.m, MSIXPERM(1) + 4, 4, UINT32_MAX);
	assert_int_equal(rd64(&w, MSIXPERM(1)), 0x12340000);
	/* Read-only and reserved bits. */
	wr(&w, MSIXPERM(0), UINT32_MAX);
	assert_int_equal(rd(&w, MSIXPERM(0)), 0xfffff00c);
	wr(&w, DSA_GENCTRL, UINT32_MAX);
	assert_int_equal(rd(&w, DSA_GENCTRL), 3);
	wr(&w, DSA_GENCFG, UINT32_MAX);
	assert_int_equal(rd(&w, DSA_GENCFG), 0x10ff);
	wr64(&w, DSA_GENCAP, 0);
	assert_int_equal(rd64(&w, DSA_GENCAP), UINT64_C(0x40915f010f));
}

static void ims_address(void **s)
{
	(void)s;
	world_start(&w, DSA_FAULT_NONE, false);
	wr64(&w, IMS(7), 0xfee12347);
	assert_int_equal(rd64(&w, IMS(7)), 0xfee12344);
	wr64(&w, IMS(7), UINT64_C(0x1fee00000));
	wr64(&w, IMS(7), 0xfed00000);
	wr(&w, IMS(7) + 4, 1);
	wr(&w, IMS(7), 0x1000);
	assert_int_equal(rd64(&w, IMS(7)), 0xfee12344);
	dsa_model_write(&w.m, IMS(7), 2, 0x5008);
	assert_int_equal(rd64(&w, IMS(7)), 0xfee15008);
	/* Pending is read-only. */
	wr(&w, IMS(7) + DSA_IMS_CTRL, UINT32_MAX);
	assert_int_equal(rd(&w, IMS(7) + DSA_IMS_CTRL), 0xfffff00d);
}

/* 9.2.24: WQCFG's lock matrix, configuration supported. */
static void wqcfg_locks(void **s)
{
	static const struct {
		unsigned dword;
		uint32_t disabled, device_on, wq_on; /* bits that can be written */
	} rows[] = {
	        {0, 0xffff, 0, 0},    {1, 0xffff, 0xffff, 0xffff}, {2, 0x3ffffff7, 0x3ffffff7, 0},
	        {3, 0x1ff, 0x1ff, 0}, {4, 0x1ffff, 0x1ffff, 0},    {5, 0x1ffff, 0x1ffff, 0x1ffff},
	        {7, 0, 0, 0},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (unsigned stage = 0; stage < 3; stage++) {
			const uint32_t open = stage == 0   ? rows[i].disabled
			                      : stage == 1 ? rows[i].device_on
			                                   : rows[i].wq_on;
			uint32_t before;

			if (stage == 0) {
				world_start(&w, DSA_FAULT_NONE, false);
			} else {
				world_up(&w, DSA_FAULT_NONE);
				if (stage == 1)
					assert_int_equal(command(&w, DSA_CMD_DISABLE_WQ, BIT32(DWQ)), 0);
			}
			before = wqcfg(&w, DWQ, rows[i].dword);
			wqcfg_set(&w, DWQ, rows[i].dword, ~before);
			assert_int_equal(wqcfg(&w, DWQ, rows[i].dword), before ^ open);
		}
	}
}

static void occupancy_limit_lock(void **s)
{
	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	wqcfg_set(&w, DWQ, 5, DSA_WQCFG5_LIMIT_INT | 3);
	assert_int_equal(wqcfg(&w, DWQ, 5), DSA_WQCFG5_LIMIT_INT | 3);
	wqcfg_set(&w, DWQ, 5, DSA_WQCFG5_LIMIT_INT | 5);
	assert_int_equal(wqcfg(&w, DWQ, 5), DSA_WQCFG5_LIMIT_INT | 3);
	wqcfg_set(&w, DWQ, 5, 7); /* opens it, and is too early for the limit itself */
	assert_int_equal(wqcfg(&w, DWQ, 5), 3);
	wqcfg_set(&w, DWQ, 5, 7);
	assert_int_equal(wqcfg(&w, DWQ, 5), 7);
}

static void device_locks(void **s)
{
	uint64_t flags;

	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	flags = rd64(&w, grpflags_at(0));
	wr(&w, DSA_GENCFG, 1);
	wr64(&w, grpflags_at(0), 0);
	grpcfg_set(&w, 0, 0, 0);
	grpcfg_set(&w, 1, 8, 2);
	assert_int_equal(rd(&w, DSA_GENCFG), DSA_MODEL_READ_BUFFERS | DSA_GENCFG_USER_INT);
	assert_int_equal(rd64(&w, grpflags_at(0)), flags);
	assert_int_equal(rd64(&w, DSA_MODEL_GRPCFG), 7);
	assert_int_equal(rd64(&w, DSA_MODEL_GRPCFG + DSA_GRPCFG_STRIDE), 0);
	wr(&w, DSA_GENCTRL, 2);
	assert_int_equal(rd(&w, DSA_GENCTRL), 2);
	assert_int_equal(command(&w, DSA_CMD_DISABLE_DEVICE, 0), 0);
	wr(&w, DSA_GENCFG, 17);
	grpcfg_set(&w, 1, UINT64_MAX, UINT64_MAX);
	assert_int_equal(rd(&w, DSA_GENCFG), 17);
	assert_int_equal(rd64(&w, DSA_MODEL_GRPCFG + DSA_GRPCFG_STRIDE), UINT64_MAX);
}

static void write_one_to_clear(void **s)
{
	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	wr(&w, DSA_INTCAUSE, UINT32_MAX);
	w.m.intcause = DSA_INTCAUSE_SWERR | DSA_INTCAUSE_COMMAND | DSA_INTCAUSE_HANDLES_REVOKED;
	wr(&w, DSA_INTCAUSE, DSA_INTCAUSE_COMMAND);
	assert_int_equal(rd(&w, DSA_INTCAUSE), DSA_INTCAUSE_SWERR | DSA_INTCAUSE_HANDLES_REVOKED);
	dsa_model_write(&w.m, DSA_INTCAUSE + 3, 1, 0x80);
	assert_int_equal(rd(&w, DSA_INTCAUSE), DSA_INTCAUSE_SWERR);
	dsa_model_write(&w.m, DSA_INTCAUSE, 8, 1);
	assert_int_equal(rd(&w, DSA_INTCAUSE), 0);

	/* Two errors: valid and overflow; each is cleared alone, or both by one byte. */
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	assert_int_equal(rd64(&w, DSA_SWERROR), (uint64_t)DSA_SWERR_CMD_ACTIVE << 8 | 3);
	wr(&w, DSA_SWERROR, 2);
	assert_int_equal(rd64(&w, DSA_SWERROR) & 3, 1);
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	wr(&w, DSA_SWERROR, 1);
	assert_int_equal(rd64(&w, DSA_SWERROR) & 3, 2);
	issue(&w, DSA_CMD_DRAIN_ALL, 0); /* fills it anew; that one was lost before is still to be read */
	assert_int_equal(rd64(&w, DSA_SWERROR) & 3, 3);
	dsa_model_write(&w.m, DSA_SWERROR, 1, 3);
	assert_int_equal(rd64(&w, DSA_SWERROR) & 3, 0);
}

/* Reset Device keeps SWERROR, CMDSTS and PCI configuration, and resets the rest (2.9). */
static void reset_device(void **s)
{
	(void)s;
	fill_registers();
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	(void)world_settle(&w);
	assert_int_equal(swerror_code(&w), DSA_SWERR_CMD_ACTIVE);
	w.m.intcause = UINT32_MAX;
	w.forgotten = 0;
	assert_int_equal(command(&w, DSA_CMD_RESET_DEVICE, 0), 0);
	expect_configuration_reset();
	assert_int_equal(swerror_code(&w), DSA_SWERR_CMD_ACTIVE);
	assert_int_equal(w.forgotten, 1);
	assert_true(w.m.pci.bus_master && w.m.pci.pasid);
	/* Also while Disabled, and with its own interrupt. */
	world_configure(&w);
	assert_int_equal(command(&w, DSA_CMD_RESET_DEVICE, DSA_CMD_REQ_INT), 0);
	assert_int_equal(rd(&w, DSA_INTCAUSE), DSA_INTCAUSE_COMMAND);
	wr(&w, DSA_INTCAUSE, UINT32_MAX);
	expect_configuration_reset();
	/* A command's error stays to be read until the next one. */
	assert_int_equal(command(&w, DSA_CMD_DISABLE_DEVICE, 0), DSA_CMDERR_DISABLE_DEV);
	assert_int_equal(rd(&w, DSA_CMDSTS), DSA_CMDERR_DISABLE_DEV);
}

static void function_level_reset(void **s)
{
	struct dsa_raw_desc d;

	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	d = noop(0);
	for (unsigned i = 0; i < 4; i++)
		assert_false(post(&w, DWQ, 0, &d));
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	dsa_model_reset(&w.m);
	expect_configuration_reset();
	assert_int_equal(rd64(&w, DSA_SWERROR), 0);
	assert_int_equal(rd(&w, DSA_CMDSTS), 0);
	(void)world_settle(&w); /* the tick that was asked for before finds nothing */
	assert_int_equal(status(0), 0);
	assert_null(world_invariants(&w));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(reset_values),         cmocka_unit_test(each_width_agrees),
	        cmocka_unit_test(write_widths),         cmocka_unit_test(odd_accesses_do_nothing),
	        cmocka_unit_test(ims_address),          cmocka_unit_test(wqcfg_locks),
	        cmocka_unit_test(device_locks),         cmocka_unit_test(occupancy_limit_lock),
	        cmocka_unit_test(write_one_to_clear),   cmocka_unit_test(reset_device),
	        cmocka_unit_test(function_level_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
