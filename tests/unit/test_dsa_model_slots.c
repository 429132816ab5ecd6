/* SPDX-License-Identifier: BSD-2-Clause */
/* What an engine has in progress: how many at a time, in which order they write, and who waits for them. */
#include "tests/unit/dsa_slots.h"

/* ---- how many ---- */

static void many_at_a_time(void **s)
{
	(void)s;
	up(1);
	for (unsigned i = 0; i < DSA_MODEL_WORK + 40; i++)
		submit(DWQ, 0, noop(i));
	assert_int_equal(occupancy(DWQ), 40);
	world_advance(&w, SERVICE_NS - 1);
	assert_int_equal(done(0, DSA_MODEL_WORK + 40), 0);
	world_advance(&w, 1);
	assert_int_equal(done(0, DSA_MODEL_WORK), DSA_MODEL_WORK);
	assert_int_equal(done(DSA_MODEL_WORK, DSA_MODEL_WORK + 40), 0);
	world_advance(&w, SERVICE_NS);
	assert_int_equal(done(DSA_MODEL_WORK, DSA_MODEL_WORK + 40), 40);
}

/* The service times overlap, the data does not; engines share nothing. */
static void one_data_path(void **s)
{
	const uint64_t data = 0x1000 / 16;

	(void)s;
	for (uint64_t engines = 1; engines <= 3; engines += 2) {
		up(engines);
		for (unsigned i = 0; i < 2; i++)
			submit(DWQ, 0, memmove_desc(i, DATA(0), DATA(1 + i), 0x1000));
		world_advance(&w, SERVICE_NS + data);
		assert_int_equal(done(0, 2), engines == 1 ? 1 : 2);
		world_advance(&w, data);
		assert_int_equal(done(0, 2), 2);
	}
}

/* 2.0: ENGCAP says how many, and a group may take a part of that. */
static void limits(void **s)
{
	(void)s;
	for (unsigned part = 0; part < 4; part++) {
		up_with(1, true);
		assert_true(rd64(&w, DSA_GRPCAP) & DSA_GRPCAP_PROGRESS_LIMIT);
		assert_int_equal(FIELD_GET(DSA_ENGCAP_WORK, rd64(&w, DSA_ENGCAP)), DSA_MODEL_WORK);
		assert_int_equal(FIELD_GET(DSA_ENGCAP_BATCHES, rd64(&w, DSA_ENGCAP)), DSA_MODEL_BATCHES);
		wr64(&w, grpflags_at(0),
		     rd64(&w, grpflags_at(0)) | FIELD_PREP(DSA_GRPFLAGS_DESC_LIMIT, (uint64_t)part) |
		             FIELD_PREP(DSA_GRPFLAGS_BATCH_LIMIT, (uint64_t)part));
		enable();
		for (unsigned i = 0; i < (DSA_MODEL_WORK >> part) + 5U; i++)
			submit(DWQ, 0, noop(i));
		assert_int_equal(occupancy(DWQ), 5);
		(void)world_settle(&w);
		/* Batches whose lists are not there. */
		for (unsigned i = 0; i < (DSA_MODEL_BATCHES >> part) + 5U; i++)
			submit(PWQ, 0, with_record(descriptor(DSA_OPCODE_BATCH, 0, AWAY, 0, 2), i));
		(void)world_settle(&w);
		assert_int_equal(occupancy(PWQ), 5);
		assert_int_equal(requests, DSA_MODEL_BATCHES >> part);
		submit(DWQ, 0, noop(0));
		(void)world_settle(&w);
		assert_int_equal(status(0), DSA_COMP_SUCCESS);
		while (requests)
			answer(DSA_PAGE_INVALID);
	}
}

static void allocation_of_page_requests(void **s)
{
	(void)s;
	up(1);
	w.m.pci.prs_allocation = 3;
	for (unsigned i = 0; i < 10; i++)
		submit(DWQ, 0, blocked(i, 1));
	(void)world_settle(&w);
	/* Behind the first one, all of them. */
	assert_int_equal(requests, 1);
	answer(DSA_PAGE_GRANTED);
	assert_int_equal(done(0, 10), 10);
	up(3);
	w.m.pci.prs_allocation = 3;
	for (unsigned i = 0; i < 10; i++)
		submit(DWQ, 0, blocked(i, 1));
	(void)world_settle(&w);
	assert_int_equal(requests, 3);
	while (requests)
		answer(DSA_PAGE_INVALID);
	for (unsigned i = 0; i < 10; i++)
		assert_int_not_equal(status(i), 0);
}

/* One request stays without a response, and none of all that come later has its number. */
static void numbers_of_page_requests(void **s)
{
	(void)s;
	up(1);
	submit(DWQ, 0, blocked(0, 1));
	(void)world_settle(&w);
	for (unsigned i = 0; i < 600; i++) {
		may(AWAY2, 0);
		submit(PWQ, 0, fill(1, AWAY2, 2, 1));
		(void)world_settle(&w);
		assert_int_equal(requests, 2);
		may(AWAY2, FLAT_READ | FLAT_WRITE);
		assert_true(dsa_model_page_response(&w.m, groups[--requests], DSA_PAGE_GRANTED));
		(void)world_settle(&w);
		assert_int_equal(status(1), DSA_COMP_SUCCESS);
		assert_int_equal(status(0), 0);
	}
}

/* ---- order (3.9) ---- */

static void behind_one_that_waits(void **s)
{
	(void)s;
	up(1);
	submit(DWQ, 0, blocked(0, 1));
	submit(DWQ, 0, fill(1, AWAY - 1, 2, 1));
	submit(DWQ, 0x1000, fill(2, DATA(2), 3, 1)); /* another portal page */
	submit(PWQ, 0, fill(3, DATA(3), 4, 1));      /* another WQ */
	submit(SWQ, 0, fill(4, DATA(4), 5, 1));
	(void)world_settle(&w);
	assert_int_equal(requests, 1);
	assert_int_equal(status(0), 0);
	assert_int_equal(status(1), 0);
	assert_int_equal(*flat_at(AWAY - 1), 1);
	assert_int_equal(done(2, 5), 3);
	answer(DSA_PAGE_GRANTED);
	assert_int_equal(done(0, 5), 5);
	assert_int_equal(*flat_at(AWAY - 1), 2);
	assert_int_equal(*flat_at(AWAY), 1);
}

/* Another traffic class, and more than one engine: no order. */
static void no_order(void **s)
{
	struct dsa_raw_desc d;

	(void)s;
	for (unsigned two_engines = 0; two_engines < 2; two_engines++) {
		up_with(two_engines ? 3 : 1, false);
		wr64(&w, grpflags_at(0), rd64(&w, grpflags_at(0)) | FIELD_PREP(DSA_GRPFLAGS_TC_B, UINT64_C(1)));
		enable();
		submit(DWQ, 0, blocked(0, 1));
		d = fill(1, DATA(2), 2, 1);
		if (!two_engines)
			d.field[0] |= (uint64_t)IDXD_OP_FLAG_ADDR2_TCS << 32;
		submit(DWQ, 0, d);
		submit(DWQ, 0, fill(2, DATA(3), 2, 1));
		(void)world_settle(&w);
		assert_int_equal(status(1), DSA_COMP_SUCCESS);
		assert_int_equal(status(2), two_engines ? DSA_COMP_SUCCESS : 0);
		answer(DSA_PAGE_GRANTED);
		assert_int_equal(done(0, 3), 3);
	}
}

/* One that comes late by injection holds up those behind it, and one that hangs, too; the rest goes on. */
static void injected(void **s)
{
	static const enum dsa_injection what[] = {DSA_INJECT_DESCRIPTOR_LATE, DSA_INJECT_DESCRIPTOR_HUNG};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(what); i++) {
		up(1);
		w.m.config.late_ns = 100 * SERVICE_NS;
		w.m.config.inject = (struct dsa_inject){what[i], DSA_MOMENT_DESCRIPTOR, 2};
		submit(DWQ, 0, fill(0, DATA(2), 1, 1));
		submit(DWQ, 0, fill(1, DATA(2), 2, 1));
		submit(DWQ, 0, fill(2, DATA(2), 3, 1));
		submit(PWQ, 0, noop(3));
		world_advance(&w, 10 * SERVICE_NS);
		assert_int_equal(*flat_at(DATA(2)), 1);
		assert_int_equal(done(0, 4), 2);
		assert_int_equal(status(3), DSA_COMP_SUCCESS);
		(void)world_settle(&w);
		assert_int_equal(*flat_at(DATA(2)), i ? 1 : 3);
		assert_int_equal(done(0, 4), i ? 2 : 4);
		dsa_model_flr(&w.m);
		assert_null(world_invariants(&w));
	}
}

/* ---- who waits for them (3.12, 3.15) ---- */

static void drains(void **s)
{
	(void)s;
	up(1);
	submit(DWQ, 0, blocked(0, 1));
	submit(DWQ, 0x1000, noop(1));
	submit(DWQ, 0, with_record(descriptor(DSA_OPCODE_DRAIN, 0, 0, 0, 0), 2));
	submit(PWQ, 0, noop(3));
	(void)world_settle(&w);
	assert_int_equal(status(1), DSA_COMP_SUCCESS);
	assert_int_equal(status(2), 0);
	issue(&w, DSA_CMD_DRAIN_WQ, BIT32(PWQ));
	(void)world_settle(&w);
	assert_int_equal(rd(&w, DSA_CMDSTS), 0);
	issue(&w, DSA_CMD_DRAIN_WQ, BIT32(DWQ));
	(void)world_settle(&w);
	assert_int_equal(rd(&w, DSA_CMDSTS), DSA_CMDSTS_ACTIVE);
	answer(DSA_PAGE_GRANTED);
	assert_int_equal(rd(&w, DSA_CMDSTS), 0);
	assert_int_equal(done(0, 4), 4);
}

/* What has not begun is cut off; what is in the middle has to come to its end. */
static void abort_cuts(void **s)
{
	(void)s;
	up(1);
	for (unsigned i = 0; i < 8; i++)
		list(i, noop(10 + i));
	list(2, blocked(12, 1));
	list(3, noop(13));
	submit(DWQ, 0, blocked(0, 1));
	submit(DWQ, 0, noop(1)); /* held */
	w.m.config.work = 4;
	submit(PWQ, 0, batch(20, 0, 8));
	(void)world_settle(&w);
	assert_int_equal(requests, 2);
	w.m.config.work = 2; /* nothing goes on but by an answer */
	for (unsigned i = 2; i < 6; i++)
		submit(DWQ, 0, noop(i));
	submit(SWQ, 0, noop(6));
	issue(&w, DSA_CMD_ABORT_ALL, 0);
	(void)world_settle(&w);
	assert_int_equal(rd(&w, DSA_CMDSTS), DSA_CMDSTS_ACTIVE);
	answer(DSA_PAGE_GRANTED);
	assert_int_equal(rd(&w, DSA_CMDSTS), 0);
	assert_int_equal(status(0), DSA_COMP_SUCCESS);
	assert_int_equal(status(12), DSA_COMP_SUCCESS);
	assert_int_equal(done(1, 7), 0);
	assert_int_equal(status(20), 0);
	assert_null(world_invariants(&w));
	submit(DWQ, 0, noop(1));
	(void)world_settle(&w);
	assert_int_equal(status(1), DSA_COMP_SUCCESS);
}

/* A batch that is cut off while it offers a descriptor, and while it waits for its turn. */
static void abort_batches(void **s)
{
	(void)s;
	up(1);
	w.m.config.work = 1;
	for (unsigned i = 0; i < 4; i++)
		list(i, noop(i));
	submit(DWQ, 0, batch(20, 0, 4));
	submit(DWQ, 0, batch(21, 0, 4));
	world_advance(&w, SERVICE_NS + 100);
	assert_int_equal(w.m.engines[0].offers, 1);
	assert_int_equal(command(&w, DSA_CMD_ABORT_WQ, BIT32(DWQ)), 0);
	(void)world_settle(&w);
	assert_int_equal(done(0, 22), 0);
	assert_int_equal(w.m.engines[0].offers, 0);
}

static void all_lost(void **s)
{
	(void)s;
	for (unsigned way = 0; way < 3; way++) {
		up(3);
		for (unsigned i = 0; i < 4; i++)
			list(i, blocked(i, 1));
		for (unsigned i = 0; i < 10; i++) {
			submit(DWQ, 0, batch(20, 0, 4));
			submit(PWQ, 0, blocked(5, 1));
			submit(SWQ, 0, noop(6));
		}
		(void)world_settle(&w);
		assert_in_range(requests, 20, 60);
		memset(flat_at(CR(0)), 0, FLAT_PAGE);
		if (way == 0)
			dsa_model_reset(&w.m);
		else if (way == 1)
			dsa_model_flr(&w.m);
		else
			dsa_halt(&w.m, DSA_RESET_FLR);
		assert_null(world_invariants(&w));
		w.accesses = 0;
		answer(DSA_PAGE_GRANTED);
		assert_int_equal(w.accesses, 0);
		assert_int_equal(done(0, 21), 0);
	}
}

static void reset_at_last(struct world *world)
{
	if (status(1) == DSA_COMP_SUCCESS) {
		world->during = NULL;
		dsa_model_reset(&world->m);
	}
}

/* One that writes to this device itself, while others wait. */
static void reset_by_a_descriptor(void **s)
{
	(void)s;
	up(1);
	submit(DWQ, 0, blocked(0, 1));
	submit(PWQ, 0, noop(1));
	submit(PWQ, 0, noop(2));
	w.during = reset_at_last;
	(void)world_settle(&w);
	assert_null(w.during);
	assert_int_equal(status(2), 0);
	assert_null(world_invariants(&w));
	answer(DSA_PAGE_GRANTED);
	assert_int_equal(status(0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        SLOT_TEST(many_at_a_time),
	        SLOT_TEST(one_data_path),
	        SLOT_TEST(limits),
	        SLOT_TEST(allocation_of_page_requests),
	        SLOT_TEST(behind_one_that_waits),
	        SLOT_TEST(no_order),
	        SLOT_TEST(injected),
	        SLOT_TEST(drains),
	        SLOT_TEST(abort_cuts),
	        SLOT_TEST(abort_batches),
	        SLOT_TEST(all_lost),
	        SLOT_TEST(reset_by_a_descriptor),
	        SLOT_TEST(numbers_of_page_requests),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
