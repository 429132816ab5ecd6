/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Completion interrupts: through MSI-X and through the IMS, each by the entry that the descriptor names and nobody
 * else's, held back while masked, refused when the handle is not the submitter's.
 */
#include "tests/suites/dsa.h"

/* How long an interrupt that must not come is waited for. */
#define NEVER_US 3000

static void submit(const struct dsa_irq *irq, struct dsa_hw_desc *d, uint16_t handle)
{
	dsa_desc_noop(d, test_cr_dma(0));
	dsa_desc_interrupt(d, handle);
	dsa_cr_clear(test_cr(0));
	EXPECT_DSA(
	        dsa_submit(test_dsa(), TEST_WQ, irq->table == DSA_IRQ_IMS ? DSA_UNLIMITED_IMS : DSA_UNLIMITED_MSIX, d));
	EXPECT_DSA(dsa_wait(test_dsa(), test_cr(0), 0));
}

static void interrupts(struct dsa_irq *irq)
{
	struct dsa_hw_desc d;

	for (unsigned i = 0; i < 20; i++) {
		submit(irq, &d, irq->handle);
		EXPECT_EQ(DSA_COMP_SUCCESS, dsa_cr_status(test_cr(0)));
		EXPECT_DSA(dsa_irq_wait(irq, i, 0));
		EXPECT_EQ(i + 1, dsa_irq_count(irq));
	}
	time_delay_us(NEVER_US);
	EXPECT_EQ(20, dsa_irq_count(irq));
}

TEST(dsa_irq_msix, "dsa.irq.msix", NEEDS_SUBMIT | NEEDS_MSIX, "DSA 3.7")
{
	interrupts(test_irq(DSA_IRQ_MSIX, 1));
}

TEST(dsa_irq_msix_all, "dsa.irq.msix_every_entry", NEEDS_SUBMIT | NEEDS_MSIX, "DSA 3.7")
{
	struct dsa_irq *irqs[TEST_IRQS_MAX];
	unsigned count = test_dsa()->caps.msix_entries - 1;
	struct dsa_hw_desc d;

	count = count < TEST_IRQS_MAX ? count : TEST_IRQS_MAX;
	for (unsigned i = 0; i < count; i++)
		irqs[i] = test_irq(DSA_IRQ_MSIX, i + 1);
	for (unsigned i = 0; i < count; i++) {
		test_context("entry %u", i + 1);
		submit(irqs[i], &d, irqs[i]->handle);
		EXPECT_DSA(dsa_irq_wait(irqs[i], 0, 0));
	}
	/* One each: none took another's. */
	for (unsigned i = 0; i < count; i++) {
		test_context("entry %u", i + 1);
		EXPECT_EQ(1, dsa_irq_count(irqs[i]));
	}
}

TEST(dsa_irq_ims, "dsa.irq.ims", NEEDS_SUBMIT | NEEDS_IMS, "DSA 3.7")
{
	interrupts(test_irq(DSA_IRQ_IMS, 0));
}

TEST(dsa_irq_ims_entries, "dsa.irq.ims_first_and_last_entry", NEEDS_SUBMIT | NEEDS_IMS, "DSA 3.7, 9.2.28")
{
	unsigned last = test_dsa()->caps.ims_entries - 1;
	struct dsa_irq *first_irq = test_irq(DSA_IRQ_IMS, 0), *last_irq = test_irq(DSA_IRQ_IMS, last);
	struct dsa_irq *next_irq = test_irq(DSA_IRQ_IMS, 1);
	struct dsa_hw_desc d;

	submit(last_irq, &d, last_irq->handle);
	EXPECT_DSA(dsa_irq_wait(last_irq, 0, 0));
	submit(first_irq, &d, first_irq->handle);
	EXPECT_DSA(dsa_irq_wait(first_irq, 0, 0));
	time_delay_us(NEVER_US);
	EXPECT_EQ(1, dsa_irq_count(first_irq));
	EXPECT_EQ(1, dsa_irq_count(last_irq));
	EXPECT_EQ(0, dsa_irq_count(next_irq));
}

/* The table follows from the portal page: the same number means another entry (3.7). */
TEST(dsa_irq_tables, "dsa.irq.portal_chooses_the_table", NEEDS_SUBMIT | NEEDS_IMS | NEEDS_MSIX, "DSA 3.7")
{
	struct dsa_irq *msix = test_irq(DSA_IRQ_MSIX, 1), *ims = test_irq(DSA_IRQ_IMS, 1);
	struct dsa_hw_desc d;

	submit(msix, &d, msix->handle);
	EXPECT_DSA(dsa_irq_wait(msix, 0, 0));
	EXPECT_EQ(0, dsa_irq_count(ims));
	submit(ims, &d, ims->handle);
	EXPECT_DSA(dsa_irq_wait(ims, 0, 0));
	EXPECT_EQ(1, dsa_irq_count(msix));
}

static void masked(struct dsa_irq *irq)
{
	struct dsa_hw_desc d;

	EXPECT_DSA(dsa_irq_mask(irq, true));
	submit(irq, &d, irq->handle);
	EXPECT_EQ(DSA_COMP_SUCCESS, dsa_cr_status(test_cr(0)));
	time_delay_us(NEVER_US);
	EXPECT_EQ(0, dsa_irq_count(irq));
	EXPECT_TRUE(dsa_irq_pending(irq));
	EXPECT_DSA(dsa_irq_mask(irq, false));
	EXPECT_DSA(dsa_irq_wait(irq, 0, 0));
	EXPECT_EQ(1, dsa_irq_count(irq));
	EXPECT_FALSE(dsa_irq_pending(irq));
}

TEST(dsa_irq_msix_masked, "dsa.irq.msix_masked_is_pending", NEEDS_SUBMIT | NEEDS_MSIX, "PCIe 6.1.4.5")
{
	masked(test_irq(DSA_IRQ_MSIX, 1));
}

TEST(dsa_irq_ims_masked, "dsa.irq.ims_masked_is_pending", NEEDS_SUBMIT | NEEDS_IMS, "DSA 9.2.28")
{
	masked(test_irq(DSA_IRQ_IMS, 3));
}

TEST(dsa_irq_none, "dsa.irq.none_unless_asked_for", NEEDS_SUBMIT | NEEDS_MSIX, "DSA 8.1")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);
	struct dsa_hw_desc d;

	dsa_desc_noop(&d, test_cr_dma(0));
	d.int_handle = irq->handle;
	test_execute_ok(&d);
	time_delay_us(NEVER_US);
	EXPECT_EQ(0, dsa_irq_count(irq));
}

/* Refused, with a record that says so, and no interrupt anywhere: an unowned one would be noticed after the test. */
TEST(dsa_irq_bad_handle, "dsa.irq.handle_out_of_range", NEEDS_SUBMIT | NEEDS_MSIX, "DSA 5.4")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);
	static const uint16_t handles[] = {0x7fff, 0xffff};
	struct dsa_hw_desc d;

	for (size_t i = 0; i < ARRAY_SIZE(handles); i++) {
		test_context("handle 0x%x", handles[i]);
		submit(irq, &d, handles[i]);
		EXPECT_EQ(DSA_COMP_INT_HANDLE_INVAL, dsa_cr_status(test_cr(0)));
		allow_swerror(DSA_COMP_INT_HANDLE_INVAL);
	}
	if (!test_dsa()->caps.request_handles) {
		test_context("handle %u: one behind the table", test_dsa()->caps.msix_entries);
		submit(irq, &d, (uint16_t)test_dsa()->caps.msix_entries);
		EXPECT_EQ(DSA_COMP_INT_HANDLE_INVAL, dsa_cr_status(test_cr(0)));
		allow_swerror(DSA_COMP_INT_HANDLE_INVAL);
	}
	EXPECT_EQ(0, dsa_irq_count(irq));
}

/* In a guest this is what keeps one guest from raising another's interrupts. */
TEST(dsa_irq_foreign_handles, "dsa.irq.foreign_handles_raise_nothing", NEEDS_SUBMIT | NEEDS_HANDLES, "DSA 5.4, 7.5.4")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);
	struct dsa_hw_desc d;

	for (unsigned handle = 0; handle < 64; handle++) {
		if (handle == irq->handle)
			continue;
		test_context("handle %u", handle);
		submit(irq, &d, (uint16_t)handle);
		EXPECT_EQ(DSA_COMP_INT_HANDLE_INVAL, dsa_cr_status(test_cr(0)));
	}
	EXPECT_EQ(0, dsa_irq_count(irq));
	allow_swerror(DSA_COMP_INT_HANDLE_INVAL);
}

/*
 * Handles may be revoked at any time, which happens to guests that move to another machine: what carried the old one
 * ends with 19h, and the driver asks for a new one. Where nobody revokes anything, they stay as they are.
 */
TEST(dsa_irq_revoked, "dsa.irq.handles_stay_or_are_renewed", NEEDS_SUBMIT | NEEDS_MSIX | NEEDS_HANDLES,
     "DSA 3.7, 7.5.4")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);
	unsigned renewed = 0;
	struct dsa_hw_desc d;

	for (unsigned i = 0; i < 40; i++) {
		uint64_t before = dsa_irq_count(irq);
		uint16_t old = irq->handle;

		test_context("descriptor %u", i);
		submit(irq, &d, old);
		if (dsa_cr_status(test_cr(0)) == DSA_COMP_INT_HANDLE_INVAL) {
			EXPECT_DSA(dsa_causes_wait(test_dsa(), DSA_INTCAUSE_HANDLES_REVOKED, 0));
			allow_swerror(DSA_COMP_INT_HANDLE_INVAL);
			EXPECT_EQ(before, dsa_irq_count(irq));
			EXPECT_DSA(dsa_irq_renew(irq));
			EXPECT_NE(old, irq->handle);
			renewed++;
			submit(irq, &d, irq->handle);
		}
		EXPECT_EQ(DSA_COMP_SUCCESS, dsa_cr_status(test_cr(0)));
		EXPECT_DSA(dsa_irq_wait(irq, before, 0));
	}
	if (renewed)
		test_note("the handle was revoked, and renewed, %u times", renewed);
}

static void wrong_pasid(enum dsa_irq_table table, uint32_t pasid)
{
	struct dsa_irq *irq = test_irq_pasid(table, 2, pasid);
	struct dsa_hw_desc d;

	submit(irq, &d, irq->handle);
	EXPECT_EQ(DSA_COMP_INT_HANDLE_INVAL, dsa_cr_status(test_cr(0)));
	allow_swerror(DSA_COMP_INT_HANDLE_INVAL);
	EXPECT_EQ(0, dsa_irq_count(irq));
}

TEST(dsa_irq_pasid, "dsa.irq.pasid_differs", NEEDS_SUBMIT | NEEDS_PASID | NEEDS_IMS, "DSA 5.4, 9.2.22")
{
	wrong_pasid(DSA_IRQ_MSIX, test_pasid() + 1);
	wrong_pasid(DSA_IRQ_IMS, test_pasid() + 1);
}

TEST(dsa_irq_no_pasid, "dsa.irq.pasid_enable_differs", NEEDS_SUBMIT | NEEDS_PASID | NEEDS_IMS, "DSA 5.4, 9.2.22")
{
	wrong_pasid(DSA_IRQ_MSIX, IOMMU_NO_PASID);
	wrong_pasid(DSA_IRQ_IMS, IOMMU_NO_PASID);
}

/* An entry that says "ignore" takes completions and tells nobody, not even by a pending bit. */
TEST(dsa_irq_ignore, "dsa.irq.ignored_entry", NEEDS_SUBMIT | NEEDS_IMS, "DSA 9.2.22, 9.2.28")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_IMS, 5);
	uint64_t at = test_dsa()->caps.ims + 5 * DSA_IMS_STRIDE + DSA_IMS_CTRL;
	struct dsa_hw_desc d;

	mmio_write32(test_dsa()->regs, at, mmio_read32(test_dsa()->regs, at) | DSA_INTPERM_IGNORE);
	submit(irq, &d, irq->handle);
	EXPECT_EQ(DSA_COMP_SUCCESS, dsa_cr_status(test_cr(0)));
	time_delay_us(NEVER_US);
	EXPECT_EQ(0, dsa_irq_count(irq));
	EXPECT_FALSE(dsa_irq_pending(irq));
}

static void restore_ims(void *arg)
{
	mmio_write64(test_dsa()->regs, (uint64_t)(uintptr_t)arg + DSA_IMS_ADDR, DSA_IMS_ADDR_RESET);
}

/* Only the interrupt window may be an entry's address: else the table would be a way to write anywhere. */
TEST(dsa_irq_ims_address, "dsa.irq.ims_address_is_confined", NEEDS_DSA | NEEDS_IMS, "DSA 9.2.28")
{
	static const uint64_t addresses[] = {
	        0, 0x1000, UINT64_C(0xfed00000), UINT64_C(0xfef00000), UINT64_C(0x1fee00000), UINT64_MAX};
	uint64_t entry = test_dsa()->caps.ims + 7 * DSA_IMS_STRIDE;

	test_cleanup(restore_ims, (void *)(uintptr_t)entry);
	mmio_write64(test_dsa()->regs, entry + DSA_IMS_ADDR, UINT64_C(0xfee12000));
	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++) {
		test_context("0x%llx", (unsigned long long)addresses[i]);
		mmio_write64(test_dsa()->regs, entry + DSA_IMS_ADDR, addresses[i]);
		EXPECT_EQ(0xfee12, mmio_read64(test_dsa()->regs, entry + DSA_IMS_ADDR) >> 12);
	}
}

/* Armed before the WQ is enabled, whose queue is then empty: it comes once, until software has seen it (9.2.24). */
TEST(dsa_irq_occupancy, "dsa.irq.occupancy", NEEDS_DSA | NEEDS_MSIX | NEEDS_CONFIG, "DSA 9.2.24")
{
	struct dsa_irq *irq;

	if (!(test_dsa()->caps.wqcap & DSA_WQCAP_OCCUPANCY_INT))
		SKIP("WQCAP.53 = 0: the DSA has no occupancy interrupts");
	irq = test_irq(DSA_IRQ_MSIX, 2);
	EXPECT_DSA(dsa_wq_disable(test_dsa(), TEST_WQ));
	dsa_wqcfg_write(test_dsa(), TEST_WQ, 4, FIELD_PREP(DSA_WQCFG4_INT_HANDLE, (uint32_t)irq->handle));
	dsa_wqcfg_write(test_dsa(), TEST_WQ, 5, DSA_WQCFG5_LIMIT_INT);
	EXPECT_EQ(0, dsa_irq_count(irq));
	EXPECT_DSA(dsa_wq_enable(test_dsa(), TEST_WQ));
	EXPECT_DSA(dsa_irq_wait(irq, 0, 0));
	EXPECT_NE(0, dsa_wqcfg_read(test_dsa(), TEST_WQ, 6) & DSA_WQCFG6_OCC_GENERATED);
	time_delay_us(NEVER_US);
	EXPECT_EQ(1, dsa_irq_count(irq));
	dsa_wqcfg_write(test_dsa(), TEST_WQ, 5, 0);
	dsa_wqcfg_write(test_dsa(), TEST_WQ, 6, DSA_WQCFG6_OCC_GENERATED);
	EXPECT_EQ(0, dsa_wqcfg_read(test_dsa(), TEST_WQ, 6) & DSA_WQCFG6_OCC_GENERATED);
}
