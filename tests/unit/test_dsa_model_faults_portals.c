/* SPDX-License-Identifier: BSD-2-Clause */
/* The faults of errors, portals and isolation show (tests/unit/dsa_faults.h). */
#include "tests/unit/dsa_faults.h"

static struct world world;

static uint64_t bad_opcode_in_swerror(struct world *w)
{
	run(w, DWQ, 0, descriptor(0x7f, 0, 0, 0, 0));
	return swerror_code(w);
}

static uint64_t overflow_in_swerror(struct world *w)
{
	struct dsa_raw_desc d = noop(0);

	world_one_in_progress(w);
	for (unsigned i = 0; i < WQ_SIZE + 2; i++)
		(void)post(w, DWQ, 0, &d);
	return swerror_code(w);
}

static uint64_t disabled_wq_status(struct world *w)
{
	(void)command(w, DSA_CMD_DISABLE_WQ, BIT32(DWQ));
	return noop_status(w);
}

static uint64_t pasid_of_request(struct world *w)
{
	run(w, PWQ, 0, noop(0));
	return w->who.pasid;
}

static void fail_twice(struct world *w)
{
	wr(w, DSA_GENCTRL, DSA_GENCTRL_SWERR_INT);
	run(w, DWQ, 0, descriptor(0x7f, 0, 0, 0, 0));
	run(w, DWQ, 0, descriptor(0x7e, 0, 0, 0, 0));
}

static uint64_t first_error(struct world *w)
{
	fail_twice(w);
	return FIELD_GET(DSA_SWERROR_OPCODE, rd64(w, DSA_SWERROR));
}

static uint64_t overflow(struct world *w)
{
	fail_twice(w);
	return rd64(w, DSA_SWERROR) & DSA_SWERROR_OVERFLOW;
}

static uint64_t error_interrupts(struct world *w)
{
	fail_twice(w);
	return w->notified[0];
}

static uint64_t error_wq(struct world *w)
{
	fail_twice(w);
	return FIELD_GET(DSA_SWERROR_WQ, rd64(w, DSA_SWERROR));
}

static uint64_t second_slot(struct world *w)
{
	run(w, DWQ, DSA_DESC_SIZE, noop(0));
	return status(0);
}

static uint64_t limited_portal(struct world *w)
{
	run(w, DWQ, DSA_PORTAL_LIMITED, noop(0));
	return status(0);
}

static uint64_t posted_to_shared(struct world *w)
{
	run(w, SWQ, 0, noop(0));
	return status(0);
}

static uint64_t enqueued_to_dedicated(struct world *w)
{
	return enqueue(w, DWQ, 0, noop(0), 0);
}

static uint64_t retries_of_full(struct world *w)
{
	uint64_t retries = 0;

	world_one_in_progress(w);
	for (unsigned i = 0; i < WQ_SIZE + 4; i++)
		retries += enqueue(w, SWQ, 0, noop(0), SWQ_PASID);
	return retries != 0;
}

static uint64_t pasid_of_descriptor(struct world *w)
{
	struct dsa_raw_desc d = noop(0);

	d.field[0] |= 0x777;
	run(w, PWQ, 0, d);
	return w->who.pasid;
}

static uint64_t pasid_of_shared(struct world *w)
{
	(void)enqueue(w, SWQ, 0, noop(0), SWQ_PASID);
	(void)world_settle(w);
	return w->who.pasid;
}

static const struct fault_row rows[] = {
        {DSA_FAULT_SWERROR_LOST, bad_opcode_in_swerror, DSA_COMP_BAD_OPCODE, 0},
        {DSA_FAULT_OVERFLOW_SILENT, overflow_in_swerror, DSA_SWERR_DWQ_FULL, 0},
        {DSA_FAULT_PORTAL_ACCEPTS_DISABLED, disabled_wq_status, 0, DSA_COMP_SUCCESS},
        {DSA_FAULT_PASID_IGNORED, pasid_of_request, PWQ_PASID, DSA_NO_PASID},
        {DSA_FAULT_PASID_FIXED, pasid_of_request, PWQ_PASID, 1},
        {DSA_FAULT_SWERROR_LAST, first_error, 0x7f, 0x7e},
        {DSA_FAULT_SWERROR_OVERFLOW_LOST, overflow, DSA_SWERROR_OVERFLOW, 0},
        {DSA_FAULT_SWERROR_SILENT, error_interrupts, 1, 0},
        {DSA_FAULT_SWERROR_WQ, error_wq, DWQ, DWQ ^ 1},
        {DSA_FAULT_PORTAL_SLOTS, second_slot, DSA_COMP_SUCCESS, 0},
        {DSA_FAULT_PORTAL_LIMITED_DEAD, limited_portal, DSA_COMP_SUCCESS, 0},
        {DSA_FAULT_SHARED_TAKES_POSTED, posted_to_shared, 0, DSA_COMP_SUCCESS},
        {DSA_FAULT_DEDICATED_TAKES_DEFERRABLE, enqueued_to_dedicated, 1, 0},
        {DSA_FAULT_SHARED_DROPS, retries_of_full, 1, 0},
        {DSA_FAULT_DESCRIPTOR_PASID, pasid_of_descriptor, PWQ_PASID, 0x777},
        {DSA_FAULT_SHARED_PASID, pasid_of_shared, SWQ_PASID, 0},
};

static void each_fault_shows(void **s)
{
	(void)s;
	fault_rows_show(&world, rows, ARRAY_SIZE(rows));
}

static void each_fault_has_a_row(void **s)
{
	(void)s;
	fault_rows_cover(rows, ARRAY_SIZE(rows), DSA_FAULT_SWERROR_LOST, DSA_FAULT_PORTAL_LIMITED_DEAD);
	fault_rows_cover(rows, ARRAY_SIZE(rows), DSA_FAULT_SHARED_TAKES_POSTED, DSA_FAULT_SHARED_DROPS);
	fault_rows_cover(rows, ARRAY_SIZE(rows), DSA_FAULT_PASID_IGNORED, DSA_FAULT_SHARED_PASID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_fault_shows),
	        cmocka_unit_test(each_fault_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
