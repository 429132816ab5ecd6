/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many descriptors an engine may have in progress: where the device can limit that (GRPCAP.18), a group gets the
 * part of it that GRPCFG names, and what is beyond stays in the WQ. What has an error that the full event log has no
 * room for stays in progress until there is room, so it can be counted without a clock.
 */
#include "tests/suites/dsa2.h"

#define NEEDS_ALL (NEEDS_SUBMIT | NEEDS_CONFIG | NEEDS_EVL)
#define WAIT_US   100000U
/* How long what must not come is waited for. */
#define NEVER_US  3000
#define BEYOND    5U
#define EIGHTH    3U /* in GRPCFG */

static struct dsa_evl evl;

static struct dsa *dsa(void)
{
	return test_dsa();
}

/* The opcode does not exist, and there is no record to say so. */
static struct dsa_hw_desc bad(void)
{
	struct dsa_hw_desc d;

	dsa_desc_init(&d, 0xee, 0);
	desc_clear_flags(&d, IDXD_OP_FLAG_CRAV | IDXD_OP_FLAG_RCR);
	return d;
}

static void submit(const struct dsa_hw_desc *d, unsigned times)
{
	for (unsigned i = 0; i < times; i++)
		test_submit(d);
}

static unsigned occupancy(void)
{
	return FIELD_GET(DSA_WQCFG6_OCCUPANCY, dsa_wqcfg_read(dsa(), TEST_WQ, 6));
}

/*
 * One engine for one WQ of that size, which get the part of field of what the engine can have in progress; and an event
 * log that is full.
 */
static void limited(uint64_t field, unsigned size)
{
	const uint64_t at = dsa()->caps.grpcfg + DSA_GRPCFG_FLAGS;
	struct dsa_wq_config config;
	struct dsa_hw_desc d = bad();
	struct dsa_buf memory;
	uint64_t flags;

	dsa2_disabled(false);
	memory = test_buf(DSA_EVL_MIN_SIZE * DSA_EVL_ENTRY_SIZE(dsa()->caps.gencap));
	EXPECT_DSA(dsa_evl_open(dsa(), &memory, &evl));
	config = dsa_wq_default(dsa());
	config.size = (uint16_t)size;
	EXPECT_DSA(dsa_wq_configure(dsa(), TEST_WQ, &config));
	EXPECT_DSA(dsa_group_configure(dsa(), 0, BIT64(TEST_WQ), BIT64(0)));
	flags = mmio_read64(dsa()->regs, at) | field;
	mmio_write64(dsa()->regs, at, flags);
	EXPECT_EQ(flags, mmio_read64(dsa()->regs, at));
	EXPECT_DSA(dsa_enable(dsa()));
	EXPECT_DSA(dsa_wq_enable(dsa(), TEST_WQ));
	for (unsigned i = 0; i < evl.entries - 1; i++) {
		submit(&d, 1);
		test_context("entry %u of the event log", i);
		EXPECT_TRUE(WAIT_FOR(dsa_evl_count(&evl) == i + 1, WAIT_US));
	}
	test_context("the event log is full");
}

/* What the limit is of; a WQ has to hold twice as much, and what is beyond. */
static unsigned eighth_of(uint64_t engcap_field)
{
	const unsigned all = (unsigned)engcap_field, limit = all < 8 ? 1 : (all + 7) / 8;

	if (!(dsa()->caps.grpcap & DSA_GRPCAP_PROGRESS_LIMIT))
		SKIP("descriptors in progress cannot be limited (GRPCAP.18 is 0)");
	if (dsa()->caps.gencap & DSA_GENCAP_EVL_DROP)
		SKIP("a full event log holds up nothing (GENCAP.32 is 1)");
	if (!(dsa()->caps.wqcap & DSA_WQCAP_OCCUPANCY))
		SKIP("the occupancy of a WQ cannot be read (WQCAP.52 is 0)");
	EXPECT_GE(1, all);
	if (limit + BEYOND > dsa()->caps.wq_entries)
		SKIP("an eighth of %u descriptors is more than a WQ takes", all);
	return limit;
}

/* As many more than the limit as are left in the WQ, and never fewer there; then there is room, and none is lost. */
static void expect_limit(const struct dsa_hw_desc *d, unsigned limit, unsigned entries_each)
{
	const unsigned count = limit + BEYOND, all = evl.entries - 1 + count * entries_each;
	unsigned least;

	submit(d, count);
	least = occupancy();
	for (unsigned i = 0; i < NEVER_US / 10; i++) {
		const unsigned now = occupancy();

		least = now < least ? now : least;
		time_delay_us(10);
	}
	EXPECT_LE(count, least);
	EXPECT_GE(BEYOND, least);
	test_note("%u in progress, of %u that may be", count - least, limit);
	for (unsigned i = 0; i < all; i++) {
		struct dsa_evl_entry entry;

		test_context("entry %u of %u", i, all);
		EXPECT_TRUE(WAIT_FOR(dsa_evl_count(&evl), WAIT_US));
		EXPECT_DSA(dsa_evl_take(&evl, &entry));
	}
	EXPECT_TRUE(WAIT_FOR(!occupancy(), WAIT_US));
	EXPECT_EQ(0, dsa_evl_count(&evl));
	expect_alive();
}

TEST(dsa_progress_work, "dsa.progress.limit_of_work", NEEDS_ALL, "DSA 9.2.5, 9.2.23")
{
	const unsigned limit = eighth_of(FIELD_GET(DSA_ENGCAP_WORK, dsa()->caps.engcap));
	const struct dsa_hw_desc d = bad();

	limited(FIELD_PREP(DSA_GRPFLAGS_DESC_LIMIT, (uint64_t)EIGHTH), limit + BEYOND);
	expect_limit(&d, limit, 1);
}

/* Two that are bad in each: then the batch's own end is told in the log, too. */
TEST(dsa_progress_batches, "dsa.progress.limit_of_batches", NEEDS_ALL | NEEDS_BATCH, "DSA 9.2.5, 9.2.23")
{
	const unsigned limit = eighth_of(FIELD_GET(DSA_ENGCAP_BATCHES, dsa()->caps.engcap));
	struct dsa_hw_desc d, *list;
	struct dsa_buf memory;

	limited(FIELD_PREP(DSA_GRPFLAGS_BATCH_LIMIT, (uint64_t)EIGHTH), limit + BEYOND);
	memory = test_buf(PAGE_SIZE);
	list = memory.cpu;
	list[0] = bad();
	list[1] = bad();
	dsa_desc_batch(&d, test_cr_dma(0), memory.dma, 2);
	expect_limit(&d, limit, 3);
}
