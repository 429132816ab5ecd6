/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest finds: the function, its BARs, and registers that promise just what the composition layer keeps. */
#include <linux/pci_regs.h>

#include "tests/suites/dsa.h"

static struct pci_function *pci(void)
{
	return test_dsa()->pci;
}

TEST(guest_identity, "guest.vdsa.identity", NEEDS_GUEST | NEEDS_DSA, "DSA 9.1")
{
	struct pci_bar bar;

	EXPECT_EQ(DSA_PCI_VENDOR, pci()->vendor);
	EXPECT_EQ(DSA_PCI_DEVICE_SPR, pci()->device);
	EXPECT_EQ(DSA_PCI_CLASS, pci()->class_code);
	EXPECT_EQ(PCI_HEADER_TYPE_NORMAL, pci()->header_type);
	for (unsigned n = 0; n < 4; n += 2) {
		test_context("BAR%u", n);
		EXPECT_OK(pci_bar(pci(), n, &bar));
		EXPECT_EQ(0x2000, bar.size);
		EXPECT_TRUE(bar.is_64bit && bar.prefetchable && !bar.is_io);
	}
}

/* No extended capability: a PASID capability would invite the guest to use PASIDs that this type cannot honour. */
TEST(guest_capabilities, "guest.vdsa.capabilities", NEEDS_GUEST | NEEDS_DSA, "PCIe 7.6.3, DSA 7.5")
{
	unsigned exp = pci_capability(pci(), PCI_CAP_ID_EXP);

	EXPECT_NE(0, exp);
	EXPECT_NE(0, pci_read32(pci(), exp + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR);
	EXPECT_EQ(0, pci_read32(pci(), PCI_CFG_SPACE_SIZE));
	EXPECT_EQ(2, test_dsa()->caps.msix_entries);
	EXPECT_TRUE(pci_dvsec(pci(), 0x8086, 5) == 0);
}

TEST(guest_registers, "guest.vdsa.registers", NEEDS_GUEST | NEEDS_DSA, "DSA 7.5")
{
	const struct dsa_caps *caps = &test_dsa()->caps;

	EXPECT_FALSE(caps->configurable);
	EXPECT_TRUE(caps->request_handles);
	EXPECT_NE(0, caps->gencap & DSA_GENCAP_CMDCAP);
	EXPECT_EQ(0, caps->gencap & DSA_GENCAP_BLOCK_ON_FAULT);
	EXPECT_EQ(0, caps->ims_entries);
	EXPECT_EQ(1, caps->wqs);
	EXPECT_EQ(1, caps->groups);
	EXPECT_NE(0, caps->wqcap & DSA_WQCAP_DEDICATED);
	EXPECT_EQ(0, caps->wqcap & DSA_WQCAP_SHARED);
	EXPECT_EQ(caps->wq_entries, dsa_wqcfg_read(test_dsa(), 0, 0));
}

/* The host's choices show only as far as the guest may know them: its PASID is nobody's business but the host's. */
TEST(guest_wqcfg, "guest.vdsa.wqcfg_is_fixed", NEEDS_GUEST | NEEDS_DSA, "DSA 9.2.24")
{
	EXPECT_DSA(dsa_disable(test_dsa()));
	for (unsigned i = 0; i < DSA_WQCFG_DWORDS; i++) {
		uint32_t before = dsa_wqcfg_read(test_dsa(), 0, i);

		test_context("dword %u", i);
		dsa_wqcfg_write(test_dsa(), 0, i, ~before);
		EXPECT_EQ(before, dsa_wqcfg_read(test_dsa(), 0, i));
	}
	EXPECT_NE(0, dsa_wqcfg_read(test_dsa(), 0, 2) & DSA_WQCFG2_DEDICATED);
	EXPECT_EQ(0, dsa_wqcfg_read(test_dsa(), 0, 2) & (DSA_WQCFG2_PASID_EN | DSA_WQCFG2_PASID | DSA_WQCFG2_PRIV));
	EXPECT_EQ(0, dsa_wqcfg_read(test_dsa(), 0, 6) & DSA_WQCFG6_MODE_SUPPORT);
}

/* Only vector 1 has an interrupt of its own behind it. */
TEST(guest_handles, "guest.vdsa.handles", NEEDS_GUEST | NEEDS_DSA, "DSA 7.5.4")
{
	expect_command_error(DSA_CMDERR_INT_INDEX, DSA_CMD_REQUEST_INT_HANDLE, 0);
	expect_command_error(DSA_CMDERR_INT_INDEX, DSA_CMD_REQUEST_INT_HANDLE, 2);
	expect_command_error(DSA_CMDERR_INT_INDEX, DSA_CMD_REQUEST_INT_HANDLE, 0xffff);
	EXPECT_DSA(dsa_command(test_dsa(), DSA_CMD_REQUEST_INT_HANDLE, 1, NULL));
}

/*
 * Inter-domain operations would reach what the host lets other PASIDs have: the guest is told of none, and the portal,
 * which no trap guards, leads to a WQ that has none.
 */
TEST(guest_inter_domain, "guest.vdsa.no_inter_domain_operations", NEEDS_GUEST | NEEDS_SUBMIT, "DSA 7.5.6")
{
	static const unsigned opcodes[] = {DSA_OP_UPDATE_WINDOW, DSA_OP_ID_COPY, DSA_OP_ID_FILL, DSA_OP_ID_COMPARE,
	                                   DSA_OP_ID_COMPVAL};
	struct dsa_buf buf = test_buf(PAGE_SIZE);
	struct dsa_hw_desc d;

	EXPECT_EQ(0, test_dsa()->caps.gencap & DSA_GENCAP_INTER_DOMAIN);
	EXPECT_EQ(0, mmio_read64(test_dsa()->regs, DSA_IDCAP));
	EXPECT_EQ(0, FIELD_GET(DSA_OFFSETS_IDPT, test_dsa()->caps.offsets[1]));
	for (uint32_t code = DSA_CMD_REQUEST_IDPT_HANDLE; code <= DSA_CMD_INVALIDATE_BITMAP; code++)
		expect_command_error(DSA_CMDERR_INVALID_CMD, code, 0);
	for (unsigned i = 0; i < ARRAY_SIZE(opcodes); i++) {
		test_context("%s", dsa_opcode_name(opcodes[i]));
		EXPECT_FALSE(dsa_has_opcode(test_dsa(), opcodes[i]));
		for (uint16_t handle = 0; handle < 4; handle++) {
			dsa_desc_id_copy(&d, test_cr_dma(0), buf.dma, buf.dma, 64);
			d.opcode = opcodes[i] & 0xffU;
			dsa_desc_first_in(&d, handle);
			dsa_desc_second_in(&d, handle);
			EXPECT_EQ(DSA_COMP_BAD_OPCODE, test_execute(&d));
		}
	}
}

/* Nothing else is on the guest's bus, and nothing answers where nothing is. */
TEST(guest_bus, "guest.vdsa.alone_on_its_bus", NEEDS_GUEST | NEEDS_DSA, "DSA 7.5")
{
	EXPECT_TRUE(pci_find(DSA_PCI_VENDOR, DSA_PCI_DEVICE_SPR, 1) == NULL);
	EXPECT_EQ(0, mmio_read32(test_dsa()->regs, 0x1000));
}
