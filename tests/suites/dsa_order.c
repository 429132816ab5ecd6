/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one order that the device promises (3.9): with one engine in the group, what one portal page of one WQ took
 * first is written first.
 */
#include "tests/suites/dsa.h"

#define SIZE   4096U
#define ROUNDS 4U

/* Group 0 with engine 0 alone. A fixed configuration may have more. */
static void one_engine(void)
{
	struct dsa_wq_config config;
	uint64_t wqs, engines;

	EXPECT_DSA(dsa_group_read_config(test_dsa(), 0, &wqs, &engines));
	if (!(engines & (engines - 1)))
		return;
	if (!test_dsa()->caps.configurable)
		SKIP("the WQ's group has more than one engine, and cannot be changed");
	EXPECT_DSA(dsa_wq_read_config(test_dsa(), TEST_WQ, &config));
	EXPECT_DSA(dsa_reset(test_dsa()));
	EXPECT_DSA(dsa_wq_configure(test_dsa(), TEST_WQ, &config));
	EXPECT_DSA(dsa_group_configure(test_dsa(), 0, BIT64(TEST_WQ), 1));
	EXPECT_DSA(dsa_enable(test_dsa()));
	EXPECT_DSA(dsa_wq_enable(test_dsa(), TEST_WQ));
}

/* Fills of the same bytes: those of the last one stay, in each round. */
TEST(dsa_order_one_engine, "dsa.order.writes_of_one_engine", NEEDS_SUBMIT, "DSA 3.9")
{
	unsigned size = dsa_wqcfg_read(test_dsa(), TEST_WQ, 0) & DSA_WQCFG0_SIZE;
	struct dsa_buf dst = test_buf(SIZE);
	struct dsa_hw_desc d;

	one_engine();
	size = size < 16 ? size : 16;
	test_limit(20000);
	for (unsigned round = 0; round < ROUNDS; round++) {
		memset(test_cr(0), 0, TEST_CRS * DSA_CR_SIZE);
		for (unsigned i = 0; i < size; i++) {
			dsa_desc_fill(&d, test_cr_dma(i), dst.dma, UINT64_C(0x0101010101010101) * (i + 1), SIZE);
			test_submit(&d);
		}
		for (unsigned i = 0; i < size; i++) {
			test_context("round %u, descriptor %u", round, i);
			EXPECT_DSA(dsa_wait_success(test_dsa(), test_cr(i), 0));
		}
		for (unsigned at = 0; at < SIZE; at++)
			EXPECT_EQ(size, ((uint8_t *)dst.cpu)[at]);
	}
}
