/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The physical side of a binding: the work queue, the address space and the interrupt that the vDSA is made of.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "drivers/vtd/vtd.h"
#include "kernel/lock.h"
#include "kernel/mmio.h"
#include "kernel/time.h"
#include "vdsa/bind_internal.h"

/* How long a pending interrupt may take to arrive once its entry is unmasked. */
#define IMS_FLUSH_TIMEOUT_US 10000U

/*
 * The physical device and its IOMMU have one driver, and guests run on several processors: one at a time here. Held
 * while the device works, with interrupts on; never within bind.c's lock, which interrupts take.
 */
static struct lock device_lock = LOCK_INIT("DSA of the guests");

/* ---- the work queue ---- */

/* The group that the WQ is in, or -ENOENT. */
static int group_of(struct dsa *dsa, unsigned wq)
{
	uint64_t wqs, engines;

	for (unsigned group = 0; group < dsa->caps.groups; group++)
		if (dsa_group_read_config(dsa, group, &wqs, &engines) == 0 && wq < 64 && (wqs & BIT64(wq)))
			return (int)group;
	return -ENOENT;
}

int bind_host_info(void *ctx, struct vdsa_host_info *out)
{
	const struct vdsa_binding *b = ctx;
	const struct dsa *dsa = b->dsa;
	int group = group_of(b->dsa, b->wq);

	if (group < 0)
		return group;
	*out = (struct vdsa_host_info){
	        .device_id = dsa->pci->device,
	        .subsystem_vendor = pci_read16(dsa->pci, PCI_SUBSYSTEM_VENDOR_ID),
	        .subsystem_id = pci_read16(dsa->pci, PCI_SUBSYSTEM_ID),
	        .gencap = dsa->caps.gencap,
	        .wqcap = dsa->caps.wqcap,
	        .opcap0 = dsa->caps.opcap[0],
	        .gencfg = mmio_read32(dsa->regs, DSA_GENCFG),
	        .grpflags = mmio_read64(dsa->regs,
	                                dsa->caps.grpcfg + (uint64_t)group * DSA_GRPCFG_STRIDE + DSA_GRPCFG_FLAGS),
	        .wq = (uint8_t)b->wq,
	        .pasid_nobody = b->pasid_nobody,
	};
	for (unsigned i = 0; i < ARRAY_SIZE(out->wqcfg) && 4 * i < dsa->caps.wq_stride; i++)
		out->wqcfg[i] = dsa_wqcfg_read(dsa, b->wq, i);
	return 0;
}

int bind_wq_enable(void *ctx)
{
	const struct vdsa_binding *b = ctx;
	int rc;

	lock_acquire(&device_lock);
	rc = dsa_wq_enable(b->dsa, b->wq);
	lock_release(&device_lock);
	return rc;
}

/* Disabled already, perhaps with the device: there is nothing to do that a disabled WQ would not refuse. */
static int unless_off(const struct vdsa_binding *b, int (*command)(struct dsa *dsa, unsigned wq))
{
	int rc = 0;

	lock_acquire(&device_lock);
	if (!bind_gone(b) && dsa_wq_state(b->dsa, b->wq) != DSA_WQ_DISABLED)
		rc = command(b->dsa, b->wq);
	lock_release(&device_lock);
	return rc;
}

int bind_wq_disable(void *ctx)
{
	return unless_off(ctx, dsa_wq_disable);
}

int bind_wq_drain(void *ctx)
{
	return unless_off(ctx, dsa_wq_drain);
}

int bind_wq_abort(void *ctx)
{
	return unless_off(ctx, dsa_wq_abort);
}

int bind_wq_set_pasid(void *ctx, uint32_t hpasid, bool priv)
{
	const struct vdsa_binding *b = ctx;
	uint32_t dword;
	int rc;

	lock_acquire(&device_lock);
	dword = dsa_wqcfg_read(b->dsa, b->wq, 2) & ~DSA_WQCFG2_PRIV;
	dsa_wqcfg_write(b->dsa, b->wq, 2, dword | (priv ? DSA_WQCFG2_PRIV : 0));
	rc = dsa_wq_set_pasid(b->dsa, b->wq, hpasid); /* reads the whole dword back */
	lock_release(&device_lock);
	return rc;
}

/* ---- the address space ---- */

int bind_pasid_attach(void *ctx, uint32_t *hpasid)
{
	const struct vdsa_binding *b = ctx;
	int rc;

	lock_acquire(&device_lock);
	rc = vtd_pasid_alloc(b->unit, hpasid);
	if (rc == 0) {
		rc = vtd_pasid_attach(b->dsa->pci, *hpasid, b->domain);
		if (rc != 0)
			vtd_pasid_free(b->unit, *hpasid);
	}
	lock_release(&device_lock);
	return rc;
}

void bind_pasid_detach(void *ctx, uint32_t hpasid)
{
	const struct vdsa_binding *b = ctx;

	lock_acquire(&device_lock);
	if (vtd_pasid_detach(b->dsa->pci, hpasid) == 0)
		vtd_pasid_free(b->unit, hpasid); /* else nobody gets this PASID again; the domain's end will fail */
	lock_release(&device_lock);
}

int bind_map_ram(const struct vdsa_binding *b)
{
	for (unsigned i = 0; i < hv_ram_count(b->vm); i++) {
		const struct hv_ram *ram = hv_ram_get(b->vm, i);
		int rc = vtd_map(b->domain, ram->gpa, ram->hpa, ram->size, VTD_READ | VTD_WRITE);

		if (rc != 0)
			return rc;
	}
	return 0;
}

/* ---- the interrupt ---- */

static void on_ims(void *arg)
{
	struct vdsa_binding *b = arg;

	vdsa_ims_interrupt(&b->vdsa);
}

int bind_slot_of(const struct vdsa_binding *b)
{
	for (unsigned i = 0; i < VDSA_BIND_MAX; i++)
		if (bind_all[i] == b)
			return (int)i;
	return -ENOENT;
}

int bind_ims_alloc(void *ctx, uint16_t *slot)
{
	struct vdsa_binding *b = ctx;
	unsigned index = b->dsa->caps.ims_entries - 1 - (unsigned)bind_slot_of(b);
	int rc;

	lock_acquire(&device_lock);
	rc = dsa_irq_open(b->dsa, DSA_IRQ_IMS, index, b->pasid_nobody, on_ims, b, &b->ims);
	if (rc == 0) {
		*slot = b->ims.handle;
		rc = dsa_irq_mask(&b->ims, true);
		if (rc != 0)
			(void)dsa_irq_close(&b->ims);
	}
	lock_release(&device_lock);
	return rc;
}

void bind_ims_free(void *ctx, uint16_t slot)
{
	struct vdsa_binding *b = ctx;

	(void)slot;
	/* An error is of Release Interrupt Handle; the entry is masked and the vector gone all the same. */
	lock_acquire(&device_lock);
	(void)dsa_irq_close(&b->ims);
	lock_release(&device_lock);
}

uint64_t bind_ims_entry(const struct vdsa_binding *b)
{
	return b->dsa->caps.ims + (uint64_t)b->ims.index * DSA_IMS_STRIDE;
}

void bind_ims_write(void *ctx, uint16_t slot, uint32_t control)
{
	const struct vdsa_binding *b = ctx;

	(void)slot;
	if (bind_gone(b))
		return;
	mmio_write32(b->dsa->regs, bind_ims_entry(b) + DSA_IMS_CTRL, control);
	(void)mmio_read32(b->dsa->regs, bind_ims_entry(b) + DSA_IMS_CTRL);
}

bool bind_ims_pending(void *ctx, uint16_t slot)
{
	const struct vdsa_binding *b = ctx;

	(void)slot;
	return !bind_gone(b) && dsa_irq_pending(&b->ims);
}

void bind_ims_flush(void *ctx, uint16_t slot)
{
	struct vdsa_binding *b = ctx;
	uint64_t before = dsa_irq_count(&b->ims);

	(void)slot;
	(void)dsa_irq_mask(&b->ims, false);
	/* If it does not come it is one interrupt too many later, which a driver must live with. */
	(void)WAIT_FOR(dsa_irq_count(&b->ims) != before, IMS_FLUSH_TIMEOUT_US);
	(void)dsa_irq_mask(&b->ims, true);
}

int bind_guest_msi(void *ctx, uint64_t address, uint32_t data)
{
	const struct vdsa_binding *b = ctx;

	return hv_msi(b->vm, address, data);
}
