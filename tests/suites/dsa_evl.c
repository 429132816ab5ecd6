/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event log: errors that nobody would hear of otherwise are written to a ring in memory, one interrupt for any
 * number of them; a completion record whose page is not there is kept there; and a full ring loses nothing, or says so.
 */
#include "tests/suites/dsa2.h"

#define NEEDS_ALL (NEEDS_SUBMIT | NEEDS_CONFIG | NEEDS_EVL)
#define ENTRIES   DSA_EVL_MIN_SIZE
#define WAIT_US   100000U
/* How long what must not come is waited for. */
#define NEVER_US  3000

static struct dsa_evl evl;

static struct dsa *dsa(void)
{
	return test_dsa();
}

/* A log of ENTRIES, or a whole page of them. */
static void log_on(bool ats)
{
	struct dsa_buf memory;

	dsa2_disabled(ats);
	memory = test_buf(ENTRIES * DSA_EVL_ENTRY_SIZE(dsa()->caps.gencap));
	EXPECT_DSA(dsa_evl_open(dsa(), &memory, &evl));
	dsa2_start(NULL);
}

/* An error that has no record to go to: an opcode that does not exist. */
static void submit_bad(void)
{
	struct dsa_hw_desc d;

	dsa_desc_init(&d, 0xee, 0);
	desc_clear_flags(&d, IDXD_OP_FLAG_CRAV | IDXD_OP_FLAG_RCR);
	test_submit(&d);
}

static struct dsa_evl_entry take(void)
{
	struct dsa_evl_entry entry;

	if (!WAIT_FOR(dsa_evl_count(&evl), WAIT_US))
		FAIL("no entry in the event log within %u us", WAIT_US);
	EXPECT_DSA(dsa_evl_take(&evl, &entry));
	return entry;
}

static void expect_silence(void)
{
	struct dsa_swerror error;

	EXPECT_ERRNO(ENOENT, dsa_swerror_read(dsa(), &error));
	EXPECT_EQ(0, dsa_evl_count(&evl));
}

TEST(dsa_evl_registers, "dsa.evl.registers", NEEDS_ALL, "DSA 9.2.16, 9.2.17")
{
	uint64_t evlcfg;

	log_on(false);
	EXPECT_EQ(0, mmio_read64(dsa()->regs, DSA_EVLSTATUS));
	/* Locked while Enabled. */
	evlcfg = mmio_read64(dsa()->regs, DSA_EVLCFG);
	mmio_write64(dsa()->regs, DSA_EVLCFG, 0);
	EXPECT_EQ(evlcfg, mmio_read64(dsa()->regs, DSA_EVLCFG));
	mmio_write32(dsa()->regs, DSA_GENCFG, 0);
	EXPECT_TRUE(mmio_read32(dsa()->regs, DSA_GENCFG) & DSA_GENCFG_EVL);
	/* The head is the lower half, what is cleared in the upper one. */
	submit_bad();
	EXPECT_TRUE(WAIT_FOR(dsa_evl_count(&evl) == 1 && dsa_evl_pending(&evl), WAIT_US));
	mmio_write32(dsa()->regs, DSA_EVLSTATUS, 1);
	EXPECT_TRUE(dsa_evl_pending(&evl));
	dsa_evl_clear_pending(&evl);
	EXPECT_EQ(1 | UINT64_C(1) << 32, mmio_read64(dsa()->regs, DSA_EVLSTATUS));
	/* The next start begins at the beginning. */
	EXPECT_DSA(dsa_disable(dsa()));
	EXPECT_DSA(dsa_enable(dsa()));
	EXPECT_EQ(0, mmio_read64(dsa()->regs, DSA_EVLSTATUS));
	/* And a reset takes the configuration away. */
	EXPECT_DSA(dsa_reset(dsa()));
	EXPECT_EQ(0, mmio_read64(dsa()->regs, DSA_EVLCFG));
	EXPECT_EQ(0, mmio_read64(dsa()->regs, DSA_EVLCFG + 8));
}

TEST(dsa_evl_bad_config, "dsa.evl.bad_configuration", NEEDS_ALL, "DSA 5.1, 5.8.3")
{
	const uint32_t entry = DSA_EVL_ENTRY_SIZE(dsa()->caps.gencap);
	const struct {
		const char *what;
		uint64_t base, entries;
		unsigned error;
	} rows[] = {
	        {"63 entries", 0x10000, DSA_EVL_MIN_SIZE - 1, DSA_CMDERR_EVL},
	        {"no entry", 0x10000, 0, DSA_CMDERR_EVL},
	        {"beyond the end of all addresses", ~UINT64_C(0xfff), 2 * PAGE_SIZE / entry + 64, DSA_CMDERR_EVL},
	        {"privileged without PASID", 0x10000 | DSA_EVLCFG_PRIV, DSA_EVL_MIN_SIZE, DSA_CMDERR_EVL_PASID},
	};
	struct dsa_wq_config config;

	dsa2_disabled(false);
	config = dsa_wq_default(dsa());
	EXPECT_DSA(dsa_wq_configure(dsa(), TEST_WQ, &config));
	EXPECT_DSA(dsa_group_configure(dsa(), 0, BIT64(TEST_WQ), BIT64(0)));
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_context("%s", rows[i].what);
		mmio_write64(dsa()->regs, DSA_EVLCFG, rows[i].base);
		mmio_write64(dsa()->regs, DSA_EVLCFG + 8, rows[i].entries);
		mmio_write32(dsa()->regs, DSA_GENCFG, mmio_read32(dsa()->regs, DSA_GENCFG) | DSA_GENCFG_EVL);
		expect_command_error(rows[i].error, DSA_CMD_ENABLE_DEVICE, 0);
	}
}

TEST(dsa_evl_errors, "dsa.evl.errors_without_a_record", NEEDS_ALL, "DSA 5.8, 5.9")
{
	struct dsa_evl_entry entry;
	struct dsa_hw_desc d;

	log_on(false);
	submit_bad();
	entry = take();
	EXPECT_EQ(DSA_COMP_BAD_OPCODE, entry.error.code);
	EXPECT_TRUE(entry.error.desc_valid && entry.error.wq_valid);
	EXPECT_EQ(0xee, entry.error.opcode);
	EXPECT_EQ(TEST_WQ, entry.error.wq);
	EXPECT_FALSE(entry.error.batch);
	if (test_pasid() != IOMMU_NO_PASID)
		EXPECT_EQ(test_pasid(), entry.error.pasid);
	expect_silence();
	test_context("invalid flag");
	dsa_desc_noop(&d, 0);
	desc_clear_flags(&d, IDXD_OP_FLAG_CRAV | IDXD_OP_FLAG_RCR);
	desc_set_flags(&d, BIT32(6));
	test_submit(&d);
	entry = take();
	EXPECT_EQ(DSA_COMP_INVALID_FLAGS, entry.error.code);
	EXPECT_EQ(BIT32(6), FIELD_GET(DSA_INFO_FLAGS, entry.error.info));
	test_context("misaligned record");
	dsa_desc_noop(&d, test_cr_dma(4) + 8);
	test_submit(&d);
	entry = take();
	EXPECT_EQ(DSA_COMP_CRA_ALIGN, entry.error.code);
	expect_silence();
	expect_alive();
}

/* In the record as always; whether it is in the log as well is each device's own. */
TEST(dsa_evl_handle, "dsa.evl.bad_interrupt_handle", NEEDS_ALL, "DSA 5.4, 5.9")
{
	struct dsa_evl_entry entry;
	struct dsa_hw_desc d;

	log_on(false);
	dsa_desc_noop(&d, test_cr_dma(0));
	dsa_desc_interrupt(&d, 0x7fff);
	EXPECT_EQ(DSA_COMP_INT_HANDLE_INVAL, test_execute(&d));
	time_delay_us(NEVER_US);
	if (dsa_evl_count(&evl)) {
		entry = take();
		EXPECT_EQ(DSA_COMP_INT_HANDLE_INVAL, entry.error.code);
		EXPECT_EQ(0x7fff, FIELD_GET(DSA_INFO_HANDLE, entry.error.info));
	}
	expect_silence();
}

TEST(dsa_evl_wraps, "dsa.evl.around_the_ring", NEEDS_ALL, "DSA 5.9")
{
	log_on(false);
	for (unsigned i = 0; i < 3 * evl.entries + 5; i++) {
		struct dsa_evl_entry entry;

		test_context("entry %u", i);
		submit_bad();
		entry = take();
		EXPECT_EQ(DSA_COMP_BAD_OPCODE, entry.error.code);
		EXPECT_EQ((i + 1) % evl.entries,
		          FIELD_GET(DSA_EVLSTATUS_TAIL, mmio_read64(dsa()->regs, DSA_EVLSTATUS)));
		/* So that the next one is not taken for this one. */
		memset((uint8_t *)evl.memory.cpu + (size_t)(i % evl.entries) * evl.entry_size, 0, evl.entry_size);
	}
	expect_silence();
}

TEST(dsa_evl_interrupt, "dsa.evl.one_interrupt", NEEDS_ALL, "DSA 9.2.17")
{
	uint64_t before;

	log_on(false);
	dsa_causes_take(dsa());
	before = dsa()->irq_count;
	submit_bad();
	EXPECT_DSA(dsa_causes_wait(dsa(), DSA_INTCAUSE_EVL, 0));
	EXPECT_TRUE(dsa_evl_pending(&evl));
	/* The second is not told of: the first has not been seen to. */
	submit_bad();
	EXPECT_TRUE(WAIT_FOR(dsa_evl_count(&evl) == 2, WAIT_US));
	time_delay_us(NEVER_US);
	EXPECT_EQ(0, dsa_causes_take(dsa()));
	EXPECT_EQ(before + 1, dsa()->irq_count);
	dsa_evl_clear_pending(&evl);
	submit_bad();
	EXPECT_DSA(dsa_causes_wait(dsa(), DSA_INTCAUSE_EVL, 0));
	/* Unless nobody wants to know. */
	mmio_write32(dsa()->regs, DSA_GENCTRL, 0);
	dsa_evl_clear_pending(&evl);
	submit_bad();
	EXPECT_TRUE(WAIT_FOR(dsa_evl_count(&evl) == 4, WAIT_US));
	time_delay_us(NEVER_US);
	EXPECT_EQ(0, dsa_causes_take(dsa()));
}

static void fill(void)
{
	for (unsigned i = 0; i < evl.entries - 1; i++) {
		submit_bad();
		test_context("entry %u", i);
		EXPECT_TRUE(WAIT_FOR(dsa_evl_count(&evl) == i + 1, WAIT_US));
	}
	test_context("the log is full");
}

TEST(dsa_evl_full, "dsa.evl.full", NEEDS_ALL, "DSA 5.9, 9.2.2")
{
	const bool drops = (dsa()->caps.gencap & DSA_GENCAP_EVL_DROP) != 0;
	struct dsa_swerror error;

	log_on(false);
	fill();
	submit_bad();
	if (drops) {
		test_swerror(&error);
		EXPECT_EQ(DSA_SWERR_EVL_APPEND, error.code);
		EXPECT_EQ(evl.entries - 1, dsa_evl_count(&evl));
		return;
	}
	/* The device waits for room, and then has lost nothing. */
	time_delay_us(NEVER_US);
	EXPECT_EQ(evl.entries - 1, dsa_evl_count(&evl));
	EXPECT_ERRNO(ENOENT, dsa_swerror_read(dsa(), &error));
	(void)take();
	EXPECT_TRUE(WAIT_FOR(dsa_evl_count(&evl) == evl.entries - 1, WAIT_US));
	for (unsigned i = 0; i < evl.entries - 1; i++)
		EXPECT_EQ(DSA_COMP_BAD_OPCODE, take().error.code);
	expect_silence();
	expect_alive();
}

/* ---- ends that cannot be told where the descriptor wants them ---- */

TEST(dsa_evl_record, "dsa.evl.record_whose_page_is_away", NEEDS_ALL | NEEDS_PASID, "DSA 5.9")
{
	struct dsa_evl_entry entry;
	struct dsa_buf src, dst;
	struct dsa_hw_desc d;

	log_on(true);
	src = test_buf(PAGE_SIZE);
	dst = test_buf(PAGE_SIZE);
	random_bytes(src.cpu, PAGE_SIZE);
	dsa_desc_memmove(&d, DSA2_HOLE + 0x40, dst.dma, src.dma, PAGE_SIZE);
	test_submit(&d);
	entry = take();
	EXPECT_EQ(DSA_COMP_CRA_XLAT, entry.error.code);
	EXPECT_TRUE(entry.error.write);
	EXPECT_EQ(DSA_OPCODE_MEMMOVE, entry.error.opcode);
	EXPECT_EQ(DSA2_HOLE + 0x40, entry.error.address);
	EXPECT_TRUE(entry.has_record);
	EXPECT_FALSE(entry.has_interrupt || entry.ims);
	/* All that the record would have said; and the work is done. */
	EXPECT_EQ(DSA_COMP_SUCCESS, entry.record.status);
	EXPECT_MEM_EQ(src.cpu, dst.cpu, PAGE_SIZE);
	expect_silence();
}

/* The descriptor that could not be told of, then its batch, under one name; its fence holds back what follows. */
TEST(dsa_evl_batch, "dsa.evl.batch", NEEDS_ALL | NEEDS_PASID | NEEDS_BATCH, "DSA 5.9, 3.8")
{
	struct dsa_evl_entry child, parent;
	struct dsa_hw_desc d, *list;
	struct dsa_buf memory;

	log_on(true);
	memory = test_buf(PAGE_SIZE);
	list = memory.cpu;
	for (unsigned fenced = 0; fenced < 2; fenced++) {
		test_context("%s", fenced ? "with a fence" : "without a fence");
		dsa_desc_noop(&list[0], DSA2_HOLE);
		dsa_desc_noop(&list[1], test_cr_dma(1));
		desc_set_flags(&list[1], fenced ? IDXD_OP_FLAG_FENCE : 0);
		dsa_cr_clear(test_cr(0));
		dsa_cr_clear(test_cr(1));
		dsa_desc_batch(&d, test_cr_dma(0), memory.dma, 2);
		test_submit(&d);
		child = take();
		parent = take();
		EXPECT_EQ(DSA_COMP_CRA_XLAT, child.error.code);
		EXPECT_TRUE(child.error.batch && child.first && child.has_record);
		EXPECT_EQ(0, child.error.batch_index);
		EXPECT_EQ(DSA_COMP_EVL_BATCH, parent.error.code);
		EXPECT_FALSE(parent.error.batch);
		EXPECT_EQ(child.batch_id, parent.batch_id);
		EXPECT_EQ(test_cr_dma(0), parent.error.address);
		EXPECT_TRUE(parent.has_record);
		EXPECT_EQ(fenced ? DSA_COMP_BATCH_FAIL : DSA_COMP_SUCCESS, parent.record.status);
		EXPECT_EQ(fenced ? 1 : 2, parent.record.bytes_completed);
		EXPECT_EQ(fenced ? DSA_COMP_NONE : DSA_COMP_SUCCESS, dsa_cr_status(test_cr(1)));
		/* Its own record is in the log alone. */
		EXPECT_EQ(DSA_COMP_NONE, dsa_cr_status(test_cr(0)));
	}
	expect_silence();
}

/* Where page requests are off, as they are here, a drain ends in the log. */
TEST(dsa_evl_drain, "dsa.evl.drain", NEEDS_ALL, "DSA 5.9, 8.3.3")
{
	struct dsa_evl_entry entry;
	struct dsa_hw_desc d;

	log_on(false);
	dsa_desc_drain(&d, test_cr_dma(0));
	test_submit(&d);
	entry = take();
	EXPECT_EQ(DSA_COMP_EVL_DRAIN, entry.error.code);
	EXPECT_EQ(DSA_OPCODE_DRAIN, entry.error.opcode);
	EXPECT_EQ(test_cr_dma(0), entry.error.address);
	EXPECT_TRUE(entry.has_record);
	EXPECT_EQ(DSA_COMP_SUCCESS, entry.record.status);
	EXPECT_EQ(DSA_COMP_NONE, dsa_cr_status(test_cr(0)));
	/* One that is refused has its record. */
	desc_set_flags(&d, BIT32(6));
	EXPECT_EQ(DSA_COMP_INVALID_FLAGS, test_execute(&d));
	expect_silence();
}

/* Page requests off for a WQ: needs the log, which then has what cannot be asked for. */
TEST(dsa_evl_prs_disable, "dsa.evl.page_requests_off", NEEDS_ALL, "DSA 5.2, 9.2.24")
{
	struct dsa_wq_config config;

	if (!(dsa()->caps.wqcap & DSA_WQCAP_PRS_DISABLE))
		SKIP("WQCAP.55 = 0: page requests cannot be switched off for a WQ");
	dsa2_disabled(false);
	config = dsa_wq_default(dsa());
	config.no_page_requests = true;
	EXPECT_ERRNO(EIO, dsa_start_wq(dsa(), TEST_WQ, &config));
	EXPECT_EQ(DSA_CMDERR_WQ_PRS, FIELD_GET(DSA_CMDSTS_ERROR, dsa()->error.code));
	log_on(false);
	EXPECT_DSA(dsa_wq_disable(dsa(), TEST_WQ));
	EXPECT_DSA(dsa_wq_configure(dsa(), TEST_WQ, &config));
	EXPECT_DSA(dsa_wq_enable(dsa(), TEST_WQ));
	expect_alive();
}
