/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ground that all other tests stand on: what is code cannot be written, what is data cannot be executed, nothing is
 * at address 0, a stack that runs over hits a page that is not there, and device memory is never confused with RAM.
 */
#include <errno.h>
#include <stdlib.h>

#include "kernel/acpi.h"
#include "kernel/bits.h"
#include "kernel/boot.h"
#include "kernel/mem.h"
#include "tests/test.h"

#define PF  14
#define MIB (UINT64_C(1) << 20)

extern char __kernel_start[];

static const char constant[] = "constant";
static char data[16] = {(char)0xc3}; /* RET */

TEST(kernel_text_read_only, "kernel.memory.text_is_read_only", NEEDS_NOTHING, "SDM 3A 4.6.1")
{
	volatile char *text = __kernel_start;
	char before = *text;

	test_must_crash(PF, (uint64_t)(uintptr_t)text);
	*text = before;
}

TEST(kernel_const_read_only, "kernel.memory.constants_are_read_only", NEEDS_NOTHING, "SDM 3A 4.6.1")
{
	volatile char *p = (volatile char *)(uintptr_t)constant;

	test_must_crash(PF, (uint64_t)(uintptr_t)p);
	*p = 'C';
}

TEST(kernel_data_not_executable, "kernel.memory.data_is_not_executable", NEEDS_NOTHING, "SDM 3A 4.6.2")
{
	volatile uintptr_t entry = (uintptr_t)data;

	test_must_crash(PF, (uint64_t)entry);
	((void (*)(void))entry)();
}

TEST(kernel_direct_map_not_executable, "kernel.memory.direct_map_is_not_executable", NEEDS_NOTHING, "SDM 3A 4.6.2")
{
	char *page = test_pages(1);
	volatile uintptr_t entry = (uintptr_t)page;

	page[0] = (char)0xc3;
	test_must_crash(PF, (uint64_t)entry);
	((void (*)(void))entry)();
}

TEST(kernel_null, "kernel.memory.nothing_at_zero", NEEDS_NOTHING, "SDM 3A 4.7")
{
	volatile uintptr_t zero = 0x10;

	test_must_crash(PF, 0x10);
	(void)*(volatile char *)zero;
}

/* Goes down page by page: an overrun by less than a page hits the guard page just the same. */
TEST(kernel_stack_guard, "kernel.memory.stack_has_a_guard_page", NEEDS_NOTHING, "Adit")
{
	volatile char here;
	uintptr_t at = (uintptr_t)&here;

	test_must_crash_near(at, MIB);
	for (uintptr_t limit = at - MIB; at > limit; at -= PAGE_SIZE)
		*(volatile char *)at = *(volatile char *)at;
}

TEST(kernel_pages, "kernel.memory.pages_are_zeroed_and_aligned", NEEDS_NOTHING, "kernel/mem.h")
{
	static const size_t aligns[] = {PAGE_SIZE, 16384, 65536, 2 << 20};

	for (size_t i = 0; i < ARRAY_SIZE(aligns); i++) {
		size_t before = page_free_count();
		uint64_t *page = page_alloc_aligned(3, aligns[i]);

		test_context("aligned to %zu", aligns[i]);
		EXPECT_TRUE(page != NULL);
		EXPECT_EQ(before - 3, page_free_count());
		EXPECT_EQ(0, phys_of(page) % aligns[i]);
		EXPECT_TRUE(virt_of(phys_of(page)) == page);
		for (size_t k = 0; k < 3 * PAGE_SIZE / sizeof(*page); k++)
			EXPECT_EQ(0, page[k]);
		memset(page, 0xff, 3 * PAGE_SIZE);
		page_free(page, 3);
		EXPECT_EQ(before, page_free_count());
	}
}

TEST(kernel_pages_exhausted, "kernel.memory.too_much_is_refused", NEEDS_NOTHING, "kernel/mem.h")
{
	size_t before = page_free_count();

	EXPECT_TRUE(page_alloc(before + 1) == NULL);
	EXPECT_TRUE(page_alloc(SIZE_MAX / PAGE_SIZE) == NULL);
	EXPECT_EQ(before, page_free_count());
}

TEST(kernel_mmio_refuses_ram, "kernel.memory.mmio_map_refuses_ram", NEEDS_NOTHING, "kernel/mem.h")
{
	void *page = test_pages(1);

	EXPECT_TRUE(mmio_map(phys_of(page), PAGE_SIZE) == NULL);
	EXPECT_TRUE(mmio_map(phys_of(page) + 8, 8) == NULL);
	EXPECT_TRUE(mmio_map(boot_kernel_phys(), PAGE_SIZE) == NULL);
}

TEST(kernel_mem_is_mapped, "kernel.memory.map_knows_its_ends", NEEDS_NOTHING, "kernel/mem.h")
{
	uint64_t phys = phys_of(test_pages(1));

	EXPECT_TRUE(mem_is_mapped(phys, PAGE_SIZE));
	EXPECT_FALSE(mem_is_mapped(UINT64_MAX - 4, 8));
	EXPECT_FALSE(mem_is_mapped(UINT64_C(1) << 60, 1));
	EXPECT_FALSE(mem_is_mapped(phys, UINT64_MAX));
}

TEST(kernel_heap, "kernel.memory.heap_grows_and_shrinks", NEEDS_NOTHING, "C11 7.22.3")
{
	static void *blocks[64];

	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		blocks[i] = malloc(i * 97 + 1);
		EXPECT_TRUE(blocks[i] != NULL);
		memset(blocks[i], (int)i, i * 97 + 1);
	}
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		EXPECT_EQ(i, *(uint8_t *)blocks[i]);
		EXPECT_EQ(i, ((uint8_t *)blocks[i])[i * 97]);
		free(blocks[i]);
	}
}
