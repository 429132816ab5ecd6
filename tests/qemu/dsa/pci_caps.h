/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device's PCI capabilities, where a Sapphire Rapids part has them (9.1, appendix C). */
#ifndef TESTS_QEMU_DSA_PCI_CAPS_H
#define TESTS_QEMU_DSA_PCI_CAPS_H

#include "tests/qemu/dsa/model.h"

#define DSA_PCI_EXPRESS 0x40
#define DSA_PCI_MSIX    0x80
#define DSA_PCI_PM      0x90
#define DSA_PCI_AER     0x100
#define DSA_PCI_LTR     0x150
#define DSA_PCI_TPH     0x160
#define DSA_PCI_VC      0x170
#define DSA_PCI_DVSEC   0x200
#define DSA_PCI_ATS     0x220
#define DSA_PCI_PASID   0x230
#define DSA_PCI_PRI     0x240

#define DSA_PCI_PRI_CAPACITY 512

/* Add them all (MSI-X is QEMU's own). Returns whether it worked; else *errp says why not. */
bool dsa_pci_caps_init(PCIDevice *dev, Error **errp);
/* When all are there: in the order in which a part lists them. */
void dsa_pci_caps_link(PCIDevice *dev);
/* Enable bits and the like, as after reset; firmware_vcs: virtual channels as firmware hands them over. */
void dsa_pci_caps_reset(PCIDevice *dev, bool firmware_vcs);
/* The same but for the virtual channels, which a function level reset leaves alone (PCIe 6.6.2). */
void dsa_pci_caps_flr(PCIDevice *dev);
/* The Stopped bit, which page requests that are on do not have. */
void dsa_pci_page_requests(PCIDevice *dev, bool enabled);
/* After a change of configuration space: what the device takes from it. */
void dsa_pci_state(PCIDevice *dev, struct dsa_model_pci *pci);

#endif
