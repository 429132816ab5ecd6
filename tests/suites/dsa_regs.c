/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BAR0 at rest: what the registers say agrees with itself, read-only means read-only, write-1-to-clear clears just
 * that, and what is locked while the device runs stays as it is. A driver that trusts any of it would go wrong quietly.
 */
#include "tests/suites/cpu.h"
#include "tests/suites/dsa.h"

static volatile void *regs(void)
{
	return test_dsa()->regs;
}

TEST(dsa_regs_version, "dsa.regs.version", NEEDS_DSA, "DSA 9.2.1")
{
	uint32_t version = mmio_read32(regs(), DSA_VERSION);

	EXPECT_EQ(0, version >> 16);
	EXPECT_GE(1, version >> 8);
	EXPECT_LE(3, version >> 8);
}

TEST(dsa_regs_capabilities, "dsa.regs.capabilities_are_sane", NEEDS_DSA, "DSA 9.2.2-9.2.6")
{
	const struct dsa_caps *caps = &test_dsa()->caps;

	EXPECT_GE(1, caps->wqs);
	EXPECT_GE(caps->wqs, caps->wq_entries);
	EXPECT_GE(1, caps->groups);
	EXPECT_GE(1, caps->engines);
	EXPECT_GE(12, caps->max_xfer_shift);
	EXPECT_LE(32, caps->max_xfer_shift);
	EXPECT_GE(32, caps->wq_stride);
	EXPECT_TRUE(caps->wqcap & (DSA_WQCAP_SHARED | DSA_WQCAP_DEDICATED));
	/* No device makes sense without these two. */
	EXPECT_TRUE(dsa_has_opcode(test_dsa(), DSA_OPCODE_NOOP));
	EXPECT_TRUE(dsa_has_opcode(test_dsa(), DSA_OPCODE_MEMMOVE));
	if (dsa_has_opcode(test_dsa(), DSA_OPCODE_BATCH))
		EXPECT_GE(1, caps->max_batch_shift);
	if (caps->version == DSA_VERSION_1_0) {
		EXPECT_EQ(0, FIELD_GET(DSA_GENCAP_EVENT_LOG, caps->gencap));
		/* All opcodes of DSA 1.0: 0 to 9, 10h to 15h, 20h. */
		EXPECT_EQ(0, caps->opcap[0] & ~UINT64_C(0x1003f03ff));
		EXPECT_EQ(0, caps->opcap[1] | caps->opcap[2] | caps->opcap[3]);
	}
}

/* Register, its size in bytes, and the bits of it that change by themselves. */
static const struct {
	uint16_t offset, size;
	const char *name;
} read_only[] = {
        {DSA_VERSION, 4, "VERSION"}, {DSA_GENCAP, 8, "GENCAP"}, {DSA_WQCAP, 8, "WQCAP"},      {DSA_GRPCAP, 8, "GRPCAP"},
        {DSA_ENGCAP, 8, "ENGCAP"},   {DSA_OPCAP, 32, "OPCAP"},  {DSA_OFFSETS, 16, "OFFSETS"}, {DSA_GENSTS, 4, "GENSTS"},
        {DSA_CMDSTS, 4, "CMDSTS"},   {DSA_CMDCAP, 8, "CMDCAP"},
};

TEST(dsa_regs_read_only, "dsa.regs.read_only_ignores_writes", NEEDS_DSA, "DSA 9.2")
{
	for (size_t i = 0; i < ARRAY_SIZE(read_only); i++) {
		for (unsigned at = 0; at < read_only[i].size; at += 4) {
			uint32_t before = mmio_read32(regs(), read_only[i].offset + at);

			test_context("%s + %u", read_only[i].name, at);
			mmio_write32(regs(), read_only[i].offset + at, ~before);
			EXPECT_EQ(before, mmio_read32(regs(), read_only[i].offset + at));
			mmio_write32(regs(), read_only[i].offset + at, 0);
			EXPECT_EQ(before, mmio_read32(regs(), read_only[i].offset + at));
		}
	}
}

/* 1, 2, 4 and 8 bytes at once (9.2): the same bytes each time. */
TEST(dsa_regs_widths, "dsa.regs.reads_of_all_widths_agree", NEEDS_DSA, "DSA 9.2")
{
	for (unsigned offset = 0; offset < 0xe0; offset += 8) {
		uint64_t whole = mmio_read64(regs(), offset), parts = 0;

		test_context("offset 0x%02x", offset);
		for (unsigned i = 0; i < 8; i++)
			parts |= (uint64_t)mmio_read8(regs(), offset + i) << (8 * i);
		EXPECT_EQ(whole, parts);
		for (unsigned i = 0; i < 8; i += 2)
			EXPECT_EQ((whole >> (8 * i)) & 0xffff, mmio_read16(regs(), offset + i));
		for (unsigned i = 0; i < 8; i += 4)
			EXPECT_EQ((whole >> (8 * i)) & UINT32_MAX, mmio_read32(regs(), offset + i));
	}
}

TEST(dsa_regs_unlisted, "dsa.regs.unlisted_offsets_read_zero", NEEDS_DSA, "DSA 9.2")
{
	static const uint16_t offsets[] = {0x04, 0x08, 0x18, 0x28, 0x70, 0x78, 0x84,
	                                   0x8c, 0x94, 0x9c, 0xa4, 0xac, 0xb8};

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		test_context("offset 0x%02x", offsets[i]);
		mmio_write32(regs(), offsets[i], UINT32_MAX);
		EXPECT_EQ(0, mmio_read32(regs(), offsets[i]));
	}
}

/* The movable tables lie in BAR0, behind the fixed registers, and do not share bytes. */
TEST(dsa_regs_tables, "dsa.regs.tables_fit_and_do_not_overlap", NEEDS_DSA, "DSA 9.2.7")
{
	const struct dsa_caps *caps = &test_dsa()->caps;
	struct {
		const char *name;
		uint64_t first, size;
	} tables[] = {
	        {"GRPCFG", caps->grpcfg, (uint64_t)caps->groups * DSA_GRPCFG_STRIDE},
	        {"WQCFG", caps->wqcfg, (uint64_t)caps->wqs * caps->wq_stride},
	        {"MSIXPERM", caps->msixperm, (uint64_t)caps->msix_entries * DSA_MSIXPERM_STRIDE},
	        {"IMS", caps->ims, (uint64_t)caps->ims_entries * DSA_IMS_STRIDE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
		if (!tables[i].size)
			continue;
		test_context("%s", tables[i].name);
		EXPECT_GE(0x100, tables[i].first);
		EXPECT_LE(test_dsa()->regs_size, tables[i].first + tables[i].size);
		for (size_t k = 0; k < i; k++) {
			if (tables[k].size)
				EXPECT_TRUE(tables[i].first >= tables[k].first + tables[k].size ||
				            tables[k].first >= tables[i].first + tables[i].size);
		}
	}
}

static void restore_genctrl(void *arg)
{
	mmio_write32(regs(), DSA_GENCTRL, (uint32_t)(uintptr_t)arg);
}

TEST(dsa_regs_genctrl, "dsa.regs.genctrl", NEEDS_DSA, "DSA 9.2.9")
{
	uint32_t before = mmio_read32(regs(), DSA_GENCTRL);
	uint32_t known = DSA_GENCTRL_SWERR_INT | DSA_GENCTRL_HALT_INT;

	test_cleanup(restore_genctrl, (void *)(uintptr_t)before);
	mmio_write32(regs(), DSA_GENCTRL, 0);
	EXPECT_EQ(0, mmio_read32(regs(), DSA_GENCTRL));
	mmio_write32(regs(), DSA_GENCTRL, known);
	EXPECT_EQ(known, mmio_read32(regs(), DSA_GENCTRL));
	mmio_write32(regs(), DSA_GENCTRL, UINT32_MAX);
	EXPECT_EQ(known, mmio_read32(regs(), DSA_GENCTRL) & ~(uint32_t)DSA_GENCTRL_EVL_INT);
}

/* The driver's handler writes back what it read: then the cause must be gone. */
TEST(dsa_regs_intcause, "dsa.regs.intcause_clears", NEEDS_DSA | NEEDS_MSIX, "DSA 9.2.11")
{
	for (unsigned i = 0; i < 3; i++) {
		dsa_causes_take(test_dsa());
		EXPECT_DSA(dsa_command_start(test_dsa(), DSA_CMD_DRAIN_ALL, 0, true));
		EXPECT_DSA(dsa_command_finish(test_dsa(), DSA_CMD_DRAIN_ALL, DSA_COMMAND_TIMEOUT_US, NULL));
		EXPECT_DSA(dsa_causes_wait(test_dsa(), DSA_INTCAUSE_COMMAND, 0));
		EXPECT_TRUE(WAIT_FOR(mmio_read32(regs(), DSA_INTCAUSE) == 0, 1000));
	}
	mmio_write32(regs(), DSA_INTCAUSE, UINT32_MAX);
	EXPECT_EQ(0, mmio_read32(regs(), DSA_INTCAUSE));
}

/* A descriptor whose error no completion record can tell: an opcode that does not exist, and CRAV off. */
static void provoke(void)
{
	struct dsa_hw_desc d;

	dsa_desc_init(&d, 0xff, 0);
	desc_clear_flags(&d, UINT32_MAX);
	test_submit(&d);
}

TEST(dsa_regs_swerror, "dsa.regs.swerror_keeps_the_first", NEEDS_SUBMIT, "DSA 9.2.15")
{
	struct dsa_swerror first, now;

	provoke();
	EXPECT_TRUE(WAIT_FOR(dsa_swerror_read(test_dsa(), &first) == 0, 100000));
	EXPECT_EQ(DSA_COMP_BAD_OPCODE, first.code);
	EXPECT_EQ(0xff, first.opcode);
	EXPECT_TRUE(first.wq_valid);
	EXPECT_EQ(TEST_WQ, first.wq);
	EXPECT_FALSE(first.overflow);
	provoke();
	EXPECT_TRUE(WAIT_FOR(dsa_swerror_read(test_dsa(), &now) == 0 && now.overflow, 100000));
	EXPECT_EQ(first.raw[0] | DSA_SWERROR_OVERFLOW, now.raw[0]);
	dsa_swerror_clear(test_dsa());
	EXPECT_ERRNO(ENOENT, dsa_swerror_read(test_dsa(), &now));
	/* And it takes the next. */
	provoke();
	test_swerror(&now);
	EXPECT_FALSE(now.overflow);
}

TEST(dsa_regs_swerror_interrupt, "dsa.regs.swerror_interrupts", NEEDS_SUBMIT | NEEDS_MSIX, "DSA 9.2.11")
{
	struct dsa_swerror error;
	uint32_t before = mmio_read32(regs(), DSA_GENCTRL);

	test_cleanup(restore_genctrl, (void *)(uintptr_t)before);
	mmio_write32(regs(), DSA_GENCTRL, before | DSA_GENCTRL_SWERR_INT);
	dsa_causes_take(test_dsa());
	provoke();
	EXPECT_DSA(dsa_causes_wait(test_dsa(), DSA_INTCAUSE_SWERR, 0));
	test_swerror(&error);
}

/* Whatever is written to the WQ's configuration while it runs: nothing of it comes true (2.9's matrix). */
TEST(dsa_regs_wqcfg_locked, "dsa.regs.wqcfg_is_locked_while_enabled", NEEDS_DSA, "DSA 9.2.24")
{
	static const struct {
		unsigned dword;
		uint32_t mask;
		const char *name;
	} fields[] = {
	        {0, DSA_WQCFG0_SIZE, "size"},
	        {2, DSA_WQCFG2_DEDICATED, "mode"},
	        {2, DSA_WQCFG2_BOF, "block on fault"},
	        {2, DSA_WQCFG2_PRIORITY, "priority"},
	        {2, DSA_WQCFG2_PASID, "PASID"},
	        {2, DSA_WQCFG2_PASID_EN, "PASID enable"},
	        {2, DSA_WQCFG2_PRIV, "privileged"},
	        {3, DSA_WQCFG3_MAX_XFER, "max transfer"},
	        {3, DSA_WQCFG3_MAX_BATCH, "max batch"},
	        {4, DSA_WQCFG4_INT_HANDLE, "occupancy interrupt handle"},
	        {6, DSA_WQCFG6_OCCUPANCY | DSA_WQCFG6_STATE, "occupancy and state"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
		uint32_t before = dsa_wqcfg_read(test_dsa(), TEST_WQ, fields[i].dword);

		test_context("%s", fields[i].name);
		dsa_wqcfg_write(test_dsa(), TEST_WQ, fields[i].dword, before ^ fields[i].mask);
		EXPECT_EQ(before, dsa_wqcfg_read(test_dsa(), TEST_WQ, fields[i].dword));
	}
	if (cpu_has_movdir64b())
		expect_alive();
}

TEST(dsa_regs_grpcfg_locked, "dsa.regs.grpcfg_is_locked_while_enabled", NEEDS_DSA, "DSA 9.2.23")
{
	uint32_t grpcfg = test_dsa()->caps.grpcfg;
	static const unsigned offsets[] = {DSA_GRPCFG_WQS, DSA_GRPCFG_ENGINES, DSA_GRPCFG_FLAGS};

	for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
		uint64_t before = mmio_read64(regs(), grpcfg + offsets[i]);

		test_context("GRPCFG + %u", offsets[i]);
		mmio_write64(regs(), grpcfg + offsets[i], ~before);
		EXPECT_EQ(before, mmio_read64(regs(), grpcfg + offsets[i]));
	}
}

TEST(dsa_regs_gencfg_locked, "dsa.regs.gencfg_is_locked_while_enabled", NEEDS_DSA, "DSA 9.2.8")
{
	uint32_t before = mmio_read32(regs(), DSA_GENCFG);

	mmio_write32(regs(), DSA_GENCFG, ~before);
	EXPECT_EQ(before, mmio_read32(regs(), DSA_GENCFG));
}

TEST(dsa_regs_reset_values, "dsa.regs.reset_clears_the_configuration", NEEDS_DSA | NEEDS_CONFIG, "DSA 3.15, 9.2")
{
	const struct dsa_caps *caps = &test_dsa()->caps;

	EXPECT_DSA(dsa_reset(test_dsa()));
	EXPECT_EQ(DSA_STATE_DISABLED, dsa_state(test_dsa()));
	for (unsigned wq = 0; wq < caps->wqs; wq++) {
		for (unsigned i = 0; i < DSA_WQCFG_DWORDS; i++) {
			test_context("WQCFG %u, dword %u", wq, i);
			EXPECT_EQ(0, dsa_wqcfg_read(test_dsa(), wq, i) & ~(uint32_t)DSA_WQCFG6_MODE_SUPPORT);
		}
	}
	for (unsigned group = 0; group < caps->groups; group++) {
		uint64_t at = caps->grpcfg + group * DSA_GRPCFG_STRIDE;

		test_context("GRPCFG %u", group);
		EXPECT_EQ(0, mmio_read64(regs(), at + DSA_GRPCFG_WQS));
		EXPECT_EQ(0, mmio_read64(regs(), at + DSA_GRPCFG_ENGINES));
		EXPECT_EQ(caps->read_buffers,
		          FIELD_GET(DSA_GRPFLAGS_RB_ALLOWED, mmio_read64(regs(), at + DSA_GRPCFG_FLAGS)));
	}
}

TEST(dsa_regs_reset_preserves, "dsa.regs.reset_keeps_swerror", NEEDS_SUBMIT, "DSA 9.2.15")
{
	struct dsa_swerror error;

	provoke();
	EXPECT_TRUE(WAIT_FOR(dsa_swerror_read(test_dsa(), &error) == 0, 100000));
	EXPECT_DSA(dsa_reset(test_dsa()));
	test_swerror(&error);
	EXPECT_EQ(DSA_COMP_BAD_OPCODE, error.code);
}

static void forget_irqs(void *arg)
{
	(void)arg;
	dsa_reset(test_dsa());
}

/* What is neither WQ nor group: the tables of interrupts, and the registers that say what runs how. */
TEST(dsa_regs_reset_tables, "dsa.regs.reset_clears_interrupt_tables", NEEDS_DSA | NEEDS_CONFIG | NEEDS_IMS | NEEDS_MSIX,
     "DSA 9.2.8, 9.2.9, 9.2.22, 9.2.28")
{
	const struct dsa_caps *caps = &test_dsa()->caps;
	const uint64_t msixperm = caps->msixperm + (caps->msix_entries - 1) * (uint64_t)DSA_MSIXPERM_STRIDE;
	const uint64_t ims = caps->ims + (caps->ims_entries - 1) * (uint64_t)DSA_IMS_STRIDE;
	const uint32_t permission = DSA_INTPERM_IGNORE | DSA_INTPERM_PASID_EN | FIELD_PREP(DSA_INTPERM_PASID, 0x12345U);
	const uint32_t genctrl = mmio_read32(regs(), DSA_GENCTRL);

	EXPECT_DSA(dsa_reset(test_dsa()));
	test_cleanup(restore_genctrl, (void *)(uintptr_t)genctrl);
	test_cleanup(forget_irqs, NULL);
	mmio_write32(regs(), DSA_GENCTRL, DSA_GENCTRL_SWERR_INT | DSA_GENCTRL_HALT_INT);
	mmio_write32(regs(), DSA_GENCFG, mmio_read32(regs(), DSA_GENCFG) | DSA_GENCFG_USER_INT);
	mmio_write32(regs(), msixperm, permission);
	mmio_write64(regs(), ims + DSA_IMS_ADDR, DSA_IMS_ADDR_RESET + 0x1000);
	mmio_write32(regs(), ims + DSA_IMS_DATA, 0x77);
	mmio_write32(regs(), ims + DSA_IMS_CTRL, permission);
	EXPECT_EQ(permission, mmio_read32(regs(), msixperm));
	EXPECT_EQ(permission, mmio_read32(regs(), ims + DSA_IMS_CTRL));
	EXPECT_EQ(0x77, mmio_read32(regs(), ims + DSA_IMS_DATA));
	EXPECT_TRUE(mmio_read32(regs(), DSA_GENCFG) & DSA_GENCFG_USER_INT);
	EXPECT_DSA(dsa_command(test_dsa(), DSA_CMD_RESET_DEVICE, 0, NULL));
	EXPECT_EQ(0, mmio_read32(regs(), DSA_GENCTRL));
	EXPECT_EQ(0, mmio_read32(regs(), DSA_INTCAUSE));
	EXPECT_EQ(caps->grpcap & DSA_GRPCAP_RB_GLOBAL ? caps->read_buffers : 0, mmio_read32(regs(), DSA_GENCFG));
	EXPECT_EQ(0, mmio_read32(regs(), msixperm));
	EXPECT_EQ(DSA_IMS_ADDR_RESET, mmio_read64(regs(), ims + DSA_IMS_ADDR));
	EXPECT_EQ(0, mmio_read32(regs(), ims + DSA_IMS_DATA));
	EXPECT_EQ(DSA_IMS_CTRL_MASK, mmio_read32(regs(), ims + DSA_IMS_CTRL));
}

/* A page for guests that have no WQ to be shown: it takes what is written, and nothing comes of it. */
static volatile uint8_t *dummy_portal(void)
{
	if (test_dsa()->caps.version < DSA_VERSION_2_0 || test_dsa()->regs_size < DSA_DUMMY_PORTAL + DSA_PORTAL_SIZE)
		SKIP("no such page is promised before DSA 2.0 (VERSION 0x%x)", (unsigned)test_dsa()->caps.version);
	return (volatile uint8_t *)regs() + DSA_DUMMY_PORTAL;
}

TEST(dsa_regs_dummy, "dsa.regs.dummy_portal_drops", NEEDS_SUBMIT, "DSA 9.2.21")
{
	volatile uint8_t *page = dummy_portal();
	struct dsa_hw_desc d;

	dsa_desc_noop(&d, test_cr_dma(0));
	cpu_sfence();
	for (unsigned at = 0; at < DSA_PORTAL_SIZE; at += 0x3c0)
		cpu_movdir64b(page + at, &d);
	settle();
	EXPECT_EQ(DSA_COMP_NONE, dsa_cr_status(test_cr(0)));
	expect_alive();
}

TEST(dsa_regs_dummy_retry, "dsa.regs.dummy_portal_retries", NEEDS_SUBMIT | NEEDS_ENQCMD, "DSA 9.2.21")
{
	void *page = (void *)(uintptr_t)dummy_portal();
	struct dsa_hw_desc d;
	uint64_t flags;

	dsa_desc_noop(&d, test_cr_dma(0));
	cpu_sfence();
	EXPECT_TRUE(cpu_enqcmds(page, &d, &flags));
	EXPECT_TRUE(flags & FLAG_ZF);
	settle();
	EXPECT_EQ(DSA_COMP_NONE, dsa_cr_status(test_cr(0)));
	expect_alive();
}
