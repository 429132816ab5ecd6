/* SPDX-License-Identifier: BSD-2-Clause */
/* Address spaces and faults for the vtd_*.c suites; no tests of its own. */
#include "tests/suites/vtd.h"

#include <stdio.h>

static struct space spaces[SPACES_MAX];
static unsigned count;

struct vtd_unit *test_unit(void)
{
	struct vtd_unit *unit = vtd_unit_of(test_dsa()->pci);

	if (!unit)
		FAIL("the DSA is in no unit's scope");
	return unit;
}

struct vtd_unit_info test_unit_info(void)
{
	struct vtd_unit_info info;

	vtd_unit_info(test_unit(), &info);
	return info;
}

/*
 * The device is idle by then: the runner resets it after a failure. All PASIDs go first, for a test may have attached
 * one to another's space; that one is detached already is no error.
 */
static void space_end(void *arg)
{
	struct space *space = arg;

	for (unsigned i = 0; i < SPACES_MAX; i++) {
		if (!spaces[i].pasid)
			continue;
		(void)vtd_pasid_detach(test_dsa()->pci, spaces[i].pasid);
		vtd_pasid_free(test_unit(), spaces[i].pasid);
		spaces[i].pasid = 0;
	}
	if (space->domain)
		vtd_domain_destroy(space->domain);
	*space = (struct space){0};
	count--;
}

struct space *space_new(enum vtd_stage stage)
{
	struct space *space = &spaces[count];

	if (count == SPACES_MAX)
		FAIL("more than %d address spaces", SPACES_MAX);
	*space = (struct space){.stage = stage};
	test_cleanup(space_end, space);
	count++;
	EXPECT_OK(vtd_domain_create(test_unit(), stage, &space->domain));
	EXPECT_OK(vtd_pasid_alloc(test_unit(), &space->pasid));
	EXPECT_OK(vtd_pasid_attach(test_dsa()->pci, space->pasid, space->domain));
	space->record = test_pages(1);
	space_map(space, SPACE_CR, space->record, PAGE_SIZE, VTD_READ | VTD_WRITE);
	return space;
}

struct space *space_new_any(void)
{
	return space_new(test_unit_info().first_level ? VTD_STAGE_FIRST : VTD_STAGE_SECOND);
}

void space_map(struct space *space, uint64_t iova, const void *cpu, uint64_t size, unsigned prot)
{
	EXPECT_OK(vtd_map(space->domain, iova, phys_of(cpu), size, prot));
}

void space_unmap(struct space *space, uint64_t iova, uint64_t size)
{
	EXPECT_OK(vtd_unmap(space->domain, iova, size));
}

uint8_t *random_page(void)
{
	uint8_t *page = test_pages(1);

	for (unsigned i = 0; i < PAGE_SIZE; i++)
		page[i] = (uint8_t)(test_random() >> 32);
	return page;
}

uint8_t *space_page(struct space *space, uint64_t iova, unsigned prot)
{
	uint8_t *page = random_page();

	space_map(space, iova, page, PAGE_SIZE, prot);
	return page;
}

void wq_use_pasid(unsigned wq, uint32_t pasid)
{
	if (dsa_wq_state(test_dsa(), wq) == DSA_WQ_ENABLED)
		EXPECT_DSA(dsa_wq_disable(test_dsa(), wq));
	EXPECT_DSA(dsa_wq_set_pasid(test_dsa(), wq, pasid));
	EXPECT_DSA(dsa_wq_enable(test_dsa(), wq));
}

void space_use(const struct space *space, unsigned wq)
{
	wq_use_pasid(wq, space->pasid);
}

void space_use_two(const struct space *a, const struct space *b)
{
	struct dsa_wq_config config;

	if (test_dsa()->caps.wqs < 2 || test_dsa()->caps.wq_entries < 2)
		SKIP("the device has one WQ");
	EXPECT_DSA(dsa_disable(test_dsa()));
	config = dsa_wq_default(test_dsa());
	config.size = test_dsa()->caps.wq_entries < 16 ? 1 : 8;
	config.pasid = a->pasid;
	EXPECT_DSA(dsa_wq_configure(test_dsa(), 0, &config));
	config.pasid = b->pasid;
	EXPECT_DSA(dsa_wq_configure(test_dsa(), 1, &config));
	EXPECT_DSA(dsa_group_configure(test_dsa(), 0, 3, GENMASK64(test_dsa()->caps.engines - 1, 0)));
	EXPECT_DSA(dsa_enable(test_dsa()));
	EXPECT_DSA(dsa_wq_enable(test_dsa(), 0));
	EXPECT_DSA(dsa_wq_enable(test_dsa(), 1));
}

unsigned space_execute(struct space *space, unsigned wq, const struct dsa_hw_desc *desc)
{
	dsa_cr_clear(space->record);
	EXPECT_DSA(dsa_submit(test_dsa(), wq, DSA_UNLIMITED_MSIX, desc));
	EXPECT_DSA(dsa_wait(test_dsa(), space->record, 0));
	return dsa_cr_status(space->record);
}

unsigned space_move(struct space *space, uint64_t dst, uint64_t src, uint32_t size)
{
	struct dsa_hw_desc d;

	dsa_desc_memmove(&d, SPACE_CR, dst, src, size);
	return space_execute(space, TEST_WQ, &d);
}

void blind_move(uint64_t record, uint64_t dst, uint64_t src, uint32_t size)
{
	struct dsa_swerror error;
	struct dsa_hw_desc d;

	dsa_desc_memmove(&d, record, dst, src, size);
	test_submit(&d);
	EXPECT_DSA(dsa_wq_drain(test_dsa(), TEST_WQ));
	/* Some devices tell of a record that they could not write, some do not (DSA 5.7). */
	if (WAIT_FOR(dsa_swerror_read(test_dsa(), &error) == 0, NEVER_US))
		dsa_swerror_clear(test_dsa());
}

static int take_fault(struct vtd_fault *fault)
{
	return vtd_fault_next_of(test_dsa()->pci->segment, test_dsa()->pci->sid, fault);
}

struct vtd_fault next_fault(void)
{
	struct vtd_fault fault;

	if (!WAIT_FOR(take_fault(&fault) == 0, 100000))
		FAIL("the IOMMU reported no fault within 100 ms");
	return fault;
}

static void take_same(const struct vtd_fault *first)
{
	struct vtd_fault fault;

	while (take_fault(&fault) == 0) {
		EXPECT_EQ(first->reason, fault.reason);
		EXPECT_EQ(first->address, fault.address);
		EXPECT_EQ(first->index, fault.index);
		EXPECT_EQ(first->write, fault.write);
	}
}

/* For the report, until the fault is accepted. */
static void describe(const struct vtd_fault *fault)
{
	char text[160];

	test_context("the IOMMU says: %s", vtd_fault_words(fault, text, sizeof(text)));
}

void expect_fault(enum vtd_fault_reason reason, uint32_t pasid, uint64_t address, bool write)
{
	struct vtd_fault fault = next_fault();

	describe(&fault);
	EXPECT_FALSE(fault.is_interrupt);
	EXPECT_EQ(reason, fault.reason);
	EXPECT_EQ(test_dsa()->pci->sid, fault.sid);
	EXPECT_EQ(pasid != IOMMU_NO_PASID, fault.has_pasid);
	if (fault.has_pasid)
		EXPECT_EQ(pasid, fault.pasid);
	EXPECT_EQ(ALIGN_DOWN(address, (uint64_t)PAGE_SIZE), fault.address);
	EXPECT_EQ(write, fault.write);
	EXPECT_FALSE(fault.privileged);
	EXPECT_EQ(0, fault.at);
	take_same(&fault);
	test_context("");
}

void expect_irq_fault(enum vtd_fault_reason reason, unsigned index)
{
	struct vtd_fault fault = next_fault();

	describe(&fault);
	EXPECT_TRUE(fault.is_interrupt);
	EXPECT_EQ(reason, fault.reason);
	EXPECT_EQ(test_dsa()->pci->sid, fault.sid);
	EXPECT_EQ(index, fault.index);
	take_same(&fault);
	test_context("");
}

void ignore_faults(void)
{
	struct vtd_fault fault;

	while (WAIT_FOR(take_fault(&fault) == 0, NEVER_US))
		;
}

void expect_no_fault(void)
{
	struct vtd_fault fault;

	if (WAIT_FOR(take_fault(&fault) == 0, NEVER_US)) {
		describe(&fault);
		FAIL("a fault where none is due");
	}
}
