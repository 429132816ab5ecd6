/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding a DSA, taking it over and letting it go. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>

#include "drivers/dsa/dsa.h"
#include "kernel/cpu.h"
#include "kernel/mem.h"
#include "kernel/mmio.h"
#include "kernel/time.h"

static const uint16_t device_ids[] = {DSA_PCI_DEVICE_SPR, DSA_PCI_DEVICE_GNRD, DSA_PCI_DEVICE_DMR};

struct pci_function *dsa_find(unsigned n)
{
	for (unsigned i = 0; i < ARRAY_SIZE(device_ids); i++) {
		struct pci_function *f;

		for (unsigned k = 0; (f = pci_find(DSA_PCI_VENDOR, device_ids[i], k)) != NULL; k++)
			if (n-- == 0)
				return f;
	}
	return NULL;
}

unsigned dsa_state(const struct dsa *dsa)
{
	return FIELD_GET(DSA_GENSTS_STATE, mmio_read32(dsa->regs, DSA_GENSTS));
}

static int map_bar(struct dsa *dsa, unsigned n, volatile void **va, uint64_t *phys, size_t *size)
{
	struct pci_bar bar;
	int rc = pci_bar(dsa->pci, n, &bar);

	if (rc == -ENXIO)
		return dsa_fail(dsa, rc, 0, "BAR%u has no address: the firmware assigned none", n);
	if (rc || bar.is_io)
		return dsa_fail(dsa, rc ? rc : -EINVAL, 0, "BAR%u is not a memory BAR", n);
	*va = mmio_map(bar.base, (size_t)bar.size);
	if (!*va)
		return dsa_fail(dsa, -ENOMEM, 0, "BAR%u at 0x%llx, size 0x%llx: cannot be mapped", n,
		                (unsigned long long)bar.base, (unsigned long long)bar.size);
	*phys = bar.base;
	*size = (size_t)bar.size;
	return 0;
}

/* Whatever ran before: no command active, device Disabled. Only then may PCI configuration change (9.1.3). */
static int quiesce(struct dsa *dsa)
{
	uint32_t gensts = mmio_read32(dsa->regs, DSA_GENSTS), type = FIELD_GET(DSA_GENSTS_RESET_TYPE, gensts);
	bool stuck = !WAIT_FOR(!dsa_command_active(dsa), DSA_COMMAND_TIMEOUT_US);
	int rc;

	if (!stuck && dsa_state(dsa) == DSA_STATE_DISABLED)
		return 0;
	if (dsa_state(dsa) == DSA_STATE_HALT && type > DSA_RESET_FLR)
		return dsa_fail(dsa, -EIO, gensts, "GENSTS 0x%x: halted, needs a reset of the platform",
		                (unsigned)gensts);
	if (!stuck && (dsa_state(dsa) != DSA_STATE_HALT || type == DSA_RESET_SOFTWARE) && dsa_reset(dsa) == 0)
		return 0;
	rc = pci_flr(dsa->pci);
	if (rc)
		return dsa_fail(dsa, rc, gensts, "GENSTS 0x%x: not Disabled, and function level reset %s",
		                (unsigned)gensts, rc == -ENOTSUP ? "is not supported" : "timed out");
	pci_command(dsa->pci, PCI_COMMAND_MEMORY, 0);
	return 0;
}

/* PASID, ATS, PRI (9.1.3). A PASID may not change under ATS, so ATS goes first and comes last. */
static void set_translation(struct dsa *dsa, bool on)
{
	unsigned ats = pci_ext_capability(dsa->pci, PCI_EXT_CAP_ID_ATS);
	unsigned pri = pci_ext_capability(dsa->pci, PCI_EXT_CAP_ID_PRI);
	unsigned pasid = pci_ext_capability(dsa->pci, PCI_EXT_CAP_ID_PASID);

	if (pri)
		pci_write16(dsa->pci, pri + PCI_PRI_CTRL, 0);
	if (ats)
		pci_write16(dsa->pci, ats + PCI_ATS_CTRL, 0);
	dsa->pasid_on =
	        on && pasid && dsa->iommu && dsa->iommu->pasid != IOMMU_NO_PASID && !(dsa->flags & DSA_OPEN_NO_PASID);
	dsa->ats_on = on && ats && dsa->iommu && dsa->flags & DSA_OPEN_ATS;
	if (pasid)
		pci_write16(dsa->pci, pasid + PCI_PASID_CTRL, dsa->pasid_on ? PCI_PASID_CTRL_ENABLE : 0);
	if (dsa->ats_on)
		pci_write16(dsa->pci, ats + PCI_ATS_CTRL, PCI_ATS_CTRL_ENABLE);
}

static int read_caps(struct dsa *dsa)
{
	struct dsa_caps *c = &dsa->caps;
	uint64_t table_end;

	c->version = mmio_read32(dsa->regs, DSA_VERSION);
	c->gencap = mmio_read64(dsa->regs, DSA_GENCAP);
	c->wqcap = mmio_read64(dsa->regs, DSA_WQCAP);
	c->grpcap = mmio_read64(dsa->regs, DSA_GRPCAP);
	c->engcap = mmio_read64(dsa->regs, DSA_ENGCAP);
	for (unsigned i = 0; i < ARRAY_SIZE(c->opcap); i++)
		c->opcap[i] = mmio_read64(dsa->regs, DSA_OPCAP + 8 * i);
	for (unsigned i = 0; i < ARRAY_SIZE(c->offsets); i++)
		c->offsets[i] = mmio_read64(dsa->regs, DSA_OFFSETS + 8 * i);
	if (c->gencap & DSA_GENCAP_CMDCAP)
		c->cmdcap = mmio_read64(dsa->regs, DSA_CMDCAP);

	c->wqs = FIELD_GET(DSA_WQCAP_NUM_WQS, c->wqcap);
	c->wq_entries = FIELD_GET(DSA_WQCAP_TOTAL_SIZE, c->wqcap);
	c->wq_stride = (unsigned)DSA_WQCFG_STRIDE(c->wqcap);
	c->groups = FIELD_GET(DSA_GRPCAP_NUM_GROUPS, c->grpcap);
	c->read_buffers = FIELD_GET(DSA_GRPCAP_READ_BUFFERS, c->grpcap);
	c->engines = FIELD_GET(DSA_ENGCAP_NUM_ENGINES, c->engcap);
	c->max_xfer_shift = FIELD_GET(DSA_GENCAP_MAX_XFER, c->gencap);
	c->max_batch_shift = FIELD_GET(DSA_GENCAP_MAX_BATCH, c->gencap);
	c->ims_entries = (unsigned)FIELD_GET(DSA_GENCAP_IMS_SIZE, c->gencap) * DSA_IMS_SIZE_UNIT;
	c->configurable = (c->gencap & DSA_GENCAP_CONFIG) != 0;
	c->request_handles = dsa_has_command(dsa, DSA_CMD_REQUEST_INT_HANDLE);
	c->grpcfg = (uint32_t)FIELD_GET(DSA_OFFSETS_GRPCFG, c->offsets[0]) * DSA_OFFSETS_UNIT;
	c->wqcfg = (uint32_t)FIELD_GET(DSA_OFFSETS_WQCFG, c->offsets[0]) * DSA_OFFSETS_UNIT;
	c->msixperm = (uint32_t)FIELD_GET(DSA_OFFSETS_MSIXPERM, c->offsets[0]) * DSA_OFFSETS_UNIT;
	c->ims = c->ims_entries ? (uint32_t)FIELD_GET(DSA_OFFSETS_IMS, c->offsets[0]) * DSA_OFFSETS_UNIT : 0;
	if (c->gencap & DSA_GENCAP_INTER_DOMAIN) {
		c->idcap = mmio_read64(dsa->regs, DSA_IDCAP);
		c->idpt_entries = FIELD_GET(DSA_IDCAP_ENTRIES, c->idcap);
		c->idpt = (uint32_t)FIELD_GET(DSA_OFFSETS_IDPT, c->offsets[1]) * DSA_OFFSETS_UNIT;
	}

	/* What lies outside the BAR would be someone else's registers. */
	table_end = (uint64_t)c->wqcfg + (uint64_t)c->wqs * c->wq_stride;
	if (table_end > dsa->regs_size || (uint64_t)c->grpcfg + c->groups * DSA_GRPCFG_STRIDE > dsa->regs_size ||
	    (uint64_t)c->ims + (uint64_t)c->ims_entries * DSA_IMS_STRIDE > dsa->regs_size ||
	    c->idpt + (uint64_t)c->idpt_entries * DSA_IDPT_STRIDE(c->idcap) > dsa->regs_size)
		return dsa_fail(dsa, -EIO, 0, "OFFSETS 0x%llx, 0x%016llx: tables reach beyond BAR0",
		                (unsigned long long)c->offsets[1], (unsigned long long)c->offsets[0]);
	/* A vDSA has no pages for the IMS that it does not have: the last WQ's MSI-X portals must be there. */
	if (c->wqs &&
	    (c->wqs - 1) * (uint64_t)DSA_PORTAL_WQ_STRIDE + DSA_PORTAL_LIMITED + DSA_PORTAL_SIZE > dsa->portals_size)
		return dsa_fail(dsa, -EIO, (uint32_t)c->wqcap, "WQCAP 0x%llx: portals of %u WQs do not fit into BAR2",
		                (unsigned long long)c->wqcap, c->wqs);
	if (!c->wqs || !c->groups || !c->engines)
		return dsa_fail(dsa, -EIO, 0, "no WQ, group or engine (WQCAP, GRPCAP, ENGCAP)");
	return 0;
}

int dsa_open(struct dsa *dsa, struct pci_function *pci, struct iommu *iommu, unsigned flags)
{
	uint64_t phys;
	char aer[48];
	int rc;

	*dsa = (struct dsa){.pci = pci, .iommu = iommu, .flags = flags, .can_submit = cpu_has_movdir64b()};
	dsa->caps.cmdcap = GENMASK64(DSA_CMD_ABORT_PASID, DSA_CMD_ENABLE_DEVICE);
	pci_power_on(pci);
	rc = map_bar(dsa, 0, &dsa->regs, &phys, &dsa->regs_size);
	if (!rc)
		rc = map_bar(dsa, 2, &dsa->portals, &dsa->portals_phys, &dsa->portals_size);
	if (rc)
		return rc;
	pci_command(pci, PCI_COMMAND_MEMORY, 0);
	if (mmio_read32(dsa->regs, DSA_VERSION) == UINT32_MAX)
		return dsa_fail(dsa, -EIO, UINT32_MAX, "VERSION 0xffffffff: the device does not answer");
	rc = quiesce(dsa);
	if (rc)
		return rc;
	set_translation(dsa, true);
	pci_command(pci, PCI_COMMAND_MASTER, 0);
	rc = dsa_reset(dsa);
	if (!rc)
		rc = read_caps(dsa);
	dsa_aer_take(dsa, aer, sizeof(aer));
	dsa_swerror_clear(dsa); /* outlives the reset, and is not about us */
	return rc ? rc : dsa_events_open(dsa);
}

int dsa_close(struct dsa *dsa)
{
	int rc = 0;

	if (dsa->regs) {
		rc = dsa_reset(dsa);
		if (rc && pci_flr(dsa->pci) == 0) /* memory that it may still write to is about to be given back */
			rc = 0;
		mmio_write32(dsa->regs, DSA_GENCTRL, 0);
		dsa_events_close(dsa);
		pci_command(dsa->pci, 0, PCI_COMMAND_MASTER);
		set_translation(dsa, false);
		mmio_unmap(dsa->regs, dsa->regs_size);
		dsa->regs = NULL;
	}
	if (dsa->portals)
		mmio_unmap(dsa->portals, dsa->portals_size);
	dsa->portals = NULL;
	return rc;
}

int dsa_flr(struct dsa *dsa)
{
	int rc = pci_flr(dsa->pci);

	if (rc)
		return dsa_fail(dsa, rc, 0, "function level reset %s",
		                rc == -ENOTSUP ? "is not supported" : "timed out");
	/* What pci_flr() gave back counts as a change only when the device is not Disabled, and now it is. */
	dsa_events_close(dsa);
	pci_command(dsa->pci, PCI_COMMAND_MEMORY, 0);
	set_translation(dsa, true);
	pci_command(dsa->pci, PCI_COMMAND_MASTER, 0);
	rc = dsa_reset(dsa);
	return rc ? rc : dsa_events_open(dsa);
}

bool dsa_has_opcode(const struct dsa *dsa, unsigned opcode)
{
	return opcode < 256 && (dsa->caps.opcap[opcode / 64] >> (opcode % 64)) & 1U;
}

const char *dsa_caps_words(const struct dsa_caps *c, char *text, size_t size)
{
	snprintf(text, size,
	         "DSA %u.%u: %u WQs of %u entries in all, %u groups, %u engines, transfers to 2^%u bytes, batches to "
	         "2^%u, "
	         "%u MSI-X, %u IMS, %s",
	         (unsigned)c->version >> 8, (unsigned)c->version & 0xffU, c->wqs, c->wq_entries, c->groups, c->engines,
	         c->max_xfer_shift, c->max_batch_shift, c->msix_entries, c->ims_entries,
	         c->configurable ? "configurable" : "fixed configuration");
	return text;
}
