/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "qemu/osdep.h"
#include "qapi/error.h"
#include "hw/pci/pci_device.h"
#include "hw/pci/pcie.h"
#include "hw/pci/pcie_aer.h"
#undef ARRAY_SIZE

#include "tests/qemu/dsa/pci_caps.h"

/* The uncorrectable errors that the device has in AER (appendix C). */
#define UNCORRECTABLE                                                                                     \
	(PCI_ERR_UNC_POISON_TLP | PCI_ERR_UNC_COMP_TIME | PCI_ERR_UNC_COMP_ABORT | PCI_ERR_UNC_UNX_COMP | \
	 PCI_ERR_UNC_MALF_TLP | PCI_ERR_UNC_UNSUP | PCI_ERR_UNC_INTN)

/* And the correctable ones, both masked until software says otherwise. */
#define CORRECTABLE (PCI_ERR_COR_ADV_NFAT | PCI_ERR_COR_INTERNAL)

/* Reset values of the registers that software may write: offset, bytes, reset, writable bits, write-1-to-clear bits. */
static const struct {
	uint16_t offset;
	uint8_t size;
	uint32_t reset;
	uint32_t writable;
	uint32_t clear;
} writable[] = {
        {DSA_PCI_EXPRESS + PCI_EXP_DEVCTL, 2, 0x2910, 0x7fff, 0},
        {DSA_PCI_EXPRESS + PCI_EXP_DEVCTL2, 2, 0, 0x1410, 0},
        {DSA_PCI_PM + PCI_PM_CTRL, 2, 0x0008, 0x0003, 0},
        {DSA_PCI_LTR + PCI_LTR_MAX_SNOOP_LAT, 4, 0, 0x1fff1fff, 0},
        {DSA_PCI_TPH + 8, 4, 0, 0x00000307, 0},
        {DSA_PCI_TPH + 12, 4, 0, 0x00ff00ff, 0},
        {DSA_PCI_DVSEC + 0x10, 4, 1, 1, 0},
        {DSA_PCI_ATS + PCI_ATS_CTRL, 2, 0, 0x801f, 0},
        {DSA_PCI_PASID + PCI_PASID_CTRL, 2, 0, 0x0005, 0},
        {DSA_PCI_PRI + PCI_PRI_CTRL, 2, 0, 0x0001, 0},
        {DSA_PCI_PRI + PCI_PRI_STATUS, 2, 0x8100, 0, 0x0003},
        {DSA_PCI_PRI + PCI_PRI_ALLOC_REQ, 4, 0, 0xffffffff, 0},
};

static void put(uint8_t *base, unsigned size, uint32_t value)
{
	if (size == 2)
		pci_set_word(base, (uint16_t)value);
	else
		pci_set_long(base, value);
}

/* ---- virtual channels (PCIe 7.9.1): VC0, and VC1, which has no traffic class when power comes on ---- */

#define VCS          2
#define VC_MAP       0xffU
#define VC1_WRITABLE (VC_MAP - 1 | PCI_VC_RES_CTRL_ID | PCI_VC_RES_CTRL_ENABLE)

static uint8_t *vc_at(uint8_t *config, unsigned vc)
{
	return config + DSA_PCI_VC + vc * PCI_CAP_VC_PER_VC_SIZEOF;
}

/* Its identifier is locked while it is enabled. It comes up at once, unless VC0 has that identifier. */
static void settle_vc1(PCIDevice *dev)
{
	const uint32_t control = pci_get_long(vc_at(dev->config, 1) + PCI_VC_RES_CTRL);
	const bool enabled = (control & PCI_VC_RES_CTRL_ENABLE) != 0;

	pci_set_long(vc_at(dev->wmask, 1) + PCI_VC_RES_CTRL,
	             enabled ? VC1_WRITABLE & ~(uint32_t)PCI_VC_RES_CTRL_ID : VC1_WRITABLE);
	pci_set_word(vc_at(dev->config, 1) + PCI_VC_RES_STATUS,
	             enabled && control & PCI_VC_RES_CTRL_ID ? 0 : PCI_VC_RES_STATUS_NEGO);
}

/* As power-on leaves them, or as the firmware of Sapphire Rapids hands them over: traffic class 1 has VC1 for itself.
 */
static void reset_vcs(PCIDevice *dev, bool by_firmware)
{
	pci_set_long(vc_at(dev->config, 0) + PCI_VC_RES_CTRL, by_firmware ? 0x800000fd : 0x800000ff);
	pci_set_long(vc_at(dev->config, 1) + PCI_VC_RES_CTRL, by_firmware ? 0x81000002 : 0x01000000);
	settle_vc1(dev);
}

static void init_vcs(PCIDevice *dev)
{
	pcie_add_capability(dev, PCI_EXT_CAP_ID_VC, 1, DSA_PCI_VC,
	                    PCI_CAP_VC_BASE_SIZEOF + VCS * PCI_CAP_VC_PER_VC_SIZEOF);
	pci_set_long(dev->config + DSA_PCI_VC + PCI_VC_PORT_CAP1, VCS - 1);
	/* Traffic class 0 is VC0's for ever. */
	pci_set_long(vc_at(dev->wmask, 0) + PCI_VC_RES_CTRL, VC_MAP - 1);
}

static uint8_t unmapped_classes(PCIDevice *dev)
{
	uint32_t mapped = 0;

	for (unsigned i = 0; i < VCS; i++) {
		const uint32_t control = pci_get_long(vc_at(dev->config, i) + PCI_VC_RES_CTRL);

		if (control & PCI_VC_RES_CTRL_ENABLE &&
		    !(pci_get_word(vc_at(dev->config, i) + PCI_VC_RES_STATUS) & PCI_VC_RES_STATUS_NEGO))
			mapped |= control & VC_MAP;
	}
	return (uint8_t)~mapped;
}

/* ---- all of them ---- */

void dsa_pci_caps_flr(PCIDevice *dev)
{
	for (size_t i = 0; i < G_N_ELEMENTS(writable); i++)
		put(dev->config + writable[i].offset, writable[i].size, writable[i].reset);
}

void dsa_pci_caps_reset(PCIDevice *dev, bool firmware_vcs)
{
	dsa_pci_caps_flr(dev);
	reset_vcs(dev, firmware_vcs);
}

bool dsa_pci_caps_init(PCIDevice *dev, Error **errp)
{
	uint8_t *config = dev->config;

	pci_word_test_and_clear_mask(dev->wmask + PCI_COMMAND, PCI_COMMAND_IO);
	if (pcie_endpoint_cap_init(dev, DSA_PCI_EXPRESS) < 0) {
		error_setg(errp, "intel-dsa: no room for the PCI Express capability");
		return false;
	}
	pci_set_long(config + DSA_PCI_EXPRESS + PCI_EXP_DEVCAP, 0x10008022);
	pci_set_long(config + DSA_PCI_EXPRESS + PCI_EXP_DEVCAP2, 0x10730810);
	pcie_cap_deverr_init(dev);
	if (pci_pm_init(dev, DSA_PCI_PM, errp) < 0)
		return false;
	pci_set_word(config + DSA_PCI_PM + PCI_PM_PMC, 0x0003);
	if (pcie_aer_init(dev, PCI_ERR_VER, DSA_PCI_AER, PCI_ERR_SIZEOF, errp) < 0)
		return false;

	pci_set_long(config + DSA_PCI_AER + PCI_ERR_UNCOR_MASK, PCI_ERR_UNC_INTN);
	pci_set_long(config + DSA_PCI_AER + PCI_ERR_UNCOR_SEVER, PCI_ERR_UNC_INTN | PCI_ERR_UNC_MALF_TLP);
	pci_set_long(dev->wmask + DSA_PCI_AER + PCI_ERR_UNCOR_MASK, UNCORRECTABLE);
	pci_set_long(dev->wmask + DSA_PCI_AER + PCI_ERR_UNCOR_SEVER, UNCORRECTABLE);
	pci_set_long(config + DSA_PCI_AER + PCI_ERR_COR_MASK, CORRECTABLE);
	pci_set_long(dev->wmask + DSA_PCI_AER + PCI_ERR_COR_MASK, CORRECTABLE);
	pci_set_long(dev->w1cmask + DSA_PCI_AER + PCI_ERR_COR_STATUS, CORRECTABLE);

	pcie_add_capability(dev, PCI_EXT_CAP_ID_LTR, 1, DSA_PCI_LTR, 8);
	pcie_add_capability(dev, PCI_EXT_CAP_ID_TPH, 1, DSA_PCI_TPH, 16);
	pci_set_long(config + DSA_PCI_TPH + 4, 0x00010205);
	init_vcs(dev);
	pcie_add_capability(dev, PCI_EXT_CAP_ID_DVSEC, 1, DSA_PCI_DVSEC, 0x18);
	pci_set_long(config + DSA_PCI_DVSEC + 4, DSA_PCI_VENDOR | 0x18U << 20);
	pci_set_word(config + DSA_PCI_DVSEC + 8, 5);
	pci_set_long(config + DSA_PCI_DVSEC + 0xc, 1);
	pci_set_long(config + DSA_PCI_DVSEC + 0x14, 1);
	pcie_ats_init(dev, DSA_PCI_ATS, true);
	pci_set_word(config + DSA_PCI_ATS + PCI_ATS_CAP, 0x0060);
	pcie_add_capability(dev, PCI_EXT_CAP_ID_PASID, 1, DSA_PCI_PASID, PCI_EXT_CAP_PASID_SIZEOF);
	pci_set_word(config + DSA_PCI_PASID + PCI_PASID_CAP, 0x1404);
	pcie_add_capability(dev, PCI_EXT_CAP_ID_PRI, 1, DSA_PCI_PRI, PCI_EXT_CAP_PRI_SIZEOF);
	pci_set_long(config + DSA_PCI_PRI + PCI_PRI_MAX_REQ, DSA_PCI_PRI_CAPACITY);

	for (size_t i = 0; i < G_N_ELEMENTS(writable); i++) {
		put(dev->wmask + writable[i].offset, writable[i].size, writable[i].writable);
		put(dev->w1cmask + writable[i].offset, writable[i].size, writable[i].clear);
	}
	pcie_cap_flr_init(dev);
	return true;
}

void dsa_pci_caps_link(PCIDevice *dev)
{
	static const uint8_t order[] = {DSA_PCI_EXPRESS, DSA_PCI_MSIX, DSA_PCI_PM};
	uint8_t at = PCI_CAPABILITY_LIST;

	for (size_t i = 0; i < G_N_ELEMENTS(order); i++) {
		pci_set_byte(dev->config + at, order[i]);
		at = order[i] + PCI_CAP_LIST_NEXT;
	}
	pci_set_byte(dev->config + at, 0);
}

void dsa_pci_page_requests(PCIDevice *dev, bool enabled)
{
	uint8_t *status = dev->config + DSA_PCI_PRI + PCI_PRI_STATUS;

	if (enabled)
		pci_word_test_and_clear_mask(status, PCI_PRI_STATUS_STOPPED);
	else
		pci_word_test_and_set_mask(status, PCI_PRI_STATUS_STOPPED);
}

void dsa_pci_state(PCIDevice *dev, struct dsa_model_pci *pci)
{
	const uint8_t *config = dev->config;
	uint16_t pasid = pci_get_word(config + DSA_PCI_PASID + PCI_PASID_CTRL);

	settle_vc1(dev);
	*pci = (struct dsa_model_pci){
	        .bus_master = (pci_get_word(config + PCI_COMMAND) & PCI_COMMAND_MASTER) != 0,
	        .pasid = (pasid & PCI_PASID_CTRL_ENABLE) != 0,
	        .pasid_priv = (pasid & PCI_PASID_CTRL_PRIV) != 0,
	        .ats = (pci_get_word(config + DSA_PCI_ATS + PCI_ATS_CTRL) & PCI_ATS_CTRL_ENABLE) != 0,
	        .prs = (pci_get_word(config + DSA_PCI_PRI + PCI_PRI_CTRL) & PCI_PRI_CTRL_ENABLE) != 0,
	        .prs_capacity = DSA_PCI_PRI_CAPACITY,
	        .prs_allocation = pci_get_long(config + DSA_PCI_PRI + PCI_PRI_ALLOC_REQ),
	        .unmapped = unmapped_classes(dev),
	};
}
