/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI configuration space: an image of bytes, a mask of the bits that a write changes, and the few fields whose change
 * does something. A type 0 header with two 64-bit BARs, MSI-X and PCI Express; no extended capability.
 */
#include <linux/pci_regs.h>
#include <string.h>

#include "vdsa/internal.h"

#define VENDOR_INTEL DSA_PCI_VENDOR

#define EXP_ROOT_INTEGRATED (2U | (PCI_EXP_TYPE_RC_END << 4)) /* capability version 2 */
#define DEVCTL              (VDSA_CAP_EXP + PCI_EXP_DEVCTL)
#define MSIX_FLAGS          (VDSA_CAP_MSIX + PCI_MSIX_FLAGS)

#define COMMAND_RW \
	(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | PCI_COMMAND_SERR | PCI_COMMAND_INTX_DISABLE)
#define BAR_FLAGS (PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH)

static void put(uint8_t *at, unsigned offset, unsigned width, uint32_t value)
{
	for (unsigned i = 0; i < width; i++)
		at[offset + i] = (uint8_t)(value >> (8 * i));
}

uint32_t vdsa_config_get(const struct vdsa *v, unsigned offset, unsigned width)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < width; i++)
		value |= (uint32_t)v->config[offset + i] << (8 * i);
	return value;
}

bool vdsa_bus_master(const struct vdsa *v)
{
	return vdsa_config_get(v, PCI_COMMAND, 2) & PCI_COMMAND_MASTER;
}

bool vdsa_memory_decode(const struct vdsa *v)
{
	return vdsa_config_get(v, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY;
}

uint64_t vdsa_bar(const struct vdsa *v, unsigned bar)
{
	unsigned offset = PCI_BASE_ADDRESS_0 + 4 * bar;
	uint64_t low = vdsa_config_get(v, offset, 4) & PCI_BASE_ADDRESS_MEM_MASK;

	return (uint64_t)vdsa_config_get(v, offset + 4, 4) << 32 | (low & UINT32_MAX);
}

static void bar_reset(struct vdsa *v, unsigned offset, uint32_t size)
{
	put(v->config, offset, 4, BAR_FLAGS);
	put(v->config_rw, offset, 4, ~(size - 1));
	put(v->config_rw, offset + 4, 4, UINT32_MAX);
}

void vdsa_config_reset(struct vdsa *v)
{
	uint8_t *c = v->config;

	memset(v->config, 0, sizeof(v->config));
	memset(v->config_rw, 0, sizeof(v->config_rw));
	put(c, PCI_VENDOR_ID, 2, VENDOR_INTEL);
	put(c, PCI_DEVICE_ID, 2, v->host.device_id);
	put(v->config_rw, PCI_COMMAND, 2, COMMAND_RW);
	put(c, PCI_STATUS, 2, PCI_STATUS_CAP_LIST);
	put(c, PCI_CLASS_REVISION, 4, DSA_PCI_CLASS << 8);
	put(v->config_rw, PCI_CACHE_LINE_SIZE, 1, 0xff);
	bar_reset(v, PCI_BASE_ADDRESS_0, VDSA_BAR0_SIZE);
	bar_reset(v, PCI_BASE_ADDRESS_2, VDSA_BAR2_SIZE);
	put(c, PCI_SUBSYSTEM_VENDOR_ID, 2, v->host.subsystem_vendor);
	put(c, PCI_SUBSYSTEM_ID, 2, v->host.subsystem_id);
	put(c, PCI_CAPABILITY_LIST, 1, VDSA_CAP_MSIX);
	put(c, PCI_INTERRUPT_LINE, 1, 0xff); /* no INTx */
	put(v->config_rw, PCI_INTERRUPT_LINE, 1, 0xff);

	put(c, VDSA_CAP_MSIX, 1, PCI_CAP_ID_MSIX);
	put(c, VDSA_CAP_MSIX + PCI_CAP_LIST_NEXT, 1, VDSA_CAP_EXP);
	put(c, MSIX_FLAGS, 2, VDSA_VECTORS - 1);
	put(v->config_rw, MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
	put(c, VDSA_CAP_MSIX + PCI_MSIX_TABLE, 4, VDSA_MSIX_TABLE); /* BIR 0 */
	put(c, VDSA_CAP_MSIX + PCI_MSIX_PBA, 4, VDSA_MSIX_PBA);

	put(c, VDSA_CAP_EXP, 1, PCI_CAP_ID_EXP);
	put(c, VDSA_CAP_EXP + PCI_EXP_FLAGS, 2, EXP_ROOT_INTEGRATED);
	put(c, VDSA_CAP_EXP + PCI_EXP_DEVCAP, 4, PCI_EXP_DEVCAP_FLR);
	/* Stored without effect; the reset bit is acted on and reads 0. */
	put(v->config_rw, DEVCTL, 2, 0xffffU & ~(uint32_t)PCI_EXP_DEVCTL_BCR_FLR);
}

static bool access_ok(uint32_t offset, unsigned width)
{
	return (width == 1 || width == 2 || width == 4) && offset < VDSA_CONFIG_SIZE && IS_ALIGNED(offset, width);
}

uint32_t vdsa_config_read(struct vdsa *v, uint32_t offset, unsigned width)
{
	uint32_t value = 0;

	if (!access_ok(offset, width))
		return UINT32_MAX;
	vdsa_lock(v);
	v->stats.config_reads++;
	if (offset < VDSA_CONFIG_IMAGE)
		value = vdsa_config_get(v, offset, width);
	vdsa_unlock(v);
	return value;
}

/* Whether a write of width bytes at offset covers the byte at that place. */
static bool covers(uint32_t offset, unsigned width, uint32_t byte)
{
	return offset <= byte && byte < offset + width;
}

void vdsa_config_write(struct vdsa *v, uint32_t offset, unsigned width, uint32_t value)
{
	if (!access_ok(offset, width))
		return;
	vdsa_lock(v);
	v->stats.config_writes++;
	if (offset >= VDSA_CONFIG_IMAGE || !v->open) {
		vdsa_unlock(v);
		return;
	}
	bool was_master = vdsa_bus_master(v);

	for (unsigned i = 0; i < width; i++) {
		uint8_t rw = v->config_rw[offset + i], byte = (uint8_t)(value >> (8 * i));

		v->config[offset + i] = (uint8_t)((v->config[offset + i] & ~rw) | (byte & rw));
	}
	vdsa_windows_update(v);
	vdsa_vectors_update(v);

	uint32_t flr_byte = DEVCTL + 1;
	bool flr = covers(offset, width, flr_byte) &&
	           ((value >> (8 * (flr_byte - offset))) & (PCI_EXP_DEVCTL_BCR_FLR >> 8)) != 0;

	if (flr)
		vdsa_request(v, VDSA_REQ_RESET, 0);
	else if (was_master && !vdsa_bus_master(v) && vdsa_state(v) != DSA_STATE_DISABLED)
		vdsa_request(v, VDSA_REQ_HALT, DSA_SWERR_CONFIG_CHANGED); /* DSA 5.7: an illegal change */
	vdsa_unlock(v);
}
