/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Configurations that Enable Device and Enable WQ must refuse, each with exactly one thing wrong and its own number
 * (5.1, 5.2). Where the configuration is fixed there is nothing to get wrong.
 */
#include <linux/pci_regs.h>

#include "tests/suites/dsa.h"

#define NEEDS_ALL (NEEDS_DSA | NEEDS_CONFIG)

static struct dsa *dsa(void)
{
	return test_dsa();
}

static uint64_t group_at(unsigned group)
{
	return dsa()->caps.grpcfg + group * DSA_GRPCFG_STRIDE;
}

/* Disabled, with one good WQ in group 0. */
static void good(void)
{
	struct dsa_wq_config config = dsa_wq_default(dsa());

	EXPECT_DSA(dsa_reset(dsa()));
	EXPECT_DSA(dsa_group_configure(dsa(), 0, BIT64(TEST_WQ), BIT64(0)));
	EXPECT_DSA(dsa_wq_configure(dsa(), TEST_WQ, &config));
}

static void enable_fails(unsigned error)
{
	expect_command_error(error, DSA_CMD_ENABLE_DEVICE, 0);
	EXPECT_EQ(DSA_STATE_DISABLED, dsa_state(dsa()));
}

TEST(dsa_config_good, "dsa.config.good", NEEDS_ALL, "DSA 5.1, 5.2")
{
	good();
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_ENABLE_DEVICE, 0, NULL));
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_ENABLE_WQ, TEST_WQ, NULL));
}

TEST(dsa_config_all_entries, "dsa.config.all_wq_entries", NEEDS_ALL, "DSA 9.2.3")
{
	good();
	dsa_wqcfg_write(dsa(), TEST_WQ, 0, dsa()->caps.wq_entries);
	EXPECT_EQ(dsa()->caps.wq_entries, dsa_wqcfg_read(dsa(), TEST_WQ, 0));
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_ENABLE_DEVICE, 0, NULL));
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_ENABLE_WQ, TEST_WQ, NULL));
	if (cpu_has_movdir64b())
		expect_alive();
}

TEST(dsa_config_too_many_entries, "dsa.config.too_many_wq_entries", NEEDS_ALL, "DSA 5.1, 5.8.3")
{
	good();
	dsa_wqcfg_write(dsa(), TEST_WQ, 0, dsa()->caps.wq_entries + 1);
	enable_fails(DSA_CMDERR_WQ_SIZES);
}

TEST(dsa_config_no_engine, "dsa.config.group_without_engine", NEEDS_ALL, "DSA 5.1, 5.8.3")
{
	good();
	mmio_write64(dsa()->regs, group_at(0) + DSA_GRPCFG_ENGINES, 0);
	enable_fails(DSA_CMDERR_GROUP);
}

TEST(dsa_config_no_wq, "dsa.config.group_without_wq", NEEDS_ALL, "DSA 5.1, 5.8.3")
{
	if (dsa()->caps.groups < 2 || dsa()->caps.engines < 2)
		SKIP("one group or engine");
	good();
	mmio_write64(dsa()->regs, group_at(1) + DSA_GRPCFG_ENGINES, BIT64(1));
	enable_fails(DSA_CMDERR_GROUP);
}

TEST(dsa_config_wq_twice, "dsa.config.wq_in_two_groups", NEEDS_ALL, "DSA 5.1, 5.8.3")
{
	if (dsa()->caps.groups < 2 || dsa()->caps.engines < 2)
		SKIP("one group or engine");
	good();
	mmio_write64(dsa()->regs, group_at(1) + DSA_GRPCFG_ENGINES, BIT64(1));
	mmio_write64(dsa()->regs, group_at(1) + DSA_GRPCFG_WQS, BIT64(TEST_WQ));
	enable_fails(DSA_CMDERR_GROUP_WQ);
}

TEST(dsa_config_engine_twice, "dsa.config.engine_in_two_groups", NEEDS_ALL, "DSA 5.1, 5.8.3")
{
	struct dsa_wq_config config = dsa_wq_default(dsa());

	if (dsa()->caps.groups < 2 || dsa()->caps.wqs < 2)
		SKIP("one group or WQ");
	good();
	EXPECT_DSA(dsa_wq_configure(dsa(), TEST_WQ + 1, &config));
	mmio_write64(dsa()->regs, group_at(1) + DSA_GRPCFG_ENGINES, BIT64(0));
	mmio_write64(dsa()->regs, group_at(1) + DSA_GRPCFG_WQS, BIT64(TEST_WQ + 1));
	enable_fails(DSA_CMDERR_GROUP_ENGINE);
}

TEST(dsa_config_wq_nowhere, "dsa.config.wq_in_no_group", NEEDS_ALL, "DSA 5.1, 5.8.3")
{
	if (dsa()->caps.wqs < 2)
		SKIP("one WQ");
	good();
	dsa_wqcfg_write(dsa(), TEST_WQ + 1, 0, 1);
	enable_fails(DSA_CMDERR_GROUP_WQ);
}

TEST(dsa_config_stray_wq, "dsa.config.wq_that_does_not_exist", NEEDS_ALL, "DSA 5.1, 5.8.3")
{
	if (dsa()->caps.wqs >= 64)
		SKIP("the DSA has all the WQs that this bitmap names");
	good();
	mmio_write64(dsa()->regs, group_at(0) + DSA_GRPCFG_WQS, BIT64(TEST_WQ) | BIT64(dsa()->caps.wqs));
	/* Bits that cannot be set are as good as an error. */
	if (mmio_read64(dsa()->regs, group_at(0) + DSA_GRPCFG_WQS) == BIT64(TEST_WQ))
		SKIP("such bits read 0");
	enable_fails(DSA_CMDERR_GROUP_WQ);
}

TEST(dsa_config_stray_engine, "dsa.config.engine_that_does_not_exist", NEEDS_ALL, "DSA 5.1, 5.8.3")
{
	if (dsa()->caps.engines >= 64)
		SKIP("the DSA has all the engines that this bitmap names");
	good();
	mmio_write64(dsa()->regs, group_at(0) + DSA_GRPCFG_ENGINES, BIT64(0) | BIT64(dsa()->caps.engines));
	if (mmio_read64(dsa()->regs, group_at(0) + DSA_GRPCFG_ENGINES) == BIT64(0))
		SKIP("such bits read 0");
	enable_fails(DSA_CMDERR_GROUP_ENGINE);
}

/* One group, of one engine, with these of total read buffers; global: the limit of all, or 0 for none. */
static void set_read_buffers(uint64_t reserved, uint64_t allowed, uint32_t global)
{
	const uint64_t others = ~(DSA_GRPFLAGS_RB_RESERVED | DSA_GRPFLAGS_RB_ALLOWED | DSA_GRPFLAGS_RB_GLOBAL);
	uint64_t flags;

	good();
	flags = mmio_read64(dsa()->regs, group_at(0) + DSA_GRPCFG_FLAGS) & others;
	mmio_write64(dsa()->regs, group_at(0) + DSA_GRPCFG_FLAGS,
	             flags | FIELD_PREP(DSA_GRPFLAGS_RB_RESERVED, reserved) |
	                     FIELD_PREP(DSA_GRPFLAGS_RB_ALLOWED, allowed) | (global ? DSA_GRPFLAGS_RB_GLOBAL : 0));
	if (global)
		mmio_write32(dsa()->regs, DSA_GENCFG,
		             (mmio_read32(dsa()->regs, DSA_GENCFG) & ~(uint32_t)DSA_GENCFG_RB_LIMIT) | global);
}

TEST(dsa_config_read_buffers_fit, "dsa.config.read_buffers_fit", NEEDS_ALL, "DSA 5.1, 5.8.3")
{
	const unsigned total = dsa()->caps.read_buffers;

	if (!(dsa()->caps.grpcap & DSA_GRPCAP_RB_CONTROL) || total < 8 || total > 254)
		SKIP("GRPCAP has no read buffer controls, or a number of them that leaves no room for mistakes");
	test_context("all of them reserved");
	set_read_buffers(total, total, 0);
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_ENABLE_DEVICE, 0, NULL));
	test_context("more allowed than there are");
	set_read_buffers(0, total + 1, 0);
	enable_fails(DSA_CMDERR_READ_BUFFERS);
	test_context("more reserved than allowed");
	set_read_buffers(5, 4, 0);
	enable_fails(DSA_CMDERR_READ_BUFFERS);
	test_context("more reserved than there are");
	set_read_buffers(total + 1, total + 1, 0);
	enable_fails(DSA_CMDERR_READ_BUFFERS);
	if (!(dsa()->caps.grpcap & DSA_GRPCAP_RB_GLOBAL))
		return;
	test_context("a limit of all that is too small, and one that is not");
	set_read_buffers(0, total, 3);
	enable_fails(DSA_CMDERR_READ_BUFFERS);
	set_read_buffers(0, total, 4);
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_ENABLE_DEVICE, 0, NULL));
}

TEST(dsa_config_read_buffers, "dsa.config.too_few_read_buffers", NEEDS_ALL, "DSA 5.1, 5.8.3")
{
	uint64_t flags;

	if (!(dsa()->caps.grpcap & DSA_GRPCAP_RB_CONTROL))
		SKIP("GRPCAP has no read buffer controls");
	good();
	flags = mmio_read64(dsa()->regs, group_at(0) + DSA_GRPCFG_FLAGS) & ~DSA_GRPFLAGS_RB_ALLOWED;
	mmio_write64(dsa()->regs, group_at(0) + DSA_GRPCFG_FLAGS, flags | FIELD_PREP(DSA_GRPFLAGS_RB_ALLOWED, 3));
	enable_fails(DSA_CMDERR_READ_BUFFERS);
}

static void restore_bus_master(void *arg)
{
	(void)arg;
	pci_command(dsa()->pci, PCI_COMMAND_MASTER, 0);
}

TEST(dsa_config_bus_master, "dsa.config.bus_master_off", NEEDS_DSA, "DSA 5.1, 5.8.3")
{
	EXPECT_DSA(dsa_disable(dsa()));
	test_cleanup(restore_bus_master, NULL);
	pci_command(dsa()->pci, 0, PCI_COMMAND_MASTER);
	enable_fails(DSA_CMDERR_BUS_MASTER);
}

static struct {
	unsigned at;
	uint32_t allocation;
} pri;

static void restore_pri(void *arg)
{
	(void)arg;
	dsa_reset(dsa());
	pci_write16(dsa()->pci, pri.at + PCI_PRI_CTRL, 0);
	pci_write32(dsa()->pci, pri.at + PCI_PRI_ALLOC_REQ, pri.allocation);
}

TEST(dsa_config_pri, "dsa.config.page_request_allocation", NEEDS_ALL, "DSA 5.1, 5.8.3")
{
	uint32_t capacity;

	pri.at = pci_ext_capability(dsa()->pci, PCI_EXT_CAP_ID_PRI);
	if (!pri.at)
		SKIP("the DSA has no page requests");
	good();
	pri.allocation = pci_read32(dsa()->pci, pri.at + PCI_PRI_ALLOC_REQ);
	capacity = pci_read32(dsa()->pci, pri.at + PCI_PRI_MAX_REQ);
	test_cleanup(restore_pri, NULL);
	for (unsigned i = 0; i < 2; i++) {
		test_context("%s", i ? "more than the capacity" : "none");
		pci_write16(dsa()->pci, pri.at + PCI_PRI_CTRL, 0);
		pci_write32(dsa()->pci, pri.at + PCI_PRI_ALLOC_REQ, i ? capacity + 1 : 0);
		pci_write16(dsa()->pci, pri.at + PCI_PRI_CTRL, PCI_PRI_CTRL_ENABLE);
		if (pci_read32(dsa()->pci, pri.at + PCI_PRI_ALLOC_REQ) == (i ? capacity + 1 : 0))
			enable_fails(DSA_CMDERR_PRS_ALLOC);
	}
	pci_write16(dsa()->pci, pri.at + PCI_PRI_CTRL, 0);
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_ENABLE_DEVICE, 0, NULL));
}

/* dword of WQCFG, bits to clear and to set in it, and what Enable WQ then says. */
static void wq_fails(unsigned dword, uint32_t clear, uint32_t set, unsigned error)
{
	uint32_t value;

	good();
	value = (dsa_wqcfg_read(dsa(), TEST_WQ, dword) & ~clear) | set;
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_ENABLE_DEVICE, 0, NULL));
	dsa_wqcfg_write(dsa(), TEST_WQ, dword, value);
	EXPECT_EQ(value, dsa_wqcfg_read(dsa(), TEST_WQ, dword));
	expect_command_error(error, DSA_CMD_ENABLE_WQ, TEST_WQ);
	EXPECT_EQ(DSA_WQ_DISABLED, dsa_wq_state(dsa(), TEST_WQ));
}

TEST(dsa_config_priority, "dsa.config.wq_priority_zero", NEEDS_ALL, "DSA 5.2, 5.8.3")
{
	if (!(dsa()->caps.wqcap & DSA_WQCAP_PRIORITY))
		SKIP("WQCAP has no priorities");
	wq_fails(2, DSA_WQCFG2_PRIORITY, 0, DSA_CMDERR_WQ_PRIORITY);
}

TEST(dsa_config_max_xfer, "dsa.config.wq_max_transfer_too_large", NEEDS_ALL, "DSA 5.2, 5.8.3")
{
	if (dsa()->caps.max_xfer_shift >= 31)
		SKIP("no larger transfer size can be written");
	wq_fails(3, DSA_WQCFG3_MAX_XFER, dsa()->caps.max_xfer_shift + 1, DSA_CMDERR_WQ_MAX_XFER);
}

TEST(dsa_config_max_batch, "dsa.config.wq_max_batch_too_large", NEEDS_ALL | NEEDS_BATCH, "DSA 5.2, 5.8.3")
{
	if (dsa()->caps.max_batch_shift >= 15)
		SKIP("no larger batch size can be written");
	wq_fails(3, DSA_WQCFG3_MAX_BATCH, FIELD_PREP(DSA_WQCFG3_MAX_BATCH, dsa()->caps.max_batch_shift + 1),
	         DSA_CMDERR_WQ_MAX_BATCH);
}

TEST(dsa_config_shared_pasid, "dsa.config.shared_wq_without_pasid", NEEDS_ALL, "DSA 5.2, 5.8.3")
{
	if (!(dsa()->caps.wqcap & DSA_WQCAP_SHARED))
		SKIP("WQCAP has no shared WQs");
	wq_fails(2, DSA_WQCFG2_DEDICATED | DSA_WQCFG2_PASID_EN, 0, DSA_CMDERR_WQ_PASID);
}

TEST(dsa_config_priv, "dsa.config.privileged_wq_without_the_mode", NEEDS_ALL | NEEDS_PASID, "DSA 5.2, 5.8.3")
{
	wq_fails(2, 0, DSA_WQCFG2_PRIV, DSA_CMDERR_WQ_PRIV);
}

TEST(dsa_config_bof, "dsa.config.block_on_fault_without_page_requests", NEEDS_ALL, "DSA 5.2, 5.8.3")
{
	wq_fails(2, 0, DSA_WQCFG2_BOF, DSA_CMDERR_WQ_BOF);
}

TEST(dsa_config_occupancy_handle, "dsa.config.occupancy_handle_out_of_range", NEEDS_ALL, "DSA 5.2, 5.8.3")
{
	if (!(dsa()->caps.wqcap & DSA_WQCAP_OCCUPANCY_INT))
		SKIP("WQCAP has no occupancy interrupts");
	wq_fails(4, UINT32_MAX, dsa()->caps.msix_entries, DSA_CMDERR_WQ_OCC_INT);
}

TEST(dsa_config_no_size, "dsa.config.wq_without_entries", NEEDS_ALL, "DSA 5.2, 5.8.3")
{
	int rc;

	if (dsa()->caps.wqs < 2)
		SKIP("one WQ");
	good();
	EXPECT_DSA(dsa_command(dsa(), DSA_CMD_ENABLE_DEVICE, 0, NULL));
	rc = dsa_command(dsa(), DSA_CMD_ENABLE_WQ, TEST_WQ + 1, NULL);
	EXPECT_ERRNO(EIO, rc);
	/* It has no group either: either complaint is right. */
	if (FIELD_GET(DSA_CMDSTS_ERROR, dsa()->error.code) != DSA_CMDERR_WQ_NO_GROUP)
		EXPECT_EQ(DSA_CMDERR_WQ_SIZE, FIELD_GET(DSA_CMDSTS_ERROR, dsa()->error.code));
}
