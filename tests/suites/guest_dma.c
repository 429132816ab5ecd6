/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * DMA outside the guest's memory: the device's request is refused by the IOMMU in front of it, and the completion
 * record says so as far as the device can know. A write without readback is posted: the device does not learn that it
 * was lost (8.1), so there the proof is the host's, which sees the fault (conformance.c).
 */
#include "tests/suites/dsa.h"
#include "tests/suites/guest.h"

/* A failed read: a page fault where the device asks for translations, else an error answer. */
static void expect_read_refused(unsigned status)
{
	if (status != DSA_COMP_PAGE_FAULT_NOBOF && status != DSA_COMP_TRANSLATION_FAIL)
		EXPECT_EQ(DSA_COMP_HW_ERR1, status);
}

TEST(guest_dma_read, "guest.dma.read_outside", NEEDS_GUEST | NEEDS_SUBMIT, "DSA 5.8, 8.2")
{
	static const uint64_t outside[] = {GUEST_OUTSIDE_READ, UINT64_C(0x7ffffffff000)};
	struct dsa_buf dst = test_buf(4096);
	struct dsa_hw_desc d;

	for (size_t i = 0; i < ARRAY_SIZE(outside); i++) {
		test_context("0x%llx", (unsigned long long)outside[i]);
		memset(dst.cpu, 0x77, 4096);
		dsa_desc_memmove(&d, test_cr_dma(0), dst.dma, outside[i], 4096);
		expect_read_refused(test_execute(&d));
		for (unsigned k = 0; k < 4096; k++)
			EXPECT_EQ(0x77, ((uint8_t *)dst.cpu)[k]);
	}
	expect_alive();
}

/* Its own registers, portals and configuration space are no memory that its DMA reaches. */
TEST(guest_dma_own_device, "guest.dma.own_device", NEEDS_GUEST | NEEDS_SUBMIT, "DSA 5.8")
{
	struct dsa_buf dst = test_buf(4096);
	struct dsa_hw_desc d;
	struct pci_bar bar;

	for (unsigned n = 0; n < 4; n += 2) {
		test_context("BAR%u", n);
		EXPECT_OK(pci_bar(test_dsa()->pci, n, &bar));
		dsa_desc_memmove(&d, test_cr_dma(0), dst.dma, bar.base, 64);
		expect_read_refused(test_execute(&d));
	}
	expect_alive();
}

TEST(guest_dma_write, "guest.dma.write_outside", NEEDS_GUEST | NEEDS_SUBMIT, "DSA 5.8, 8.2")
{
	struct dsa_buf src = test_buf(4096);
	struct dsa_hw_desc d;
	unsigned status;

	dsa_desc_memmove(&d, test_cr_dma(0), GUEST_OUTSIDE_WRITE, src.dma, 4096);
	status = test_execute(&d);
	/* Lost without the device's knowledge, or noticed. */
	if (status != DSA_COMP_SUCCESS && status != DSA_COMP_HW_ERR_DRB)
		EXPECT_EQ(DSA_COMP_PAGE_FAULT_NOBOF, status);
	if (test_dsa()->caps.gencap & DSA_GENCAP_DEST_READBACK) {
		desc_set_flags(&d, IDXD_OP_FLAG_DRDBK);
		status = test_execute(&d);
		if (status != DSA_COMP_PAGE_FAULT_NOBOF)
			EXPECT_EQ(DSA_COMP_HW_ERR_DRB, status);
	}
	expect_alive();
}

/* The record itself: whatever the device does about it, the WQ goes on. */
TEST(guest_dma_record, "guest.dma.record_outside", NEEDS_GUEST | NEEDS_SUBMIT, "DSA 5.8")
{
	struct dsa_hw_desc d;

	dsa_desc_noop(&d, GUEST_OUTSIDE_RECORD);
	test_submit(&d);
	allow_swerror(DSA_COMP_CRA_XLAT);
	expect_alive();
}

/* A write to the interrupt window with a PASID is no interrupt: it is a write to memory that is not there. */
TEST(guest_dma_interrupt_window, "guest.dma.interrupt_window", NEEDS_GUEST | NEEDS_SUBMIT, "VT-d 3.14")
{
	struct dsa_hw_desc d;

	for (unsigned vector = 0; vector < 256; vector += 15) {
		dsa_desc_fill(&d, test_cr_dma(0), GUEST_INTERRUPT_WINDOW, vector, 4);
		(void)test_execute(&d);
	}
	expect_alive();
}
