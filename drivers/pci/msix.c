/* SPDX-License-Identifier: BSD-2-Clause */
/* MSI-X (7.7.2). */
#include <errno.h>
#include <linux/pci_regs.h>

#include "drivers/pci/pci.h"
#include "kernel/mem.h"
#include "kernel/mmio.h"

/* Map size bytes that a table or PBA register names: BAR in bits 2:0, offset above. */
static int map_part(struct pci_function *f, uint32_t where, size_t size, volatile void **va)
{
	uint32_t offset = where & PCI_MSIX_TABLE_OFFSET;
	struct pci_bar bar;
	int rc = pci_bar(f, where & PCI_MSIX_TABLE_BIR, &bar);

	if (rc)
		return rc;
	if (bar.is_io || offset > bar.size || size > bar.size - offset)
		return -EINVAL;
	*va = mmio_map(bar.base + offset, size);
	return *va ? 0 : -ENOMEM;
}

static void set_flags(struct pci_msix *msix, uint16_t set, uint16_t clear)
{
	uint16_t flags = pci_read16(msix->function, msix->capability + PCI_MSIX_FLAGS);

	pci_write16(msix->function, msix->capability + PCI_MSIX_FLAGS, (uint16_t)((flags & ~clear) | set));
}

int pci_msix_enable(struct pci_function *f, struct pci_msix *msix)
{
	unsigned cap = pci_capability(f, PCI_CAP_ID_MSIX);
	int rc;

	*msix = (struct pci_msix){.function = f, .capability = cap};
	if (!cap)
		return -ENOENT;
	msix->count = (pci_read16(f, cap + PCI_MSIX_FLAGS) & PCI_MSIX_FLAGS_QSIZE) + 1U;
	msix->table_size = (size_t)msix->count * PCI_MSIX_ENTRY_SIZE;
	msix->pba_size = (size_t)(msix->count + 63) / 64 * 8;
	rc = map_part(f, pci_read32(f, cap + PCI_MSIX_TABLE), msix->table_size, &msix->table);
	if (!rc)
		rc = map_part(f, pci_read32(f, cap + PCI_MSIX_PBA), msix->pba_size, &msix->pba);
	if (rc) {
		pci_msix_disable(msix);
		return rc;
	}
	pci_command(f, PCI_COMMAND_MEMORY | PCI_COMMAND_INTX_DISABLE, 0);
	/* Masked as a whole until each entry is: what an earlier owner left there must not be sent. */
	set_flags(msix, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL, 0);
	for (unsigned i = 0; i < msix->count; i++)
		pci_msix_mask(msix, i, true);
	set_flags(msix, 0, PCI_MSIX_FLAGS_MASKALL);
	return 0;
}

void pci_msix_disable(struct pci_msix *msix)
{
	if (!msix->function || !msix->capability)
		return;
	set_flags(msix, 0, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	if (msix->table)
		mmio_unmap(msix->table, msix->table_size);
	if (msix->pba)
		mmio_unmap(msix->pba, msix->pba_size);
	*msix = (struct pci_msix){0};
}

int pci_msix_mask(struct pci_msix *msix, unsigned entry, bool masked)
{
	uint64_t at = (uint64_t)entry * PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL;
	uint32_t control;

	if (entry >= msix->count)
		return -EINVAL;
	control = mmio_read32(msix->table, at) & ~(uint32_t)PCI_MSIX_ENTRY_CTRL_MASKBIT;
	mmio_write32(msix->table, at, control | (masked ? PCI_MSIX_ENTRY_CTRL_MASKBIT : 0));
	/* The read makes sure that the write has arrived before the caller goes on. */
	(void)mmio_read32(msix->table, at);
	return 0;
}

int pci_msix_set(struct pci_msix *msix, unsigned entry, uint64_t address, uint32_t data)
{
	uint64_t at = (uint64_t)entry * PCI_MSIX_ENTRY_SIZE;
	int rc = pci_msix_mask(msix, entry, true);

	if (rc)
		return rc;
	mmio_write32(msix->table, at + PCI_MSIX_ENTRY_LOWER_ADDR, (uint32_t)address);
	mmio_write32(msix->table, at + PCI_MSIX_ENTRY_UPPER_ADDR, (uint32_t)(address >> 32));
	mmio_write32(msix->table, at + PCI_MSIX_ENTRY_DATA, data);
	return 0;
}

bool pci_msix_pending(const struct pci_msix *msix, unsigned entry)
{
	if (entry >= msix->count)
		return false;
	return (mmio_read64(msix->pba, (uint64_t)entry / 64 * 8) >> (entry % 64)) & 1U;
}
