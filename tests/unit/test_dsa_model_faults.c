/* SPDX-License-Identifier: BSD-2-Clause */
/* The faults of completion and of interrupts show (tests/unit/dsa_faults.h). */
#include "tests/unit/dsa_faults.h"

static struct world world;

static uint64_t move_bytes_completed(struct world *w)
{
	run(w, DWQ, 0, memmove_desc(0, DATA(0), DATA(1), 100));
	return bytes_completed(0);
}

static uint64_t move_done(struct world *w)
{
	run(w, DWQ, 0, memmove_desc(0, DATA(0), DATA(1), 100));
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	return !memcmp(flat_at(DATA(0)), flat_at(DATA(1)), 100);
}

static uint64_t misaligned_record(struct world *w)
{
	struct dsa_raw_desc d = noop(0);

	d.field[1] += 8;
	run(w, DWQ, 0, d);
	return swerror_code(w);
}

static uint64_t batch_count(struct world *w)
{
	const struct dsa_raw_desc children[] = {noop(0), noop(1)};

	run(w, DWQ, 0, batch(2, children));
	return bytes_completed(20);
}

static uint64_t batch_in_batch(struct world *w)
{
	const struct dsa_raw_desc children[] = {with_record(descriptor(DSA_OPCODE_BATCH, 0, LIST, 0, 2), 0), noop(1)};

	run(w, DWQ, 0, batch(2, children));
	return status(0);
}

static uint64_t behind_fence(struct world *w)
{
	struct dsa_raw_desc children[] = {noop(0), noop(1)};

	children[0].field[0] |= UINT64_C(0x7f) << 56;
	children[1].field[0] |= (uint64_t)IDXD_OP_FLAG_FENCE << 32;
	run(w, DWQ, 0, batch(2, children));
	return status(1);
}

static uint64_t interrupt_at_4(struct world *w)
{
	run(w, DWQ, 0, interrupting(4));
	return w->notified[4];
}

static uint64_t interrupt_at_5(struct world *w)
{
	run(w, DWQ, 0, interrupting(4));
	return w->notified[5];
}

static uint64_t ims_data(struct world *w)
{
	ims(w, 10, 0);
	ims(w, 11, 0);
	run(w, DWQ, DSA_PORTAL_IMS, interrupting(10));
	assert_int_equal(w->messages, 1);
	return w->message[0].data;
}

static uint64_t masked_ims_messages(struct world *w)
{
	ims(w, 10, DSA_IMS_CTRL_MASK);
	run(w, DWQ, DSA_PORTAL_IMS, interrupting(10));
	return w->messages;
}

static uint64_t foreign_handle(struct world *w)
{
	wr(w, DSA_MODEL_MSIXPERM + DSA_MSIXPERM_STRIDE, DSA_INTPERM_PASID_EN | FIELD_PREP(DSA_INTPERM_PASID, 1U));
	run(w, PWQ, 0, interrupting(1));
	return status(0);
}

static uint64_t intcause_after_clear(struct world *w)
{
	(void)command(w, DSA_CMD_DRAIN_ALL, DSA_CMD_REQ_INT);
	wr(w, DSA_INTCAUSE, UINT32_MAX);
	return rd(w, DSA_INTCAUSE);
}

static uint64_t record_unasked(struct world *w)
{
	struct dsa_raw_desc d = noop(0);

	d.field[0] &= ~((uint64_t)IDXD_OP_FLAG_RCR << 32);
	run(w, DWQ, 0, d);
	return status(0);
}

/* A NOOP between two others is an unknown opcode. */
static void bad_batch(struct world *w)
{
	struct dsa_raw_desc children[] = {noop(0), noop(1), noop(2)};

	children[1].field[0] |= UINT64_C(0x7f) << 56;
	run(w, DWQ, 0, batch(3, children));
}

static uint64_t bad_batch_status(struct world *w)
{
	bad_batch(w);
	return status(20);
}

static uint64_t behind_bad_child(struct world *w)
{
	bad_batch(w);
	return status(2);
}

static uint64_t last_child(struct world *w)
{
	const struct dsa_raw_desc children[] = {noop(0), noop(1)};

	run(w, DWQ, 0, batch(2, children));
	return status(1);
}

static uint64_t child_interrupts(struct world *w)
{
	const struct dsa_raw_desc children[] = {interrupting(4), noop(1)};

	run(w, DWQ, 0, batch(2, children));
	return w->notified[4];
}

/* Fills of the same byte, one behind the other, in a group of one engine: the last one stays. */
static uint64_t last_fill(struct world *w)
{
	world_one_in_progress(w);
	for (unsigned i = 0; i < 4; i++) {
		struct dsa_raw_desc d = with_record(descriptor(DSA_OPCODE_MEMFILL, 0, 0x10 + i, DATA(0), 1), i);

		(void)post(w, DWQ, 0, &d);
	}
	(void)world_settle(w);
	return *flat_at(DATA(0));
}

/* The first one comes late, and the second is behind it. */
static uint64_t fill_behind_a_late_one(struct world *w)
{
	w->m.config.late_ns = 10 * SERVICE_NS;
	w->m.config.inject = (struct dsa_inject){DSA_INJECT_DESCRIPTOR_LATE, DSA_MOMENT_DESCRIPTOR, 1};
	for (unsigned i = 0; i < 2; i++) {
		struct dsa_raw_desc d = with_record(descriptor(DSA_OPCODE_MEMFILL, 0, 0x10 + i, DATA(0), 1), i);

		(void)post(w, DWQ, 0, &d);
	}
	(void)world_settle(w);
	return *flat_at(DATA(0));
}

static uint64_t queued_beyond_the_limit(struct world *w)
{
	const struct dsa_raw_desc d = noop(0);

	w->m.groups[0].flags |= FIELD_PREP(DSA_GRPFLAGS_DESC_LIMIT, UINT64_C(3));
	for (unsigned i = 0; i < DSA_MODEL_WORK / 8 + 2; i++)
		(void)post(w, DWQ, 0, &d);
	return FIELD_GET(DSA_WQCFG6_OCCUPANCY, wqcfg(w, DWQ, 6));
}

static uint64_t child_at_the_end_of_its_batch(struct world *w)
{
	const struct dsa_raw_desc children[] = {noop(0), memmove_desc(1, DATA(0), DATA(4), 0x4000)};
	const struct dsa_raw_desc d = batch(2, children);

	(void)post(w, DWQ, 0, &d);
	for (unsigned i = 0; i < 1000 && !status(20); i++)
		world_advance(w, 100);
	return status(1);
}

static uint64_t behind_a_fence_after_a_failure(struct world *w)
{
	struct dsa_raw_desc children[] = {with_record(descriptor(0x7f, 0, 0, 0, 0), 0), noop(1)};

	children[1].field[0] |= (uint64_t)IDXD_OP_FLAG_FENCE << 32;
	run(w, DWQ, 0, batch(2, children));
	return status(1);
}

/* What was done when the drain's own record came: two engines, and a long move before the drain. */
static uint64_t done_before_drain(struct world *w)
{
	const struct dsa_raw_desc move = memmove_desc(0, DATA(0), DATA(4), 0x4000);
	const struct dsa_raw_desc drain = with_record(descriptor(DSA_OPCODE_DRAIN, 0, 0, 0, 0), 1);

	(void)command(w, DSA_CMD_DISABLE_DEVICE, 0);
	grpcfg_set(w, 0, BIT64(DWQ) | BIT64(SWQ) | BIT64(PWQ), 3);
	(void)command(w, DSA_CMD_ENABLE_DEVICE, 0);
	(void)command(w, DSA_CMD_ENABLE_WQ, DWQ);
	(void)post(w, DWQ, 0, &move);
	(void)post(w, DWQ, 0, &drain);
	for (unsigned i = 0; i < 1000 && !status(1); i++)
		world_advance(w, 100);
	return status(0);
}

static uint64_t unasked_interrupts(struct world *w)
{
	struct dsa_raw_desc d = interrupting(4);

	d.field[0] &= ~((uint64_t)IDXD_OP_FLAG_RCI << 32);
	run(w, DWQ, 0, d);
	return w->notified[4];
}

static uint64_t ims_portal_messages(struct world *w)
{
	ims(w, 4, 0);
	run(w, DWQ, DSA_PORTAL_IMS, interrupting(4));
	return w->messages << 8 | w->notified[4];
}

static uint64_t unmasked_ims_messages(struct world *w)
{
	ims(w, 10, DSA_IMS_CTRL_MASK);
	run(w, DWQ, DSA_PORTAL_IMS, interrupting(10));
	ims(w, 10, 0);
	return w->messages;
}

static uint64_t ignored_ims_messages(struct world *w)
{
	ims(w, 10, DSA_INTPERM_IGNORE);
	run(w, DWQ, DSA_PORTAL_IMS, interrupting(10));
	return w->messages;
}

static uint64_t ims_address(struct world *w)
{
	wr64(w, DSA_MODEL_IMS_TABLE, 0x12345000);
	return rd64(w, DSA_MODEL_IMS_TABLE);
}

static uint64_t handle_beyond(struct world *w)
{
	run(w, DWQ, 0, interrupting(DSA_MODEL_VECTORS));
	return status(0);
}

static uint64_t handle_without_pasid(struct world *w)
{
	wr(w, DSA_MODEL_MSIXPERM + DSA_MSIXPERM_STRIDE, FIELD_PREP(DSA_INTPERM_PASID, PWQ_PASID));
	run(w, PWQ, 0, interrupting(1));
	return status(0);
}

static uint64_t occupancy_interrupts(struct world *w)
{
	(void)command(w, DSA_CMD_DISABLE_WQ, BIT32(DWQ));
	wqcfg_set(w, DWQ, 4, 3);
	wqcfg_set(w, DWQ, 5, DSA_WQCFG5_LIMIT_INT);
	(void)command(w, DSA_CMD_ENABLE_WQ, DWQ);
	return w->notified[3];
}

static const struct fault_row rows[] = {
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
        {DSA_FAULT_RECORD_UNASKED, record_unasked, 0, DSA_COMP_SUCCESS},
        {DSA_FAULT_BATCH_STATUS, bad_batch_status, DSA_COMP_BATCH_FAIL, DSA_COMP_SUCCESS},
        {DSA_FAULT_BATCH_STOPS, behind_bad_child, DSA_COMP_SUCCESS, 0},
        {DSA_FAULT_BATCH_LAST, last_child, DSA_COMP_SUCCESS, 0},
        {DSA_FAULT_CHILD_INTERRUPT_LOST, child_interrupts, 1, 0},
        {DSA_FAULT_QUEUE_LIFO, last_fill, 0x13, 0x11},
        {DSA_FAULT_BATCH_EARLY, child_at_the_end_of_its_batch, DSA_COMP_SUCCESS, 0},
        {DSA_FAULT_FENCE_EARLY, behind_a_fence_after_a_failure, 0, DSA_COMP_SUCCESS},
        {DSA_FAULT_ORDER_PASSES, fill_behind_a_late_one, 0x11, 0x10},
        {DSA_FAULT_PROGRESS_LIMIT, queued_beyond_the_limit, 2, 0},
        {DSA_FAULT_DRAIN_DESCRIPTOR_EARLY, done_before_drain, DSA_COMP_SUCCESS, 0},
        {DSA_FAULT_INTERRUPT_UNASKED, unasked_interrupts, 0, 1},
        {DSA_FAULT_INTERRUPT_TABLE, ims_portal_messages, 0x100, 1},
        {DSA_FAULT_IMS_PENDING_LOST, unmasked_ims_messages, 1, 0},
        {DSA_FAULT_IMS_IGNORE_IGNORED, ignored_ims_messages, 0, 1},
        {DSA_FAULT_IMS_ADDRESS_FREE, ims_address, DSA_IMS_ADDR_RESET, 0x12345000},
        {DSA_FAULT_HANDLE_RANGE, handle_beyond, DSA_COMP_INT_HANDLE_INVAL, DSA_COMP_SUCCESS},
        {DSA_FAULT_HANDLE_PASID_ENABLE, handle_without_pasid, DSA_COMP_INT_HANDLE_INVAL, DSA_COMP_SUCCESS},
        {DSA_FAULT_OCCUPANCY_INTERRUPT_LOST, occupancy_interrupts, 1, 0},
};

static void each_fault_shows(void **s)
{
	(void)s;
	fault_rows_show(&world, rows, ARRAY_SIZE(rows));
}

static void each_fault_has_a_row(void **s)
{
	(void)s;
	fault_rows_cover(rows, ARRAY_SIZE(rows), DSA_FAULT_COMPLETION_LOST, DSA_FAULT_OCCUPANCY_INTERRUPT_LOST);
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
