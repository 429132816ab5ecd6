# SPDX-License-Identifier: GPL-2.0-or-later
# The devices of the emulated platform, and no others.
CONFIG_Q35=y
CONFIG_VTD=y
CONFIG_INTEL_DSA=y
CONFIG_PCIE_PORT=y
CONFIG_ISA_DEBUG=y
CONFIG_USB_XHCI_PCI=y
CONFIG_USB_STORAGE_CLASSIC=y
CONFIG_VGA_PCI=y
# For test programs of others.
CONFIG_EDU=y
CONFIG_ISA_TESTDEV=y
