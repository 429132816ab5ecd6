/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DSA in PCI configuration space: what it says it is, the capabilities that it works with, and what a device that
 * runs makes of changes there.
 */
#include <linux/pci_regs.h>

#include "kernel/boot.h"
#include "tests/suites/dsa.h"

#define D3HOT_US 10000U /* PCI PM 1.2, 5.6.1: no access for so long */

static struct pci_function *function(void)
{
	return test_dsa()->pci;
}

static void expect_bar(unsigned n, uint64_t least)
{
	struct pci_bar bar;

	test_context("BAR%u", n);
	EXPECT_OK(pci_bar(function(), n, &bar));
	EXPECT_FALSE(bar.is_io);
	EXPECT_GE(least, bar.size);
	EXPECT_EQ(0, bar.base & (bar.size - 1));
	/* 64 bits, prefetchable. */
	EXPECT_EQ(PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH,
	          pci_read32(function(), PCI_BASE_ADDRESS_0 + 4 * n) & 0xfU);
}

TEST(dsa_pci_identity, "dsa.pci.identity", NEEDS_DSA, "DSA 9.1")
{
	EXPECT_EQ(DSA_PCI_VENDOR, pci_read16(function(), PCI_VENDOR_ID));
	EXPECT_EQ(DSA_PCI_CLASS, pci_read32(function(), PCI_CLASS_REVISION) >> 8);
	EXPECT_EQ(PCI_HEADER_TYPE_NORMAL, pci_read8(function(), PCI_HEADER_TYPE) & 0x7fU);
	EXPECT_EQ(0, pci_read8(function(), PCI_INTERRUPT_PIN));
	EXPECT_EQ(0, pci_capability(function(), PCI_CAP_ID_MSI));
	expect_bar(0, PAGE_SIZE);
	expect_bar(2, (test_dsa()->caps.wqs - 1) * (uint64_t)DSA_PORTAL_WQ_STRIDE + 2 * DSA_PORTAL_SIZE);
}

TEST(dsa_pci_capabilities, "dsa.pci.capabilities", NEEDS_DSA, "DSA 9.1")
{
	static const uint16_t extended[] = {PCI_EXT_CAP_ID_ERR, PCI_EXT_CAP_ID_ATS, PCI_EXT_CAP_ID_PASID,
	                                    PCI_EXT_CAP_ID_PRI};
	unsigned at;

	if (boot_in_guest())
		SKIP("a vDSA has those that its host shows it");
	for (size_t i = 0; i < ARRAY_SIZE(extended); i++) {
		test_context("extended capability 0x%x", extended[i]);
		EXPECT_NE(0, pci_ext_capability(function(), extended[i]));
	}
	test_context("PCI Express");
	at = pci_capability(function(), PCI_CAP_ID_EXP);
	EXPECT_NE(0, at);
	EXPECT_TRUE(pci_read32(function(), at + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR);
	EXPECT_TRUE(pci_read32(function(), at + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_RBER);
	test_context("power management");
	at = pci_capability(function(), PCI_CAP_ID_PM);
	EXPECT_NE(0, at);
	EXPECT_EQ(0, pci_read16(function(), at + PCI_PM_PMC) & (PCI_PM_CAP_D1 | PCI_PM_CAP_D2));
	EXPECT_TRUE(pci_read16(function(), at + PCI_PM_CTRL) & PCI_PM_CTRL_NO_SOFT_RESET);
	test_context("PASID");
	at = pci_ext_capability(function(), PCI_EXT_CAP_ID_PASID);
	EXPECT_EQ(20, (pci_read16(function(), at + PCI_PASID_CAP) >> 8) & 0x1fU);
	test_context("page requests");
	at = pci_ext_capability(function(), PCI_EXT_CAP_ID_PRI);
	EXPECT_NE(0, pci_read32(function(), at + PCI_PRI_MAX_REQ));
}

static void wake(void *arg)
{
	const unsigned at = (unsigned)(uintptr_t)arg;

	pci_write16(function(), at, (uint16_t)(pci_read16(function(), at) & ~(uint16_t)PCI_PM_CTRL_STATE_MASK));
	time_delay_us(D3HOT_US);
}

/* There is no D1 and no D2, and D3hot is left without a reset (No_Soft_Reset). */
TEST(dsa_pci_power, "dsa.pci.d3hot_keeps_the_configuration", NEEDS_DSA | NEEDS_CONFIG, "DSA 9.1, PCI PM 5.4")
{
	struct dsa_wq_config config = dsa_wq_default(test_dsa());
	const unsigned pm = pci_capability(function(), PCI_CAP_ID_PM), at = pm + PCI_PM_CTRL;
	uint32_t size;

	if (!pm)
		SKIP("the DSA has no power management capability");
	EXPECT_DSA(dsa_reset(test_dsa()));
	EXPECT_DSA(dsa_wq_configure(test_dsa(), TEST_WQ, &config));
	size = dsa_wqcfg_read(test_dsa(), TEST_WQ, 0);
	test_cleanup(wake, (void *)(uintptr_t)at);
	for (unsigned state = 1; state <= 2; state++) {
		test_context("D%u", state);
		pci_write16(function(), at, (uint16_t)(pci_read16(function(), at) | state));
		EXPECT_EQ(0, pci_read16(function(), at) & PCI_PM_CTRL_STATE_MASK);
	}
	test_context("D3hot");
	pci_write16(function(), at, (uint16_t)(pci_read16(function(), at) | 3U));
	time_delay_us(D3HOT_US);
	EXPECT_EQ(3, pci_read16(function(), at) & PCI_PM_CTRL_STATE_MASK);
	wake((void *)(uintptr_t)at);
	EXPECT_EQ(0, pci_read16(function(), at) & PCI_PM_CTRL_STATE_MASK);
	EXPECT_EQ(size, dsa_wqcfg_read(test_dsa(), TEST_WQ, 0));
}

/* Whoever had the device before may have put it to sleep. */
TEST(dsa_pci_wakes, "dsa.pci.driver_wakes_it", NEEDS_DSA, "PCI PM 5.4")
{
	const unsigned pm = pci_capability(function(), PCI_CAP_ID_PM), at = pm + PCI_PM_CTRL;
	struct pci_function *f = function();
	struct iommu *iommu = test_iommu();

	if (!pm)
		SKIP("the DSA has no power management capability");
	EXPECT_DSA(dsa_close(test_dsa()));
	pci_write16(f, at, (uint16_t)(pci_read16(f, at) | 3U));
	time_delay_us(D3HOT_US);
	EXPECT_DSA(dsa_open(test_dsa(), f, iommu, 0));
	EXPECT_EQ(0, pci_read16(f, at) & PCI_PM_CTRL_STATE_MASK);
	EXPECT_DSA(dsa_start_wq(test_dsa(), TEST_WQ, NULL));
	if (cpu_has_movdir64b())
		expect_alive();
}

static void mend(void *arg)
{
	(void)arg;
	dsa_flr(test_dsa());
}

/* Each of the bits that may change only while the device is Disabled (5.7, 9.1.3); of bus mastering see dsa_life.c. */
TEST(dsa_pci_halts, "dsa.pci.changes_halt", NEEDS_DSA, "DSA 5.7, 9.1.3")
{
	static const struct {
		uint16_t capability, offset, bit;
		const char *name;
	} changes[] = {
	        {PCI_EXT_CAP_ID_PASID, PCI_PASID_CTRL, PCI_PASID_CTRL_ENABLE, "PASID enable"},
	        {PCI_EXT_CAP_ID_PASID, PCI_PASID_CTRL, PCI_PASID_CTRL_PRIV, "privileged mode enable"},
	        {PCI_EXT_CAP_ID_ATS, PCI_ATS_CTRL, PCI_ATS_CTRL_ENABLE, "ATS enable"},
	        {PCI_EXT_CAP_ID_PRI, PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE, "page request enable"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		const unsigned at = pci_ext_capability(function(), changes[i].capability) + changes[i].offset;
		struct dsa_swerror error;
		uint16_t before;

		test_context("%s", changes[i].name);
		if (at == changes[i].offset)
			SKIP("the DSA has no capability with %s", changes[i].name);
		test_cleanup(mend, NULL);
		before = pci_read16(function(), at);
		pci_write16(function(), at, before ^ changes[i].bit);
		EXPECT_EQ(before ^ changes[i].bit, pci_read16(function(), at));
		EXPECT_TRUE(WAIT_FOR(dsa_state(test_dsa()) == DSA_STATE_HALT, 100000));
		test_swerror(&error);
		EXPECT_EQ(DSA_SWERR_CONFIG_CHANGED, error.code);
		expect_command_error(DSA_CMDERR_HALTED, DSA_CMD_DRAIN_ALL, 0);
		EXPECT_DSA(dsa_flr(test_dsa()));
		EXPECT_EQ(DSA_STATE_DISABLED, dsa_state(test_dsa()));
		EXPECT_DSA(dsa_start_wq(test_dsa(), TEST_WQ, NULL));
	}
}
