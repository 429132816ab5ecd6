/* SPDX-License-Identifier: BSD-2-Clause */
/* Capability lists. A list that loops or leaves configuration space ends where it does so. */
#include <linux/pci_regs.h>

#include "drivers/pci/pci.h"

/* A list cannot have more members than fit without overlap. */
#define MAX_CAPABILITIES     ((256 - 64) / 4)
#define MAX_EXT_CAPABILITIES ((4096 - 256) / 8)

unsigned pci_capability(const struct pci_function *f, uint8_t id)
{
	unsigned offset;

	if (!(pci_read16(f, PCI_STATUS) & PCI_STATUS_CAP_LIST))
		return 0;
	offset = pci_read8(f, PCI_CAPABILITY_LIST) & ~3U;
	for (unsigned n = 0; n < MAX_CAPABILITIES && offset >= 0x40; n++) {
		uint16_t header = pci_read16(f, offset);

		if ((header & 0xffU) == id)
			return offset;
		offset = (header >> 8) & ~3U;
	}
	return 0;
}

/* The next extended capability with that id from offset on. */
static unsigned ext_from(const struct pci_function *f, unsigned offset, uint16_t id)
{
	for (unsigned n = 0; n < MAX_EXT_CAPABILITIES && offset >= 0x100; n++) {
		uint32_t header = pci_read32(f, offset);

		if (header == 0 || header == UINT32_MAX)
			return 0;
		if (PCI_EXT_CAP_ID(header) == id)
			return offset;
		offset = PCI_EXT_CAP_NEXT(header);
	}
	return 0;
}

unsigned pci_ext_capability(const struct pci_function *f, uint16_t id)
{
	return ext_from(f, 0x100, id);
}

unsigned pci_dvsec(const struct pci_function *f, uint16_t vendor, uint16_t id)
{
	unsigned offset = 0x100;

	for (unsigned n = 0; n < MAX_EXT_CAPABILITIES; n++) {
		offset = ext_from(f, offset, PCI_EXT_CAP_ID_DVSEC);
		if (!offset)
			return 0;
		if (pci_read16(f, offset + PCI_DVSEC_HEADER1) == vendor &&
		    pci_read16(f, offset + PCI_DVSEC_HEADER2) == id)
			return offset;
		offset = PCI_EXT_CAP_NEXT(pci_read32(f, offset));
	}
	return 0;
}
