/* SPDX-License-Identifier: BSD-2-Clause */
/* Faults of performance monitoring show. */
#include "tests/unit/dsa_faults.h"

#define AT(reg)   (DSA_MODEL_PERFMON + (uint64_t)(reg))
#define MAX_COUNT GENMASK64(47, 0)

static struct world world;

static void count(struct world *w, uint64_t extra, uint64_t category, uint64_t events)
{
	wr64(w, AT(DSA_CNTRCFG(0)),
	     DSA_CNTRCFG_ENABLE | extra | FIELD_PREP(DSA_CNTRCFG_CATEGORY, category) |
	             FIELD_PREP(DSA_CNTRCFG_EVENTS, events));
}

static uint64_t counted(struct world *w)
{
	return rd64(w, AT(DSA_CNTRDATA(0)));
}

static uint64_t fills(struct world *w)
{
	count(w, 0, DSA_EVENTS_OPERATION, BIT32(DSA_OPCODE_MEMFILL));
	(void)noop_status(w);
	return counted(w);
}

static uint64_t of_another_wq(struct world *w)
{
	wr(w, AT(DSA_FLTCFG(0, DSA_FILTER_WQ)), BIT32(PWQ));
	count(w, 0, DSA_EVENTS_OPERATION, BIT32(DSA_OPCODE_NOOP));
	(void)noop_status(w);
	return counted(w);
}

static uint64_t small_pages(struct world *w)
{
	const struct dsa_requester who = {.pasid = DSA_NO_PASID, .ats = true};

	wr(w, AT(DSA_FLTCFG(0, DSA_FILTER_PAGE_SIZE)), 1);
	count(w, 0, DSA_EVENTS_TRANSLATION, DSA_EVENT_ATS);
	w->m.running = &w->m.slots[0];
	dsa_model_translation(&w->m, &who, UINT64_C(1) << 21);
	w->m.running = NULL;
	return counted(w);
}

static uint64_t changed_while_enabled(struct world *w)
{
	count(w, 0, DSA_EVENTS_OPERATION, 1);
	wr(w, AT(DSA_FLTCFG(0, DSA_FILTER_WQ)), 2);
	return rd(w, AT(DSA_FLTCFG(0, DSA_FILTER_WQ)));
}

static uint64_t overflow(struct world *w)
{
	wr64(w, AT(DSA_CNTRDATA(0)), MAX_COUNT);
	count(w, DSA_CNTRCFG_OVERFLOW_INT, DSA_EVENTS_OPERATION, 1);
	(void)noop_status(w);
	return rd(w, DSA_INTCAUSE) & DSA_INTCAUSE_PERFMON;
}

static uint64_t frozen(struct world *w)
{
	count(w, 0, DSA_EVENTS_OPERATION, 1);
	wr(w, AT(DSA_PERFFRZ), 1);
	(void)noop_status(w);
	return counted(w);
}

static uint64_t of_another_pasid(struct world *w)
{
	world_up2(w, w->m.config.fault, false);
	wr(w, AT(DSA_FLTCFG(0, DSA_FILTER_PASID)), PWQ_PASID + 1);
	count(w, 0, DSA_EVENTS_OPERATION, 1);
	run(w, PWQ, 0, noop(0));
	dsa_model_free(&w->m);
	return counted(w);
}

static const struct fault_row rows[] = {
        {DSA_FAULT_PERF_ANY_EVENT, fills, 0, 1},
        {DSA_FAULT_PERF_FILTER_IGNORED, of_another_wq, 0, 1},
        {DSA_FAULT_PERF_PAGE_SIZE, small_pages, 0, 1},
        {DSA_FAULT_PERF_UNLOCKED, changed_while_enabled, 0xffff, 2},
        {DSA_FAULT_PERF_OVERFLOW_SILENT, overflow, DSA_INTCAUSE_PERFMON, 0},
        {DSA_FAULT_PERF_FREEZE_IGNORED, frozen, 0, 1},
        {DSA_FAULT_PERF_ANY_PASID, of_another_pasid, 0, 1},
};

static void each_fault_shows(void **s)
{
	(void)s;
	fault_rows_show(&world, rows, ARRAY_SIZE(rows));
}

static void each_fault_has_a_row(void **s)
{
	(void)s;
	fault_rows_cover(rows, ARRAY_SIZE(rows), DSA_FAULT_PERF_ANY_EVENT, DSA_FAULT_PERF_ANY_PASID);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(each_fault_shows),
	        cmocka_unit_test(each_fault_has_a_row),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
