/* SPDX-License-Identifier: BSD-2-Clause */
/* Groups, engines and work queues (9.2.23 and 9.2.24 are their tables). */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "drivers/dsa/dsa.h"
#include "kernel/mmio.h"

#define DEFAULT_SIZE     16U
#define DEFAULT_PRIORITY 8U
/* Traffic class 0 is mapped everywhere; 1, where firmware maps it, to the virtual channel for slow destinations. */
#define TC_A             0U
#define TC_B             1U
#define VC_CLASSES       0xffU

static uint64_t wqcfg_at(const struct dsa *dsa, unsigned wq, unsigned dword)
{
	return dsa->caps.wqcfg + (uint64_t)wq * dsa->caps.wq_stride + 4 * dword;
}

uint32_t dsa_wqcfg_read(const struct dsa *dsa, unsigned wq, unsigned dword)
{
	return mmio_read32(dsa->regs, wqcfg_at(dsa, wq, dword));
}

void dsa_wqcfg_write(struct dsa *dsa, unsigned wq, unsigned dword, uint32_t value)
{
	mmio_write32(dsa->regs, wqcfg_at(dsa, wq, dword), value);
}

unsigned dsa_wq_state(const struct dsa *dsa, unsigned wq)
{
	return FIELD_GET(DSA_WQCFG6_STATE, dsa_wqcfg_read(dsa, wq, 6));
}

static bool has_opcfg(const struct dsa *dsa)
{
	return dsa->caps.wqcap & DSA_WQCAP_OPCFG && dsa->caps.wq_stride >= 4 * DSA_WQCFG_DWORDS_MAX;
}

struct dsa_wq_config dsa_wq_default(const struct dsa *dsa)
{
	return (struct dsa_wq_config){
	        .size = dsa->caps.wq_entries < DEFAULT_SIZE ? dsa->caps.wq_entries : DEFAULT_SIZE,
	        .priority = DEFAULT_PRIORITY,
	        .pasid = dsa->pasid_on ? dsa->iommu->pasid : IOMMU_NO_PASID,
	};
}

static int check_wq(struct dsa *dsa, unsigned wq)
{
	return wq < dsa->caps.wqs ? 0 : dsa_fail(dsa, -EINVAL, 0, "WQ %u: the device has %u", wq, dsa->caps.wqs);
}

int dsa_wq_read_config(struct dsa *dsa, unsigned wq, struct dsa_wq_config *config)
{
	int rc = check_wq(dsa, wq);
	uint32_t d2, d3;

	if (rc)
		return rc;
	d2 = dsa_wqcfg_read(dsa, wq, 2);
	d3 = dsa_wqcfg_read(dsa, wq, 3);
	*config = (struct dsa_wq_config){
	        .size = FIELD_GET(DSA_WQCFG0_SIZE, dsa_wqcfg_read(dsa, wq, 0)),
	        .threshold = FIELD_GET(DSA_WQCFG1_THRESHOLD, dsa_wqcfg_read(dsa, wq, 1)),
	        .priority = FIELD_GET(DSA_WQCFG2_PRIORITY, d2),
	        .max_xfer_shift = FIELD_GET(DSA_WQCFG3_MAX_XFER, d3),
	        .max_batch_shift = FIELD_GET(DSA_WQCFG3_MAX_BATCH, d3),
	        .pasid = d2 & DSA_WQCFG2_PASID_EN ? FIELD_GET(DSA_WQCFG2_PASID, d2) : IOMMU_NO_PASID,
	        .shared = !(d2 & DSA_WQCFG2_DEDICATED),
	        .privileged = (d2 & DSA_WQCFG2_PRIV) != 0,
	        .block_on_fault = (d2 & DSA_WQCFG2_BOF) != 0,
	        .no_page_requests = (d2 & DSA_WQCFG2_PRS_DISABLE) != 0,
	};
	for (unsigned i = 0; i < ARRAY_SIZE(config->opcodes); i++)
		config->opcodes[i] = has_opcfg(dsa) ? mmio_read64(dsa->regs, wqcfg_at(dsa, wq, DSA_WQCFG_OPCFG + 2 * i))
		                                    : dsa->caps.opcap[i];
	return 0;
}

/* Locked fields ignore writes silently (9.2.24), so what was written is read again. */
static int write_checked(struct dsa *dsa, unsigned wq, unsigned dword, uint32_t value)
{
	uint32_t is;

	dsa_wqcfg_write(dsa, wq, dword, value);
	is = dsa_wqcfg_read(dsa, wq, dword);
	if (is != value)
		return dsa_fail(dsa, -EIO, is,
		                "WQCFG[%u] dword %u reads 0x%08x after 0x%08x was written (WQ state %u, device %s)", wq,
		                dword, (unsigned)is, (unsigned)value, dsa_wq_state(dsa, wq),
		                dsa_state_name(dsa_state(dsa)));
	return 0;
}

static uint32_t pasid_bits(uint32_t pasid)
{
	return pasid == IOMMU_NO_PASID ? 0 : DSA_WQCFG2_PASID_EN | FIELD_PREP(DSA_WQCFG2_PASID, pasid);
}

static int compare_fixed(struct dsa *dsa, unsigned wq, const struct dsa_wq_config *want)
{
	struct dsa_wq_config is;
	int rc = dsa_wq_read_config(dsa, wq, &is);

	if (rc || want->size == 0)
		return rc;
	if (is.size != want->size || is.shared != want->shared)
		return dsa_fail(dsa, -EPERM, (uint32_t)(dsa->caps.gencap >> 32),
		                "GENCAP.31=0: WQ %u is fixed at size %u, %s", wq, is.size,
		                is.shared ? "shared" : "dedicated");
	return 0;
}

static int write_opcodes(struct dsa *dsa, unsigned wq, const struct dsa_wq_config *c)
{
	const bool all = !(c->opcodes[0] | c->opcodes[1] | c->opcodes[2] | c->opcodes[3]) ||
	                 memcmp(c->opcodes, dsa->caps.opcap, sizeof(c->opcodes)) == 0;
	int rc = 0;

	if (!has_opcfg(dsa))
		return all ? 0 : dsa_fail(dsa, -ENOTSUP, 0, "WQCAP.54=0: the device has no OPCFG");
	for (unsigned i = 0; i < 2 * ARRAY_SIZE(c->opcodes) && !rc; i++) {
		const uint64_t word = all ? dsa->caps.opcap[i / 2] : c->opcodes[i / 2];

		rc = write_checked(dsa, wq, DSA_WQCFG_OPCFG + i, (uint32_t)(i % 2 ? word >> 32 : word));
	}
	return rc;
}

int dsa_wq_configure(struct dsa *dsa, unsigned wq, const struct dsa_wq_config *c)
{
	unsigned xfer = c->max_xfer_shift ? c->max_xfer_shift : dsa->caps.max_xfer_shift;
	unsigned batch = c->max_batch_shift ? c->max_batch_shift : dsa->caps.max_batch_shift;
	uint32_t d2 = (c->shared ? 0 : DSA_WQCFG2_DEDICATED) | (c->block_on_fault ? DSA_WQCFG2_BOF : 0) |
	              (c->no_page_requests ? DSA_WQCFG2_PRS_DISABLE : 0) | (c->privileged ? DSA_WQCFG2_PRIV : 0) |
	              FIELD_PREP(DSA_WQCFG2_PRIORITY, (uint32_t)c->priority) | pasid_bits(c->pasid);
	int rc = check_wq(dsa, wq);

	if (rc)
		return rc;
	if (!dsa->caps.configurable)
		return compare_fixed(dsa, wq, c);
	rc = write_checked(dsa, wq, 0, FIELD_PREP(DSA_WQCFG0_SIZE, (uint32_t)c->size));
	if (!rc)
		rc = write_checked(dsa, wq, 1, FIELD_PREP(DSA_WQCFG1_THRESHOLD, (uint32_t)c->threshold));
	if (!rc)
		rc = write_checked(dsa, wq, 2, d2);
	if (!rc)
		rc = write_checked(dsa, wq, 3,
		                   FIELD_PREP(DSA_WQCFG3_MAX_XFER, (uint32_t)xfer) |
		                           FIELD_PREP(DSA_WQCFG3_MAX_BATCH, (uint32_t)batch));
	return rc ? rc : write_opcodes(dsa, wq, c);
}

int dsa_wq_set_pasid(struct dsa *dsa, unsigned wq, uint32_t pasid)
{
	uint32_t d2;
	int rc = check_wq(dsa, wq);

	if (rc)
		return rc;
	d2 = dsa_wqcfg_read(dsa, wq, 2) & ~(DSA_WQCFG2_PASID | DSA_WQCFG2_PASID_EN);
	return write_checked(dsa, wq, 2, d2 | pasid_bits(pasid));
}

static uint64_t grpcfg_at(const struct dsa *dsa, unsigned group)
{
	return dsa->caps.grpcfg + (uint64_t)group * DSA_GRPCFG_STRIDE;
}

int dsa_group_read_config(struct dsa *dsa, unsigned group, uint64_t *wqs, uint64_t *engines)
{
	if (group >= dsa->caps.groups)
		return dsa_fail(dsa, -EINVAL, 0, "group %u: the device has %u", group, dsa->caps.groups);
	*wqs = mmio_read64(dsa->regs, grpcfg_at(dsa, group) + DSA_GRPCFG_WQS);
	*engines = mmio_read64(dsa->regs, grpcfg_at(dsa, group) + DSA_GRPCFG_ENGINES);
	return 0;
}

uint8_t dsa_mapped_classes(const struct dsa *dsa)
{
	uint32_t mapped = BIT32(0);
	unsigned at = pci_ext_capability(dsa->pci, PCI_EXT_CAP_ID_VC), more;

	if (!at)
		return (uint8_t)mapped;
	more = pci_read32(dsa->pci, at + PCI_VC_PORT_CAP1) & PCI_VC_CAP1_EVCC;
	for (unsigned i = 0; i <= more; i++, at += PCI_CAP_VC_PER_VC_SIZEOF) {
		const uint32_t control = pci_read32(dsa->pci, at + PCI_VC_RES_CTRL);

		if (control & PCI_VC_RES_CTRL_ENABLE &&
		    !(pci_read16(dsa->pci, at + PCI_VC_RES_STATUS) & PCI_VC_RES_STATUS_NEGO))
			mapped |= control & VC_CLASSES;
	}
	return (uint8_t)mapped;
}

int dsa_group_configure(struct dsa *dsa, unsigned group, uint64_t wqs, uint64_t engines)
{
	const uint64_t tc_b = dsa_mapped_classes(dsa) & BIT32(TC_B) ? TC_B : TC_A;
	uint64_t is_wqs = 0, is_engines = 0, at = grpcfg_at(dsa, group);
	int rc = dsa_group_read_config(dsa, group, &is_wqs, &is_engines);

	if (rc)
		return rc;
	if (dsa->caps.configurable) {
		mmio_write64(dsa->regs, at + DSA_GRPCFG_WQS, wqs);
		for (unsigned i = 1; i < 4; i++)
			mmio_write64(dsa->regs, at + DSA_GRPCFG_WQS + 8 * i, 0);
		mmio_write64(dsa->regs, at + DSA_GRPCFG_ENGINES, engines);
		mmio_write64(dsa->regs, at + DSA_GRPCFG_FLAGS,
		             FIELD_PREP(DSA_GRPFLAGS_TC_A, (uint64_t)TC_A) | FIELD_PREP(DSA_GRPFLAGS_TC_B, tc_b) |
		                     FIELD_PREP(DSA_GRPFLAGS_RB_ALLOWED, (uint64_t)dsa->caps.read_buffers));
		dsa_group_read_config(dsa, group, &is_wqs, &is_engines);
	}
	if (is_wqs == wqs && is_engines == engines)
		return 0;
	return dsa_fail(dsa, dsa->caps.configurable ? -EIO : -EPERM, 0,
	                "GRPCFG[%u] has WQs 0x%llx, engines 0x%llx; wanted 0x%llx and 0x%llx (device %s)", group,
	                (unsigned long long)is_wqs, (unsigned long long)is_engines, (unsigned long long)wqs,
	                (unsigned long long)engines, dsa_state_name(dsa_state(dsa)));
}

int dsa_start_wq(struct dsa *dsa, unsigned wq, const struct dsa_wq_config *config)
{
	struct dsa_wq_config c = dsa_wq_default(dsa);
	int rc;

	if (config)
		c = *config;
	else if (!dsa->caps.configurable)
		c.size = 0; /* any */
	rc = dsa_wq_configure(dsa, wq, &c);
	if (!rc && dsa->caps.configurable)
		rc = dsa_group_configure(dsa, 0, BIT64(wq), GENMASK64(dsa->caps.engines - 1, 0));
	if (!rc)
		rc = dsa_enable(dsa);
	return rc ? rc : dsa_wq_enable(dsa, wq);
}
