/* SPDX-License-Identifier: BSD-2-Clause */
/* Base address registers: what the firmware put there, and how large. */
#include <errno.h>
#include <linux/pci_regs.h>

#include "drivers/pci/pci.h"

static unsigned offset_of(unsigned n)
{
	return PCI_BASE_ADDRESS_0 + 4 * n;
}

static bool is_64bit(uint32_t low)
{
	return !(low & PCI_BASE_ADDRESS_SPACE_IO) &&
	       (low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64;
}

static int check_number(const struct pci_function *f, unsigned n)
{
	unsigned bars = f->header_type == PCI_HEADER_TYPE_NORMAL   ? PCI_BARS
	                : f->header_type == PCI_HEADER_TYPE_BRIDGE ? 2
	                                                           : 0;

	if (n >= bars)
		return -EINVAL;
	for (unsigned i = 0; i < n; i++)
		if (is_64bit(pci_read32(f, offset_of(i))) && ++i == n)
			return -EINVAL; /* upper half */
	if (is_64bit(pci_read32(f, offset_of(n))) && n + 1 >= bars)
		return -EINVAL;
	return 0;
}

/* All ones in, the writable bits out, the old value back. */
static uint32_t probe(struct pci_function *f, unsigned n, uint32_t old)
{
	uint32_t mask;

	pci_write32(f, offset_of(n), UINT32_MAX);
	mask = pci_read32(f, offset_of(n));
	pci_write32(f, offset_of(n), old);
	return mask;
}

int pci_bar(struct pci_function *f, unsigned n, struct pci_bar *bar)
{
	int rc = check_number(f, n);
	uint32_t low, high = 0, kind_mask, low_mask, high_mask = 0;
	uint64_t mask;
	uint16_t command;

	*bar = (struct pci_bar){0};
	if (rc)
		return rc;
	low = pci_read32(f, offset_of(n));
	bar->is_io = (low & PCI_BASE_ADDRESS_SPACE_IO) != 0;
	bar->is_64bit = is_64bit(low);
	bar->prefetchable = !bar->is_io && (low & PCI_BASE_ADDRESS_MEM_PREFETCH);
	kind_mask = bar->is_io ? 3U : 15U;

	command = pci_command(f, 0, PCI_COMMAND_MEMORY | PCI_COMMAND_IO);
	low_mask = probe(f, n, low) & ~kind_mask;
	if (bar->is_64bit) {
		high = pci_read32(f, offset_of(n + 1));
		high_mask = probe(f, n + 1, high);
	}
	pci_command(f, command & (PCI_COMMAND_MEMORY | PCI_COMMAND_IO), 0);

	mask = (uint64_t)high_mask << 32 | low_mask;
	if (mask == 0)
		return -ENOENT;
	bar->size = mask & (~mask + 1); /* the lowest address bit that can be set */
	bar->base = (uint64_t)high << 32 | (low & ~kind_mask);
	return bar->base == 0 ? -ENXIO : 0;
}
