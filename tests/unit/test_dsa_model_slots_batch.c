/* SPDX-License-Identifier: BSD-2-Clause */
/* Batches in an engine: their descriptors beside each other and beside other work (3.8, 3.9). */
#include "tests/unit/dsa_slots.h"

static void children_beside_each_other(void **s)
{
	struct dsa_raw_desc fenced;

	(void)s;
	up(1);
	for (unsigned i = 0; i < 6; i++)
		list(i, noop(i));
	list(1, blocked(1, 1));
	fenced = noop(4);
	fenced.field[0] |= FENCE;
	list(4, fenced);
	submit(DWQ, 0, batch(20, 0, 6));
	(void)world_settle(&w);
	assert_int_equal(done(0, 4), 3);
	assert_int_equal(status(1), 0);
	assert_int_equal(done(4, 6), 0); /* behind the fence */
	assert_int_equal(status(20), 0);
	answer(DSA_PAGE_GRANTED);
	assert_int_equal(done(0, 6), 6);
	assert_int_equal(status(20), DSA_COMP_SUCCESS);
	assert_int_equal(bytes_completed(20), 6);
	/* The fence knows how the one ended that it waited for. */
	may(AWAY, 0);
	memset(flat_at(CR(0)), 0, FLAT_PAGE);
	submit(DWQ, 0, batch(20, 0, 6));
	(void)world_settle(&w);
	answer(DSA_PAGE_INVALID);
	assert_int_equal(status(1) & ~DSA_COMP_STATUS_WRITE, DSA_COMP_PAGE_FAULT_IR);
	assert_int_equal(status(20), DSA_COMP_BATCH_FAIL);
	assert_int_equal(bytes_completed(20), 4);
	assert_int_equal(done(4, 6), 0);
}

/* More descriptors than slots; and what comes from the WQ has its turn. */
static void fewer_slots(void **s)
{
	(void)s;
	up(1);
	w.m.config.work = 2;
	for (unsigned i = 0; i < 16; i++)
		list(i, noop(i));
	submit(DWQ, 0, batch(20, 0, 16));
	world_advance(&w, 2 * SERVICE_NS);
	for (unsigned i = 21; i < 24; i++)
		submit(PWQ, 0, noop(i));
	while (done(21, 24) < 3)
		world_advance(&w, SERVICE_NS);
	assert_in_range(done(0, 16), 3, 15);
	assert_int_equal(status(20), 0);
	(void)world_settle(&w);
	assert_int_equal(done(0, 16), 16);
	assert_int_equal(status(20), DSA_COMP_SUCCESS);
	assert_int_equal(bytes_completed(20), 16);
}

/* All slots are with descriptors that wait, and the batch has more of them: an answer lets it go on. */
static void slots_that_wait(void **s)
{
	(void)s;
	up(1);
	w.m.config.work = 2;
	for (unsigned i = 0; i < 4; i++)
		list(i, i < 3 ? blocked(i, 1) : noop(i));
	submit(DWQ, 0, batch(20, 0, 4));
	submit(DWQ, 0, with_record(descriptor(DSA_OPCODE_DRAIN, 0, 0, 0, 0), 21));
	submit(PWQ, 0, noop(22));
	(void)world_settle(&w);
	assert_int_equal(requests, 2);
	assert_int_equal(done(0, 4), 0);
	answer(DSA_PAGE_GRANTED);
	assert_int_equal(done(0, 4), 4);
	assert_int_equal(done(20, 23), 3);
}

static void batches_in_order(void **s)
{
	(void)s;
	up(1);
	list(0, blocked(0, 1));
	list(1, noop(1));
	list(2, fill(2, AWAY - 1, 2, 1));
	list(3, noop(3));
	submit(DWQ, 0, batch(20, 0, 2));
	submit(DWQ, 0, batch(21, 2, 2));
	submit(DWQ, 0x2000, batch(22, 2, 2));
	(void)world_settle(&w);
	assert_int_equal(status(22), DSA_COMP_SUCCESS); /* through another page */
	assert_int_equal(status(21), 0);
	assert_int_equal(*flat_at(AWAY - 1), 2);
	*flat_at(AWAY - 1) = 9;
	answer(DSA_PAGE_GRANTED);
	assert_int_equal(*flat_at(AWAY - 1), 2);
	assert_int_equal(done(20, 23), 3);
}

/* The order is of batches among themselves: theirs do not wait for other work through the same portal page. */
static void batches_and_other_work(void **s)
{
	(void)s;
	up(1);
	list(0, fill(0, DATA(2), 1, 1));
	list(1, noop(1));
	submit(DWQ, 0, blocked(2, 1));
	submit(DWQ, 0, batch(20, 0, 2));
	(void)world_settle(&w);
	assert_int_equal(status(20), DSA_COMP_SUCCESS);
	assert_int_equal(status(2), 0);
	answer(DSA_PAGE_GRANTED);
	assert_int_equal(status(2), DSA_COMP_SUCCESS);
}

/* The second begins when the first has given all away, and not when it has ended. */
static void batches_overlap(void **s)
{
	(void)s;
	up(1);
	for (unsigned i = 0; i < 4; i++)
		list(i, noop(i));
	submit(DWQ, 0, batch(20, 0, 2));
	submit(DWQ, 0, batch(21, 2, 2));
	world_advance(&w, 2 * SERVICE_NS + SERVICE_NS / 2);
	assert_int_equal(done(20, 22), 2);
}

/* The first comes late, and gives nothing away at all: it is not one of a batch's sizes. */
static void behind_a_bad_batch(void **s)
{
	(void)s;
	up(1);
	w.m.config.late_ns = 100 * SERVICE_NS;
	w.m.config.inject = (struct dsa_inject){DSA_INJECT_DESCRIPTOR_LATE, DSA_MOMENT_DESCRIPTOR, 1};
	for (unsigned i = 0; i < 2; i++)
		list(i, noop(i));
	submit(DWQ, 0, batch(20, 0, 1));
	submit(DWQ, 0, batch(21, 0, 2));
	world_advance(&w, 50 * SERVICE_NS);
	assert_int_equal(done(0, 2), 0);
	(void)world_settle(&w);
	assert_int_equal(status(20), DSA_COMP_DESC_CNT_ERANGE);
	assert_int_equal(status(21), DSA_COMP_SUCCESS);
}

/* A WQ that is never empty keeps no batch from going on. */
static void busy_wq(void **s)
{
	(void)s;
	up(1);
	w.m.config.work = 2;
	for (unsigned i = 0; i < 16; i++)
		list(i, noop(i));
	submit(DWQ, 0, batch(20, 0, 16));
	world_advance(&w, 2 * SERVICE_NS);
	for (unsigned i = 0; i < 40; i++)
		submit(PWQ, 0, noop(30 + i));
	world_advance(&w, 12 * SERVICE_NS);
	assert_in_range(done(0, 16), 10, 16);
	assert_in_range(done(30, 70), 10, 16);
}

/* Names in the event log are of one batch at a time. */
static void names(void **s)
{
	(void)s;
	up(1);
	submit(DWQ, 0, batch(0, 64 * 16, 2)); /* a list that is not there, for ever */
	may(LIST + UINT64_C(64) * 16 * DSA_DESC_SIZE, 0);
	(void)world_settle(&w);
	assert_int_equal(requests, 1);
	for (unsigned i = 0; i < 2; i++)
		list(i, noop(1 + i));
	for (unsigned i = 0; i < 300; i++) {
		submit(PWQ, 0, batch(20, 0, 2));
		(void)world_settle(&w);
		assert_int_not_equal((uint8_t)(w.m.next_batch_id - 1), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        SLOT_TEST(children_beside_each_other),
	        SLOT_TEST(fewer_slots),
	        SLOT_TEST(slots_that_wait),
	        SLOT_TEST(batches_in_order),
	        SLOT_TEST(batches_and_other_work),
	        SLOT_TEST(batches_overlap),
	        SLOT_TEST(behind_a_bad_batch),
	        SLOT_TEST(busy_wq),
	        SLOT_TEST(names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
