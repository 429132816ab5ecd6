/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Batches: all children run, each with its own record; a bad one fails alone; a fence waits for those before it and
 * stops if one of them failed.
 */
#include "tests/suites/dsa.h"

#define NEEDS_ALL (NEEDS_SUBMIT | NEEDS_BATCH)
#define CHILD_CR  1U /* record of child 0; record 0 is the batch's */

static struct dsa_buf list;

static struct dsa_hw_desc *children(unsigned count)
{
	struct dsa_hw_desc *d;

	list = test_buf(count * sizeof(*d));
	d = list.cpu;
	for (unsigned i = 0; i < count; i++)
		dsa_desc_noop(&d[i], test_cr_dma(CHILD_CR + i));
	return d;
}

static unsigned run(unsigned count)
{
	struct dsa_hw_desc d;

	dsa_desc_batch(&d, test_cr_dma(0), list.dma, count);
	return test_execute(&d);
}

static unsigned max_batch(void)
{
	return 1U << FIELD_GET(DSA_WQCFG3_MAX_BATCH, dsa_wqcfg_read(test_dsa(), TEST_WQ, 3));
}

TEST(dsa_batch_counts, "dsa.batch.counts", NEEDS_ALL, "DSA 8.3.2")
{
	static const uint16_t counts[] = {2, 3, 4, 7, 16, 64, 100};

	for (size_t i = 0; i < ARRAY_SIZE(counts) && counts[i] <= max_batch(); i++) {
		test_context("%u descriptors", counts[i]);
		memset(test_cr(0), 0, TEST_CRS * DSA_CR_SIZE);
		children(counts[i]);
		EXPECT_EQ(DSA_COMP_SUCCESS, run(counts[i]));
		EXPECT_EQ(counts[i], test_cr(0)->bytes_completed);
		for (unsigned c = 0; c < counts[i]; c++)
			EXPECT_EQ(DSA_COMP_SUCCESS, test_cr(CHILD_CR + c)->status);
		EXPECT_EQ(0, test_cr(CHILD_CR + counts[i])->status);
	}
}

TEST(dsa_batch_largest, "dsa.batch.largest", NEEDS_ALL, "DSA 8.3.2")
{
	unsigned count = max_batch();
	struct dsa_hw_desc *d = children(count);
	struct dsa_buf dst = test_buf(count);

	/* One byte each, so that each is seen. */
	for (unsigned i = 0; i < count; i++) {
		dsa_desc_fill(&d[i], test_cr_dma(1), dst.dma + i, (uint8_t)(i % 251 + 1), 1);
		desc_clear_flags(&d[i], IDXD_OP_FLAG_RCR);
	}
	EXPECT_EQ(DSA_COMP_SUCCESS, run(count));
	EXPECT_EQ(count, test_cr(0)->bytes_completed);
	for (unsigned i = 0; i < count; i++)
		EXPECT_EQ(i % 251 + 1, ((uint8_t *)dst.cpu)[i]);
}

TEST(dsa_batch_bad_count, "dsa.batch.count_out_of_range", NEEDS_ALL, "DSA 5.4")
{
	unsigned least = test_dsa()->caps.gencap & DSA_GENCAP_BATCH1 ? 1 : 2;

	children(4);
	for (unsigned count = 0; count < least; count++) {
		test_context("%u descriptors", count);
		EXPECT_EQ(DSA_COMP_DESC_CNT_ERANGE, run(count));
	}
	test_context("one more than allowed");
	EXPECT_EQ(DSA_COMP_DESC_CNT_ERANGE, run(max_batch() + 1));
	EXPECT_EQ(0, test_cr(CHILD_CR)->status);
}

TEST(dsa_batch_misaligned, "dsa.batch.list_misaligned", NEEDS_ALL, "DSA 5.4")
{
	struct dsa_hw_desc d;

	children(4);
	dsa_desc_batch(&d, test_cr_dma(0), list.dma + 32, 2);
	EXPECT_EQ(DSA_COMP_DESCLIST_ALIGN, test_execute(&d));
	EXPECT_EQ(0, test_cr(CHILD_CR)->status);
}

/* A batch or a drain within a batch fails; the others go on. */
TEST(dsa_batch_nested, "dsa.batch.nested_is_refused", NEEDS_ALL, "DSA 5.4, 8.3.2")
{
	struct dsa_hw_desc *d = children(3);
	struct dsa_buf inner = test_buf(2 * sizeof(*d));

	dsa_desc_noop(inner.cpu, test_cr_dma(10));
	dsa_desc_noop((struct dsa_hw_desc *)inner.cpu + 1, test_cr_dma(11));
	dsa_desc_batch(&d[1], test_cr_dma(CHILD_CR + 1), inner.dma, 2);
	EXPECT_EQ(DSA_COMP_BATCH_FAIL, run(3));
	EXPECT_EQ(3, test_cr(0)->bytes_completed);
	EXPECT_EQ(DSA_COMP_SUCCESS, test_cr(CHILD_CR)->status);
	EXPECT_EQ(DSA_COMP_BAD_OPCODE, test_cr(CHILD_CR + 1)->status);
	EXPECT_EQ(DSA_COMP_SUCCESS, test_cr(CHILD_CR + 2)->status);
	EXPECT_EQ(0, test_cr(10)->status);

	if (!dsa_has_opcode(test_dsa(), DSA_OPCODE_DRAIN))
		return;
	memset(test_cr(0), 0, TEST_CRS * DSA_CR_SIZE);
	dsa_desc_drain(&d[1], test_cr_dma(CHILD_CR + 1));
	EXPECT_EQ(DSA_COMP_BATCH_FAIL, run(3));
	EXPECT_EQ(DSA_COMP_BAD_OPCODE, test_cr(CHILD_CR + 1)->status);
}

TEST(dsa_batch_bad_child, "dsa.batch.bad_child_fails_alone", NEEDS_ALL, "DSA 8.3.2")
{
	struct dsa_hw_desc *d = children(5);

	dsa_desc_init(&d[2], 0xff, test_cr_dma(CHILD_CR + 2));
	EXPECT_EQ(DSA_COMP_BATCH_FAIL, run(5));
	EXPECT_EQ(5, test_cr(0)->bytes_completed);
	for (unsigned c = 0; c < 5; c++) {
		test_context("child %u", c);
		EXPECT_EQ(c == 2 ? DSA_COMP_BAD_OPCODE : DSA_COMP_SUCCESS, test_cr(CHILD_CR + c)->status);
	}
}

TEST(dsa_batch_fence_stops, "dsa.batch.fence_stops_after_a_failure", NEEDS_ALL, "DSA 3.8")
{
	struct dsa_hw_desc *d = children(5);

	dsa_desc_init(&d[1], 0xff, test_cr_dma(CHILD_CR + 1));
	desc_set_flags(&d[3], IDXD_OP_FLAG_FENCE);
	EXPECT_EQ(DSA_COMP_BATCH_FAIL, run(5));
	EXPECT_EQ(3, test_cr(0)->bytes_completed);
	EXPECT_EQ(DSA_COMP_SUCCESS, test_cr(CHILD_CR + 2)->status);
	/* Abandoned: no record at all. */
	EXPECT_EQ(0, test_cr(CHILD_CR + 3)->status);
	EXPECT_EQ(0, test_cr(CHILD_CR + 4)->status);
}

TEST(dsa_batch_fence_passes, "dsa.batch.fence_passes_after_success", NEEDS_ALL, "DSA 3.8")
{
	struct dsa_hw_desc *d = children(4);

	desc_set_flags(&d[2], IDXD_OP_FLAG_FENCE);
	EXPECT_EQ(DSA_COMP_SUCCESS, run(4));
	EXPECT_EQ(4, test_cr(0)->bytes_completed);
	EXPECT_EQ(DSA_COMP_SUCCESS, test_cr(CHILD_CR + 3)->status);
}

/* Each move takes what the one before it wrote: without fences engines may run them in any order. */
TEST(dsa_batch_fence_orders, "dsa.batch.fence_orders", NEEDS_ALL, "DSA 3.8")
{
	enum {
		STEPS = 8,
		SIZE = 65536
	};
	struct dsa_hw_desc *d = children(STEPS);
	struct dsa_buf room[STEPS + 1];

	for (unsigned i = 0; i <= STEPS; i++)
		room[i] = test_buf(SIZE);
	random_bytes(room[0].cpu, SIZE);
	for (unsigned i = 0; i < STEPS; i++) {
		dsa_desc_memmove(&d[i], test_cr_dma(CHILD_CR + i), room[i + 1].dma, room[i].dma, SIZE);
		if (i)
			desc_set_flags(&d[i], IDXD_OP_FLAG_FENCE);
	}
	EXPECT_EQ(DSA_COMP_SUCCESS, run(STEPS));
	EXPECT_MEM_EQ(room[0].cpu, room[STEPS].cpu, SIZE);
}

/* A check that came out otherwise than expected counts as a failure before a fence, and for the batch. */
TEST(dsa_batch_fence_result, "dsa.batch.fence_stops_after_another_result", NEEDS_ALL, "DSA 3.8")
{
	struct dsa_hw_desc *d = children(3);
	struct dsa_buf src = test_buf(64);

	dsa_desc_compval(&d[0], test_cr_dma(CHILD_CR), src.dma, 1, 64);
	dsa_desc_expect(&d[0], 0);
	desc_set_flags(&d[1], IDXD_OP_FLAG_FENCE);
	EXPECT_EQ(DSA_COMP_BATCH_FAIL, run(3));
	EXPECT_EQ(DSA_COMP_SUCCESS_PRED, test_cr(CHILD_CR)->status);
	EXPECT_EQ(1, test_cr(0)->bytes_completed);
	EXPECT_EQ(0, test_cr(CHILD_CR + 1)->status);
}

TEST(dsa_batch_moves, "dsa.batch.moves", NEEDS_ALL, "DSA 8.3.2")
{
	enum {
		COUNT = 16,
		SIZE = 1000
	};
	struct dsa_hw_desc *d = children(COUNT);
	struct dsa_buf src = test_buf(COUNT * 1024), dst = test_buf(COUNT * 1024);

	random_bytes(src.cpu, src.size);
	for (unsigned i = 0; i < COUNT; i++)
		dsa_desc_memmove(&d[i], test_cr_dma(CHILD_CR + i), dst.dma + i * 1024, src.dma + i * 1024, SIZE);
	EXPECT_EQ(DSA_COMP_SUCCESS, run(COUNT));
	for (unsigned i = 0; i < COUNT; i++) {
		test_context("child %u", i);
		EXPECT_MEM_EQ((uint8_t *)src.cpu + i * 1024, (uint8_t *)dst.cpu + i * 1024, SIZE);
		EXPECT_EQ(0, ((uint8_t *)dst.cpu)[i * 1024 + SIZE]);
	}
}

/* Children and the batch itself may interrupt; all of them do by the time the batch's record is there. */
TEST(dsa_batch_interrupts, "dsa.batch.children_interrupt", NEEDS_ALL | NEEDS_MSIX, "DSA 3.7, 8.3.2")
{
	struct dsa_hw_desc *d = children(4), batch;
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);

	dsa_desc_interrupt(&d[1], irq->handle);
	dsa_desc_batch(&batch, test_cr_dma(0), list.dma, 4);
	test_execute_ok(&batch);
	EXPECT_DSA(dsa_irq_wait(irq, 0, 0));
	EXPECT_EQ(1, dsa_irq_count(irq));
}
