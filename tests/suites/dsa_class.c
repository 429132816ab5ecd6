/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Traffic classes. Each group has two, TC-A and TC-B; flags of a descriptor choose one for each of its addresses. What
 * is sent with a class that no virtual channel has would get nowhere, so such a descriptor is refused (5.4).
 */
#include <linux/pci_regs.h>

#include "tests/suites/dsa.h"

#define VC0        0U
#define VC1        1U
#define VC_CLASSES 0xffU
#define REFUSED    DSA_COMP_TRAFFIC_CLASS_CONF

static struct {
	unsigned at;
	unsigned count;
	uint32_t control[8];
} vcs;

static unsigned control_at(unsigned vc)
{
	return vcs.at + vc * PCI_CAP_VC_PER_VC_SIZEOF + PCI_VC_RES_CTRL;
}

static uint32_t control(unsigned vc)
{
	return pci_read32(test_dsa()->pci, control_at(vc));
}

static void set_control(unsigned vc, uint32_t value)
{
	pci_write32(test_dsa()->pci, control_at(vc), value);
}

static void restore_vcs(void *arg)
{
	(void)arg;
	dsa_disable(test_dsa());
	for (unsigned i = 0; i < vcs.count; i++)
		set_control(i, vcs.control[i]);
	dsa_reset(test_dsa());
}

/* The device Disabled: nothing is on any channel. The channels are the firmware's again after the test. */
static void find_vcs(void)
{
	vcs.at = pci_ext_capability(test_dsa()->pci, PCI_EXT_CAP_ID_VC);
	if (!vcs.at)
		SKIP("the DSA has no virtual channel capability");
	EXPECT_DSA(dsa_reset(test_dsa()));
	vcs.count = 1 + (pci_read32(test_dsa()->pci, vcs.at + PCI_VC_PORT_CAP1) & PCI_VC_CAP1_EVCC);
	for (unsigned i = 0; i < vcs.count; i++)
		vcs.control[i] = control(i);
	test_cleanup(restore_vcs, NULL);
}

TEST(dsa_class_channels, "dsa.class.virtual_channels", NEEDS_DSA, "PCIe 7.9.1, DSA 9.1.4")
{
	uint32_t seen = 0;

	find_vcs();
	EXPECT_EQ(PCI_VC_RES_CTRL_ENABLE, control(VC0) & (PCI_VC_RES_CTRL_ENABLE | PCI_VC_RES_CTRL_ID));
	for (unsigned i = 0; i < vcs.count; i++) {
		test_context("VC%u: control 0x%08x", i, (unsigned)control(i));
		if (!(control(i) & PCI_VC_RES_CTRL_ENABLE))
			continue;
		/* A class is on one channel. */
		EXPECT_EQ(0, seen & control(i) & VC_CLASSES);
		seen |= control(i) & VC_CLASSES;
	}
	/* Class 0 is on VC0 for ever, and VC0 is never off. */
	test_context("all of VC0's control written 0");
	set_control(VC0, 0);
	EXPECT_EQ(PCI_VC_RES_CTRL_ENABLE | 1U, control(VC0) & (PCI_VC_RES_CTRL_ENABLE | 1U));
	EXPECT_EQ(0, control(VC0) & PCI_VC_RES_CTRL_ID);
	test_context("all of VC0's control written 1");
	set_control(VC0, UINT32_MAX);
	EXPECT_EQ(0, control(VC0) & PCI_VC_RES_CTRL_ID);
	if (vcs.count < 2)
		return;
	test_context("VC1 takes class 0");
	set_control(VC1, 0);
	EXPECT_EQ(0, control(VC1) & PCI_VC_RES_CTRL_ENABLE);
	set_control(VC1, PCI_VC_RES_CTRL_ENABLE | FIELD_PREP(PCI_VC_RES_CTRL_ID, 1U) | VC_CLASSES);
	EXPECT_EQ(0, control(VC1) & 1U);
	if (!(control(VC1) & PCI_VC_RES_CTRL_ENABLE))
		SKIP("VC1 cannot be enabled");
	test_context("identifier of an enabled channel");
	set_control(VC1, (control(VC1) & ~(uint32_t)PCI_VC_RES_CTRL_ID) | FIELD_PREP(PCI_VC_RES_CTRL_ID, 5U));
	EXPECT_EQ(1, FIELD_GET(PCI_VC_RES_CTRL_ID, control(VC1)));
}

/* One WQ, in a group with these two classes. */
static void start(unsigned tc_a, unsigned tc_b)
{
	struct dsa_wq_config config = dsa_wq_default(test_dsa());
	const uint64_t at = test_dsa()->caps.grpcfg + DSA_GRPCFG_FLAGS;

	EXPECT_DSA(dsa_reset(test_dsa()));
	EXPECT_DSA(dsa_wq_configure(test_dsa(), TEST_WQ, &config));
	EXPECT_DSA(dsa_group_configure(test_dsa(), 0, BIT64(TEST_WQ), BIT64(0)));
	mmio_write64(test_dsa()->regs, at,
	             (mmio_read64(test_dsa()->regs, at) & ~(DSA_GRPFLAGS_TC_A | DSA_GRPFLAGS_TC_B)) |
	                     FIELD_PREP(DSA_GRPFLAGS_TC_A, (uint64_t)tc_a) |
	                     FIELD_PREP(DSA_GRPFLAGS_TC_B, (uint64_t)tc_b));
	EXPECT_DSA(dsa_enable(test_dsa()));
	EXPECT_DSA(dsa_wq_enable(test_dsa(), TEST_WQ));
}

static void unmap(unsigned tc)
{
	for (unsigned i = 0; i < vcs.count; i++)
		set_control(i, control(i) & ~BIT32(tc));
	if (dsa_mapped_classes(test_dsa()) & BIT32(tc))
		SKIP("the DSA's virtual channels are fixed, and have traffic class %u", tc);
}

/* A class that no channel has, and if all of them are mapped, one that loses its channel for that. */
static unsigned unmapped_class(void)
{
	const uint8_t mapped = dsa_mapped_classes(test_dsa());

	for (unsigned i = 1; i < 8; i++) {
		if (!(mapped & BIT32(i)))
			return i;
	}
	unmap(7);
	return 7;
}

/* A good descriptor with all of its selectors 0. */
static struct dsa_hw_desc good(unsigned opcode, const struct dsa_buf *buf)
{
	struct dsa_hw_desc d;

	if (opcode == DSA_OPCODE_DUALCAST)
		dsa_desc_dualcast(&d, test_cr_dma(0), buf->dma + 0x1000, buf->dma + 0x2000, buf->dma, 64);
	else if (opcode == DSA_OPCODE_MEMFILL)
		dsa_desc_fill(&d, test_cr_dma(0), buf->dma + 0x1000, 0x1122334455667788, 64);
	else if (opcode == DSA_OPCODE_MEMMOVE)
		dsa_desc_memmove(&d, test_cr_dma(0), buf->dma + 0x1000, buf->dma, 64);
	else
		dsa_desc_noop(&d, test_cr_dma(0));
	return d;
}

/* That descriptor with these selectors: what it ends with, having written nothing if that is an error. */
static void expect_status(unsigned expected, unsigned opcode, uint32_t selectors, const struct dsa_buf *buf)
{
	struct dsa_hw_desc d = good(opcode, buf);

	test_context("%s, flags 0x%x", dsa_opcode_name(opcode), (unsigned)selectors);
	desc_set_flags(&d, selectors);
	memset(buf->cpu, 0xa5, 0x3000);
	EXPECT_EQ(expected, test_execute(&d));
	if (expected == REFUSED)
		EXPECT_EQ(0xa5, ((const uint8_t *)buf->cpu)[0x1000]);
}

TEST(dsa_class_refused, "dsa.class.unmapped_is_refused", NEEDS_SUBMIT | NEEDS_CONFIG, "DSA 5.4")
{
	static const struct {
		uint8_t opcode;
		uint32_t addresses;
	} rows[] = {
	        {DSA_OPCODE_NOOP, 0},
	        {DSA_OPCODE_MEMMOVE, IDXD_OP_FLAG_ADDR1_TCS | IDXD_OP_FLAG_ADDR2_TCS},
	        {DSA_OPCODE_MEMFILL, IDXD_OP_FLAG_ADDR2_TCS},
	        {DSA_OPCODE_DUALCAST, IDXD_OP_FLAG_ADDR1_TCS | IDXD_OP_FLAG_ADDR2_TCS | IDXD_OP_FLAG_ADDR3_TCS},
	};
	const uint32_t all = IDXD_OP_FLAG_ADDR1_TCS | IDXD_OP_FLAG_ADDR2_TCS | IDXD_OP_FLAG_CR_TCS;
	const struct dsa_buf buf = test_buf(0x3000);

	find_vcs();
	start(0, unmapped_class());
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		for (uint32_t set = 0; set <= rows[i].addresses; set += IDXD_OP_FLAG_ADDR1_TCS) {
			if (dsa_has_opcode(test_dsa(), rows[i].opcode) && !(set & ~rows[i].addresses))
				expect_status(set ? REFUSED : DSA_COMP_SUCCESS, rows[i].opcode, set, &buf);
		}
	}
	/* And the other way around. */
	start(unmapped_class(), 0);
	expect_status(DSA_COMP_SUCCESS, DSA_OPCODE_MEMMOVE, all, &buf);
	expect_status(REFUSED, DSA_OPCODE_MEMMOVE, all & ~(uint32_t)IDXD_OP_FLAG_ADDR1_TCS, &buf);
}

/* A record that has no way to memory cannot say so: the descriptor is dropped, and SWERROR tells. */
TEST(dsa_class_record, "dsa.class.unmapped_record_is_reported", NEEDS_SUBMIT | NEEDS_CONFIG, "DSA 5.4, 9.2.15")
{
	struct dsa_completion_record *cr = test_cr(0);
	struct dsa_swerror error = {0};
	struct dsa_hw_desc d;

	find_vcs();
	start(0, unmapped_class());
	dsa_desc_noop(&d, test_cr_dma(0));
	desc_set_flags(&d, IDXD_OP_FLAG_CR_TCS);
	test_submit(&d);
	EXPECT_TRUE(WAIT_FOR(dsa_swerror_read(test_dsa(), &error) == 0, 100000));
	EXPECT_EQ(REFUSED, error.code);
	EXPECT_EQ(0, cr->status);
	dsa_swerror_clear(test_dsa());
	expect_alive();
}

static void reset(void *arg)
{
	(void)arg;
	dsa_reset(test_dsa());
}

/* The two that drivers use. What is mapped in the device need not be so on the way to memory. */
TEST(dsa_class_mapped, "dsa.class.mapped_ones_work", NEEDS_SUBMIT | NEEDS_CONFIG, "DSA 4.2, 5.4")
{
	const uint8_t mapped = dsa_mapped_classes(test_dsa());
	const struct dsa_buf buf = test_buf(0x3000);

	test_cleanup(reset, NULL);
	for (unsigned tc = 0; tc < 2; tc++) {
		struct dsa_hw_desc d = good(DSA_OPCODE_MEMMOVE, &buf);

		if (!(mapped & BIT32(tc)))
			continue;
		test_context("traffic class %u", tc);
		start(0, tc);
		desc_set_flags(&d, IDXD_OP_FLAG_ADDR1_TCS | IDXD_OP_FLAG_ADDR2_TCS | IDXD_OP_FLAG_CR_TCS);
		memset(buf.cpu, (int)(0x40 + tc), 64);
		test_execute_ok(&d);
		EXPECT_MEM_EQ(buf.cpu, (uint8_t *)buf.cpu + 0x1000, 64);
	}
}

/* Firmware that knows of no slow destinations leaves class 1 without a channel: the driver then does without it. */
TEST(dsa_class_driver, "dsa.class.driver_takes_mapped_ones", NEEDS_SUBMIT | NEEDS_CONFIG, "DSA 4.2")
{
	const struct dsa_buf buf = test_buf(0x3000);

	find_vcs();
	unmap(1);
	EXPECT_DSA(dsa_start_wq(test_dsa(), TEST_WQ, NULL));
	expect_status(DSA_COMP_SUCCESS, DSA_OPCODE_MEMMOVE,
	              IDXD_OP_FLAG_ADDR1_TCS | IDXD_OP_FLAG_ADDR2_TCS | IDXD_OP_FLAG_CR_TCS, &buf);
}
