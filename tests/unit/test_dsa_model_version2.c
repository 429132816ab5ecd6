/* SPDX-License-Identifier: BSD-2-Clause */
/* What DSA 2.0 has besides the event log: capabilities, OPCFG, switches of a WQ, fault information, readbacks of
 * drains. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dsa_world.h"

static struct world w;

static int tear_down(void **s)
{
	(void)s;
	dsa_model_free(&w.m);
	return 0;
}

static void run(unsigned wq, struct dsa_raw_desc d)
{
	assert_false(post(&w, wq, 0, &d));
	(void)world_settle(&w);
}

static void may(uint64_t addr, uint8_t perm)
{
	flat_perm[(addr - FLAT_BASE) / FLAT_PAGE] = perm;
}

static void capabilities(void **s)
{
	(void)s;
	world_start(&w, DSA_FAULT_NONE, false);
	assert_int_equal(rd(&w, DSA_VERSION), DSA_VERSION_1_0);
	assert_int_equal(rd64(&w, DSA_GENCAP), UINT64_C(0x40915f010f));
	assert_int_equal(rd64(&w, DSA_CMDCAP), 0);
	wr64(&w, DSA_CMDPARAM, 5);
	assert_int_equal(rd64(&w, DSA_CMDPARAM), 0);
	world_start2(&w, DSA_FAULT_NONE, false);
	assert_int_equal(rd(&w, DSA_VERSION), DSA_VERSION_2_0);
	assert_int_equal(rd64(&w, DSA_GENCAP), UINT64_C(0x915fbfd7));
	assert_int_equal(rd64(&w, DSA_WQCAP), UINT64_C(0x00ff000001080080));
	assert_int_equal(rd64(&w, DSA_OPCAP), UINT64_C(0x7b00bf07ff));
	assert_int_equal(rd64(&w, DSA_CMDCAP), 0x1ffe); /* commands 1 to 12 */
	wr64(&w, DSA_CMDPARAM, UINT64_C(0x123456789abcdef0));
	assert_int_equal(rd64(&w, DSA_CMDPARAM), UINT64_C(0x123456789abcdef0));
	assert_int_equal(command(&w, DSA_CMD_RESET_DEVICE, 0), 0);
	assert_int_equal(rd64(&w, DSA_CMDPARAM), 0);
	assert_int_equal(command(&w, DSA_CMD_REQUEST_INT_HANDLE, 1), DSA_CMDERR_INVALID_CMD);
}

/* Entries of 64 bytes; OPCFG starts as OPCAP, is locked while the WQ is on, and a WQ's reset brings it back. */
static void opcfg_register(void **s)
{
	(void)s;
	world_start2(&w, DSA_FAULT_NONE, false);
	for (unsigned wq = 0; wq < DSA_MODEL_WQS; wq++) {
		assert_int_equal(rd64(&w, DSA_MODEL_WQCFG + 64 * wq + 32), UINT64_C(0x7b00bf07ff));
		assert_int_equal(rd64(&w, DSA_MODEL_WQCFG + 64 * wq + 40), 0);
	}
	world_up2(&w, DSA_FAULT_NONE, false);
	wqcfg_set(&w, DWQ, 8, 1);
	assert_int_equal(wqcfg(&w, DWQ, 8), 0xbf07ff);
	assert_int_equal(command(&w, DSA_CMD_DISABLE_WQ, BIT32(DWQ)), 0);
	wqcfg_set(&w, DWQ, 8, 1);
	wqcfg_set(&w, DWQ, 15, 7);
	assert_int_equal(wqcfg(&w, DWQ, 8), 1);
	assert_int_equal(wqcfg(&w, SWQ, 8), 0xbf07ff);
	assert_int_equal(wqcfg(&w, SWQ, 0), WQ_SIZE);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), DSA_CMDERR_WQ_OPCFG);
	assert_int_equal(command(&w, DSA_CMD_RESET_WQ, BIT32(DWQ)), 0);
	assert_int_equal(wqcfg(&w, DWQ, 8), 0xbf07ff);
	assert_int_equal(wqcfg(&w, DWQ, 15), 0);
}

static void opcfg_counts(void **s)
{
	struct dsa_raw_desc d;

	(void)s;
	world_up2(&w, DSA_FAULT_NONE, false);
	assert_int_equal(command(&w, DSA_CMD_DISABLE_WQ, BIT32(DWQ)), 0);
	wqcfg_set(&w, DWQ, 8, BIT32(DSA_OPCODE_NOOP) | BIT32(DSA_OPCODE_BATCH));
	wqcfg_set(&w, DWQ, 9, 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
	run(DWQ, memmove_desc(0, DATA(0), DATA(1), 64));
	assert_int_equal(status(0), DSA_COMP_BAD_OPCODE);
	run(PWQ, memmove_desc(0, DATA(0), DATA(1), 64));
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	/* In a batch as well. */
	d = memmove_desc(1, DATA(0), DATA(1), 64);
	memcpy(flat_at(LIST), &d, sizeof(d));
	d = noop(2);
	memcpy(flat_at(LIST + sizeof(d)), &d, sizeof(d));
	run(DWQ, with_record(descriptor(DSA_OPCODE_BATCH, 0, LIST, 0, 2), 0));
	assert_int_equal(status(0), DSA_COMP_BATCH_FAIL);
	assert_int_equal(status(1), DSA_COMP_BAD_OPCODE);
	assert_int_equal(status(2), DSA_COMP_SUCCESS);
}

/* Page requests off for one WQ need the event log, and contradict block on fault. */
static void prs_disable(void **s)
{
	const struct dsa_model_pci prs = {.bus_master = true,
	                                  .pasid = true,
	                                  .ats = true,
	                                  .prs = true,
	                                  .prs_capacity = 512,
	                                  .prs_allocation = 512};

	(void)s;
	world_start(&w, DSA_FAULT_NONE, false);
	wqcfg_set(&w, DWQ, 2, DSA_WQCFG2_PRS_DISABLE);
	assert_int_equal(wqcfg(&w, DWQ, 2), 0);
	for (unsigned n = 0; n < 4; n++) {
		const bool log = n & 1, bof = n & 2;

		world_start2(&w, DSA_FAULT_NONE, false);
		dsa_model_pci_changed(&w.m, &prs);
		world_configure(&w);
		wr64(&w, DSA_EVLCFG, EVL);
		wr64(&w, DSA_EVLCFG + 8, WORLD_EVL);
		if (log)
			wr(&w, DSA_GENCFG, rd(&w, DSA_GENCFG) | DSA_GENCFG_EVL);
		wqcfg_set(&w, DWQ, 2, wqcfg(&w, DWQ, 2) | DSA_WQCFG2_PRS_DISABLE | (bof ? DSA_WQCFG2_BOF : 0));
		assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
		assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), log && !bof ? 0 : DSA_CMDERR_WQ_PRS);
	}
}

/* Byte 2 of the record; and what is no fault has none. */
static void fault_info(void **s)
{
	(void)s;
	world_up2(&w, DSA_FAULT_NONE, false);
	run(DWQ, memmove_desc(0, DATA(0), DATA(1), 64));
	assert_int_equal(flat_at(CR(0))[2], 0);
	may(DATA(1), FLAT_READ);
	run(DWQ, memmove_desc(0, DATA(0), DATA(1), 64));
	assert_int_equal(status(0), DSA_COMP_PAGE_FAULT_NOBOF | DSA_COMP_STATUS_WRITE);
	assert_int_equal(flat_at(CR(0))[2], DSA_CR_FAULT_MASKED | DSA_OPERAND_DESTINATION << 1);
	may(LIST, 0);
	run(DWQ, with_record(descriptor(DSA_OPCODE_BATCH, 0, LIST, 0, 2), 0));
	assert_int_equal(status(0), DSA_COMP_BATCH_PAGE_FAULT);
	assert_int_equal(flat_at(CR(0))[2], DSA_CR_FAULT_MASKED | DSA_OPERAND_SOURCE << 1);
	/* Version 1 has nothing there. */
	dsa_model_free(&w.m);
	world_start(&w, DSA_FAULT_NONE, false);
	world_pci(&w, true, true);
	world_configure(&w);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
	may(DATA(1), FLAT_READ);
	run(DWQ, memmove_desc(0, DATA(0), DATA(1), 64));
	assert_int_equal(status(0), DSA_COMP_PAGE_FAULT_NOBOF | DSA_COMP_STATUS_WRITE);
	assert_int_equal(flat_at(CR(0))[2], 0);
}

/* SWERROR, with the log off, says of which handle or operand it speaks. */
static void swerror_info(void **s)
{
	struct dsa_raw_desc d = memmove_desc(0, DATA(0), DATA(1), 64);

	(void)s;
	world_start2(&w, DSA_FAULT_NONE, false);
	world_pci(&w, true, true);
	world_configure(&w);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
	d.field[0] &= ~((uint64_t)CRAV_RCR << 32);
	may(DATA(0), 0);
	run(DWQ, d);
	assert_int_equal(swerror_code(&w), DSA_COMP_PAGE_FAULT_NOBOF);
	assert_true(rd64(&w, DSA_SWERROR) & DSA_SWERROR_INFO_VALID);
	assert_int_equal(FIELD_GET(DSA_INFO_OPERAND, rd(&w, DSA_SWERROR + 12)), DSA_OPERAND_SOURCE);
	assert_int_equal(rd64(&w, DSA_SWERROR + 16), DATA(0));
}

static void drain_readback(void **s)
{
	struct dsa_raw_desc d;

	(void)s;
	for (unsigned which = 0; which < 2; which++) {
		world_start2(&w, DSA_FAULT_NONE, false);
		world_pci(&w, true, true);
		world_configure(&w);
		assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
		assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
		d = with_record(descriptor(DSA_OPCODE_DRAIN, BIT32(16) | BIT32(17), DATA(1), DATA(2), 0), 0);
		run(DWQ, d);
		assert_int_equal(status(0), DSA_COMP_SUCCESS);
		may(DATA(1 + which), 0);
		run(DWQ, d);
		assert_int_equal(status(0), DSA_COMP_PFAULT_RDBA);
		assert_int_equal(flat_at(CR(0))[2],
		                 DSA_CR_FAULT_MASKED | (which ? DSA_OPERAND_SOURCE2 : DSA_OPERAND_SOURCE) << 1);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test_teardown(capabilities, tear_down),
	        cmocka_unit_test_teardown(opcfg_register, tear_down),
	        cmocka_unit_test_teardown(opcfg_counts, tear_down),
	        cmocka_unit_test_teardown(prs_disable, tear_down),
	        cmocka_unit_test_teardown(fault_info, tear_down),
	        cmocka_unit_test_teardown(swerror_info, tear_down),
	        cmocka_unit_test_teardown(drain_readback, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
