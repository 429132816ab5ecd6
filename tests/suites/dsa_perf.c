/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Performance monitoring: counters that see each event and no other, through filters; and say when they overflow.
 */
#include "tests/suites/dsa2.h"

#define NEEDS_ALL (NEEDS_SUBMIT | NEEDS_CONFIG)
#define NOOPS     5U

static uint64_t at(unsigned reg)
{
	return FIELD_GET(DSA_OFFSETS_PERFMON, test_dsa()->caps.offsets[1]) * DSA_OFFSETS_UNIT + reg;
}

static uint64_t rd(unsigned reg)
{
	return mmio_read64(test_dsa()->regs, at(reg));
}

static void wr(unsigned reg, uint64_t value)
{
	mmio_write64(test_dsa()->regs, at(reg), value);
}

static void wr32(unsigned reg, uint32_t value)
{
	mmio_write32(test_dsa()->regs, at(reg), value);
}

static void quiet(void *arg)
{
	(void)arg;
	wr32(DSA_PERFRST, DSA_PERFRST_CONFIG | DSA_PERFRST_COUNTERS);
	(void)WAIT_FOR(mmio_read32(test_dsa()->regs, at(DSA_PERFRST)) == 0, 1000);
}

/* All counters as after a reset, and again so after the test. */
static void need_counters(unsigned count)
{
	const uint64_t cap = at(0) && at(0) < test_dsa()->regs_size ? rd(DSA_PERFCAP) : 0;

	if (!cap)
		SKIP("the DSA has no performance monitoring");
	if (FIELD_GET(DSA_PERFCAP_COUNTERS, cap) < count)
		SKIP("PERFCAP has %u counters", (unsigned)FIELD_GET(DSA_PERFCAP_COUNTERS, cap));
	quiet(NULL);
	test_cleanup(quiet, NULL);
}

static void need_events(unsigned category, uint32_t events)
{
	if (!(FIELD_GET(DSA_PERFCAP_CATEGORY_MAP, rd(DSA_PERFCAP)) & BIT64(category)) ||
	    (rd(DSA_EVNTCAP(category)) & events) != events)
		SKIP("the DSA does not count events 0x%x of category %u", (unsigned)events, category);
}

static void need_filter(unsigned filter)
{
	if (!(FIELD_GET(DSA_PERFCAP_FILTERS, rd(DSA_PERFCAP)) & BIT64(filter)))
		SKIP("PERFCAP has no filter %u", filter);
}

static uint64_t configuration(unsigned category, uint32_t events)
{
	return DSA_CNTRCFG_ENABLE | FIELD_PREP(DSA_CNTRCFG_CATEGORY, (uint64_t)category) |
	       FIELD_PREP(DSA_CNTRCFG_EVENTS, (uint64_t)events);
}

static void count(unsigned counter, unsigned category, uint32_t events)
{
	wr(DSA_CNTRCFG(counter), configuration(category, events));
}

static uint64_t counted(unsigned counter)
{
	return rd(DSA_CNTRDATA(counter));
}

/* A counter may be somewhat later than the record. */
static void expect_count(uint64_t expected, unsigned counter)
{
	(void)WAIT_FOR(counted(counter) == expected, 1000);
	EXPECT_EQ(expected, counted(counter));
}

static void noops(unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		expect_alive();
}

static void move(const struct dsa_buf *buf, uint32_t size)
{
	struct dsa_hw_desc d;

	dsa_desc_memmove(&d, test_cr_dma(0), buf->dma + 0x2000, buf->dma, size);
	test_execute_ok(&d);
}

TEST(dsa_perf_registers, "dsa.perf.registers", NEEDS_DSA, "DSA 6.1, 9.2.25")
{
	uint64_t cap;

	need_counters(1);
	cap = rd(DSA_PERFCAP);
	EXPECT_GE(16, FIELD_GET(DSA_PERFCAP_WIDTH, cap));
	EXPECT_LE(64, FIELD_GET(DSA_PERFCAP_WIDTH, cap));
	EXPECT_LE(32, FIELD_GET(DSA_PERFCAP_COUNTERS, cap));
	for (unsigned c = 0; c < 16; c++) {
		test_context("EVNTCAP of category %u", c);
		if (FIELD_GET(DSA_PERFCAP_CATEGORY_MAP, cap) & BIT64(c))
			EXPECT_NE(0, rd(DSA_EVNTCAP(c)) & DSA_EVNTCAP_EVENTS);
	}
	for (unsigned n = 0; n < FIELD_GET(DSA_PERFCAP_COUNTERS, cap); n++) {
		test_context("counter %u after PERFRST", n);
		EXPECT_EQ(0, rd(DSA_CNTRCFG(n)));
		EXPECT_EQ(0, counted(n));
		for (unsigned f = 0; f <= DSA_FILTER_PASID; f++) {
			test_context("counter %u, filter %u after PERFRST", n, f);
			if (FIELD_GET(DSA_PERFCAP_FILTERS, cap) & BIT64(f))
				EXPECT_EQ(f == DSA_FILTER_PASID ? DSA_FLTCFG_PASID_MODE | DSA_FLTCFG_PASID
				                                : DSA_FLTCFG_MASK,
				          mmio_read32(test_dsa()->regs, at(DSA_FLTCFG(n, f))));
		}
	}
	EXPECT_EQ(0, mmio_read32(test_dsa()->regs, at(DSA_PERFRST)));
	EXPECT_EQ(0, mmio_read32(test_dsa()->regs, at(DSA_OVFSTATUS)));
}

TEST(dsa_perf_locked, "dsa.perf.enabled_counters_are_locked", NEEDS_DSA, "DSA 9.2.25")
{
	const uint64_t all = configuration(DSA_EVENTS_WQ, DSA_EVENT_DWQ);

	need_counters(1);
	need_events(DSA_EVENTS_WQ, DSA_EVENT_DWQ);
	count(0, DSA_EVENTS_WQ, DSA_EVENT_DWQ);
	wr(DSA_CNTRCFG(0), configuration(DSA_EVENTS_ENGINE, DSA_EVENT_FROM_WQ));
	EXPECT_EQ(all, rd(DSA_CNTRCFG(0)));
	wr(DSA_CNTRCFG(0), 0);
	EXPECT_EQ(all & ~DSA_CNTRCFG_ENABLE, rd(DSA_CNTRCFG(0)));
	wr(DSA_CNTRCFG(0), 0);
	EXPECT_EQ(0, rd(DSA_CNTRCFG(0)));
}

TEST(dsa_perf_events, "dsa.perf.counts_each_event", NEEDS_ALL, "DSA 6.3, D.1")
{
	const struct dsa_buf buf = test_buf(0x4000);

	need_counters(4);
	need_events(DSA_EVENTS_WQ, DSA_EVENT_DWQ);
	need_events(DSA_EVENTS_OPERATION, BIT32(DSA_OPCODE_NOOP) | BIT32(DSA_OPCODE_MEMMOVE));
	need_events(DSA_EVENTS_COMPLETION, DSA_EVENT_SUCCESS);
	count(0, DSA_EVENTS_WQ, DSA_EVENT_DWQ);
	count(1, DSA_EVENTS_OPERATION, BIT32(DSA_OPCODE_NOOP));
	count(2, DSA_EVENTS_OPERATION, BIT32(DSA_OPCODE_MEMMOVE));
	count(3, DSA_EVENTS_COMPLETION, DSA_EVENT_SUCCESS);
	noops(NOOPS);
	move(&buf, 64);
	move(&buf, 64);
	expect_count(NOOPS + 2, 0);
	expect_count(NOOPS, 1);
	expect_count(2, 2);
	expect_count(NOOPS + 2, 3);
	/* Disabled: what it has counted stays. */
	wr(DSA_CNTRCFG(1), 0);
	noops(1);
	expect_count(NOOPS, 1);
}

TEST(dsa_perf_data, "dsa.perf.counts_data", NEEDS_ALL, "DSA 6.3, D.1")
{
	const struct dsa_buf buf = test_buf(0x4000);

	need_counters(2);
	need_events(DSA_EVENTS_ENGINE, DSA_EVENT_INPUT | DSA_EVENT_OUTPUT);
	count(0, DSA_EVENTS_ENGINE, DSA_EVENT_INPUT);
	count(1, DSA_EVENTS_ENGINE, DSA_EVENT_OUTPUT);
	move(&buf, 4096);
	expect_count(4096 / DSA_EVENT_DATA_UNIT, 0);
	expect_count(4096 / DSA_EVENT_DATA_UNIT, 1);
}

/* Counter 0 lets the descriptor pass, counter 1 all others. */
static void expect_filter(unsigned filter, uint32_t pass, const struct dsa_buf *buf)
{
	test_context("filter %u", filter);
	wr32(DSA_FLTCFG(0, filter), pass);
	wr32(DSA_FLTCFG(1, filter), DSA_FLTCFG_MASK & ~pass);
	count(0, DSA_EVENTS_ENGINE, DSA_EVENT_OUTPUT);
	count(1, DSA_EVENTS_ENGINE, DSA_EVENT_OUTPUT);
	move(buf, 1024);
	expect_count(1024 / DSA_EVENT_DATA_UNIT, 0);
	expect_count(0, 1);
	quiet(NULL);
}

TEST(dsa_perf_filters, "dsa.perf.filters", NEEDS_ALL, "DSA 6.4, 9.2.25")
{
	const struct dsa_buf buf = test_buf(0x4000);
	uint64_t filters;

	need_counters(2);
	need_events(DSA_EVENTS_ENGINE, DSA_EVENT_OUTPUT);
	filters = FIELD_GET(DSA_PERFCAP_FILTERS, rd(DSA_PERFCAP));
	if (!(filters & (BIT64(DSA_FILTER_WQ) | BIT64(DSA_FILTER_TRANSFER_SIZE) | BIT64(DSA_FILTER_TC))))
		SKIP("PERFCAP has no filter for WQs, transfer sizes or traffic classes");
	if (filters & BIT64(DSA_FILTER_WQ))
		expect_filter(DSA_FILTER_WQ, BIT32(TEST_WQ), &buf);
	/* From 512 up to 2 KiB. */
	if (filters & BIT64(DSA_FILTER_TRANSFER_SIZE))
		expect_filter(DSA_FILTER_TRANSFER_SIZE, BIT32(1), &buf);
	/* The driver's TC-A. */
	if (filters & BIT64(DSA_FILTER_TC))
		expect_filter(DSA_FILTER_TC, BIT32(0), &buf);
}

/* A buffer that has an aligned page of 2 MiB in it, and one that is a single small page. */
TEST(dsa_perf_page_size, "dsa.perf.page_size_filter", NEEDS_ALL | NEEDS_PASID, "DSA 6.4, 9.2.25")
{
	const uint32_t events = DSA_EVENT_ATS_PASID;
	struct dsa_buf large, small;
	struct dsa_hw_desc d;

	need_counters(3);
	need_filter(DSA_FILTER_PAGE_SIZE);
	need_events(DSA_EVENTS_TRANSLATION, events);
	dsa2_disabled(true);
	dsa2_start(NULL);
	large = test_buf(0x400000);
	small = test_buf(PAGE_SIZE);
	for (unsigned i = 0; i < 3; i++) {
		if (i < 2)
			wr32(DSA_FLTCFG(i, DSA_FILTER_PAGE_SIZE), BIT32(i));
		count(i, DSA_EVENTS_TRANSLATION, events);
	}
	dsa_desc_memmove(&d, test_cr_dma(0), small.dma + 64, small.dma, 64);
	test_execute_ok(&d);
	EXPECT_TRUE(WAIT_FOR(counted(0) >= 1 && counted(2) == counted(0), 1000));
	EXPECT_EQ(0, counted(1));
	dsa_desc_memmove(&d, test_cr_dma(0), small.dma, ALIGN_UP(large.dma, 0x200000), 64);
	test_execute_ok(&d);
	EXPECT_TRUE(WAIT_FOR(counted(1) >= 1 && counted(2) == counted(0) + counted(1), 1000));
}

TEST(dsa_perf_pasid, "dsa.perf.pasid_filter", NEEDS_ALL | NEEDS_PASID, "DSA 6.4, 9.2.25")
{
	const uint32_t pasid = test_pasid();
	static const uint32_t modes[] = {DSA_FLTCFG_PASID_ONE, DSA_FLTCFG_PASID_ONE, DSA_FLTCFG_PASID_ANY,
	                                 DSA_FLTCFG_PASID_NONE};

	need_counters(4);
	need_filter(DSA_FILTER_PASID);
	need_events(DSA_EVENTS_OPERATION, BIT32(DSA_OPCODE_NOOP));
	for (unsigned i = 0; i < 4; i++) {
		wr32(DSA_FLTCFG(i, DSA_FILTER_PASID), FIELD_PREP(DSA_FLTCFG_PASID_MODE, modes[i]) |
		                                              FIELD_PREP(DSA_FLTCFG_PASID, i == 1 ? pasid ^ 1 : pasid));
		count(i, DSA_EVENTS_OPERATION, BIT32(DSA_OPCODE_NOOP));
	}
	noops(NOOPS);
	expect_count(NOOPS, 0);
	expect_count(0, 1);
	expect_count(NOOPS, 2);
	expect_count(0, 3);
}

TEST(dsa_perf_freeze, "dsa.perf.frozen_counters_stand_still", NEEDS_ALL, "DSA 6.3.2, 9.2.25")
{
	need_counters(2);
	need_events(DSA_EVENTS_OPERATION, BIT32(DSA_OPCODE_NOOP));
	if (!(rd(DSA_PERFCAP) & DSA_PERFCAP_FREEZE))
		SKIP("PERFCAP has no freezing");
	count(0, DSA_EVENTS_OPERATION, BIT32(DSA_OPCODE_NOOP));
	count(1, DSA_EVENTS_OPERATION, BIT32(DSA_OPCODE_NOOP));
	wr32(DSA_PERFFRZ, BIT32(0));
	noops(NOOPS);
	expect_count(NOOPS, 1);
	expect_count(0, 0);
	wr32(DSA_PERFFRZ, 0);
	noops(1);
	expect_count(1, 0);
}

TEST(dsa_perf_overflow, "dsa.perf.overflow_interrupts", NEEDS_ALL | NEEDS_MSIX, "DSA 6.3.1, 6.6, 9.2.11")
{
	uint64_t cap;

	need_counters(1);
	need_events(DSA_EVENTS_OPERATION, BIT32(DSA_OPCODE_NOOP));
	cap = rd(DSA_PERFCAP);
	if (!(cap & DSA_PERFCAP_OVERFLOW_INT))
		SKIP("PERFCAP has no overflow interrupt");
	/* One before it goes around. */
	wr(DSA_CNTRDATA(0), UINT64_MAX);
	EXPECT_EQ(GENMASK64(FIELD_GET(DSA_PERFCAP_WIDTH, cap) - 1, 0), counted(0));
	dsa_causes_take(test_dsa());
	wr(DSA_CNTRCFG(0), configuration(DSA_EVENTS_OPERATION, BIT32(DSA_OPCODE_NOOP)) | DSA_CNTRCFG_OVERFLOW_INT);
	noops(1);
	EXPECT_DSA(dsa_causes_wait(test_dsa(), DSA_INTCAUSE_PERFMON, 0));
	EXPECT_EQ(0, counted(0));
	EXPECT_EQ(1, mmio_read32(test_dsa()->regs, at(DSA_OVFSTATUS)));
	wr32(DSA_OVFSTATUS, 1);
	EXPECT_EQ(0, mmio_read32(test_dsa()->regs, at(DSA_OVFSTATUS)));
}
