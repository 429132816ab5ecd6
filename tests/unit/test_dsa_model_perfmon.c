/* SPDX-License-Identifier: BSD-2-Clause */
/* Performance monitoring of the DSA model: registers and their locks, events, filters, overflow and freeze. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/dsa_world.h"

#define AT(reg)     (DSA_MODEL_PERFMON + (uint64_t)(reg))
#define ALL_FILTERS 0xffffU
#define MAX_COUNT   GENMASK64(47, 0)

static struct world w;

static void count(unsigned counter, unsigned category, uint32_t events)
{
	wr64(&w, AT(DSA_CNTRCFG(counter)), 0);
	wr64(&w, AT(DSA_CNTRDATA(counter)), 0);
	wr64(&w, AT(DSA_CNTRCFG(counter)),
	     DSA_CNTRCFG_ENABLE | FIELD_PREP(DSA_CNTRCFG_CATEGORY, category) | FIELD_PREP(DSA_CNTRCFG_EVENTS, events));
}

static uint64_t counted(unsigned counter)
{
	return rd64(&w, AT(DSA_CNTRDATA(counter)));
}

static void run(unsigned wq, struct dsa_raw_desc d)
{
	assert_false(post(&w, wq, 0, &d));
	(void)world_settle(&w);
}

static void expect_reset(void)
{
	assert_int_equal(rd(&w, AT(DSA_PERFFRZ)), 0);
	assert_int_equal(rd(&w, AT(DSA_OVFSTATUS)), 0);
	for (unsigned c = 0; c < DSA_MODEL_COUNTERS; c++) {
		assert_int_equal(rd64(&w, AT(DSA_CNTRCFG(c))), 0);
		assert_int_equal(counted(c), 0);
		for (unsigned f = 0; f < 8; f++)
			assert_int_equal(rd(&w, AT(DSA_FLTCFG(c, f))), f < DSA_FILTER_PASID ? ALL_FILTERS
			                                               : f == DSA_FILTER_PASID && w.m.config.version2
			                                                       ? 0x3fffff
			                                                       : 0);
	}
}

static void spoil(void)
{
	for (unsigned c = 0; c < DSA_MODEL_COUNTERS; c++) {
		for (unsigned f = 0; f < 8; f++)
			wr(&w, AT(DSA_FLTCFG(c, f)), 1);
		wr64(&w, AT(DSA_CNTRDATA(c)), UINT64_MAX);
		assert_int_equal(counted(c), MAX_COUNT);
		wr64(&w, AT(DSA_CNTRCFG(c)), UINT64_MAX);
	}
	wr(&w, AT(DSA_PERFFRZ), UINT32_MAX);
	assert_int_equal(rd(&w, AT(DSA_PERFFRZ)), 0xff);
}

static void registers(void **s)
{
	const uint64_t cfg = DSA_CNTRCFG_ENABLE | DSA_CNTRCFG_OVERFLOW_INT | DSA_CNTRCFG_FREEZE_ALL |
	                     DSA_CNTRCFG_CATEGORY | DSA_CNTRCFG_EVENTS;

	(void)s;
	world_start(&w, DSA_FAULT_NONE, false);
	expect_reset();
	assert_int_equal(FIELD_GET(DSA_PERFCAP_FILTERS, rd64(&w, AT(DSA_PERFCAP))), 0x1f);
	for (unsigned c = 0; c < 16; c++)
		assert_int_equal(rd64(&w, AT(DSA_EVNTCAP(c))), c == 3 ? 0x1ffff : c < 5 ? 0x3f : 0);
	assert_int_equal(FIELD_GET(DSA_PERFCAP_CATEGORIES, rd64(&w, AT(DSA_PERFCAP))), 5);
	spoil();
	assert_int_equal(rd64(&w, AT(DSA_CNTRCFG(7))), cfg);
	/* An enabled counter can only be disabled. */
	wr(&w, AT(DSA_CNTRCFG(7)) + 4, 0);
	wr64(&w, AT(DSA_CNTRDATA(7)), 5);
	wr(&w, AT(DSA_FLTCFG(7, DSA_FILTER_WQ)), 2);
	assert_int_equal(rd64(&w, AT(DSA_CNTRCFG(7))), cfg);
	assert_int_equal(counted(7), MAX_COUNT);
	assert_int_equal(rd(&w, AT(DSA_FLTCFG(7, DSA_FILTER_WQ))), 1);
	wr64(&w, AT(DSA_CNTRCFG(7)), 0);
	assert_int_equal(rd64(&w, AT(DSA_CNTRCFG(7))), cfg & ~DSA_CNTRCFG_ENABLE);

	wr(&w, AT(DSA_PERFRST), DSA_PERFRST_CONFIG);
	assert_int_equal(rd(&w, AT(DSA_PERFRST)), 0);
	assert_int_equal(counted(7), MAX_COUNT);
	wr(&w, AT(DSA_PERFRST), DSA_PERFRST_COUNTERS);
	expect_reset();
	spoil();
	dsa_model_reset(&w.m);
	expect_reset();

	world_up(&w, DSA_FAULT_NONE);
	spoil();
	assert_int_equal(command(&w, DSA_CMD_RESET_DEVICE, 0), 0);
	expect_reset();
}

static void registers2(void **s)
{
	static const uint32_t events[16] = {0x7f, 0x7ff, 0x3f, 0x7ffff, 0x3f, 0x40f};

	(void)s;
	world_start2(&w, DSA_FAULT_NONE, false);
	expect_reset();
	assert_int_equal(FIELD_GET(DSA_PERFCAP_FILTERS, rd64(&w, AT(DSA_PERFCAP))), 0x3f);
	for (unsigned c = 0; c < 16; c++)
		assert_int_equal(rd64(&w, AT(DSA_EVNTCAP(c))), events[c]);
	wr(&w, AT(DSA_FLTCFG(3, DSA_FILTER_PASID)), 0xff123456);
	assert_int_equal(rd(&w, AT(DSA_FLTCFG(3, DSA_FILTER_PASID))), 0x123456);
	spoil();
	wr(&w, AT(DSA_PERFRST), DSA_PERFRST_CONFIG | DSA_PERFRST_COUNTERS);
	expect_reset();
}

static void portals(void **s)
{
	struct dsa_raw_desc d = noop(0);

	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	world_one_in_progress(&w);
	for (unsigned e = 0; e < 6; e++)
		count(e, DSA_EVENTS_WQ, BIT32(e));
	/* One is in the engine. */
	for (unsigned i = 0; i < THRESHOLD + 1; i++)
		assert_false(enqueue(&w, SWQ, DSA_PORTAL_LIMITED, d, SWQ_PASID));
	assert_true(enqueue(&w, SWQ, DSA_PORTAL_LIMITED, d, SWQ_PASID));
	for (unsigned i = THRESHOLD; i < WQ_SIZE; i++)
		assert_false(enqueue(&w, SWQ, 0, d, SWQ_PASID));
	for (unsigned i = 0; i < 2; i++)
		assert_true(enqueue(&w, SWQ, 0, d, SWQ_PASID));
	for (unsigned i = 0; i < WQ_SIZE + 3; i++)
		(void)post(&w, DWQ, 0, &d);
	/* No room is not the reason of these. */
	(void)post(&w, SWQ, 0, &d);
	(void)enqueue(&w, DWQ, 0, d, SWQ_PASID);
	(void)post(&w, 7, 0, &d);
	assert_int_equal(counted(0), THRESHOLD + 1);
	assert_int_equal(counted(1), 1);
	assert_int_equal(counted(2), WQ_SIZE - THRESHOLD);
	assert_int_equal(counted(3), 2);
	assert_int_equal(counted(4), WQ_SIZE);
	assert_int_equal(counted(5), 3);
}

static void discarded(void **s)
{
	struct dsa_raw_desc d = noop(0);

	(void)s;
	for (unsigned version2 = 0; version2 < 2; version2++) {
		if (version2)
			world_up2(&w, DSA_FAULT_NONE, false);
		else
			world_up(&w, DSA_FAULT_NONE);
		count(0, DSA_EVENTS_WQ, DSA_EVENT_DISCARDED);
		(void)post(&w, SWQ, 0, &d);
		(void)post(&w, 7, DSA_PORTAL_IMS, &d);
		/* These are no loss: somebody is told. */
		(void)enqueue(&w, DWQ, 0, d, SWQ_PASID);
		(void)enqueue(&w, 7, 0, d, SWQ_PASID);
		for (unsigned i = 0; i < WQ_SIZE + 3; i++)
			(void)post(&w, DWQ, 0, &d);
		assert_int_equal(counted(0), version2 ? 2 : 0);
	}
}

static void data(void **s)
{
	const uint64_t readback = (uint64_t)IDXD_OP_FLAG_DRDBK << 32;
	struct dsa_raw_desc d;

	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	world_one_in_progress(&w);
	for (unsigned e = 0; e < 6; e++)
		count(e, DSA_EVENTS_ENGINE, BIT32(e));
	d = memmove_desc(0, DATA(0), DATA(2), 4096);
	d.field[0] |= readback;
	run(DWQ, d);
	run(DWQ, memmove_desc(0, DATA(0), DATA(2), 1));
	run(DWQ, with_record(descriptor(DSA_OPCODE_MEMFILL, 0, 0, DATA(2), 64), 0));
	run(DWQ, noop(0));
	assert_int_equal(counted(0), 128 + 1);
	assert_int_equal(counted(1), 128 + 1 + 2);
	assert_int_equal(counted(2), 2);
	assert_int_equal(counted(3), 3);
	assert_int_equal(counted(4), 0);
	assert_int_equal(counted(5), 4);

	for (unsigned i = 0; i < 3; i++) {
		d = noop(i);
		memcpy(flat_at(LIST + (uint64_t)i * DSA_DESC_SIZE), &d, sizeof(d));
	}
	run(DWQ, with_record(descriptor(DSA_OPCODE_BATCH, 0, LIST, 0, 3), 20));
	assert_int_equal(counted(0), 129);
	assert_int_equal(counted(4), 3);
	assert_int_equal(counted(5), 5);
}

static void data2(void **s)
{
	struct dsa_raw_desc d;

	(void)s;
	world_up2(&w, DSA_FAULT_NONE, false);
	count(0, DSA_EVENTS_ENGINE, DSA_EVENT_READ);
	count(1, DSA_EVENTS_ENGINE, DSA_EVENT_READER2);
	count(2, DSA_EVENTS_ENGINE, DSA_EVENT_WRITER2);
	count(3, DSA_EVENTS_OPERATION, BIT32(17));
	count(4, DSA_EVENTS_OPERATION, BIT32(18));
	/* With a readback: a byte in a unit of its own. */
	d = memmove_desc(0, DATA(0), DATA(2), 64);
	d.field[0] |= (uint64_t)IDXD_OP_FLAG_DRDBK << 32;
	run(DWQ, d);
	assert_int_equal(counted(0), 3);
	assert_int_equal(counted(1), 0);
	run(DWQ, with_record(descriptor(DSA_OPCODE_COMPARE, 0, DATA(0), DATA(0), 64), 0));
	assert_int_equal(counted(0), 3 + 4);
	assert_int_equal(counted(1), 1);
	d = with_record(descriptor(DSA_OPCODE_DUALCAST, 0, DATA(0), DATA(2), 64), 0);
	d.field[5] = DATA(3);
	run(DWQ, d);
	assert_int_equal(counted(2), 1);
	assert_int_equal(counted(1), 1);
	run(DWQ, with_record(descriptor(DSA_OP_TRANSLATION_FETCH, 0, DATA(0), 0, 64), 0));
	run(DWQ, with_record(descriptor(DSA_OP_DIX_GENERATE, 0, DATA(0), DATA(2), 512), 0));
	assert_int_equal(counted(3), 1);
	assert_int_equal(counted(4), 1);
	dsa_model_free(&w.m);
}

static void operations_and_completions(void **s)
{
	const uint64_t interrupt = (uint64_t)IDXD_OP_FLAG_RCI << 32;
	struct dsa_raw_desc d;

	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	world_one_in_progress(&w);
	for (unsigned e = 0; e < 6; e++)
		count(e, DSA_EVENTS_COMPLETION, BIT32(e));
	count(6, DSA_EVENTS_OPERATION, BIT32(DSA_OPCODE_NOOP) | BIT32(16));
	count(7, DSA_EVENTS_OPERATION, BIT32(DSA_OPCODE_MEMMOVE) | BIT32(10));
	d = noop(0);
	d.field[0] |= interrupt;
	run(DWQ, d);
	assert_false(post(&w, DWQ, DSA_PORTAL_IMS, &d));
	(void)world_settle(&w);
	run(DWQ, with_record(descriptor(0x7e, 0, 0, 0, 0), 1));
	run(DWQ, memmove_desc(1, DATA(0), DATA(2), 64));
	run(DWQ, with_record(descriptor(DSA_OPCODE_CRCGEN, 0, DATA(0), 0, 64), 1));
	run(DWQ, with_record(descriptor(DSA_OPCODE_CFLUSH, 0, 0, DATA(0), 64), 1));
	assert_int_equal(counted(0), 1);
	assert_int_equal(counted(1), 1);
	assert_int_equal(counted(2), 0);
	assert_int_equal(counted(3), 1);
	assert_int_equal(counted(4), 5);
	assert_int_equal(counted(5), 6);
	assert_int_equal(counted(6), 3);
	assert_int_equal(counted(7), 2);
}

static void translations(void **s)
{
	const struct dsa_requester with = {.pasid = PWQ_PASID, .ats = true}, without = {.pasid = DSA_NO_PASID};

	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	for (unsigned e = 0; e < 4; e++)
		count(e, DSA_EVENTS_TRANSLATION, BIT32(e));
	w.m.running = &w.m.slots[0];
	for (unsigned i = 0; i < 4; i++) {
		dsa_model_translation(&w.m, &with, i ? 4096 : 0);
		dsa_model_translation(&w.m, &without, i < 2 ? 0 : 4096);
	}
	w.m.running = NULL;
	assert_int_equal(counted(0), 3);
	assert_int_equal(counted(1), 1);
	assert_int_equal(counted(2), 2);
	assert_int_equal(counted(3), 2);
}

static void page_sizes(void **s)
{
	static const uint64_t pages[] = {4096, UINT64_C(1) << 21, UINT64_C(1) << 30, UINT64_C(1) << 39};
	const struct dsa_requester who = {.pasid = PWQ_PASID, .ats = true};

	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	for (unsigned c = 0; c < 4; c++) {
		wr(&w, AT(DSA_FLTCFG(c, DSA_FILTER_PAGE_SIZE)), c < 3 ? BIT32(c) : 0);
		count(c, DSA_EVENTS_TRANSLATION, DSA_EVENT_ATS_PASID | DSA_EVENT_ATS_PASID_FAULT);
	}
	w.m.running = &w.m.slots[0];
	for (unsigned i = 0; i < ARRAY_SIZE(pages); i++) {
		for (unsigned k = 0; k <= i; k++)
			dsa_model_translation(&w.m, &who, pages[i]);
	}
	w.m.running = NULL;
	assert_int_equal(counted(0), 1);
	assert_int_equal(counted(1), 2);
	assert_int_equal(counted(2), 3 + 4);
	assert_int_equal(counted(3), 0);
	/* No page, no size. */
	w.m.running = &w.m.slots[0];
	dsa_model_translation(&w.m, &who, 0);
	w.m.running = NULL;
	assert_int_equal(counted(0), 2);
	assert_int_equal(counted(3), 1);
}

static void pasids(void **s)
{
	static const struct {
		uint32_t mode;
		unsigned expected; /* of one descriptor each with PWQ_PASID, SWQ_PASID, without one */
	} cases[] = {{DSA_FLTCFG_PASID_ONE, 1}, {DSA_FLTCFG_PASID_ANY, 2}, {DSA_FLTCFG_PASID_NONE, 1}, {3, 3}};
	const unsigned categories[] = {DSA_EVENTS_WQ, DSA_EVENTS_ENGINE, DSA_EVENTS_OPERATION, DSA_EVENTS_COMPLETION};
	const uint32_t events[] = {DSA_EVENT_DWQ | DSA_EVENT_SWQ, DSA_EVENT_FROM_WQ, 1, DSA_EVENT_SUCCESS};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		world_up2(&w, DSA_FAULT_NONE, false);
		for (unsigned c = 0; c < ARRAY_SIZE(categories); c++) {
			wr(&w, AT(DSA_FLTCFG(c, DSA_FILTER_PASID)),
			   FIELD_PREP(DSA_FLTCFG_PASID_MODE, cases[i].mode) | PWQ_PASID);
			count(c, categories[c], events[c]);
		}
		run(PWQ, noop(0));
		run(DWQ, noop(0));
		assert_false(enqueue(&w, SWQ, 0, noop(0), SWQ_PASID));
		(void)world_settle(&w);
		for (unsigned c = 0; c < ARRAY_SIZE(categories); c++)
			assert_int_equal(counted(c), cases[i].expected);
		dsa_model_free(&w.m);
	}
}

static void filters(void **s)
{
	static const struct {
		unsigned filter;
		uint32_t pass, stop;
	} cases[] = {
	        {DSA_FILTER_WQ, BIT32(DWQ), BIT32(PWQ)},
	        {DSA_FILTER_ENGINE, BIT32(0), BIT32(1)},
	        {DSA_FILTER_TRANSFER_SIZE, BIT32(1), BIT32(0) | BIT32(2)},
	        {DSA_FILTER_TC, BIT32(3), BIT32(0)},
	};

	(void)s;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		world_start(&w, DSA_FAULT_NONE, false);
		world_pci(&w, true, false);
		world_configure(&w);
		wr64(&w, grpflags_at(0), rd64(&w, grpflags_at(0)) | FIELD_PREP(DSA_GRPFLAGS_TC_A, 3));
		assert_int_equal(command(&w, DSA_CMD_ENABLE_DEVICE, 0), 0);
		assert_int_equal(command(&w, DSA_CMD_ENABLE_WQ, DWQ), 0);
		wr(&w, AT(DSA_FLTCFG(0, cases[i].filter)), cases[i].pass);
		wr(&w, AT(DSA_FLTCFG(1, cases[i].filter)), cases[i].stop);
		count(0, DSA_EVENTS_ENGINE, DSA_EVENT_OUTPUT);
		count(1, DSA_EVENTS_ENGINE, DSA_EVENT_OUTPUT);
		run(DWQ, memmove_desc(0, DATA(0), DATA(2), 512));
		assert_int_equal(counted(0), 16);
		assert_int_equal(counted(1), 0);
	}
}

static void overflow(void **s)
{
	const uint64_t cfg = DSA_CNTRCFG_ENABLE | FIELD_PREP(DSA_CNTRCFG_CATEGORY, DSA_EVENTS_ENGINE) |
	                     FIELD_PREP(DSA_CNTRCFG_EVENTS, DSA_EVENT_OUTPUT);
	unsigned before;

	(void)s;
	world_up(&w, DSA_FAULT_NONE);
	before = w.notified[0];
	wr64(&w, AT(DSA_CNTRDATA(0)), MAX_COUNT - 1);
	wr64(&w, AT(DSA_CNTRCFG(0)), cfg);
	run(DWQ, memmove_desc(0, DATA(0), DATA(2), 128));
	assert_int_equal(counted(0), 2);
	assert_int_equal(rd(&w, AT(DSA_OVFSTATUS)), 1);
	assert_int_equal(rd(&w, DSA_INTCAUSE) & DSA_INTCAUSE_PERFMON, 0);
	wr(&w, AT(DSA_OVFSTATUS), 0);
	assert_int_equal(rd(&w, AT(DSA_OVFSTATUS)), 1);

	/* With an interrupt, and the freeze of all: the overflow's own event is counted by the others. */
	wr64(&w, AT(DSA_CNTRCFG(0)), 0);
	wr64(&w, AT(DSA_CNTRDATA(1)), MAX_COUNT);
	wr64(&w, AT(DSA_CNTRCFG(1)), cfg | DSA_CNTRCFG_OVERFLOW_INT | DSA_CNTRCFG_FREEZE_ALL);
	count(2, DSA_EVENTS_ENGINE, DSA_EVENT_OUTPUT);
	run(DWQ, memmove_desc(0, DATA(0), DATA(2), 128));
	assert_int_equal(counted(1), 3);
	assert_int_equal(counted(2), 4);
	assert_int_equal(rd(&w, AT(DSA_OVFSTATUS)), 3);
	assert_int_equal(rd(&w, AT(DSA_PERFFRZ)), 0xff);
	assert_int_equal(rd(&w, DSA_INTCAUSE) & DSA_INTCAUSE_PERFMON, DSA_INTCAUSE_PERFMON);
	assert_int_equal(w.notified[0], before + 1);
	run(DWQ, memmove_desc(0, DATA(0), DATA(2), 128));
	assert_int_equal(counted(1), 3);
	wr(&w, AT(DSA_OVFSTATUS), 2);
	assert_int_equal(rd(&w, AT(DSA_OVFSTATUS)), 1);
	wr(&w, AT(DSA_PERFFRZ), BIT32(1));
	run(DWQ, memmove_desc(0, DATA(0), DATA(2), 128));
	assert_int_equal(counted(1), 3);
	assert_int_equal(counted(2), 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(registers),    cmocka_unit_test(portals),
	        cmocka_unit_test(data),         cmocka_unit_test(operations_and_completions),
	        cmocka_unit_test(translations), cmocka_unit_test(filters),
	        cmocka_unit_test(overflow),     cmocka_unit_test(registers2),
	        cmocka_unit_test(discarded),    cmocka_unit_test(data2),
	        cmocka_unit_test(page_sizes),   cmocka_unit_test(pasids),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
