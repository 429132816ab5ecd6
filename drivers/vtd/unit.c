/* SPDX-License-Identifier: BSD-2-Clause */
/* One unit: taking it over from the firmware, and its way to scalable mode and back (3.4.4, 6.5.2, 11.4.4). */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "drivers/vtd/unit.h"
#include "kernel/time.h"

/* enable_steps */
#define STEP_QUEUE      1U
#define STEP_REMAP      2U
#define STEP_INTERRUPTS 4U

int vtd_fail(struct vtd_unit *u, int err, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(u->why, sizeof(u->why), format, ap);
	va_end(ap);
	return err;
}

/* Switch one level bit of GCMD and wait until GSTS shows it; the bits have the same places. */
static int set_level(struct vtd_unit *u, uint32_t bit, bool on, const char *name)
{
	uint32_t value = vtd_read32(u, VTD_GSTS) & VTD_GSTS_LEVEL;

	vtd_write32(u, VTD_GCMD, on ? value | bit : value & ~bit);
	if (!WAIT_FOR(((vtd_read32(u, VTD_GSTS) & bit) != 0) == on, VTD_COMMAND_TIMEOUT_US))
		return vtd_fail(u, -ETIMEDOUT, "GSTS 0x%x: %s does not become %d within 1 s", vtd_read32(u, VTD_GSTS),
		                name, on);
	return 0;
}

/* One-shot commands: status is cleared by the write and set when done. */
static int one_shot(struct vtd_unit *u, uint32_t bit, const char *name)
{
	vtd_write32(u, VTD_GCMD, (vtd_read32(u, VTD_GSTS) & VTD_GSTS_LEVEL) | bit);
	if (!WAIT_FOR(vtd_read32(u, VTD_GSTS) & bit, VTD_COMMAND_TIMEOUT_US))
		return vtd_fail(u, -ETIMEDOUT, "GSTS 0x%x: %s not done within 1 s", vtd_read32(u, VTD_GSTS), name);
	return 0;
}

/* Read what the unit is, and say what it lacks. */
int vtd_unit_probe(struct vtd_unit *u)
{
	uint64_t fault_end, iotlb_end;

	u->regs_size = u->drhd->size;
	u->regs = mmio_map(u->drhd->base, u->regs_size);
	if (!u->regs)
		return vtd_fail(u, -ENOMEM, "registers at 0x%llx cannot be mapped", (unsigned long long)u->drhd->base);
	u->ver = vtd_read32(u, VTD_VER);
	u->cap = vtd_read64(u, VTD_CAP);
	u->ecap = vtd_read64(u, VTD_ECAP);
	if (u->cap == UINT64_MAX && u->ecap == UINT64_MAX)
		return vtd_fail(u, -ENODEV, "CAP and ECAP read all ones: no unit there");

	/* Some tables name a size that leaves out registers the unit says it has. */
	fault_end = FIELD_GET(VTD_CAP_FRO, u->cap) * VTD_OFFSET_UNIT +
	            (FIELD_GET(VTD_CAP_NFR, u->cap) + 1) * VTD_FRCD_STRIDE;
	iotlb_end = FIELD_GET(VTD_ECAP_IRO, u->ecap) * VTD_OFFSET_UNIT + 16;
	if (iotlb_end > fault_end)
		fault_end = iotlb_end;
	if (fault_end > u->regs_size) {
		mmio_unmap(u->regs, u->regs_size);
		u->regs_size = ALIGN_UP(fault_end, PAGE_SIZE);
		u->regs = mmio_map(u->drhd->base, u->regs_size);
		if (!u->regs)
			return vtd_fail(u, -ENOMEM, "registers at 0x%llx cannot be mapped",
			                (unsigned long long)u->drhd->base);
	}

	if (!(u->ecap & VTD_ECAP_QI))
		return vtd_fail(u, -ENOTSUP, "ECAP.QI=0: no queued invalidation");
	if (!(u->ecap & VTD_ECAP_SMTS))
		return vtd_fail(u, -ENOTSUP, "ECAP.SMTS=0: no scalable mode");
	if (!(u->ecap & (VTD_ECAP_FSTS | VTD_ECAP_SSTS)))
		return vtd_fail(u, -ENOTSUP, "ECAP.FSTS=0 and SSTS=0: neither first nor second level");
	u->aw = u->cap & VTD_CAP_SAGAW_48 ? VTD_AW_48BIT : VTD_AW_39BIT;
	u->flush_tables = !(u->ecap & VTD_ECAP_C);
	u->flush_pages = !(u->ecap & VTD_ECAP_SMPWC);
	return 0;
}

/* Leave nothing of the firmware's remapping. Old tables are not kept: what they protected, pass-through will not break.
 */
static int take_over(struct vtd_unit *u)
{
	uint32_t gsts = vtd_read32(u, VTD_GSTS);
	int rc = 0;

	vtd_write32(u, VTD_FECTL, VTD_EVENT_CTL_IM);
	if (gsts & VTD_GSTS_TES)
		rc = set_level(u, VTD_GCMD_TE, false, "TES");
	if (!rc && gsts & VTD_GSTS_IRES)
		rc = set_level(u, VTD_GCMD_IRE, false, "IRES");
	if (!rc && gsts & VTD_GSTS_QIES) {
		if (!WAIT_FOR(vtd_read64(u, VTD_IQH) == vtd_read64(u, VTD_IQT), VTD_QUEUE_TIMEOUT_US))
			return vtd_fail(u, -ETIMEDOUT, "the firmware's invalidation queue does not become empty");
		rc = set_level(u, VTD_GCMD_QIE, false, "QIES");
	}
	vtd_write32(u, VTD_FSTS, vtd_read32(u, VTD_FSTS));
	return rc;
}

static int protected_memory_off(struct vtd_unit *u)
{
	if (!(u->cap & (VTD_CAP_PLMR | VTD_CAP_PHMR)) || !(vtd_read32(u, VTD_PMEN) & VTD_PMEN_EPM))
		return 0;
	vtd_write32(u, VTD_PMEN, vtd_read32(u, VTD_PMEN) & ~VTD_PMEN_EPM);
	if (!WAIT_FOR(!(vtd_read32(u, VTD_PMEN) & VTD_PMEN_STATUS), VTD_COMMAND_TIMEOUT_US))
		return vtd_fail(u, -ETIMEDOUT, "PMEN 0x%x: protected memory stays on", vtd_read32(u, VTD_PMEN));
	return 0;
}

static int set_root(struct vtd_unit *u)
{
	int rc;

	vtd_write64(u, VTD_RTADDR, phys_of(u->root) | FIELD_PREP(VTD_RTADDR_TTM, (uint64_t)VTD_TTM_SCALABLE));
	rc = one_shot(u, VTD_GCMD_SRTP, "RTPS");
	/* With ESRTPS the unit has done that by itself. */
	return rc || u->cap & VTD_CAP_ESRTPS ? rc : vtd_flush_all(u);
}

static int start_interrupts(struct vtd_unit *u)
{
	const struct vtd_descriptor flush = {VTD_QI_IEC, 0};
	int rc = vtd_interrupts_start(u);

	if (!rc)
		rc = one_shot(u, VTD_GCMD_SIRTP, "IRTPS");
	if (!rc && !(u->cap & VTD_CAP_ESIRTPS))
		rc = vtd_queue_run(u, &flush, 1);
	if (!rc)
		rc = set_level(u, VTD_GCMD_IRE, true, "IRES");
	if (rc)
		return rc;
	u->enable_steps |= STEP_INTERRUPTS;
	u->interrupts = true;
	/* Messages in compatibility format could raise any vector: refuse them. */
	if (vtd_read32(u, VTD_GSTS) & VTD_GSTS_CFIS)
		rc = set_level(u, VTD_GCMD_CFI, false, "CFIS");
	return rc;
}

int vtd_unit_start(struct vtd_unit *u)
{
	int rc = take_over(u);

	if (!rc)
		rc = vtd_queue_start(u);
	if (!rc)
		rc = set_level(u, VTD_GCMD_QIE, true, "QIES");
	if (rc)
		return rc;
	u->enable_steps |= STEP_QUEUE;

	rc = vtd_tables_build(u);
	if (!rc)
		rc = set_root(u);
	if (!rc)
		rc = set_level(u, VTD_GCMD_TE, true, "TES");
	if (rc)
		return rc;
	u->enable_steps |= STEP_REMAP;
	u->running = true;

	rc = protected_memory_off(u);
	if (!rc && vtd_dmar.intr_remap && u->ecap & VTD_ECAP_IR)
		rc = start_interrupts(u);
	if (!rc)
		vtd_faults_start(u);
	return rc;
}

/* Goes on after a failure, and returns the first. Tables that the unit may still read are not given back. */
int vtd_unit_stop(struct vtd_unit *u)
{
	int rc = 0, step;

	if (!u->regs)
		return 0;
	if (u->running)
		vtd_faults_stop(u);
	u->running = u->interrupts = false;
	if (u->enable_steps & STEP_REMAP) {
		step = set_level(u, VTD_GCMD_TE, false, "TES");
		rc = rc ? rc : step;
	}
	if (u->enable_steps & STEP_INTERRUPTS) {
		step = set_level(u, VTD_GCMD_IRE, false, "IRES");
		rc = rc ? rc : step;
	}
	if (u->enable_steps & STEP_QUEUE) {
		step = vtd_queue_stop(u);
		if (!step)
			step = set_level(u, VTD_GCMD_QIE, false, "QIES");
		rc = rc ? rc : step;
	}
	u->enable_steps = 0;
	for (struct vtd_domain *d = u->domains; d; d = d->next)
		vtd_domain_forget(d);
	if (!rc) {
		vtd_tables_free(u);
		page_free(u->queue, 1);
		page_free((void *)u->status, 1);
		page_free(u->irt, VTD_IRTES * 16 / PAGE_SIZE);
	}
	u->queue = NULL;
	u->status = NULL;
	u->irt = NULL;
	mmio_unmap(u->regs, u->regs_size);
	u->regs = NULL;
	return rc;
}
