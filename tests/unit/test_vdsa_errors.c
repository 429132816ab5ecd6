/* SPDX-License-Identifier: BSD-2-Clause */
/* SWERROR: recording, and what of the physical device's records a guest gets to see (cases E1 to E4). */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>
#include <linux/idxd.h>
#include <linux/pci_regs.h>

#include "tests/unit/vdsa_host.h"

struct record {
	uint64_t q[4];
};

/* A page fault of a descriptor in that WQ under that PASID, all other fields full. */
static struct record host_record(unsigned wq, uint32_t pasid, unsigned code)
{
	struct record r = {{DSA_SWERROR_VALID | DSA_SWERROR_OVERFLOW | DSA_SWERROR_DESC_VALID | DSA_SWERROR_WQ_VALID |
	                            DSA_SWERROR_BATCH | DSA_SWERROR_WRITE | BIT64(7) | GENMASK64(31, 24) |
	                            FIELD_PREP(DSA_SWERROR_CODE, code) | FIELD_PREP(DSA_SWERROR_WQ, wq) |
	                            FIELD_PREP(DSA_SWERROR_OPCODE, DSA_OPCODE_MEMMOVE) |
	                            FIELD_PREP(DSA_SWERROR_PASID, pasid) | GENMASK64(63, 60),
	                    UINT64_C(0xdeadbeef00000005), 0x12345000, UINT64_MAX}};

	return r;
}

static void expect_record(struct host *h, const struct record *r)
{
	for (unsigned i = 0; i < 4; i++)
		assert_true(reg_read(h, DSA_SWERROR + 8 * i, 8) == r->q[i]);
}

/* E3: only the guest's own, in its own numbers. */
static void e3_translated(void **state)
{
	struct record r,
	        mine = {{DSA_SWERROR_VALID | DSA_SWERROR_DESC_VALID | DSA_SWERROR_WQ_VALID | DSA_SWERROR_BATCH |
	                         DSA_SWERROR_WRITE | 0x03 << 8 | FIELD_PREP(DSA_SWERROR_OPCODE, 3),
	                 5, 0x12345000, 0}};
	struct host h;

	(void)state;
	host_boot(&h);
	reg_write(&h, DSA_GENCTRL, 4, DSA_GENCTRL_SWERR_INT);
	r = host_record(HOST_WQ, HOST_HPASID, DSA_COMP_PAGE_FAULT_NOBOF);
	assert_true(vdsa_host_error(&h.v, r.q));
	expect_record(&h, &mine);
	assert_int_equal(h.messages, 1);
	assert_int_equal(reg_read(&h, DSA_INTCAUSE, 4), DSA_INTCAUSE_SWERR);

	/* Another PASID's fault address is nobody's business, even in this WQ. */
	reg_write(&h, DSA_SWERROR, 8, 3);
	r = host_record(HOST_WQ, HOST_HPASID + 1, DSA_COMP_PAGE_FAULT_NOBOF);
	assert_true(vdsa_host_error(&h.v, r.q));
	mine.q[0] &= ~DSA_SWERROR_WRITE;
	mine.q[2] = 0;
	expect_record(&h, &mine);

	/* Nor is an address that is not a fault's. Invalid flags are told. */
	reg_write(&h, DSA_SWERROR, 8, 3);
	r = host_record(HOST_WQ, HOST_HPASID, DSA_COMP_INVALID_FLAGS);
	assert_true(vdsa_host_error(&h.v, r.q));
	mine.q[0] = (mine.q[0] & ~DSA_SWERROR_CODE) | FIELD_PREP(DSA_SWERROR_CODE, (uint64_t)DSA_COMP_INVALID_FLAGS);
	mine.q[1] = UINT64_C(0xdeadbeef00000005);
	expect_record(&h, &mine);
	host_stop(&h);
}

/* E2: other WQs' errors, those without a WQ, and none at all. */
static void e2_not_ours(void **state)
{
	struct record r;
	struct host h;

	(void)state;
	host_boot(&h);
	for (unsigned wq = 0; wq < 256; wq++)
		if (wq != HOST_WQ) {
			r = host_record(wq, HOST_HPASID, DSA_COMP_PAGE_FAULT_NOBOF);
			assert_false(vdsa_host_error(&h.v, r.q));
		}
	r = host_record(HOST_WQ, HOST_HPASID, DSA_SWERR_CMD_ACTIVE);
	r.q[0] &= ~DSA_SWERROR_WQ_VALID;
	assert_false(vdsa_host_error(&h.v, r.q));
	r = host_record(HOST_WQ, HOST_HPASID, DSA_COMP_PAGE_FAULT_NOBOF);
	r.q[0] &= ~DSA_SWERROR_VALID;
	assert_false(vdsa_host_error(&h.v, r.q));
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(reg_read(&h, DSA_SWERROR + 8 * i, 8), 0);
	host_stop(&h);
}

/* E1: one record, one interrupt, then only overflow. */
static void e1_never_cleared(void **state)
{
	struct record r;
	struct host h;

	(void)state;
	host_boot(&h);
	reg_write(&h, DSA_GENCTRL, 4, DSA_GENCTRL_SWERR_INT);
	for (unsigned i = 0; i < 1000; i++) {
		r = host_record(HOST_WQ, HOST_HPASID, i == 0 ? DSA_SWERR_DWQ_FULL : DSA_COMP_CRA_ALIGN);
		r.q[0] &= ~(DSA_SWERROR_DESC_VALID | DSA_SWERROR_PASID);
		assert_true(vdsa_host_error(&h.v, r.q));
	}
	assert_int_equal(h.messages, 1);
	assert_int_equal(reg_read(&h, DSA_SWERROR, 8),
	                 DSA_SWERROR_VALID | DSA_SWERROR_OVERFLOW | DSA_SWERROR_WQ_VALID | DSA_SWERR_DWQ_FULL << 8);
	/* Valid cleared alone: the next error is a new record, overflow stays until it is cleared itself. */
	reg_write(&h, DSA_SWERROR, 1, 1);
	assert_int_equal(reg_read(&h, DSA_SWERROR, 1) & 3, 2);
	r = host_record(HOST_WQ, HOST_HPASID, DSA_COMP_CRA_ALIGN);
	assert_true(vdsa_host_error(&h.v, r.q));
	assert_int_equal(reg_read(&h, DSA_SWERROR, 2), 3 | 4 | 8 | 16 | DSA_COMP_CRA_ALIGN << 8);
	assert_int_equal(h.messages, 2);
	reg_write(&h, DSA_SWERROR, 8, UINT64_MAX);
	assert_int_equal(reg_read(&h, DSA_SWERROR, 1) & 3, 0);
	host_stop(&h);
}

/* Enabling the interrupt later tells nothing of what was before. */
static void not_retroactive(void **state)
{
	struct record r = host_record(HOST_WQ, HOST_HPASID, DSA_COMP_CRA_ALIGN);
	struct host h;

	(void)state;
	host_boot(&h);
	assert_true(vdsa_host_error(&h.v, r.q));
	assert_int_equal(reg_read(&h, DSA_INTCAUSE, 4), 0);
	reg_write(&h, DSA_GENCTRL, 4, 3);
	assert_int_equal(reg_read(&h, DSA_INTCAUSE, 4), 0);
	assert_int_equal(h.messages, 0);
	host_stop(&h);
}

/* E4: the physical device halts: so does the vDSA, and a reset of the vDSA brings it back. */
static void e4_host_halts(void **state)
{
	struct host h;

	(void)state;
	host_boot(&h);
	reg_write(&h, DSA_GENCTRL, 4, 3);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_WQ, 0), 0);
	reg_write(&h, DSA_INTCAUSE, 4, UINT32_MAX);
	h.messages = 0;
	for (int i = 0; i < 3; i++)
		vdsa_host_halted(&h.v);
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4), DSA_STATE_HALT | DSA_RESET_FLR << 2);
	assert_int_equal(reg_read(&h, DSA_INTCAUSE, 4), DSA_INTCAUSE_HALT);
	assert_int_equal(h.messages, 1);
	assert_int_equal(reg_read(&h, DSA_SWERROR, 8), 0);
	vdsa_reset(&h.v);
	assert_int_equal(reg_read(&h, DSA_GENSTS, 4), 0);
	config_enable(&h);
	assert_int_equal(command(&h, DSA_CMD_ENABLE_DEVICE, 0), 0);
	host_invariants(&h);
	host_stop(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(e1_never_cleared), cmocka_unit_test(e2_not_ours),     cmocka_unit_test(e3_translated),
	        cmocka_unit_test(e4_host_halts),    cmocka_unit_test(not_retroactive),
	};

	return cmocka_run_group_tests_name("vdsa_errors", tests, NULL, NULL);
}
