/* SPDX-License-Identifier: BSD-2-Clause */
/* Power states of functions (PCI Power Management 1.2). */
#include <linux/pci_regs.h>

#include "drivers/pci/pci.h"
#include "kernel/time.h"

#define D3HOT_TIME_US 10000U /* 5.6.1: no access to the function before */

bool pci_power_on(struct pci_function *f)
{
	unsigned at = pci_capability(f, PCI_CAP_ID_PM);
	uint16_t control;

	if (!at)
		return false;
	control = pci_read16(f, at + PCI_PM_CTRL);
	if (!(control & PCI_PM_CTRL_STATE_MASK))
		return false;
	/* A set PME status would be cleared by being written back. */
	control &= (uint16_t) ~(PCI_PM_CTRL_STATE_MASK | PCI_PM_CTRL_PME_STATUS);
	pci_write16(f, at + PCI_PM_CTRL, control);
	time_delay_us(D3HOT_TIME_US);
	return true;
}
