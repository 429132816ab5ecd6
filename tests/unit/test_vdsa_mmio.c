/* SPDX-License-Identifier: BSD-2-Clause */
/* The vDSA's BAR0: capabilities, access rules, and what a hostile guest does with it (cases B1 to B8). */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <linux/pci_regs.h>

#include "tests/unit/vdsa_host.h"

static void capabilities(void **state)
{
	struct host h;

	(void)state;
	host_start(&h);
	assert_int_equal(reg_read(&h, DSA_VERSION, 4), 0x100);
	assert_int_equal(reg_read(&h, DSA_GENCAP, 8), 0x015f011e);
	assert_int_equal(reg_read(&h, DSA_WQCAP, 8), UINT64_C(0x0002000000010010));
	assert_int_equal(reg_read(&h, DSA_GRPCAP, 8), 1);
	assert_int_equal(reg_read(&h, DSA_ENGCAP, 8), 1);
	assert_int_equal(reg_read(&h, DSA_OPCAP, 8), UINT64_C(0x1003f03ff));
	for (uint64_t i = DSA_OPCAP + 8; i < DSA_OFFSETS; i += 8)
		assert_int_equal(reg_read(&h, i, 8), 0);
	assert_int_equal(reg_read(&h, DSA_OFFSETS, 8), UINT64_C(0x0000000300050004));
	assert_int_equal(reg_read(&h, DSA_OFFSETS + 8, 8), 0);
	assert_int_equal(reg_read(&h, DSA_GENCFG, 4), DSA_GENCFG_USER_INT);
	assert_int_equal(reg_read(&h, DSA_CMDCAP, 8), 0x7ffe);
	assert_int_equal(reg_read(&h, VDSA_GRPCFG, 8), 1);
	assert_int_equal(reg_read(&h, VDSA_GRPCFG + 8, 8), 0);
	assert_int_equal(reg_read(&h, VDSA_GRPCFG + DSA_GRPCFG_ENGINES, 8), 1);
	assert_int_equal(reg_read(&h, VDSA_GRPCFG + DSA_GRPCFG_FLAGS, 8), 8); /* traffic classes only */
	assert_int_equal(reg_read(&h, VDSA_WQCFG, 4), 16);
	assert_int_equal(reg_read(&h, VDSA_WQCFG + 4, 4), 0);
	assert_int_equal(reg_read(&h, VDSA_WQCFG + 8, 4), DSA_WQCFG2_DEDICATED | 0x90);
	assert_int_equal(reg_read(&h, VDSA_WQCFG + 12, 4), 0x15f);
	for (uint64_t i = VDSA_WQCFG + 16; i < VDSA_WQCFG + 32; i += 4)
		assert_int_equal(reg_read(&h, i, 4), 0);
	assert_int_equal(reg_read(&h, VDSA_MSIX_TABLE + 12, 4), 1);
	assert_int_equal(reg_read(&h, VDSA_MSIX_TABLE + 28, 4), 1);
	host_stop(&h);
}

/* Not more than the host's WQ allows, and nothing that the type does not compose. */
static void capabilities_limited(void **state)
{
	struct host h;

	(void)state;
	host_init(&h);
	h.info.wqcfg[2] |= DSA_WQCFG2_BOF | DSA_WQCFG2_ATS_DISABLE | DSA_WQCFG2_PASID_EN | DSA_WQCFG2_PASID;
	h.info.wqcfg[3] = FIELD_PREP(DSA_WQCFG3_MAX_XFER, 16U) | FIELD_PREP(DSA_WQCFG3_MAX_BATCH, 5U);
	h.info.wqcfg[8] = 0xfffffffd; /* no batch */
	h.info.wqcfg[9] = 0xffffffff;
	h.info.wqcap |= DSA_WQCAP_OPCFG | FIELD_PREP(DSA_WQCAP_WQCFG_SIZE, 1ULL);
	h.info.gencap = UINT64_MAX;
	h.info.opcap0 = UINT64_MAX;
	assert_int_equal(vdsa_create(&h.v, &vdsa_type_1dwq_v1, &h.ops, &h, NULL), 0);
	assert_int_equal(reg_read(&h, DSA_GENCAP, 8), 0x031e | 16U << 16 | 5U << 21);
	assert_int_equal(reg_read(&h, DSA_OPCAP, 8), UINT64_C(0x1003f03fd));
	assert_int_equal(reg_read(&h, DSA_WQCAP, 8), UINT64_C(0x0002000000010010));
	assert_int_equal(reg_read(&h, VDSA_WQCFG + 8, 4), DSA_WQCFG2_DEDICATED | 0x90);
	assert_int_equal(reg_read(&h, VDSA_WQCFG + 12, 4), 16 | 5 << 5);
	assert_int_equal(vdsa_destroy(&h.v), 0);
}

/* 1, 2, 4 and 8-byte reads agree everywhere. */
static void read_widths(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_DEVICE, 0), 0);
	for (uint64_t i = 0; i < VDSA_BAR0_SIZE; i += 8) {
		uint64_t whole = reg_read(&h, i, 8), bytes = 0;

		for (unsigned b = 0; b < 8; b++)
			bytes |= reg_read(&h, i + b, 1) << (8 * b);
		assert_int_equal(whole, bytes);
		assert_int_equal(whole, reg_read(&h, i, 4) | reg_read(&h, i + 4, 4) << 32);
		for (unsigned w = 0; w < 8; w += 2)
			assert_int_equal(reg_read(&h, i + w, 2), (whole >> (8 * w)) & 0xffff);
	}
	host_stop(&h);
}

/* B1: the end, beyond it, and across it. */
static void b1_bounds(void **state)
{
	static const uint64_t beyond[] = {0x2000, 0x2004, 0x10000, UINT64_MAX - 7, UINT64_C(1) << 32};
	struct host h;

	(void)state;
	host_boot(&h);
	assert_int_equal(reg_read(&h, 0x1fff, 1), 0);
	assert_int_equal(reg_read(&h, 0x1ff8, 8), 0);
	assert_true(reg_read(&h, 0x1ffc, 8) == UINT64_MAX);
	for (unsigned i = 0; i < ARRAY_SIZE(beyond); i++) {
		assert_true(reg_read(&h, beyond[i], 4) == UINT64_MAX);
		reg_write(&h, beyond[i], 4, UINT32_MAX);
	}
	/* Misaligned: across register and table boundaries. */
	for (uint64_t i = 0; i < VDSA_BAR0_SIZE; i++)
		for (unsigned width = 2; width <= 8; width *= 2)
			if (i % width != 0) {
				assert_true(reg_read(&h, i, width) == UINT64_MAX);
				reg_write(&h, i, width, UINT64_MAX);
			}
	for (unsigned width = 0; width < 70; width++)
		if (width != 1 && width != 2 && width != 4 && width != 8) {
			assert_true(reg_read(&h, DSA_GENCAP, width) == UINT64_MAX);
			reg_write(&h, DSA_CMD, width, UINT64_MAX);
		}
	assert_int_equal(reg_read(&h, DSA_CMDSTS, 4), 0);
	assert_int_equal(h.v.stats.commands, 0);
	host_invariants(&h);
	host_stop(&h);
}

/* B2: half a command never starts; half a WQCFG or MSIXPERM write is none. */
static void b2_partial_writes(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	for (unsigned b = 0; b < 4; b++)
		reg_write(&h, DSA_CMD + b, 1, 0x10);
	reg_write(&h, DSA_CMD, 2, 0x10);
	reg_write(&h, DSA_CMD + 2, 2, 0x8010);
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4), 0);
	assert_int_equal(h.v.stats.commands, 0);
	for (unsigned b = 0; b < 4; b++) {
		reg_write(&h, VDSA_MSIXPERM + 8 + b, 1, 0xff);
		reg_write(&h, VDSA_WQCFG + 8 + b, 1, 0xff);
	}
	reg_write(&h, VDSA_MSIXPERM + 8, 2, 0xffff);
	assert_int_equal(reg_read(&h, VDSA_MSIXPERM + 8, 4), 0);
	assert_int_equal(reg_read(&h, VDSA_WQCFG + 8, 4), DSA_WQCFG2_DEDICATED | 0x90);
	/* Eight bytes at CMD are a command and nothing. */
	reg_write(&h, DSA_CMD, 8, UINT64_C(0xffffffff00100000));
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4), DSA_STATE_ENABLED);
	/* Lanes of write-1-to-clear registers that are not written keep their value. */
	h.v.intcause = DSA_INTCAUSE_SWERR | DSA_INTCAUSE_HANDLES_REVOKED;
	reg_write(&h, DSA_INTCAUSE, 1, 0xff);
	assert_int_equal(reg_read(&h, DSA_INTCAUSE, 4), DSA_INTCAUSE_HANDLES_REVOKED);
	reg_write(&h, DSA_INTCAUSE + 3, 1, 0x80);
	assert_int_equal(reg_read(&h, DSA_INTCAUSE, 4), 0);
	host_stop(&h);
}

/* B3: what would be the second WQ, group, third vector. */
static void b3_missing_entries(void **state)
{
	static const struct {
		uint64_t from, to;
	} absent[] = {
	        {VDSA_MSIXPERM + 16, VDSA_GRPCFG},   {VDSA_GRPCFG + 64, VDSA_WQCFG},
	        {VDSA_WQCFG + 32, VDSA_MSIX_TABLE},  {VDSA_MSIX_TABLE + 32, VDSA_MSIX_PBA},
	        {VDSA_MSIX_PBA + 8, VDSA_BAR0_SIZE}, {DSA_SWERROR + 32, VDSA_MSIXPERM},
	};
	struct host h;

	(void)state;
	host_boot(&h);
	for (unsigned i = 0; i < ARRAY_SIZE(absent); i++)
		for (uint64_t at = absent[i].from; at < absent[i].to; at += 4) {
			reg_write(&h, at, 4, UINT32_MAX);
			assert_int_equal(reg_read(&h, at, 4), 0);
		}
	host_invariants(&h);
	host_stop(&h);
}

/* B4, B8: read-only registers and reserved bits, in each state; nothing of it reaches the host. */
static void b4_read_only(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	for (int pass = 0; pass < 3; pass++) {
		static const struct {
			uint64_t from, to;
		} fixed[] = {{0, DSA_GENCTRL},
		             {DSA_GENSTS, DSA_INTCAUSE},
		             {DSA_CMDSTS, DSA_SWERROR},
		             {VDSA_GRPCFG, VDSA_MSIX_TABLE},
		             {VDSA_MSIX_PBA, VDSA_MSIX_PBA + 8}};

		for (unsigned i = 0; i < ARRAY_SIZE(fixed); i++)
			for (uint64_t at = fixed[i].from; at < fixed[i].to; at += 4) {
				uint64_t before = reg_read(&h, at, 4);

				reg_write(&h, at, 4, UINT32_MAX);
				assert_int_equal(reg_read(&h, at, 4), before);
				reg_write(&h, at, 4, 0);
				assert_int_equal(reg_read(&h, at, 4), before);
			}
		(void)command(&h, pass == 0 ? DSA_CMD_ENABLE_DEVICE : DSA_CMD_ENABLE_WQ, 0);
	}
	reg_write(&h, DSA_GENCTRL, 4, UINT32_MAX);
	assert_int_equal(reg_read(&h, DSA_GENCTRL, 4), 3);
	reg_write(&h, VDSA_MSIXPERM, 8, UINT64_MAX);
	assert_true(reg_read(&h, VDSA_MSIXPERM, 8) == 0xfffff00c);
	reg_write(&h, VDSA_MSIX_TABLE, 8, UINT64_MAX);
	assert_true(reg_read(&h, VDSA_MSIX_TABLE, 8) == UINT64_C(0xfffffffffffffffc));
	reg_write(&h, VDSA_MSIX_TABLE + 12, 4, UINT32_MAX);
	assert_int_equal(reg_read(&h, VDSA_MSIX_TABLE + 12, 4), 1);
	host_invariants(&h);
	host_stop(&h);
}

static void host_errs(struct host *h, enum host_op op)
{
	(void)op;
	const uint64_t record[4] = {DSA_SWERROR_VALID | DSA_SWERROR_WQ_VALID |
	                            FIELD_PREP(DSA_SWERROR_WQ, (uint64_t)HOST_WQ) |
	                            FIELD_PREP(DSA_SWERROR_CODE, (uint64_t)DSA_SWERR_DWQ_FULL)};

	assert_true(vdsa_host_error(&h->v, record));
}

/* B6: a cause that comes between the guest's read and its clearing of others survives. */
static void b6_intcause_race(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	reg_write(&h, DSA_GENCTRL, 4, DSA_GENCTRL_SWERR_INT);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_DEVICE, 0), 0);
	uint32_t seen = (uint32_t)reg_read(&h, DSA_INTCAUSE, 4);

	assert_int_equal(seen, DSA_INTCAUSE_COMMAND);
	host_errs(&h, HOST_OP_NONE);
	reg_write(&h, DSA_INTCAUSE, 4, seen);
	assert_int_equal(reg_read(&h, DSA_INTCAUSE, 4), DSA_INTCAUSE_SWERR);
	/* A second event on a bit that is set already is a message again. */
	h.messages = 0;
	(void)command(&h, DSA_CMD_DRAIN_ALL, 0);
	(void)command(&h, DSA_CMD_DRAIN_ALL, 0);
	assert_int_equal(h.messages, 2);
	host_stop(&h);
}

static void rewrite_wqcfg(struct host *h, enum host_op op)
{
	if (op == HOST_OP_SET_PASID || op == HOST_OP_ENABLE)
		reg_write(h, VDSA_WQCFG + 8, 4, DSA_WQCFG2_PRIV | DSA_WQCFG2_PASID_EN | DSA_WQCFG2_PASID);
}

/* B7, B8: WQCFG written while Enable WQ runs, and with everything forbidden in it. */
static void b7_wqcfg_race(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_DEVICE, 0), 0);
	reg_write(&h, VDSA_WQCFG + 8, 4, UINT32_MAX);
	h.during = rewrite_wqcfg;
	assert_int_equal(command(&h, DSA_CMD_ENABLE_WQ, 0), 0);
	h.during = NULL;
	assert_int_equal(h.wq_pasid, HOST_HPASID);
	assert_false(h.wq_priv);
	assert_int_equal(reg_read(&h, VDSA_WQCFG + 8, 4), DSA_WQCFG2_DEDICATED | 0x90);
	host_invariants(&h);
	host_stop(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(capabilities),      cmocka_unit_test(capabilities_limited),
	        cmocka_unit_test(read_widths),       cmocka_unit_test(b1_bounds),
	        cmocka_unit_test(b2_partial_writes), cmocka_unit_test(b3_missing_entries),
	        cmocka_unit_test(b4_read_only),      cmocka_unit_test(b6_intcause_race),
	        cmocka_unit_test(b7_wqcfg_race),
	};

	return cmocka_run_group_tests_name("vdsa_mmio", tests, NULL, NULL);
}
