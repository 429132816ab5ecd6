/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Each fault of the state machine (faults.h) shows: a scenario ends in one number, which is right on right hardware and
 * the wrong one that the fault promises where the fault is in. The faults of operations and checks are shown by the
 * tests of those; a fault that has a row nowhere fails the last test here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dsa_world.h"

static struct world w;

static void run(unsigned wq, uint64_t page, struct dsa_raw_desc d)
{
	(void)post(&w, wq, page, &d);
	(void)world_settle(&w);
}

static uint64_t noop_status(void)
{
	run(DWQ, 0, noop(0));
	return status(0);
}

static uint64_t move_bytes_completed(void)
{
	run(DWQ, 0, memmove_desc(0, DATA(0), DATA(1), 100));
	return bytes_completed(0);
}

static uint64_t move_done(void)
{
	run(DWQ, 0, memmove_desc(0, DATA(0), DATA(1), 100));
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	return !memcmp(flat_at(DATA(0)), flat_at(DATA(1)), 100);
}

static uint64_t misaligned_record(void)
{
	struct dsa_raw_desc d = noop(0);

	d.field[1] += 8;
	run(DWQ, 0, d);
	return swerror_code(&w);
}

static struct dsa_raw_desc batch(unsigned count, const struct dsa_raw_desc *children)
{
	memcpy(flat_at(LIST), children, count * sizeof(*children));
	return with_record(descriptor(DSA_OPCODE_BATCH, 0, LIST, 0, count), 20);
}

static uint64_t batch_count(void)
{
	const struct dsa_raw_desc children[] = {noop(0), noop(1)};

	run(DWQ, 0, batch(2, children));
	return bytes_completed(20);
}

static uint64_t batch_in_batch(void)
{
	const struct dsa_raw_desc children[] = {with_record(descriptor(DSA_OPCODE_BATCH, 0, LIST, 0, 2), 0), noop(1)};

	run(DWQ, 0, batch(2, children));
	return status(0);
}

static uint64_t behind_fence(void)
{
	struct dsa_raw_desc children[] = {noop(0), noop(1)};

	children[0].field[0] |= UINT64_C(0x7f) << 56;
	children[1].field[0] |= (uint64_t)IDXD_OP_FLAG_FENCE << 32;
	run(DWQ, 0, batch(2, children));
	return status(1);
}

static struct dsa_raw_desc interrupting(uint16_t handle)
{
	struct dsa_raw_desc d = noop(0);

	d.field[0] |= (uint64_t)IDXD_OP_FLAG_RCI << 32;
	d.field[4] |= (uint64_t)handle << 32;
	return d;
}

static uint64_t interrupt_at_4(void)
{
	run(DWQ, 0, interrupting(4));
	return w.notified[4];
}

static uint64_t interrupt_at_5(void)
{
	run(DWQ, 0, interrupting(4));
	return w.notified[5];
}

static void ims(unsigned n, uint32_t ctrl)
{
	const uint64_t at = DSA_MODEL_IMS_TABLE + DSA_IMS_STRIDE * (uint64_t)n;

	wr(&w, at + DSA_IMS_DATA, n);
	wr(&w, at + DSA_IMS_CTRL, ctrl);
}

static uint64_t ims_data(void)
{
	ims(10, 0);
	ims(11, 0);
	run(DWQ, DSA_PORTAL_IMS, interrupting(10));
	assert_int_equal(w.messages, 1);
	return w.message[0].data;
}

static uint64_t masked_ims_messages(void)
{
	ims(10, DSA_IMS_CTRL_MASK);
	run(DWQ, DSA_PORTAL_IMS, interrupting(10));
	return w.messages;
}

static uint64_t foreign_handle(void)
{
	wr(&w, DSA_MODEL_MSIXPERM + DSA_MSIXPERM_STRIDE, DSA_INTPERM_PASID_EN | FIELD_PREP(DSA_INTPERM_PASID, 1U));
	run(PWQ, 0, interrupting(1));
	return status(0);
}

static uint64_t intcause_after_clear(void)
{
	(void)command(&w, DSA_CMD_DRAIN_ALL, DSA_CMD_REQ_INT);
	wr(&w, DSA_INTCAUSE, UINT32_MAX);
	return rd(&w, DSA_INTCAUSE);
}

static uint64_t command_interrupts(void)
{
	(void)command(&w, DSA_CMD_DRAIN_ALL, DSA_CMD_REQ_INT);
	return w.notified[0];
}

static uint64_t enable_with_max_xfer(void)
{
	(void)command(&w, DSA_CMD_DISABLE_WQ, BIT32(DWQ));
	wqcfg_set(&w, DWQ, 3, (uint32_t)FIELD_GET(DSA_GENCAP_MAX_XFER, rd64(&w, DSA_GENCAP)) | 4 << 5);
	return command(&w, DSA_CMD_ENABLE_WQ, DWQ);
}

static uint64_t enable_with_all_entries(void)
{
	(void)command(&w, DSA_CMD_DISABLE_DEVICE, 0);
	wqcfg_set(&w, DWQ, 0, (uint32_t)FIELD_GET(DSA_WQCAP_TOTAL_SIZE, rd64(&w, DSA_WQCAP)) - 2 * WQ_SIZE);
	return command(&w, DSA_CMD_ENABLE_DEVICE, 0);
}

/* Opcodes that OPCAP names, and that the device says it does not know. */
static uint64_t opcodes_missing(void)
{
	uint64_t missing = 0;

	for (unsigned opcode = 0; opcode < 64; opcode++) {
		struct dsa_raw_desc d = with_record(descriptor((uint8_t)opcode, 0, DATA(0), DATA(4), 64), 0);

		if (!(rd64(&w, DSA_OPCAP) & BIT64(opcode)))
			continue;
		run(DWQ, 0, d);
		missing |= status(0) == DSA_COMP_BAD_OPCODE ? BIT64(opcode) : 0;
	}
	return missing;
}

static uint64_t priority_while_enabled(void)
{
	wqcfg_set(&w, DWQ, 2, FIELD_PREP(DSA_WQCFG2_PRIORITY, 9U) | DSA_WQCFG2_DEDICATED);
	return FIELD_GET(DSA_WQCFG2_PRIORITY, wqcfg(&w, DWQ, 2));
}

static uint64_t wq_state(void)
{
	return FIELD_GET(DSA_WQCFG6_STATE, wqcfg(&w, DWQ, 6));
}

static uint64_t drain_cmdsts(void)
{
	return command(&w, DSA_CMD_DRAIN_WQ, BIT32(DWQ));
}

static uint64_t failing_command(void)
{
	return command(&w, DSA_CMD_ENABLE_DEVICE, 0);
}

static uint64_t done_after(uint32_t code, uint32_t operand)
{
	uint64_t done = 0;

	for (unsigned i = 0; i < 4; i++) {
		struct dsa_raw_desc d = noop(i);

		(void)post(&w, DWQ, 0, &d);
	}
	(void)command(&w, code, operand);
	for (unsigned i = 0; i < 4; i++)
		done += status(i) == DSA_COMP_SUCCESS;
	return done;
}

static uint64_t done_after_drain(void)
{
	return done_after(DSA_CMD_DRAIN_WQ, BIT32(DWQ));
}

static uint64_t done_after_disable(void)
{
	return done_after(DSA_CMD_DISABLE_DEVICE, 0);
}

static uint64_t size_after_reset(void)
{
	(void)command(&w, DSA_CMD_RESET_DEVICE, 0);
	return wqcfg(&w, DWQ, 0) | rd64(&w, DSA_MODEL_GRPCFG) << 32;
}

static uint64_t bad_opcode_in_swerror(void)
{
	run(DWQ, 0, descriptor(0x7f, 0, 0, 0, 0));
	return swerror_code(&w);
}

static uint64_t overflow_in_swerror(void)
{
	struct dsa_raw_desc d = noop(0);

	for (unsigned i = 0; i < WQ_SIZE + 2; i++)
		(void)post(&w, DWQ, 0, &d);
	return swerror_code(&w);
}

static uint64_t disabled_wq_status(void)
{
	(void)command(&w, DSA_CMD_DISABLE_WQ, BIT32(DWQ));
	return noop_status();
}

static uint64_t pasid_of_request(void)
{
	run(PWQ, 0, noop(0));
	return w.who.pasid;
}

static const struct {
	enum dsa_fault fault;
	uint64_t (*scenario)(void);
	uint64_t right, wrong;
} rows[] = {
        {DSA_FAULT_COMPLETION_LOST, noop_status, DSA_COMP_SUCCESS, 0},
        {DSA_FAULT_COMPLETION_EMPTY, move_done, 1, 0},
        {DSA_FAULT_COMPLETION_STATUS, noop_status, DSA_COMP_SUCCESS, DSA_COMP_SUCCESS_PRED},
        {DSA_FAULT_COMPLETION_BYTES, move_bytes_completed, 0, 100},
        {DSA_FAULT_CR_ALIGN_UNCHECKED, misaligned_record, DSA_COMP_CRA_ALIGN, 0},
        {DSA_FAULT_BATCH_COUNT, batch_count, 2, 3},
        {DSA_FAULT_BATCH_NESTED, batch_in_batch, DSA_COMP_BAD_OPCODE, DSA_COMP_SUCCESS},
        {DSA_FAULT_FENCE_IGNORED, behind_fence, 0, DSA_COMP_SUCCESS},
        {DSA_FAULT_INTERRUPT_LOST, interrupt_at_4, 1, 0},
        {DSA_FAULT_INTERRUPT_VECTOR, interrupt_at_4, 1, 0},
        {DSA_FAULT_INTERRUPT_VECTOR, interrupt_at_5, 0, 1},
        {DSA_FAULT_IMS_ENTRY, ims_data, 10, 11},
        {DSA_FAULT_IMS_MASK_IGNORED, masked_ims_messages, 0, 1},
        {DSA_FAULT_HANDLE_UNCHECKED, foreign_handle, DSA_COMP_INT_HANDLE_INVAL, DSA_COMP_SUCCESS},
        {DSA_FAULT_INTCAUSE_STICKY, intcause_after_clear, 0, DSA_INTCAUSE_COMMAND},
        {DSA_FAULT_COMMAND_INTERRUPT_LOST, command_interrupts, 1, 0},
        {DSA_FAULT_GENCAP_XFER, enable_with_max_xfer, 0, DSA_CMDERR_WQ_MAX_XFER},
        {DSA_FAULT_WQCAP_SIZE, enable_with_all_entries, 0, DSA_CMDERR_WQ_SIZES},
        {DSA_FAULT_OPCAP_EXTRA, opcodes_missing, 0, BIT64(0x0a)},
        {DSA_FAULT_WQCFG_UNLOCKED, priority_while_enabled, 1, 9},
        {DSA_FAULT_WQ_STAYS_DISABLED, wq_state, DSA_WQ_ENABLED, DSA_WQ_DISABLED},
        {DSA_FAULT_COMMAND_HANGS, drain_cmdsts, 0, DSA_CMDSTS_ACTIVE},
        {DSA_FAULT_COMMAND_ERROR, failing_command, DSA_CMDERR_DEV_NOT_DISABLED, 0},
        {DSA_FAULT_DRAIN_EARLY, done_after_drain, 4, 0},
        {DSA_FAULT_DISABLE_DROPS, done_after_disable, 4, 1},
        {DSA_FAULT_RESET_KEEPS, size_after_reset, 0, WQ_SIZE | UINT64_C(7) << 32},
        {DSA_FAULT_SWERROR_LOST, bad_opcode_in_swerror, DSA_COMP_BAD_OPCODE, 0},
        {DSA_FAULT_OVERFLOW_SILENT, overflow_in_swerror, DSA_SWERR_DWQ_FULL, 0},
        {DSA_FAULT_PORTAL_ACCEPTS_DISABLED, disabled_wq_status, 0, DSA_COMP_SUCCESS},
        {DSA_FAULT_PASID_IGNORED, pasid_of_request, PWQ_PASID, DSA_NO_PASID},
        {DSA_FAULT_PASID_FIXED, pasid_of_request, PWQ_PASID, 1},
};

static void each_fault_shows(void **s)
{
	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		world_up(&w, DSA_FAULT_NONE);
		memset(flat_at(CR(0)), 0, FLAT_PAGE);
		if (rows[i].scenario() != rows[i].right)
			fail_msg("scenario of %s goes wrong without it", dsa_fault_name((int)rows[i].fault));
		world_up(&w, rows[i].fault);
		memset(flat_at(CR(0)), 0, FLAT_PAGE);
		if (rows[i].scenario() != rows[i].wrong)
			fail_msg("%s does not do what it says", dsa_fault_name((int)rows[i].fault));
	}
}

/* Everything from the completions on is this file's: see the order in faults.h. */
static void each_fault_has_a_row(void **s)
{
	(void)s;
	for (int n = DSA_FAULT_COMPLETION_LOST; n < DSA_FAULT_COUNT; n++) {
		bool found = false;

		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			found |= (int)rows[i].fault == n;
		if (!found)
			fail_msg("%s is not shown by any test", dsa_fault_name(n));
	}
}

static void names(void **s)
{
	(void)s;
	for (int n = 0; n < DSA_FAULT_COUNT; n++) {
		assert_int_equal(dsa_fault_parse(dsa_fault_name(n)), n);
		assert_true(dsa_fault_text(n) && *dsa_fault_text(n));
	}
	assert_int_equal(dsa_fault_parse("no-such-fault"), -1);
	assert_null(dsa_fault_name(DSA_FAULT_COUNT));
	assert_null(dsa_fault_text(-1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(names),
	        cmocka_unit_test(each_fault_shows),
	        cmocka_unit_test(each_fault_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
