/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Pages that are not there, found by translation requests (ATS) before they are used, with page requests off: what a
 * descriptor has done until then stands, the record says how far that is and which page it was, and the rest can be
 * done later (3.13, 8.2). Behind each buffer lies such a page.
 */
#include "tests/suites/dsa2.h"

#define NEEDS_ALL (NEEDS_SUBMIT | NEEDS_CONFIG | NEEDS_PASID)
#define SIZE      ((uint32_t)(2 * PAGE_SIZE))
#define INSIDE    ((uint32_t)PAGE_SIZE + 0x100U) /* bytes of the transfer before the missing page */

static void start(void)
{
	dsa2_disabled(true);
	dsa2_start(NULL);
}

static void expect_fault(uint64_t page, bool write)
{
	const struct dsa_completion_record *cr = test_cr(0);

	EXPECT_EQ(page, cr->fault_addr & ~UINT64_C(0xfff));
	EXPECT_EQ(write, (cr->status & DSA_COMP_STATUS_WRITE) != 0);
	EXPECT_LE(INSIDE, cr->bytes_completed);
}

static void pattern(struct dsa_buf *from, struct dsa_buf *to)
{
	random_bytes(from->cpu, from->size);
	memset(to->cpu, 0, to->size);
}

TEST(dsa_fault_source, "dsa.fault.source", NEEDS_ALL, "DSA 3.13, 8.2")
{
	struct dsa_buf from, to;
	struct dsa_hw_desc d;
	uint64_t at;

	start();
	from = test_buf(2 * PAGE_SIZE);
	to = test_buf(2 * PAGE_SIZE);
	pattern(&from, &to);
	at = from.dma + from.size - INSIDE;
	dsa_desc_memmove(&d, test_cr_dma(0), to.dma, at, SIZE);
	EXPECT_EQ(DSA_COMP_PAGE_FAULT_NOBOF, test_execute(&d));
	expect_fault(from.dma + from.size, false);
	EXPECT_MEM_EQ((uint8_t *)from.cpu + from.size - INSIDE, to.cpu, test_cr(0)->bytes_completed);
	/* What was left over is done by the rest of it. */
	at = test_cr(0)->bytes_completed;
	if (at == INSIDE)
		return;
	dsa_desc_memmove(&d, test_cr_dma(0), to.dma + at, from.dma + from.size - INSIDE + at, (uint32_t)(INSIDE - at));
	test_execute_ok(&d);
	EXPECT_MEM_EQ((uint8_t *)from.cpu + from.size - INSIDE, to.cpu, INSIDE);
}

TEST(dsa_fault_destination, "dsa.fault.destination", NEEDS_ALL, "DSA 3.13, 8.2")
{
	struct dsa_buf from, to;
	struct dsa_hw_desc d;

	start();
	from = test_buf(2 * PAGE_SIZE);
	to = test_buf(2 * PAGE_SIZE);
	pattern(&from, &to);
	dsa_desc_memmove(&d, test_cr_dma(0), to.dma + to.size - INSIDE, from.dma, SIZE);
	EXPECT_EQ(DSA_COMP_PAGE_FAULT_NOBOF, test_execute(&d));
	expect_fault(to.dma + to.size, true);
	EXPECT_MEM_EQ(from.cpu, (uint8_t *)to.cpu + to.size - INSIDE, test_cr(0)->bytes_completed);
	/* A difference that comes first wins over the fault (8.3.6). */
	dsa_desc_compare(&d, test_cr_dma(0), from.dma, to.dma + to.size - INSIDE, SIZE);
	((uint8_t *)to.cpu)[to.size - INSIDE] = (uint8_t) ~((uint8_t *)from.cpu)[0];
	EXPECT_EQ(DSA_COMP_SUCCESS, test_execute(&d));
	EXPECT_EQ(1, test_cr(0)->result);
	EXPECT_EQ(0, test_cr(0)->bytes_completed);
}

TEST(dsa_fault_list, "dsa.fault.descriptor_list", NEEDS_ALL | NEEDS_BATCH, "DSA 3.8, 3.13")
{
	struct dsa_hw_desc d, *list;
	struct dsa_buf memory;

	start();
	memory = test_buf(PAGE_SIZE);
	list = (struct dsa_hw_desc *)((char *)memory.cpu + memory.size) - 2;
	dsa_desc_noop(&list[0], test_cr_dma(1));
	dsa_desc_noop(&list[1], test_cr_dma(2));
	dsa_desc_batch(&d, test_cr_dma(0), memory.dma + memory.size - 2 * DSA_DESC_SIZE, 4);
	EXPECT_EQ(DSA_COMP_BATCH_PAGE_FAULT, test_execute(&d));
	EXPECT_EQ(memory.dma + memory.size, test_cr(0)->fault_addr & ~UINT64_C(0xfff));
	EXPECT_FALSE(test_cr(0)->status & DSA_COMP_STATUS_WRITE);
	/* Those that were read have ended; how many were is the device's affair. */
	EXPECT_LE(2, test_cr(0)->bytes_completed);
	for (unsigned i = 0; i < test_cr(0)->bytes_completed; i++)
		EXPECT_EQ(DSA_COMP_SUCCESS, dsa_cr_status(test_cr(1 + i)));
	/* And none of it at all. */
	dsa_desc_batch(&d, test_cr_dma(0), memory.dma + memory.size, 2);
	EXPECT_EQ(DSA_COMP_BATCH_PAGE_FAULT, test_execute(&d));
	EXPECT_EQ(0, test_cr(0)->bytes_completed);
}

/* Nowhere to say it but SWERROR, which the descriptor is lost to. */
TEST(dsa_fault_record, "dsa.fault.record", NEEDS_ALL, "DSA 3.13, 5.8")
{
	struct dsa_swerror error;
	struct dsa_hw_desc d;

	start();
	dsa_desc_noop(&d, DSA2_HOLE);
	test_submit(&d);
	test_swerror(&error);
	EXPECT_EQ(DSA_COMP_CRA_XLAT, error.code);
	EXPECT_TRUE(error.wq_valid && error.desc_valid && error.write);
	EXPECT_EQ(TEST_WQ, error.wq);
	EXPECT_EQ(DSA_OPCODE_NOOP, error.opcode);
	EXPECT_EQ(test_pasid(), error.pasid);
	EXPECT_EQ(DSA2_HOLE, error.address & ~UINT64_C(0xfff));
	expect_alive();
}

TEST(dsa_fault_readback, "dsa.fault.drain_readback", NEEDS_ALL, "DSA 3.13, 8.3.3")
{
	struct dsa_hw_desc d;

	if (test_dsa()->caps.version < DSA_VERSION_2_0 || !(test_dsa()->caps.gencap & DSA_GENCAP_DRAIN_READBACK))
		SKIP("the DSA has no readback addresses of drains");
	start();
	dsa_desc_drain(&d, test_cr_dma(0));
	desc_set_flags(&d, DSA_DESC_READBACK1);
	d.rdback_addr = DSA2_HOLE;
	EXPECT_EQ(DSA_COMP_PFAULT_RDBA, test_execute(&d));
	EXPECT_EQ(DSA2_HOLE, test_cr(0)->fault_addr & ~UINT64_C(0xfff));
}

/* Without translation requests only the access itself can fail: of a read it is known (3.13, 5.8.1), of a write never.
 */
TEST(dsa_fault_refused, "dsa.fault.refused_read", NEEDS_SUBMIT | NEEDS_IOMMU | NEEDS_PASID, "DSA 3.13, PCIe 7.5.1.1.4")
{
	const uint16_t aborts = PCI_STATUS_REC_MASTER_ABORT | PCI_STATUS_REC_TARGET_ABORT;
	struct dsa_buf memory = test_buf(PAGE_SIZE);
	struct iommu_fault fault;
	struct dsa_hw_desc d;

	if (test_dsa()->ats_on)
		SKIP("the DSA asks for translations first");
	pci_write16(test_dsa()->pci, PCI_STATUS, aborts);
	EXPECT_EQ(0, pci_read16(test_dsa()->pci, PCI_STATUS) & aborts);
	dsa_desc_memmove(&d, test_cr_dma(0), memory.dma, DSA2_HOLE, 64);
	EXPECT_EQ(DSA_COMP_HW_ERR1, test_execute(&d));
	EXPECT_NE(0, pci_read16(test_dsa()->pci, PCI_STATUS) & aborts);
	pci_write16(test_dsa()->pci, PCI_STATUS, aborts);
	EXPECT_TRUE(WAIT_FOR(test_iommu()->ops->fault_next(test_iommu(), &fault) == 0, 100000));
	EXPECT_EQ(DSA2_HOLE, fault.address);
}
