/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * BAR0 (DSA 9.2). Everything is a matter of aligned double words: narrower accesses are lanes of one, an 8-byte access
 * is two. Reads have no side effects; what is not listed reads 0 and ignores writes.
 */
#include <linux/pci_regs.h>
#include <string.h>

#include "vdsa/internal.h"

#define GENCAP_PASSED                                                                                    \
	(DSA_GENCAP_OVERLAP | DSA_GENCAP_CACHE_MEM | DSA_GENCAP_CACHE_FLUSH | DSA_GENCAP_DEST_READBACK | \
	 DSA_GENCAP_DRAIN_READBACK)

#define OFFSETS_LOW                                                       \
	(FIELD_PREP(DSA_OFFSETS_GRPCFG, VDSA_GRPCFG / DSA_OFFSETS_UNIT) | \
	 FIELD_PREP(DSA_OFFSETS_WQCFG, VDSA_WQCFG / DSA_OFFSETS_UNIT) |   \
	 FIELD_PREP(DSA_OFFSETS_MSIXPERM, VDSA_MSIXPERM / DSA_OFFSETS_UNIT))

#define INTCAUSE_ALL (GENMASK32(5, 0) | DSA_INTCAUSE_HANDLES_REVOKED)
#define GENCTRL_RW   (DSA_GENCTRL_SWERR_INT | DSA_GENCTRL_HALT_INT)
#define MSIXPERM_RW  (DSA_INTPERM_IGNORE | DSA_INTPERM_PASID_EN | DSA_INTPERM_PASID)

static uint32_t least(uint64_t a, uint64_t b)
{
	return (uint32_t)(a < b ? a : b);
}

void vdsa_caps_build(struct vdsa *v)
{
	const struct vdsa_host_info *h = &v->host;
	uint64_t opcfg = ~UINT64_C(0);

	/* Not more than the host's WQ permits, or descriptors that are legal for the guest would fail. */
	v->gencap = (h->gencap & GENCAP_PASSED) | DSA_GENCAP_CMDCAP |
	            FIELD_PREP(DSA_GENCAP_MAX_XFER, least(FIELD_GET(DSA_GENCAP_MAX_XFER, h->gencap),
	                                                  FIELD_GET(DSA_WQCFG3_MAX_XFER, h->wqcfg[3]))) |
	            FIELD_PREP(DSA_GENCAP_MAX_BATCH, least(FIELD_GET(DSA_GENCAP_MAX_BATCH, h->gencap),
	                                                   FIELD_GET(DSA_WQCFG3_MAX_BATCH, h->wqcfg[3])));
	v->wqcap = FIELD_PREP(DSA_WQCAP_TOTAL_SIZE, FIELD_GET(DSA_WQCFG0_SIZE, h->wqcfg[0])) |
	           FIELD_PREP(DSA_WQCAP_NUM_WQS, 1) | v->type->wqcap;
	if (h->wqcap & DSA_WQCAP_OPCFG)
		opcfg = (uint64_t)h->wqcfg[9] << 32 | h->wqcfg[8];
	v->opcap0 = h->opcap0 & opcfg & VDSA_OPCAP0;
	v->cmdcap = v->type->cmdcap;
	v->grpflags = h->grpflags & (DSA_GRPFLAGS_TC_A | DSA_GRPFLAGS_TC_B);
	v->gencfg = h->gencfg & DSA_GENCFG_USER_INT;
}

void vdsa_registers_reset(struct vdsa *v)
{
	const uint32_t *host = v->host.wqcfg;

	v->genctrl = 0;
	v->intcause = 0;
	memset(v->msixperm, 0, sizeof(v->msixperm));
	memset(v->wqcfg, 0, sizeof(v->wqcfg));
	v->wqcfg[0] = host[0] & DSA_WQCFG0_SIZE;
	v->wqcfg[1] = v->type->dedicated ? 0 : host[1] & DSA_WQCFG1_THRESHOLD;
	v->wqcfg[2] =
	        (v->type->dedicated ? DSA_WQCFG2_DEDICATED : DSA_WQCFG2_PASID_EN) | (host[2] & DSA_WQCFG2_PRIORITY);
	v->wqcfg[3] = FIELD_PREP(DSA_WQCFG3_MAX_XFER, (uint32_t)FIELD_GET(DSA_GENCAP_MAX_XFER, v->gencap)) |
	              FIELD_PREP(DSA_WQCFG3_MAX_BATCH, (uint32_t)FIELD_GET(DSA_GENCAP_MAX_BATCH, v->gencap));
	v->wqcfg[6] = v->type->wqcfg_mode;
	vdsa_vectors_update(v);
}

static uint32_t half(uint64_t quad, uint32_t offset)
{
	return (uint32_t)(quad >> (8 * (offset & 4)));
}

static bool in(uint32_t offset, uint32_t base, uint32_t size)
{
	return offset >= base && offset - base < size;
}

/* The double word at offset, a multiple of 4. */
static uint32_t reg_read(const struct vdsa *v, uint32_t offset)
{
	if (in(offset, DSA_SWERROR, sizeof(v->swerror)))
		return half(v->swerror[(offset - DSA_SWERROR) / 8], offset);
	if (in(offset, VDSA_MSIXPERM, VDSA_VECTORS * DSA_MSIXPERM_STRIDE))
		return offset % DSA_MSIXPERM_STRIDE ? 0 : v->msixperm[(offset - VDSA_MSIXPERM) / DSA_MSIXPERM_STRIDE];
	if (in(offset, VDSA_WQCFG, sizeof(v->wqcfg)))
		return v->wqcfg[(offset - VDSA_WQCFG) / 4];
	if (in(offset, VDSA_MSIX_TABLE, VDSA_VECTORS * PCI_MSIX_ENTRY_SIZE))
		return v->vector[(offset - VDSA_MSIX_TABLE) / PCI_MSIX_ENTRY_SIZE]
		        .reg[offset % PCI_MSIX_ENTRY_SIZE / 4];

	switch (offset & ~UINT32_C(7)) {
	case DSA_VERSION:
		return half(DSA_VERSION_1_0, offset); /* the layout of the _v1 types is that of DSA 1.0 */
	case DSA_GENCAP:
		return half(v->gencap, offset);
	case DSA_WQCAP:
		return half(v->wqcap, offset);
	case DSA_GRPCAP:
		return half(FIELD_PREP(DSA_GRPCAP_NUM_GROUPS, 1), offset);
	case DSA_ENGCAP:
		return half(FIELD_PREP(DSA_ENGCAP_NUM_ENGINES, 1), offset);
	case DSA_OPCAP:
		return half(v->opcap0, offset);
	case DSA_OFFSETS:
		return half(OFFSETS_LOW, offset);
	case DSA_GENCFG:
		return half(v->gencfg, offset);
	case DSA_GENCTRL:
		return half(v->genctrl, offset);
	case DSA_GENSTS:
		return half(v->gensts, offset);
	case DSA_INTCAUSE:
		return half(v->intcause, offset);
	case DSA_CMD:
		return half(v->cmd, offset);
	case DSA_CMDSTS:
		return half(v->cmdsts, offset);
	case DSA_CMDCAP:
		return half(v->cmdcap, offset);
	case VDSA_GRPCFG + DSA_GRPCFG_WQS:
	case VDSA_GRPCFG + DSA_GRPCFG_ENGINES:
		return half(1, offset); /* WQ 0, engine 0 */
	case VDSA_GRPCFG + DSA_GRPCFG_FLAGS:
		return half(v->grpflags, offset);
	case VDSA_MSIX_PBA:
		return half(vdsa_vectors_pending(v), offset);
	default:
		return 0;
	}
}

static uint32_t merge(uint32_t old, uint32_t value, uint32_t lanes)
{
	return (old & ~lanes) | (value & lanes);
}

static void vector_write(struct vdsa *v, uint32_t offset, uint32_t value, uint32_t lanes)
{
	static const uint32_t rw[4] = {~UINT32_C(3), UINT32_MAX, UINT32_MAX, PCI_MSIX_ENTRY_CTRL_MASKBIT};
	unsigned word = offset % PCI_MSIX_ENTRY_SIZE / 4;
	uint32_t *reg = &v->vector[offset / PCI_MSIX_ENTRY_SIZE].reg[word];

	*reg = merge(*reg, value, lanes & rw[word]);
	vdsa_vectors_update(v);
}

/* One double word; lanes has a set byte for each byte that is written. CMD is not written here. */
static void reg_write(struct vdsa *v, uint32_t offset, uint32_t value, uint32_t lanes)
{
	bool full = lanes == UINT32_MAX;

	if (in(offset, VDSA_MSIX_TABLE, VDSA_VECTORS * PCI_MSIX_ENTRY_SIZE)) {
		vector_write(v, offset - VDSA_MSIX_TABLE, value, lanes);
		return;
	}
	if (in(offset, VDSA_MSIXPERM, VDSA_VECTORS * DSA_MSIXPERM_STRIDE)) {
		if (full && offset % DSA_MSIXPERM_STRIDE == 0) {
			v->msixperm[(offset - VDSA_MSIXPERM) / DSA_MSIXPERM_STRIDE] = value & MSIXPERM_RW;
			vdsa_vectors_update(v);
		}
		return;
	}
	switch (offset) {
	case DSA_GENCTRL:
		v->genctrl = merge(v->genctrl, value & GENCTRL_RW, lanes);
		break;
	case DSA_INTCAUSE:
		v->intcause &= ~(value & lanes & INTCAUSE_ALL);
		break;
	case DSA_SWERROR:
		v->swerror[0] &= ~(value & lanes & (DSA_SWERROR_VALID | DSA_SWERROR_OVERFLOW));
		break;
	case VDSA_WQCFG + 8:
		if (full && vdsa_wq_state(v) == DSA_WQ_DISABLED && vdsa_state(v) != DSA_STATE_HALT)
			v->wqcfg[2] = merge(v->wqcfg[2], value, v->type->wqcfg2_rw);
		break;
	default:
		break;
	}
}

static bool access_ok(uint64_t offset, unsigned width)
{
	return (width == 1 || width == 2 || width == 4 || width == 8) && offset < VDSA_BAR0_SIZE &&
	       IS_ALIGNED(offset, width);
}

uint64_t vdsa_mmio_read(struct vdsa *v, uint64_t offset, unsigned width)
{
	uint32_t word = (uint32_t)offset & ~UINT32_C(3);
	uint64_t value;

	if (!access_ok(offset, width))
		return UINT64_MAX;
	vdsa_lock(v);
	v->stats.mmio_reads++;
	value = reg_read(v, word);
	if (width == 8)
		value |= (uint64_t)reg_read(v, word + 4) << 32;
	vdsa_unlock(v);
	if (width < 4)
		value = (value >> (8 * (offset & 3))) & (BIT64(8 * width) - 1);
	return value;
}

void vdsa_mmio_write(struct vdsa *v, uint64_t offset, unsigned width, uint64_t value)
{
	uint32_t word = (uint32_t)offset & ~UINT32_C(3);
	unsigned shift = 8 * ((unsigned)offset & 3);
	uint64_t lanes = (width == 8 ? UINT64_MAX : BIT64(8 * (width & 7)) - 1) << shift;

	if (!access_ok(offset, width))
		return;
	value <<= shift;
	vdsa_lock(v);
	v->stats.mmio_writes++;
	if (v->open) {
		bool command = word == DSA_CMD && (uint32_t)lanes == UINT32_MAX;

		reg_write(v, word, (uint32_t)value, (uint32_t)lanes);
		if (width == 8)
			reg_write(v, word + 4, (uint32_t)(value >> 32), UINT32_MAX);
		if (command) /* last, as it drops the lock: nobody else sees half an 8-byte write */
			vdsa_command(v, (uint32_t)value);
	}
	vdsa_unlock(v);
}
