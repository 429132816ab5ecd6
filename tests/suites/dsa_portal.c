/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Portals: every 64 bytes of every page take a descriptor; a WQ that is not enabled takes none and says nothing; one
 * that is full says that it lost something.
 */
#include "tests/suites/dsa.h"

static volatile uint8_t *portal(unsigned page, unsigned slot)
{
	return (volatile uint8_t *)test_dsa()->portals + TEST_WQ * DSA_PORTAL_WQ_STRIDE + page + slot * DSA_DESC_SIZE;
}

static void write_portal(unsigned page, unsigned slot, const struct dsa_hw_desc *d)
{
	cpu_sfence();
	cpu_movdir64b(portal(page, slot), d);
}

TEST(dsa_portal_pages, "dsa.portal.all_pages", NEEDS_SUBMIT, "DSA 3.3, 9.3")
{
	static const enum dsa_portal pages[] = {DSA_UNLIMITED_MSIX, DSA_LIMITED_MSIX, DSA_UNLIMITED_IMS,
	                                        DSA_LIMITED_IMS};
	struct dsa_hw_desc d;

	for (size_t i = 0; i < ARRAY_SIZE(pages); i++) {
		if (pages[i] & DSA_PORTAL_IMS && !test_dsa()->caps.ims_entries)
			continue;
		test_context("page 0x%x", pages[i]);
		dsa_cr_clear(test_cr(0));
		dsa_desc_noop(&d, test_cr_dma(0));
		write_portal(pages[i], 0, &d);
		EXPECT_DSA(dsa_wait_success(test_dsa(), test_cr(0), 0));
	}
}

TEST(dsa_portal_slots, "dsa.portal.all_slots", NEEDS_SUBMIT, "DSA 9.3")
{
	struct dsa_hw_desc d;

	for (unsigned slot = 0; slot < DSA_PORTAL_SIZE / DSA_DESC_SIZE; slot++) {
		test_context("slot %u", slot);
		dsa_cr_clear(test_cr(0));
		dsa_desc_noop(&d, test_cr_dma(0));
		write_portal(DSA_UNLIMITED_MSIX, slot, &d);
		EXPECT_DSA(dsa_wait_success(test_dsa(), test_cr(0), 0));
	}
}

/* What comes while the WQ is off is lost without a word (5.3), and is still lost when it is on again. */
TEST(dsa_portal_disabled, "dsa.portal.disabled_wq_drops", NEEDS_SUBMIT, "DSA 5.3")
{
	struct dsa_hw_desc d;

	EXPECT_DSA(dsa_wq_disable(test_dsa(), TEST_WQ));
	dsa_desc_noop(&d, test_cr_dma(0));
	write_portal(DSA_UNLIMITED_MSIX, 0, &d);
	time_delay_us(3000);
	EXPECT_EQ(0, test_cr(0)->status);
	EXPECT_DSA(dsa_wq_enable(test_dsa(), TEST_WQ));
	settle();
	EXPECT_EQ(0, test_cr(0)->status);
	expect_alive();
}

/* Neither reads nor smaller writes are submissions. On the host only: a guest's small writes are its own affair. */
TEST(dsa_portal_small, "dsa.portal.smaller_writes_are_ignored", NEEDS_SUBMIT, "DSA 5.3")
{
	struct dsa_hw_desc d;
	uint64_t words[8], value;

	dsa_desc_noop(&d, test_cr_dma(0));
	memcpy(words, &d, sizeof(words));
	for (unsigned i = 0; i < 8; i++)
		mmio_write64(portal(DSA_UNLIMITED_MSIX, 0), i * 8, words[i]);
	value = mmio_read64(portal(DSA_UNLIMITED_MSIX, 0), 0);
	EXPECT_TRUE(value == 0 || value == UINT64_MAX);
	settle();
	EXPECT_EQ(0, test_cr(0)->status);
	expect_alive();
}

/* What fills any WQ and all engines: how many descriptors an engine takes ahead is each part's own affair. */
#define FILL_MOST  2048U
#define FILL_BURST 512U
#define FILL_BYTES (UINT32_C(1) << 20)

/*
 * Long moves, faster than the device can do them, until one does not fit. It is lost and recorded (SWERROR 53h); what
 * was accepted completes.
 */
TEST(dsa_portal_overflow, "dsa.portal.full_wq_reports", NEEDS_SUBMIT, "DSA 5.3, 5.8")
{
	unsigned size = dsa_wqcfg_read(test_dsa(), TEST_WQ, 0) & DSA_WQCFG0_SIZE;
	struct dsa_buf src = test_buf(FILL_BYTES), dst = test_buf(FILL_BYTES);
	struct dsa_buf records = test_buf(FILL_MOST * sizeof(struct dsa_completion_record));
	struct dsa_completion_record *record = records.cpu;
	struct dsa_hw_desc d;
	struct dsa_swerror error;
	unsigned done = 0, sent = 0;

	memset(record, 0, FILL_MOST * sizeof(*record));
	while (sent < FILL_MOST && (sent % FILL_BURST || dsa_swerror_read(test_dsa(), &error))) {
		dsa_desc_memmove(&d, records.dma + sent++ * sizeof(*record), dst.dma, src.dma, FILL_BYTES);
		test_submit(&d);
	}
	test_swerror(&error);
	EXPECT_EQ(DSA_SWERR_DWQ_FULL, error.code);
	EXPECT_TRUE(error.wq_valid);
	EXPECT_EQ(TEST_WQ, error.wq);
	test_limit(20000);
	EXPECT_DSA(dsa_wq_drain(test_dsa(), TEST_WQ));
	for (unsigned i = 0; i < sent; i++)
		done += dsa_cr_status(&record[i]) == DSA_COMP_SUCCESS;
	EXPECT_GE(size, done);
	EXPECT_LE(sent - 1, done);
	/* The drops that came after the first one. */
	if (dsa_swerror_read(test_dsa(), &error) == 0) {
		EXPECT_EQ(DSA_SWERR_DWQ_FULL, error.code);
		dsa_swerror_clear(test_dsa());
	}
	expect_alive();
}

/* Never more than the WQ has entries: then nothing is lost, however often. */
TEST(dsa_portal_exactly_full, "dsa.portal.full_to_the_last_entry", NEEDS_SUBMIT, "DSA 5.3")
{
	unsigned size = dsa_wqcfg_read(test_dsa(), TEST_WQ, 0) & DSA_WQCFG0_SIZE;
	struct dsa_hw_desc d;

	if (size > TEST_CRS)
		size = TEST_CRS;
	for (unsigned round = 0; round < 20; round++) {
		memset(test_cr(0), 0, TEST_CRS * DSA_CR_SIZE);
		for (unsigned i = 0; i < size; i++) {
			dsa_desc_noop(&d, test_cr_dma(i));
			test_submit(&d);
		}
		for (unsigned i = 0; i < size; i++) {
			test_context("round %u, descriptor %u", round, i);
			EXPECT_DSA(dsa_wait_success(test_dsa(), test_cr(i), 0));
		}
	}
}
