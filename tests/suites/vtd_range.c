/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The interrupt range, for requests without PASID: a dword that is written there is an interrupt, anything else is
 * refused, however good a message part of it would make. The DSA's moves are such requests.
 */
#include "tests/suites/vtd.h"

#define BYTES 8U

/* The address of a good message, which its 8 bytes would begin with. */
static uint64_t message_of(const struct dsa_irq *irq)
{
	unsigned index = vtd_irte_index(irq->token);

	return VTD_MSI_ADDRESS | VTD_MSI_REMAPPABLE | FIELD_PREP(VTD_MSI_HANDLE_LOW, (uint64_t)index);
}

static void expect_refused(bool write)
{
	struct vtd_fault fault = next_fault();

	EXPECT_EQ(VTD_FAULT_IR_NOT_AN_INTERRUPT, fault.reason);
	EXPECT_EQ(test_dsa()->pci->sid, fault.sid);
	EXPECT_EQ(write, fault.write);
	EXPECT_FALSE(fault.has_pasid);
	ignore_faults();
}

TEST(vtd_range_write, "vtd.range.longer_than_an_interrupt", NEEDS_IRTE | NEEDS_CONFIG, "VT-d 3.14, 5.1.4.1 (29h)")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);
	struct dsa_completion_record *record = test_pages(1);
	struct dsa_hw_desc d;

	wq_use_pasid(TEST_WQ, IOMMU_NO_PASID);
	dsa_desc_memmove(&d, phys_of(record), message_of(irq), phys_of(test_pages(1)), BYTES);
	test_submit(&d);
	EXPECT_DSA(dsa_wait(test_dsa(), record, 0)); /* a posted write: the device may not hear of it (DSA 5.7) */
	expect_refused(true);
	time_delay_us(NEVER_US);
	EXPECT_EQ(0, dsa_irq_count(irq));
}

TEST(vtd_range_read, "vtd.range.read", NEEDS_IRTE | NEEDS_CONFIG, "VT-d 3.14, 5.1.4.1 (29h)")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);
	struct dsa_completion_record *record = test_pages(1);
	struct dsa_hw_desc d;

	wq_use_pasid(TEST_WQ, IOMMU_NO_PASID);
	dsa_desc_memmove(&d, phys_of(record), phys_of(test_pages(1)), message_of(irq), BYTES);
	test_submit(&d);
	EXPECT_DSA(dsa_wait(test_dsa(), record, 0));
	EXPECT_NE(DSA_COMP_SUCCESS, dsa_cr_status(record));
	expect_refused(false);
	EXPECT_EQ(0, dsa_irq_count(irq));
}
