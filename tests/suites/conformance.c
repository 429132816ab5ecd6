/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests as wholes: the same suites that the host runs, inside a guest on its virtual DSA; and what the host must see
 * of it: interrupts through the IMS entry and its IRTE, and a fault in the IOMMU for each DMA outside the guest's
 * memory.
 */
#include "drivers/vtd/vtd.h"
#include "tests/runner/host_guest.h"
#include "tests/runner/run.h"
#include "tests/suites/guest.h"
#include "tests/suites/vdsa.h"
#include "tests/test.h"

#define NEEDS_ALL (NEEDS_VDSA | NEEDS_MOVDIR64B)

static struct guest_record record;

TEST(conformance, "vdsa.1dwq.guest.conformance", NEEDS_ALL, "DSA 7.5")
{
	host_guest_run(run_current()->config.guest_tests, &guest_record);
	EXPECT_NE(0, guest_record.reader.passed);
	/* Faults are the guest's alone, whatever it tried. */
	for (unsigned i = 0; i < guest_record.fault_count; i++) {
		EXPECT_TRUE(guest_record.faults[i].has_pasid);
		EXPECT_EQ(guest_record.vdsa.hpasid, guest_record.faults[i].pasid);
	}
}

TEST(guest_no_exits, "vdsa.1dwq.guest.submits_without_exits", NEEDS_ALL, "DSA 7.5.2")
{
	host_guest_run("guest.portal.*", &record);
	EXPECT_EQ(0, record.vdsa.portal_traps);
	EXPECT_EQ(0, record.fault_count);
}

/* Each of the guest's interrupts came to the host by the IMS entry's own vector, remapped, and went on to the guest. */
TEST(guest_interrupts, "vdsa.1dwq.guest.interrupts_through_ims", NEEDS_ALL, "DSA 7.5.4, VT-d 5.1")
{
	host_guest_run("guest.irq.*", &record);
	EXPECT_GE(GUEST_SUBMISSIONS, record.vdsa.ims_interrupts);
	EXPECT_GE(GUEST_SUBMISSIONS, record.vdsa.vdsa.messages[1]);
	EXPECT_GE(record.vdsa.vdsa.messages[1], record.stats.injected + record.stats.merged);
	EXPECT_TRUE(record.vdsa.ims_token != NULL);
	EXPECT_EQ(0, record.fault_count);
}

static const struct vtd_fault *fault_at(uint64_t address)
{
	for (unsigned i = 0; i < record.fault_count; i++) {
		if (record.faults[i].address == address)
			return &record.faults[i];
	}
	FAIL("the IOMMU reported %u faults, none at 0x%llx", record.fault_count, (unsigned long long)address);
}

TEST(guest_dma_outside, "vdsa.1dwq.guest.dma_outside_is_refused", NEEDS_ALL, "VT-d 7.1.3")
{
	static const struct {
		uint64_t address;
		bool write;
	} expected[] = {
	        {GUEST_OUTSIDE_READ, false},
	        {GUEST_OUTSIDE_WRITE, true},
	        {GUEST_OUTSIDE_RECORD, true},
	};

	host_guest_run("guest.dma.*", &record);
	for (size_t i = 0; i < ARRAY_SIZE(expected); i++) {
		const struct vtd_fault *fault = fault_at(expected[i].address);

		test_context("guest-physical 0x%llx", (unsigned long long)expected[i].address);
		EXPECT_EQ(test_dsa()->pci->sid, fault->sid);
		EXPECT_TRUE(fault->has_pasid);
		EXPECT_EQ(record.vdsa.hpasid, fault->pasid);
		EXPECT_EQ(expected[i].write, fault->write);
		EXPECT_FALSE(fault->is_interrupt);
	}
	for (unsigned i = 0; i < record.fault_count; i++)
		EXPECT_EQ(record.vdsa.hpasid, record.faults[i].pasid);
}
