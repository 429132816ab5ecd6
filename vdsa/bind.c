/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one place (bind*.c) that knows both sides: what the composition layer asks for (vdsa.h), and the drivers and the
 * hypervisor that have it.
 *
 * The guest's requests carry a PASID whose table entry has a second-level table with the guest's RAM in it, at its
 * guest-physical addresses, and nothing else: so guest-physical addresses work as DMA addresses, and nothing outside
 * the guest can be reached. A second PASID, with no table entry at all, is what an interrupt entry gets that must not
 * work.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "drivers/vtd/vtd.h"
#include "kernel/irq.h"
#include "kernel/lock.h"
#include "kernel/mem.h"
#include "kernel/mmio.h"
#include "vdsa/bind_internal.h"

struct vdsa_binding *bind_all[VDSA_BIND_MAX];

/* One lock for all vDSAs: it is held for moments, and must not go away with a binding. */
static struct lock lock = LOCK_INIT("vdsa");

static uint64_t op_lock(void *ctx)
{
	int were_on = irq_save();

	(void)ctx;
	lock_acquire(&lock);
	return (uint64_t)were_on;
}

static void op_unlock(void *ctx, uint64_t were_on)
{
	(void)ctx;
	lock_release(&lock);
	irq_restore((int)were_on);
}

static const struct vdsa_host_ops host_ops = {
        .lock = op_lock,
        .unlock = op_unlock,
        .info = bind_host_info,
        .wq_enable = bind_wq_enable,
        .wq_disable = bind_wq_disable,
        .wq_drain = bind_wq_drain,
        .wq_abort = bind_wq_abort,
        .wq_set_pasid = bind_wq_set_pasid,
        .pasid_attach = bind_pasid_attach,
        .pasid_detach = bind_pasid_detach,
        .ims_alloc = bind_ims_alloc,
        .ims_free = bind_ims_free,
        .ims_write = bind_ims_write,
        .ims_pending = bind_ims_pending,
        .ims_flush = bind_ims_flush,
        .window_place = bind_window_place,
        .window_remove = bind_window_remove,
        .guest_msi = bind_guest_msi,
};

/* ---- events of the device ---- */

/* A record that is one guest's is told to it and freed for the next; the host's own stays for the host. */
static void forward_error(struct dsa *dsa)
{
	struct dsa_swerror error;
	bool taken = false;

	if (dsa_swerror_read(dsa, &error) != 0)
		return;
	for (unsigned i = 0; i < VDSA_BIND_MAX; i++)
		if (bind_all[i] != NULL && bind_all[i]->dsa == dsa)
			taken |= vdsa_host_error(&bind_all[i]->vdsa, error.raw);
	if (taken) {
		dsa_swerror_clear(dsa);
		return;
	}
	for (unsigned i = 0; i < VDSA_BIND_MAX; i++)
		if (bind_all[i] != NULL && bind_all[i]->dsa == dsa)
			bind_all[i]->errors_not_ours++;
}

static void on_event(void *arg, uint32_t causes)
{
	struct dsa *dsa = arg;

	if (causes & DSA_INTCAUSE_SWERR)
		forward_error(dsa);
	if (causes & DSA_INTCAUSE_HALT)
		for (unsigned i = 0; i < VDSA_BIND_MAX; i++)
			if (bind_all[i] != NULL && bind_all[i]->dsa == dsa)
				__atomic_store_n(&bind_all[i]->halted, true, __ATOMIC_RELAXED);
}

void vdsa_bind_poll(struct vdsa_binding *b)
{
	if (__atomic_exchange_n(&b->halted, false, __ATOMIC_RELAXED))
		vdsa_host_halted(&b->vdsa);
}

/* A device with a binding tells us its events; the driver has enabled those of errors and halt. */
static void events_update(struct dsa *dsa)
{
	bool any = false;

	for (unsigned i = 0; i < VDSA_BIND_MAX; i++)
		any |= bind_all[i] != NULL && bind_all[i]->dsa == dsa;
	dsa->event_arg = dsa;
	dsa->event = any ? on_event : NULL;
}

/* ---- life ---- */

int vdsa_bind_prepare(struct dsa *host, unsigned wq)
{
	struct dsa_wq_config config;
	int rc = dsa_reset(host);

	if (rc != 0)
		return rc;
	config = dsa_wq_default(host);
	/* What the guest is not told of it must not be able to use, either. Version 1 of the device cannot do that. */
	if (host->caps.wqcap & DSA_WQCAP_OPCFG)
		config.opcodes[0] = host->caps.opcap[0] & VDSA_OPCAP0;
	rc = dsa_wq_configure(host, wq, &config);
	if (rc == 0)
		rc = dsa_group_configure(host, 0, BIT64(wq), GENMASK64(host->caps.engines - 1, 0));
	if (rc != 0)
		return rc;
	return dsa_enable(host); /* which also allows user-mode interrupts and reports errors */
}

/* A place among the bind_all. */
static int publish(struct vdsa_binding *b)
{
	int place = -ENOSPC;

	for (unsigned i = 0; i < VDSA_BIND_MAX; i++) {
		if (bind_all[i] != NULL && bind_all[i]->dsa == b->dsa && bind_all[i]->wq == b->wq)
			return -EBUSY;
		if (bind_all[i] == NULL && place < 0)
			place = (int)i;
	}
	if (place >= 0)
		bind_all[place] = b;
	return place < 0 ? place : 0;
}

static void withdraw(const struct vdsa_binding *b)
{
	int place = bind_slot_of(b), were_on = irq_save();

	if (place >= 0)
		bind_all[place] = NULL;
	irq_restore(were_on);
}

/* Everything that vdsa_bind_create() took before the vDSA itself. Returns 0 or -EIO. */
static int release(struct vdsa_binding *b)
{
	if (b->domain != NULL && vtd_domain_destroy(b->domain) != 0)
		return -EIO; /* a PASID is attached still: the guest's memory is within the device's reach */
	if (b->pasid_nobody != IOMMU_NO_PASID)
		vtd_pasid_free(b->unit, b->pasid_nobody);
	withdraw(b);
	page_free(b, ALIGN_UP(sizeof(*b), (size_t)PAGE_SIZE) / PAGE_SIZE);
	return 0;
}

/* What a firmware does: assign the BARs and let them decode. */
static void assign_bars(struct vdsa_binding *b)
{
	static const uint64_t base[] = {VDSA_BIND_BAR0, VDSA_BIND_BAR2};

	for (unsigned i = 0; i < ARRAY_SIZE(base); i++) {
		bind_config_write(b, (uint16_t)(PCI_BASE_ADDRESS_0 + 8 * i), 4, (uint32_t)base[i]);
		bind_config_write(b, (uint16_t)(PCI_BASE_ADDRESS_0 + 8 * i + 4), 4, (uint32_t)(base[i] >> 32));
	}
	bind_config_write(b, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
}

static const char *prerequisites(const struct vdsa_binding *b)
{
	struct vtd_unit_info info;

	if (b->unit == NULL || b->dsa->iommu == NULL)
		return "no IOMMU in front of the device";
	vtd_unit_info(b->unit, &info);
	if (!info.running || !info.second_level)
		return "the IOMMU has no second-level translation";
	if (!b->dsa->pasid_on)
		return "the device sends no PASIDs";
	if (b->dsa->caps.ims_entries < VDSA_BIND_MAX)
		return "the device has no interrupt message storage";
	return NULL;
}

/* The steps of vdsa_bind_create() whose undoing is release(). */
static int acquire(struct vdsa_binding *b, const char **why)
{
	int rc = publish(b);

	*why = "the WQ is bound, or too many are";
	if (rc != 0)
		return rc;
	*why = "no domain for the guest's memory";
	rc = vtd_domain_create(b->unit, VTD_STAGE_SECOND, &b->domain);
	if (rc != 0)
		return rc;
	*why = "the guest's memory cannot be mapped in the IOMMU";
	rc = hv_ram_count(b->vm) == 0 ? -EINVAL : bind_map_ram(b);
	if (rc != 0)
		return rc;
	*why = "no PASID left";
	rc = vtd_pasid_alloc(b->unit, &b->pasid_nobody);
	if (rc != 0) {
		b->pasid_nobody = IOMMU_NO_PASID;
		return rc;
	}
	return vdsa_create(&b->vdsa, &vdsa_type_1dwq_v1, &host_ops, b, why);
}

int vdsa_bind_create(struct hv_vm *vm, struct dsa *host, unsigned wq, struct vdsa_binding **out, const char **why)
{
	static const struct hv_pci_ops pci_ops = {.config_read = bind_config_read, .config_write = bind_config_write};
	const char *ignored;
	struct vdsa_binding *b;
	int rc;

	*out = NULL;
	if (why == NULL)
		why = &ignored;
	*why = "out of memory";
	b = page_alloc(ALIGN_UP(sizeof(*b), (size_t)PAGE_SIZE) / PAGE_SIZE);
	if (b == NULL)
		return -ENOMEM;
	*b = (struct vdsa_binding){.vm = vm, .dsa = host, .wq = wq, .pasid_nobody = IOMMU_NO_PASID};
	b->unit = vtd_unit_of(host->pci);
	*why = prerequisites(b);
	rc = *why != NULL ? -ENOTSUP : wq >= host->caps.wqs ? -EINVAL : acquire(b, why);
	if (rc == 0) {
		*why = "no PASID or interrupt for the guest";
		rc = vdsa_open(&b->vdsa);
	}
	if (rc != 0) {
		(void)release(b); /* nothing is attached yet, so this works */
		return rc;
	}
	*why = "the guest has a function at 00:01.0";
	rc = hv_pci_add(vm, VDSA_BIND_DEVFN, &pci_ops, b);
	b->on_bus = rc == 0;
	if (rc != 0) {
		(void)vdsa_bind_destroy(b); /* never run, so it closes */
		return rc;
	}
	assign_bars(b);
	events_update(host);
	*why = "";
	*out = b;
	return 0;
}

int vdsa_bind_destroy(struct vdsa_binding *b)
{
	struct dsa *dsa = b->dsa;
	int rc;

	if (b->on_bus)
		(void)hv_pci_remove(b->vm, VDSA_BIND_DEVFN);
	b->on_bus = false;
	if (b->vdsa.open) {
		rc = vdsa_close(&b->vdsa);
		if (rc == -EIO) {
			/* Only this stops what does not end by itself (DSA 3.15). */
			if (dsa_flr(dsa) != 0)
				return -EIO;
			bind_pasid_detach(b, b->vdsa.hpasid);
		} else if (rc != 0) {
			return rc;
		}
	}
	rc = release(b);
	if (rc == 0)
		events_update(dsa);
	return rc;
}

struct vdsa *vdsa_bind_vdsa(struct vdsa_binding *b)
{
	return &b->vdsa;
}

void vdsa_bind_info(const struct vdsa_binding *b, struct vdsa_bind_info *out)
{
	*out = (struct vdsa_bind_info){
	        .vdsa = b->vdsa.stats,
	        .hpasid = b->vdsa.hpasid,
	        .pasid_nobody = b->pasid_nobody,
	        .wq = b->wq,
	        .ims_index = b->ims.index,
	        .handle = b->ims.handle,
	        .ims_vector = b->ims.irq.vector,
	        .ims_apic_id = b->ims.irq.apic_id,
	        .ims_interrupts = dsa_irq_count(&b->ims),
	        .ims_token = b->ims.token,
	        .portal_traps = b->portal_traps,
	        .errors_not_ours = b->errors_not_ours,
	};
	for (unsigned i = 0; i < ARRAY_SIZE(out->portal_hpa); i++)
		out->portal_hpa[i] = b->window[VDSA_WINDOW_PORTAL0 + i].hpa;
	if (bind_gone(b))
		return;
	out->ims_control = mmio_read32(b->dsa->regs, bind_ims_entry(b) + DSA_IMS_CTRL);
	out->ims_address = mmio_read64(b->dsa->regs, bind_ims_entry(b) + DSA_IMS_ADDR);
	out->ims_data = mmio_read32(b->dsa->regs, bind_ims_entry(b) + DSA_IMS_DATA);
}
