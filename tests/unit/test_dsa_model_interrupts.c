/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupts of the DSA model: handles and their PASIDs, mask, pending and ignore, occupancy, INTCAUSE. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/dsa_world.h"

static struct world w;

#define MSIXPERM(n)   (DSA_MODEL_MSIXPERM + DSA_MSIXPERM_STRIDE * (uint64_t)(n))
#define IMS(n)        (DSA_MODEL_IMS_TABLE + DSA_IMS_STRIDE * (uint64_t)(n))
#define PERM(pasid)   (DSA_INTPERM_PASID_EN | FIELD_PREP(DSA_INTPERM_PASID, (uint32_t)(pasid)))
#define HANDLE        3U
#define IMS_HANDLE    1025U
#define IMS_MESSAGE   UINT64_C(0xfee01230)
#define IMS_DATA_WORD 0x4041U

static struct dsa_raw_desc interrupting(unsigned n, uint16_t handle)
{
	struct dsa_raw_desc d = noop(n);

	d.field[0] |= (uint64_t)IDXD_OP_FLAG_RCI << 32;
	d.field[4] |= (uint64_t)handle << 32;
	return d;
}

/* Through a portal, on a WQ; then all is over. */
static void run(unsigned wq, uint64_t page, struct dsa_raw_desc d)
{
	assert_false(wq == SWQ ? enqueue(&w, wq, page, d, SWQ_PASID) : post(&w, wq, page, &d));
	(void)world_settle(&w);
}

static unsigned all_notified(void)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < DSA_MODEL_VECTORS; i++)
		sum += w.notified[i];
	return sum;
}

/* 5.4: who may use which handle. */
static void permission(void **s)
{
	static const struct {
		unsigned wq;
		uint16_t handle;
		uint32_t perm;
		bool ok;
	} rows[] = {
	        {DWQ, HANDLE, 0, true},
	        {DWQ, 0, 0, true},
	        {DWQ, HANDLE, PERM(1), false},
	        {DWQ, DSA_MODEL_VECTORS, 0, false},
	        {DWQ, 0xffff, 0, false},
	        {PWQ, HANDLE, PERM(PWQ_PASID), true},
	        {PWQ, HANDLE, PERM(PWQ_PASID + 1), false},
	        {PWQ, HANDLE, 0, false},
	        {PWQ, HANDLE, PERM(PWQ_PASID) & ~DSA_INTPERM_PASID_EN, false},
	        {SWQ, HANDLE, PERM(SWQ_PASID), true},
	        {SWQ, HANDLE, PERM(PWQ_PASID), false},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		world_up(&w, DSA_FAULT_NONE);
		if (rows[i].handle < DSA_MODEL_VECTORS)
			wr(&w, MSIXPERM(rows[i].handle), rows[i].perm);
		run(rows[i].wq, 0, interrupting(0, rows[i].handle));
		assert_int_equal(status(0), rows[i].ok ? DSA_COMP_SUCCESS : DSA_COMP_INT_HANDLE_INVAL);
		assert_int_equal(all_notified(), rows[i].ok);
		assert_int_equal(swerror_code(&w), rows[i].ok ? 0 : DSA_COMP_INT_HANDLE_INVAL);
		if (rows[i].ok)
			assert_int_equal(w.notified[rows[i].handle], 1);
		assert_int_equal(rd(&w, DSA_INTCAUSE), 0);
	}
	/* The table is that of the portal's page. */
	world_up(&w, DSA_FAULT_NONE);
	wr(&w, IMS(HANDLE) + DSA_IMS_CTRL, PERM(PWQ_PASID));
	run(PWQ, DSA_PORTAL_MSIX, interrupting(0, HANDLE));
	assert_int_equal(status(0), DSA_COMP_INT_HANDLE_INVAL);
	run(PWQ, DSA_PORTAL_IMS, interrupting(0, HANDLE));
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	run(PWQ, DSA_PORTAL_IMS, interrupting(0, DSA_MODEL_IMS));
	assert_int_equal(status(0), DSA_COMP_INT_HANDLE_INVAL);
}

/* A descriptor that fails another check gets no foreign interrupt either. */
static void other_errors(void **s)
{
	struct dsa_raw_desc d;

	(void)s;
	for (unsigned allowed = 0; allowed < 2; allowed++) {
		world_up(&w, DSA_FAULT_NONE);
		wr(&w, MSIXPERM(HANDLE), PERM(PWQ_PASID + !allowed));
		d = interrupting(0, HANDLE);
		d.field[0] |= UINT64_C(0x7f) << 56;
		run(PWQ, 0, d);
		assert_int_equal(status(0), DSA_COMP_BAD_OPCODE);
		assert_int_equal(all_notified(), allowed);
	}
	/* User interrupts off: the flag is reserved where a PASID is used, and nothing is sent. */
	world_start(&w, DSA_FAULT_NONE, false);
	world_pci(&w, true, false);
	world_configure(&w);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, PWQ), 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
	wr(&w, MSIXPERM(HANDLE), PERM(PWQ_PASID));
	run(PWQ, 0, interrupting(0, HANDLE));
	assert_int_equal(status(0), DSA_COMP_INVALID_FLAGS);
	assert_int_equal(all_notified(), 0);
	run(DWQ, 0, interrupting(1, 4));
	assert_int_equal(status(1), DSA_COMP_SUCCESS);
	assert_int_equal(w.notified[4], 1);
}

static void without_record(void **s)
{
	struct dsa_raw_desc d = descriptor(DSA_OPCODE_NOOP, IDXD_OP_FLAG_RCI, 0, 0, 0);

	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	d.field[1] = 0;
	d.field[4] = (uint64_t)5 << 32;
	run(DWQ, 0, d);
	assert_int_equal(w.notified[5], 1);
	d.field[4] = (uint64_t)99 << 32;
	run(DWQ, 0, d);
	assert_int_equal(swerror_code(&w), DSA_COMP_INT_HANDLE_INVAL);
	assert_int_equal(all_notified(), 1);
}

static void ims_up(uint32_t ctrl)
{
	world_up(&w, DSA_FAULT_NONE);
	wr64(&w, IMS(IMS_HANDLE), IMS_MESSAGE);
	wr(&w, IMS(IMS_HANDLE) + DSA_IMS_DATA, IMS_DATA_WORD);
	wr(&w, IMS(IMS_HANDLE) + DSA_IMS_CTRL, ctrl);
}

static uint32_t ims_ctrl(void)
{
	return rd(&w, IMS(IMS_HANDLE) + DSA_IMS_CTRL);
}

static void ims_message(void **s)
{
	(void)s;
	ims_up(PERM(SWQ_PASID));
	run(SWQ, DSA_PORTAL_IMS, interrupting(0, IMS_HANDLE));
	run(SWQ, DSA_PORTAL_IMS | DSA_PORTAL_LIMITED, interrupting(0, IMS_HANDLE));
	assert_int_equal(w.messages, 2);
	assert_int_equal(w.message[1].address, IMS_MESSAGE);
	assert_int_equal(w.message[1].data, IMS_DATA_WORD);
	assert_int_equal(all_notified(), 0);
}

static void ims_mask(void **s)
{
	(void)s;
	ims_up(PERM(SWQ_PASID) | DSA_IMS_CTRL_MASK);
	run(SWQ, DSA_PORTAL_IMS, interrupting(0, IMS_HANDLE));
	run(SWQ, DSA_PORTAL_IMS, interrupting(0, IMS_HANDLE));
	assert_int_equal(w.messages, 0);
	assert_int_equal(ims_ctrl(), PERM(SWQ_PASID) | DSA_IMS_CTRL_MASK | DSA_IMS_CTRL_PENDING);
	/* Two of them are one; it is sent though its entry now says ignore. */
	wr(&w, IMS(IMS_HANDLE) + DSA_IMS_CTRL, DSA_INTPERM_IGNORE);
	assert_int_equal(w.messages, 1);
	assert_int_equal(ims_ctrl(), DSA_INTPERM_IGNORE);
}

static void ignore(void **s)
{
	(void)s;
	ims_up(PERM(SWQ_PASID) | DSA_IMS_CTRL_MASK | DSA_INTPERM_IGNORE);
	run(SWQ, DSA_PORTAL_IMS, interrupting(0, IMS_HANDLE));
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	assert_int_equal(ims_ctrl() & DSA_IMS_CTRL_PENDING, 0);
	wr(&w, MSIXPERM(HANDLE), DSA_INTPERM_IGNORE);
	run(DWQ, 0, interrupting(0, HANDLE));
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	assert_int_equal(all_notified(), 0);
	/* What is not a completion does not care for it. */
	wr(&w, MSIXPERM(0), DSA_INTPERM_IGNORE | PERM(7));
	assert_int_equal(command(&w, DSA_CMD_DRAIN_ALL, DSA_CMD_REQ_INT), 0);
	assert_int_equal(w.notified[0], 1);
}

static void granted_handles(void **s)
{
	(void)s;
	world_start(&w, DSA_FAULT_NONE, true);
	world_pci(&w, true, false);
	world_configure(&w);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
	run(DWQ, 0, interrupting(0, HANDLE));
	assert_int_equal(status(0), DSA_COMP_INT_HANDLE_INVAL);
	assert_int_equal(FIELD_GET(DSA_CMDSTS_RESULT, command(&w, DSA_CMD_REQUEST_INT_HANDLE, HANDLE)), HANDLE);
	run(DWQ, 0, interrupting(0, HANDLE));
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	run(DWQ, DSA_PORTAL_IMS, interrupting(0, HANDLE));
	assert_int_equal(status(0), DSA_COMP_INT_HANDLE_INVAL);
	assert_int_equal(command(&w, DSA_CMD_RELEASE_INT_HANDLE, HANDLE), 0);
	run(DWQ, 0, interrupting(0, HANDLE));
	assert_int_equal(status(0), DSA_COMP_INT_HANDLE_INVAL);
	assert_int_equal(all_notified(), 1);
}

/* ---- occupancy (9.2.24) ---- */

static bool generated(void)
{
	return (wqcfg(&w, DWQ, 6) & DSA_WQCFG6_OCC_GENERATED) != 0;
}

static void arm(uint32_t limit)
{
	wqcfg_set(&w, DWQ, 5, 0);
	wqcfg_set(&w, DWQ, 5, DSA_WQCFG5_LIMIT_INT | limit);
}

static void occupancy(void **s)
{
	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	world_one_in_progress(&w);
	assert_int_equal(command(&w, DSA_CMD_DISABLE_WQ, BIT32(DWQ)), 0);
	wqcfg_set(&w, DWQ, 4, 6);
	arm(2);
	assert_false(generated()); /* armed while disabled: at Enable WQ */
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
	assert_true(generated());
	assert_int_equal(w.notified[6], 1);
	assert_int_equal(rd(&w, DSA_INTCAUSE), 0);
	/* Once, until it is cleared; then at once again, since it still holds. */
	arm(2);
	assert_int_equal(w.notified[6], 1);
	wqcfg_set(&w, DWQ, 6, DSA_WQCFG6_OCC_GENERATED);
	assert_int_equal(w.notified[6], 2);
	wqcfg_set(&w, DWQ, 5, 0);
	wqcfg_set(&w, DWQ, 6, DSA_WQCFG6_OCC_GENERATED);
	assert_false(generated());
	/* Filled above the limit and drained to it. */
	for (unsigned i = 0; i < 5; i++) {
		struct dsa_raw_desc d = noop(i);

		assert_false(post(&w, DWQ, 0, &d));
	}
	arm(2);
	assert_false(generated());
	world_advance(&w, SERVICE_NS);
	assert_false(generated()); /* three left */
	world_advance(&w, SERVICE_NS);
	assert_true(generated());
	assert_int_equal(w.notified[6], 3);
	assert_int_equal(FIELD_GET(DSA_WQCFG6_OCCUPANCY, wqcfg(&w, DWQ, 6)), 2);
}

static void occupancy_by_ims(void **s)
{
	(void)s;
	ims_up(DSA_INTPERM_IGNORE | PERM(1)); /* neither means anything here */
	assert_int_equal(command(&w, DSA_CMD_DISABLE_WQ, BIT32(DWQ)), 0);
	wqcfg_set(&w, DWQ, 4, DSA_WQCFG4_INT_IMS | IMS_HANDLE);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
	arm(0);
	assert_true(generated());
	assert_int_equal(w.messages, 1);
	assert_int_equal(w.message[0].data, IMS_DATA_WORD);
}

/* After a revocation the handle of entry 0 is another number than 0, and the entry the same. */
static void occupancy_by_renewed_handle(void **s)
{
	uint32_t handle;

	(void)s;
	world_start(&w, DSA_FAULT_NONE, true);
	world_pci(&w, true, false);
	world_configure(&w);
	dsa_revoke_handles(&w.m);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
	handle = FIELD_GET(DSA_CMDSTS_RESULT, command(&w, DSA_CMD_REQUEST_INT_HANDLE, 0));
	assert_int_not_equal(handle, 0);
	wr(&w, DSA_INTCAUSE, UINT32_MAX);
	wqcfg_set(&w, DWQ, 4, handle);
	assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
	arm(0);
	assert_true(generated());
	assert_int_equal(rd(&w, DSA_INTCAUSE), DSA_INTCAUSE_OCCUPANCY);
}

/* Entry 0 says why in INTCAUSE, and each cause signals again. */
static void causes(void **s)
{
	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	arm(0); /* table and handle are 0: entry 0 */
	assert_int_equal(rd(&w, DSA_INTCAUSE), DSA_INTCAUSE_OCCUPANCY);
	assert_int_equal(command(&w, DSA_CMD_DRAIN_ALL, DSA_CMD_REQ_INT), 0);
	assert_int_equal(command(&w, DSA_CMD_DRAIN_ALL, DSA_CMD_REQ_INT), 0);
	assert_int_equal(rd(&w, DSA_INTCAUSE), DSA_INTCAUSE_OCCUPANCY | DSA_INTCAUSE_COMMAND);
	assert_int_equal(w.notified[0], 3);
	/* SWERROR: only where GENCTRL asks, and only when it becomes valid. */
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	assert_int_equal(w.notified[0], 3);
	wr(&w, DSA_SWERROR, 3);
	wr(&w, DSA_GENCTRL, DSA_GENCTRL_SWERR_INT);
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	issue(&w, DSA_CMD_DRAIN_ALL, 0);
	assert_int_equal(w.notified[0], 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(permission),       cmocka_unit_test(other_errors),
	        cmocka_unit_test(without_record),   cmocka_unit_test(ims_message),
	        cmocka_unit_test(ims_mask),         cmocka_unit_test(ignore),
	        cmocka_unit_test(granted_handles),  cmocka_unit_test(occupancy),
	        cmocka_unit_test(occupancy_by_ims), cmocka_unit_test(occupancy_by_renewed_handle),
	        cmocka_unit_test(causes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
