/* SPDX-License-Identifier: BSD-2-Clause */
/* Batches of the DSA model: counts, children that fail, fences, and a list that faults (3.8, 8.3.2). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dsa_world.h"

static struct world w;

static void set_child(unsigned n, struct dsa_raw_desc d)
{
	memcpy(flat_at(LIST) + (size_t)n * DSA_DESC_SIZE, &d, sizeof(d));
}

static void run_batch(unsigned count)
{
	struct dsa_raw_desc d = with_record(descriptor(DSA_OPCODE_BATCH, 0, LIST, 0, count), 20);

	assert_false(post(&w, DWQ, 0, &d));
	(void)world_settle(&w);
}

static void batch_of(unsigned count)
{
	world_up(&w, DSA_FAULT_NONE);
	for (unsigned i = 0; i < count; i++)
		set_child(i, noop(i));
}

static void batch(void **s)
{
	struct dsa_raw_desc bad = noop(1);

	(void)s;
	batch_of(4);
	run_batch(4);
	assert_int_equal(status(20), DSA_COMP_SUCCESS);
	assert_int_equal(bytes_completed(20), 4);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(status(i), DSA_COMP_SUCCESS);

	/* A child that fails does not stop the others. */
	batch_of(4);
	bad.field[0] |= UINT64_C(0x7f) << 56;
	set_child(1, bad);
	(void)noop(1);
	run_batch(4);
	assert_int_equal(status(20), DSA_COMP_BATCH_FAIL);
	assert_int_equal(bytes_completed(20), 4);
	assert_int_equal(status(1), DSA_COMP_BAD_OPCODE);
	assert_int_equal(status(3), DSA_COMP_SUCCESS);

	/* Neither a batch nor a drain may be in one. */
	batch_of(3);
	set_child(0, with_record(descriptor(DSA_OPCODE_BATCH, 0, LIST, 0, 2), 0));
	set_child(1, with_record(descriptor(DSA_OPCODE_DRAIN, 0, 0, 0, 0), 1));
	run_batch(3);
	assert_int_equal(status(0), DSA_COMP_BAD_OPCODE);
	assert_int_equal(status(1), DSA_COMP_BAD_OPCODE);
	assert_int_equal(status(2), DSA_COMP_SUCCESS);

	batch_of(1);
	run_batch(1);
	assert_int_equal(status(20), DSA_COMP_DESC_CNT_ERANGE);
	run_batch(17); /* the WQ allows 16 */
	assert_int_equal(status(20), DSA_COMP_DESC_CNT_ERANGE);
}

static void child_without_record(void **s)
{
	(void)s;
	batch_of(3);
	set_child(2, descriptor(0x7e, 0, 0, 0, 0));
	run_batch(3);
	assert_int_equal(status(20), DSA_COMP_BATCH_FAIL);
	assert_int_equal(swerror_code(&w), DSA_COMP_BAD_OPCODE);
	assert_true(rd64(&w, DSA_SWERROR) & DSA_SWERROR_BATCH);
	assert_int_equal(FIELD_GET(DSA_SWERROR_OPCODE, rd64(&w, DSA_SWERROR)), 0x7e);
	assert_int_equal(FIELD_GET(DSA_SWERROR_BATCH_INDEX, rd64(&w, DSA_SWERROR + 8)), 2);
}

static void fence(void **s)
{
	const uint64_t fenced = (uint64_t)IDXD_OP_FLAG_FENCE << 32;

	(void)s;
	for (unsigned good = 0; good < 2; good++) {
		struct dsa_raw_desc d;

		batch_of(5);
		if (!good) {
			d = noop(1);
			d.field[0] |= UINT64_C(0x7f) << 56;
			set_child(1, d);
		}
		d = noop(3);
		d.field[0] |= fenced;
		set_child(3, d);
		run_batch(5);
		assert_int_equal(status(20), good ? DSA_COMP_SUCCESS : DSA_COMP_BATCH_FAIL);
		assert_int_equal(bytes_completed(20), good ? 5 : 3);
		assert_int_equal(status(2), DSA_COMP_SUCCESS);
		assert_int_equal(status(3), good ? DSA_COMP_SUCCESS : 0);
		assert_int_equal(status(4), good ? DSA_COMP_SUCCESS : 0);
	}
}

static void list_fault(void **s)
{
	const uint64_t list = DATA(5) - (uint64_t)2 * DSA_DESC_SIZE; /* two children, then a page that is not there */

	(void)s;
	for (unsigned ats = 0; ats < 2; ats++) {
		struct dsa_raw_desc d;

		world_start(&w, DSA_FAULT_NONE, false);
		world_pci(&w, true, ats);
		world_configure(&w);
		assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
		assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
		for (unsigned i = 0; i < 2; i++) {
			d = noop(i);
			memcpy(flat_at(list + (uint64_t)i * DSA_DESC_SIZE), &d, sizeof(d));
		}
		flat_perm[(DATA(5) - FLAT_BASE) / FLAT_PAGE] = 0;
		d = with_record(descriptor(DSA_OPCODE_BATCH, 0, list, 0, 4), 20);
		assert_false(post(&w, DWQ, 0, &d));
		(void)world_settle(&w);
		assert_int_equal(status(20), ats ? DSA_COMP_BATCH_PAGE_FAULT : DSA_COMP_HW_ERR1);
		assert_int_equal(bytes_completed(20), 2);
		assert_int_equal(status(1), DSA_COMP_SUCCESS);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(batch),
	        cmocka_unit_test(child_without_record),
	        cmocka_unit_test(fence),
	        cmocka_unit_test(list_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
