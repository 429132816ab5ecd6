/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces of either stage against a table that says for each page what it maps to. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "drivers/vtd/unit.h"

#define PAGES 4096U
#define BASE  UINT64_C(0x3fe00000) /* crosses a 1 GiB boundary */
#define RW    (VTD_READ | VTD_WRITE)

struct acpi_dmar vtd_dmar;
static long allocated;
static long limit = INT32_MAX;

void *page_alloc(size_t count)
{
	void *p;

	if (allocated + (long)count > limit)
		return NULL;
	p = aligned_alloc(PAGE_SIZE, count * PAGE_SIZE);
	memset(p, 0, count * PAGE_SIZE);
	allocated += (long)count;
	return p;
}

void page_free(void *va, size_t count)
{
	if (!va)
		return;
	free(va);
	allocated -= (long)count;
}

uint64_t phys_of(const void *va)
{
	return (uintptr_t)va;
}

void *virt_of(uint64_t phys)
{
	return (void *)(uintptr_t)phys;
}

int vtd_queue_run(struct vtd_unit *u, const struct vtd_descriptor *d, unsigned count)
{
	(void)u;
	(void)d;
	(void)count;
	return 0;
}

unsigned vtd_device_tlb(const struct vtd_unit *u, const struct pci_function *f, uint32_t pasid,
                        struct vtd_descriptor *d)
{
	(void)u;
	(void)f;
	(void)pasid;
	(void)d;
	return 0;
}

static struct acpi_drhd drhd;

static struct vtd_unit unit_with(uint64_t large_pages)
{
	return (struct vtd_unit){
	        .drhd = &drhd,
	        .haw = 48,
	        .aw = VTD_AW_48BIT,
	        .ecap = VTD_ECAP_FSTS | VTD_ECAP_SSTS,
	        .cap = FIELD_PREP(VTD_CAP_MGAW, UINT64_C(47)) | FIELD_PREP(VTD_CAP_ND, UINT64_C(6)) | large_pages,
	};
}

static unsigned pick(unsigned below)
{
	return (unsigned)rand() % below;
}

/* One random map or unmap, and what the table says it must return. */
static void step(struct vtd_domain *d, uint64_t *table)
{
	unsigned at = pick(PAGES), count = pick(3) ? pick(64) + 1 : 512 * (pick(4) + 1);
	uint64_t iova, phys = (UINT64_C(0x100000) + pick(100000)) << 12;
	unsigned prot = pick(2) ? RW : VTD_READ;
	int taken = 0, rc;

	if (pick(2))
		at &= ~511U;
	if (at + count > PAGES)
		count = PAGES - at;
	iova = BASE + at * UINT64_C(4096);
	if (pick(2))
		phys = ALIGN_DOWN(phys, 0x200000) | (iova & 0x1fffff);
	for (unsigned i = 0; i < count; i++)
		taken |= table[at + i] != 0;
	if (pick(2)) {
		rc = vtd_map(d, iova, phys, count * UINT64_C(4096), prot);
		assert_int_equal(rc, taken ? -EEXIST : 0);
		for (unsigned i = 0; !rc && i < count; i++)
			table[at + i] = (phys + i * UINT64_C(4096)) | prot;
		return;
	}
	rc = vtd_unmap(d, iova, count * UINT64_C(4096));
	if (rc == 0) {
		memset(&table[at], 0, count * sizeof(table[0]));
	} else {
		assert_int_equal(rc, -EBUSY); /* would split a large page: take all of it */
		assert_int_equal(vtd_unmap(d, BASE, PAGES * UINT64_C(4096)), 0);
		memset(table, 0, PAGES * sizeof(table[0]));
	}
}

static void run(enum vtd_stage stage, uint64_t large_pages)
{
	static uint64_t table[PAGES];
	struct vtd_unit u = unit_with(large_pages);
	struct vtd_domain *d;

	srand(1);
	memset(table, 0, sizeof(table));
	assert_int_equal(vtd_domain_create(&u, stage, &d), 0);
	for (unsigned i = 0; i < 5000; i++) {
		step(d, table);
		for (unsigned k = 0; k < 4; k++) {
			unsigned page = pick(PAGES), prot = 0;
			uint64_t phys = 0;
			int rc = vtd_lookup(d, BASE + page * UINT64_C(4096) + 5, &phys, &prot);

			assert_int_equal(rc, table[page] ? 0 : -ENOENT);
			if (rc)
				continue;
			assert_int_equal(phys, (table[page] & ~UINT64_C(3)) + 5);
			assert_int_equal(prot, table[page] & 3);
		}
	}
	assert_int_equal(vtd_domain_destroy(d), 0);
	assert_int_equal(allocated, 0);
}

static void mappings_are_what_was_asked_for(void **state)
{
	(void)state;
	for (unsigned stage = 0; stage < 2; stage++) {
		run(stage ? VTD_STAGE_SECOND : VTD_STAGE_FIRST, 0);
		run(stage ? VTD_STAGE_SECOND : VTD_STAGE_FIRST, VTD_CAP_SSLPS_2M | VTD_CAP_SSLPS_1G | VTD_CAP_FS1GP);
	}
}

static void bad_ranges_are_refused(void **state)
{
	struct vtd_unit u = unit_with(VTD_CAP_SSLPS_2M);
	struct vtd_domain *first, *second;

	(void)state;
	assert_int_equal(vtd_domain_create(&u, VTD_STAGE_FIRST, &first), 0);
	assert_int_equal(vtd_domain_create(&u, VTD_STAGE_SECOND, &second), 0);
	assert_int_equal(vtd_map(first, 0x1001, 0x1000, 0x1000, RW), -EINVAL);
	assert_int_equal(vtd_map(first, 0x1000, 0x1001, 0x1000, RW), -EINVAL);
	assert_int_equal(vtd_map(first, 0x1000, 0x1000, 0, RW), -EINVAL);
	assert_int_equal(vtd_map(first, 0x1000, 0x1000, 0x1000, VTD_WRITE), -EINVAL);
	/* the upper canonical half, and what wraps */
	assert_int_equal(vtd_map(first, UINT64_C(1) << 47, 0x1000, 0x1000, RW), -ERANGE);
	assert_int_equal(vtd_map(second, UINT64_C(1) << 47, 0x1000, 0x1000, RW), 0);
	assert_int_equal(vtd_map(second, UINT64_C(1) << 48, 0x1000, 0x1000, RW), -ERANGE);
	assert_int_equal(vtd_map(second, 0x1000, 0x1000, UINT64_MAX - 0xfff, RW), -ERANGE);
	assert_int_equal(vtd_map(second, 0x1000, UINT64_C(1) << 48, 0x1000, RW), -ERANGE);
	/* the interrupt window is no memory */
	assert_int_equal(vtd_map(second, 0x1000, 0xfee00000, 0x1000, RW), -ERANGE);
	assert_int_equal(vtd_map(second, 0, 0xfe000000, 0x2000000, RW), -ERANGE);
	assert_int_equal(vtd_domain_destroy(first), 0);
	assert_int_equal(vtd_domain_destroy(second), 0);
}

static void no_memory_leaves_nothing_mapped(void **state)
{
	struct vtd_unit u = unit_with(0);
	struct vtd_domain *d;
	uint64_t phys;
	unsigned prot;

	(void)state;
	assert_int_equal(vtd_domain_create(&u, VTD_STAGE_SECOND, &d), 0);
	limit = 8;
	assert_int_equal(vtd_map(d, 0, 0x10000000, UINT64_C(64) << 20, RW), -ENOMEM);
	for (uint64_t at = 0; at < UINT64_C(64) << 20; at += 4096)
		assert_int_equal(vtd_lookup(d, at, &phys, &prot), -ENOENT);
	limit = INT32_MAX;
	assert_int_equal(vtd_domain_destroy(d), 0);
	assert_int_equal(allocated, 0);
}

static void identity_leaves_out_the_interrupt_window(void **state)
{
	struct vtd_unit u = unit_with(VTD_CAP_FS1GP);
	struct vtd_domain *d;
	uint64_t phys;
	unsigned prot;

	(void)state;
	assert_int_equal(vtd_domain_identity(&u, &d), 0);
	assert_int_equal(vtd_lookup(d, 0xfed00123, &phys, &prot), 0);
	assert_int_equal(phys, 0xfed00123);
	assert_int_equal(vtd_lookup(d, 0xfee00000, &phys, &prot), -ENOENT);
	assert_int_equal(vtd_lookup(d, UINT64_C(0x3ffffffffff), &phys, &prot), 0);
	assert_int_equal(phys, UINT64_C(0x3ffffffffff));
	assert_int_equal(vtd_domain_destroy(d), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(mappings_are_what_was_asked_for),
	        cmocka_unit_test(bad_ranges_are_refused),
	        cmocka_unit_test(no_memory_leaves_nothing_mapped),
	        cmocka_unit_test(identity_leaves_out_the_interrupt_window),
	};

	return cmocka_run_group_tests_name("vtd_domain", tests, NULL, NULL);
}
