/* SPDX-License-Identifier: BSD-2-Clause */
/* Function level reset, and the configuration space that must outlive it. */
#include <errno.h>
#include <linux/pci_regs.h>

#include "drivers/pci/pci.h"
#include "kernel/bits.h"
#include "kernel/time.h"

#define PENDING_TIMEOUT_US 100000U
#define FLR_TIME_US        100000U /* 6.6.2: no access to the function before */
#define READY_TIMEOUT_US   1000000U

struct saved {
	uint32_t bars[PCI_BARS];
	uint16_t command;
	uint8_t cache_line, interrupt_line;
	uint16_t devctl, devctl2;
};

static void save(const struct pci_function *f, unsigned pcie, struct saved *s)
{
	for (unsigned i = 0; i < PCI_BARS; i++)
		s->bars[i] = pci_read32(f, PCI_BASE_ADDRESS_0 + 4 * i);
	s->command = pci_read16(f, PCI_COMMAND);
	s->cache_line = pci_read8(f, PCI_CACHE_LINE_SIZE);
	s->interrupt_line = pci_read8(f, PCI_INTERRUPT_LINE);
	s->devctl = pci_read16(f, pcie + PCI_EXP_DEVCTL);
	s->devctl2 = pci_read16(f, pcie + PCI_EXP_DEVCTL2);
}

static void restore(struct pci_function *f, unsigned pcie, const struct saved *s)
{
	for (unsigned i = 0; i < PCI_BARS; i++)
		pci_write32(f, PCI_BASE_ADDRESS_0 + 4 * i, s->bars[i]);
	pci_write8(f, PCI_CACHE_LINE_SIZE, s->cache_line);
	pci_write8(f, PCI_INTERRUPT_LINE, s->interrupt_line);
	pci_write16(f, pcie + PCI_EXP_DEVCTL, s->devctl);
	pci_write16(f, pcie + PCI_EXP_DEVCTL2, s->devctl2);
	pci_write16(f, PCI_COMMAND, s->command);
}

static bool answers(const struct pci_function *f)
{
	uint16_t vendor = pci_read16(f, PCI_VENDOR_ID);

	return vendor != 0xffff && vendor != 1; /* 0001h: asks to be read again (2.3.2) */
}

int pci_flr(struct pci_function *f)
{
	unsigned pcie = pci_capability(f, PCI_CAP_ID_EXP);
	unsigned msix = pci_capability(f, PCI_CAP_ID_MSIX);
	uint16_t msix_flags = 0;
	struct saved s;

	if (!pcie || !(pci_read32(f, pcie + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR))
		return -ENOTSUP;
	if (f->header_type != PCI_HEADER_TYPE_NORMAL)
		return -ENOTSUP;
	save(f, pcie, &s);
	if (msix)
		msix_flags = pci_read16(f, msix + PCI_MSIX_FLAGS);

	pci_write16(f, PCI_COMMAND, PCI_COMMAND_INTX_DISABLE);
	/* What is still pending after the wait may come back as an unexpected completion (6.6.2): worth a wait, no
	 * reason to stop. */
	(void)WAIT_FOR(!(pci_read16(f, pcie + PCI_EXP_DEVSTA) & PCI_EXP_DEVSTA_TRPND), PENDING_TIMEOUT_US);
	pci_write16(f, pcie + PCI_EXP_DEVCTL, (uint16_t)(s.devctl | PCI_EXP_DEVCTL_BCR_FLR));
	time_delay_us(FLR_TIME_US);
	if (!WAIT_FOR(answers(f), READY_TIMEOUT_US))
		return -ETIMEDOUT;
	restore(f, pcie, &s);
	if (msix)
		pci_write16(f, msix + PCI_MSIX_FLAGS, msix_flags);
	return 0;
}
