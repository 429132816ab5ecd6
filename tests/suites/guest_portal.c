/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The point of it all: from the portal write to the completion the hypervisor has no part. The hypervisor counts the
 * guest's exits, and the guest asks how many there were.
 */
#include "kernel/guest.h"
#include "kernel/hypercall.h"
#include "tests/suites/dsa.h"
#include "tests/suites/guest.h"

static uint64_t exits(void)
{
	int64_t count = guest_hypercall(HYPERCALL_EXITS, 0, 0, 0);

	EXPECT_OK(count);
	return (uint64_t)count;
}

/*
 * Exits by which the host takes its own interrupts (its timer) happen to any guest at any time. They are rare: nearly
 * all submissions must see none at all.
 */
TEST(guest_no_exit, "guest.portal.no_exits", NEEDS_GUEST | NEEDS_SUBMIT, "DSA 7.5.2")
{
	struct dsa_buf src = test_buf(4096), dst = test_buf(4096);
	struct dsa_hw_desc d;
	unsigned without = 0;

	random_bytes(src.cpu, src.size);
	for (unsigned i = 0; i < GUEST_SUBMISSIONS; i++) {
		uint64_t before;

		dsa_cr_clear(test_cr(0));
		memset(dst.cpu, 0, dst.size);
		dsa_desc_memmove(&d, test_cr_dma(0), dst.dma, src.dma, 4096);
		before = exits();
		test_submit(&d);
		EXPECT_TRUE(WAIT_FOR(test_cr(0)->status, 1000000));
		without += exits() == before;
		EXPECT_EQ(DSA_COMP_SUCCESS, test_cr(0)->status);
		EXPECT_MEM_EQ(src.cpu, dst.cpu, 4096);
	}
	test_note("%u of %u submissions completed without any exit", without, GUEST_SUBMISSIONS);
	EXPECT_GE(GUEST_SUBMISSIONS - GUEST_SUBMISSIONS / 8, without);
}

/* The counter does count: else the test above would prove nothing. */
TEST(guest_counts_exits, "guest.portal.exits_are_counted", NEEDS_GUEST | NEEDS_DSA, "Adit")
{
	uint64_t before = exits();

	for (unsigned i = 0; i < 10; i++)
		(void)mmio_read32(test_dsa()->regs, DSA_VERSION);
	EXPECT_GE(before + 10, exits());
}
