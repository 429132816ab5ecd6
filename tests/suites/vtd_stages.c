/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Translation by either stage, each test once for the first and once for the second: the DSA works in an address space
 * that the test has made, and the processor looks at the physical pages. Where a request must be refused, its address
 * is that of a real page: hardware that does not translate would show there.
 */
#include "tests/suites/vtd.h"

#define PAGE  UINT64_C(0x1000)
#define LARGE UINT64_C(0x200000)
#define RW    (VTD_READ | VTD_WRITE)

/* 2 MiB, aligned. */
static uint8_t *large_pages(void)
{
	uint8_t *pages = test_pages(2 * LARGE / PAGE);

	return pages + (ALIGN_UP(phys_of(pages), LARGE) - phys_of(pages));
}

/* Neighbours in the space lie apart, and backwards, in memory. */
TEST_STAGES(move, "move", "VT-d 3.6, 9.7", "VT-d 3.7, 9.8")
{
	struct space *s = space_new(stage);
	uint8_t *src[3], *dst = test_pages(5);

	for (unsigned i = 0; i < 3; i++) {
		src[i] = space_page(s, SPACE_SRC + i * PAGE, VTD_READ);
		space_map(s, SPACE_DST + i * PAGE, dst + (4 - 2 * i) * PAGE, PAGE, RW);
	}
	space_use(s, TEST_WQ);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, SPACE_DST, SPACE_SRC, 3 * PAGE_SIZE));
	for (unsigned i = 0; i < 3; i++) {
		test_context("page %u", i);
		EXPECT_MEM_EQ(src[i], dst + (4 - 2 * i) * PAGE, PAGE_SIZE);
	}
	/* What lies between was not mapped. */
	for (unsigned i = 0; i < PAGE_SIZE; i++) {
		EXPECT_EQ(0, dst[PAGE + i]);
		EXPECT_EQ(0, dst[3 * PAGE + i]);
	}
}

/* That the leaf is one of 2 MiB shows when a part of it cannot be unmapped. */
TEST_STAGES(large_page, "large_page", "VT-d 3.6, 9.7", "VT-d 3.7, 9.8")
{
	struct space *s = space_new(stage);
	uint8_t *src = random_page(), *dst = large_pages();
	uint32_t offset = LARGE - 100;

	space_map(s, SPACE_SRC, src, PAGE, VTD_READ);
	space_map(s, SPACE_DST, dst, LARGE, RW);
	if (vtd_unmap(s->domain, SPACE_DST, PAGE) == 0)
		SKIP("the unit has no 2 MiB pages of that stage (CAP.SLLPS)");
	space_use(s, TEST_WQ);
	for (uint64_t at = 0; at < LARGE; at += 64 * PAGE) {
		EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, SPACE_DST + at + 5, SPACE_SRC + 7, 64));
		EXPECT_MEM_EQ(src + 7, dst + at + 5, 64);
	}
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, SPACE_DST + offset, SPACE_SRC, 100));
	EXPECT_MEM_EQ(src, dst + offset, 100);
	/* Behind its end. */
	EXPECT_NE(DSA_COMP_SUCCESS, space_move(s, SPACE_DST, SPACE_DST + LARGE, 64));
	expect_fault(not_present(stage), s->pasid, SPACE_DST + LARGE, false);
}

TEST_STAGES(ends, "first_and_last_page", "VT-d 3.6", "VT-d 3.7")
{
	struct vtd_unit_info info = test_unit_info();
	uint64_t last = (UINT64_C(1) << (stage == VTD_STAGE_FIRST ? info.first_bits : info.second_bits)) - PAGE;
	struct space *s = space_new(stage);
	uint8_t *low = space_page(s, 0, RW), *high = space_page(s, last, RW);

	space_use(s, TEST_WQ);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, last + 64, 0, PAGE_SIZE - 64));
	EXPECT_MEM_EQ(low, high + 64, PAGE_SIZE - 64);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, 1, last, 64));
	EXPECT_MEM_EQ(high, low + 1, 64);
}

TEST_STAGES(read_unmapped, "read_unmapped", "VT-d 7.1.3 (71h)", "VT-d 7.1.3 (79h)")
{
	struct space *s = space_new(stage);
	uint8_t *secret = random_page(), *dst = space_page(s, SPACE_DST, RW);

	memset(dst, 0x5a, PAGE_SIZE);
	space_use(s, TEST_WQ);
	EXPECT_EQ(DSA_COMP_HW_ERR1, space_move(s, SPACE_DST, phys_of(secret) + 0x140, 64));
	expect_fault(not_present(stage), s->pasid, phys_of(secret), false);
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		EXPECT_EQ(0x5a, dst[i]);
}

/* The device may not hear of it, for its writes are posted: the fault record tells (DSA 5.7). */
TEST_STAGES(write_unmapped, "write_unmapped", "VT-d 7.1.3 (71h)", "VT-d 7.1.3 (79h)")
{
	struct space *s = space_new(stage);
	uint8_t *victim = test_pages(1);

	space_page(s, SPACE_SRC, VTD_READ);
	memset(victim, 0x5a, PAGE_SIZE);
	space_use(s, TEST_WQ);
	space_move(s, phys_of(victim) + 0x80, SPACE_SRC, 64);
	expect_fault(not_present(stage), s->pasid, phys_of(victim), true);
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		EXPECT_EQ(0x5a, victim[i]);
}

/* A transfer that runs out of what is mapped faults at the page where it does. */
TEST_STAGES(over_the_end, "read_over_the_end", "VT-d 7.1.3 (71h)", "VT-d 7.1.3 (79h)")
{
	struct space *s = space_new(stage);

	space_page(s, SPACE_SRC, VTD_READ);
	space_page(s, SPACE_DST, RW);
	space_use(s, TEST_WQ);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, SPACE_DST, SPACE_SRC + PAGE - 64, 64));
	expect_no_fault();
	EXPECT_EQ(DSA_COMP_HW_ERR1, space_move(s, SPACE_DST, SPACE_SRC + PAGE - 64, 65));
	expect_fault(not_present(stage), s->pasid, SPACE_SRC + PAGE, false);
}

TEST_STAGES(read_only, "write_to_read_only", "VT-d 7.1.3 (85h)", "VT-d 7.1.3 (85h)")
{
	struct space *s = space_new(stage);
	uint8_t *fixed = space_page(s, SPACE_SRC, VTD_READ), *dst = space_page(s, SPACE_DST, RW);
	uint8_t *before = test_pages(1);

	memcpy(before, fixed, PAGE_SIZE);
	space_use(s, TEST_WQ);
	/* Readable, which also brings it into the IOTLB. */
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, SPACE_DST, SPACE_SRC, 64));
	EXPECT_MEM_EQ(fixed, dst, 64);
	expect_no_fault();
	space_move(s, SPACE_SRC, SPACE_DST + 64, 64);
	expect_fault(VTD_FAULT_WRITE, s->pasid, SPACE_SRC, true);
	EXPECT_MEM_EQ(before, fixed, PAGE_SIZE);
}

/* vtd_unmap() invalidates: the translation that was just used must not serve once more. */
TEST_STAGES(unmap, "unmap", "VT-d 6.5.3.3", "VT-d 6.5.3.3")
{
	struct space *s = space_new(stage);
	uint8_t *dst = space_page(s, SPACE_DST, RW), *src = space_page(s, SPACE_SRC, VTD_READ);
	uint8_t *before = test_pages(1);

	space_use(s, TEST_WQ);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, SPACE_DST, SPACE_SRC, 64));
	EXPECT_MEM_EQ(src, dst, 64);
	memcpy(before, dst, PAGE_SIZE);
	space_unmap(s, SPACE_DST, PAGE);
	space_move(s, SPACE_DST, SPACE_SRC + 64, 64);
	expect_fault(not_present(stage), s->pasid, SPACE_DST, true);
	EXPECT_MEM_EQ(before, dst, PAGE_SIZE);
	/* The neighbour stays. */
	space_unmap(s, SPACE_SRC, PAGE);
	EXPECT_EQ(DSA_COMP_HW_ERR1, space_move(s, SPACE_CR + 64, SPACE_SRC, 64));
	expect_fault(not_present(stage), s->pasid, SPACE_SRC, false);
}

TEST_STAGES(remap, "remap", "VT-d 6.5.3.3", "VT-d 6.5.3.3")
{
	struct space *s = space_new(stage);
	uint8_t *src = space_page(s, SPACE_SRC, VTD_READ), *pages[4];

	space_use(s, TEST_WQ);
	for (unsigned i = 0; i < 4; i++) {
		test_context("mapping %u", i);
		pages[i] = space_page(s, SPACE_DST, RW);
		memset(pages[i], 0, PAGE_SIZE);
		memset(src, (int)i + 1, 64);
		EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, SPACE_DST, SPACE_SRC, 64));
		for (unsigned page = 0; page <= i; page++)
			EXPECT_EQ(page + 1, pages[page][63]);
		space_unmap(s, SPACE_DST, PAGE);
	}
}

/* From 4 KiB pages to one of 2 MiB and back: tables that are no longer used are not walked again. */
TEST_STAGES(resize, "page_size_changes", "VT-d 6.5.3.3", "VT-d 6.5.3.3")
{
	struct space *s = space_new(stage);
	uint8_t *src = space_page(s, SPACE_SRC, VTD_READ), *small = space_page(s, SPACE_DST, RW);
	uint8_t *large = large_pages();

	memset(small, 0, PAGE_SIZE);
	space_use(s, TEST_WQ);
	for (unsigned i = 0; i < 2; i++) {
		test_context("round %u", i);
		EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, SPACE_DST, SPACE_SRC, 64));
		EXPECT_MEM_EQ(src, small, 64);
		space_unmap(s, SPACE_DST, PAGE);
		space_map(s, SPACE_DST, large, LARGE, RW);
		memset(small, 0, PAGE_SIZE);
		EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, SPACE_DST, SPACE_SRC, 64));
		EXPECT_MEM_EQ(src, large, 64);
		EXPECT_EQ(0, small[0]);
		space_unmap(s, SPACE_DST, LARGE);
		space_map(s, SPACE_DST, small, PAGE, RW);
		memset(large, 0, PAGE_SIZE);
	}
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, SPACE_DST, SPACE_SRC, 64));
	EXPECT_EQ(0, large[0]);
}

/* With a PASID the interrupt window is an address like others (3.14): data, and no interrupt, comes of a write. */
TEST_STAGES(window, "interrupt_window_is_memory", "VT-d 3.14", "VT-d 3.14")
{
	struct space *s = space_new(stage);
	uint8_t *src = space_page(s, SPACE_SRC, VTD_READ), *dst = space_page(s, VTD_MSI_WINDOW_FIRST, RW);

	space_use(s, TEST_WQ);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, VTD_MSI_WINDOW_FIRST, SPACE_SRC, 4));
	expect_no_fault();
	EXPECT_MEM_EQ(src, dst, 4);
}

TEST(vtd_first_canonical, "vtd.first.not_canonical", NEEDS_FIRST_SPACE, "VT-d 7.1.3 (80h)")
{
	struct space *s = space_new(VTD_STAGE_FIRST);

	space_page(s, SPACE_DST, RW);
	space_use(s, TEST_WQ);
	EXPECT_EQ(DSA_COMP_HW_ERR1, space_move(s, SPACE_DST, UINT64_C(1) << 47, 64));
	expect_fault(VTD_FAULT_NOT_CANONICAL, s->pasid, UINT64_C(1) << 47, false);
	/* Canonical, but of the upper half, which is empty. */
	EXPECT_EQ(DSA_COMP_HW_ERR1, space_move(s, SPACE_DST, ~(PAGE - 1) << 35, 64));
	expect_fault(VTD_FAULT_FS_P, s->pasid, ~(PAGE - 1) << 35, false);
}

/* If the upper bits were cut off, it would be the page at 0. */
TEST(vtd_second_width, "vtd.second.beyond_the_width", NEEDS_SECOND_SPACE, "VT-d 7.1.3 (84h)")
{
	uint64_t beyond = UINT64_C(1) << test_unit_info().second_bits;
	struct space *s = space_new(VTD_STAGE_SECOND);

	space_page(s, 0, RW);
	space_page(s, SPACE_DST, RW);
	space_use(s, TEST_WQ);
	EXPECT_EQ(DSA_COMP_HW_ERR1, space_move(s, SPACE_DST, beyond, 64));
	expect_fault(VTD_FAULT_ADDRESS, s->pasid, beyond, false);
	space_move(s, beyond + 8, SPACE_DST, 64);
	expect_fault(VTD_FAULT_ADDRESS, s->pasid, beyond, true);
}
