/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The one file that knows both sides: what the composition layer asks for (vdsa.h), and the drivers and the hypervisor
 * that have it.
 *
 * The guest's requests carry a PASID whose table entry has a second-level table with the guest's RAM in it, at its
 * guest-physical addresses, and nothing else: so guest-physical addresses work as DMA addresses, and nothing outside
 * the guest can be reached. A second PASID, with no table entry at all, is what an interrupt entry gets that must not
 * work.
 */
#include "vdsa/bind.h"

#include <errno.h>
#include <linux/pci_regs.h>

#include "drivers/dsa/dsa.h"
#include "drivers/vtd/vtd.h"
#include "kernel/cpu.h"
#include "kernel/hv/hv.h"
#include "kernel/irq.h"
#include "kernel/lock.h"
#include "kernel/mem.h"
#include "kernel/mmio.h"
#include "kernel/time.h"

/* How long a pending interrupt may take to arrive once its entry is unmasked. */
#define IMS_FLUSH_TIMEOUT_US 10000U

struct vdsa_binding {
	struct vdsa vdsa;
	struct hv_vm *vm;
	struct dsa *dsa;
	unsigned wq;
	struct vtd_unit *unit;
	struct vtd_domain *domain; /* the guest's RAM */
	uint32_t pasid_nobody;
	struct dsa_irq ims;
	struct {
		uint64_t gpa, hpa;
		enum vdsa_placement how;
	} window[VDSA_WINDOW_COUNT];
	uint64_t portal_traps;
	uint64_t errors_not_ours;
	bool halted; /* the physical device halted; seen in an interrupt, dealt with outside */
	bool on_bus;
};

/* All bindings, by the place of their IMS entry from the end of the table. */
static struct vdsa_binding *bindings[VDSA_BIND_MAX];

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

/* The driver has closed the device, after a reset: nothing of the guest is in it, and it must not be touched. */
static bool gone(const struct vdsa_binding *b)
{
	return b->dsa->regs == NULL;
}

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

static int op_info(void *ctx, struct vdsa_host_info *out)
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

static int op_wq_enable(void *ctx)
{
	const struct vdsa_binding *b = ctx;

	return dsa_wq_enable(b->dsa, b->wq);
}

/* Disabled already, perhaps with the device: there is nothing to do that a disabled WQ would not refuse. */
static bool wq_off(const struct vdsa_binding *b)
{
	return gone(b) || dsa_wq_state(b->dsa, b->wq) == DSA_WQ_DISABLED;
}

static int op_wq_disable(void *ctx)
{
	const struct vdsa_binding *b = ctx;

	return wq_off(b) ? 0 : dsa_wq_disable(b->dsa, b->wq);
}

static int op_wq_drain(void *ctx)
{
	const struct vdsa_binding *b = ctx;

	return wq_off(b) ? 0 : dsa_wq_drain(b->dsa, b->wq);
}

static int op_wq_abort(void *ctx)
{
	const struct vdsa_binding *b = ctx;

	return wq_off(b) ? 0 : dsa_wq_abort(b->dsa, b->wq);
}

static int op_wq_set_pasid(void *ctx, uint32_t hpasid, bool priv)
{
	const struct vdsa_binding *b = ctx;
	uint32_t dword = dsa_wqcfg_read(b->dsa, b->wq, 2) & ~DSA_WQCFG2_PRIV;

	dsa_wqcfg_write(b->dsa, b->wq, 2, dword | (priv ? DSA_WQCFG2_PRIV : 0));
	return dsa_wq_set_pasid(b->dsa, b->wq, hpasid); /* reads the whole dword back */
}

/* ---- the address space ---- */

static int op_pasid_attach(void *ctx, uint32_t *hpasid)
{
	const struct vdsa_binding *b = ctx;
	int rc = vtd_pasid_alloc(b->unit, hpasid);

	if (rc != 0)
		return rc;
	rc = vtd_pasid_attach(b->dsa->pci, *hpasid, b->domain);
	if (rc != 0)
		vtd_pasid_free(b->unit, *hpasid);
	return rc;
}

static void op_pasid_detach(void *ctx, uint32_t hpasid)
{
	const struct vdsa_binding *b = ctx;

	if (vtd_pasid_detach(b->dsa->pci, hpasid) == 0)
		vtd_pasid_free(b->unit, hpasid); /* else nobody gets this PASID again; the domain's end will fail */
}

static int map_ram(const struct vdsa_binding *b)
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

static int slot_of(const struct vdsa_binding *b)
{
	for (unsigned i = 0; i < VDSA_BIND_MAX; i++)
		if (bindings[i] == b)
			return (int)i;
	return -ENOENT;
}

static int op_ims_alloc(void *ctx, uint16_t *slot)
{
	struct vdsa_binding *b = ctx;
	unsigned index = b->dsa->caps.ims_entries - 1 - (unsigned)slot_of(b);
	int rc = dsa_irq_open(b->dsa, DSA_IRQ_IMS, index, b->pasid_nobody, on_ims, b, &b->ims);

	if (rc != 0)
		return rc;
	*slot = b->ims.handle;
	rc = dsa_irq_mask(&b->ims, true);
	if (rc != 0)
		(void)dsa_irq_close(&b->ims);
	return rc;
}

static void op_ims_free(void *ctx, uint16_t slot)
{
	struct vdsa_binding *b = ctx;

	(void)slot;
	/* An error is of Release Interrupt Handle; the entry is masked and the vector gone all the same. */
	(void)dsa_irq_close(&b->ims);
}

static uint64_t ims_entry(const struct vdsa_binding *b)
{
	return b->dsa->caps.ims + (uint64_t)b->ims.index * DSA_IMS_STRIDE;
}

static void op_ims_write(void *ctx, uint16_t slot, uint32_t control)
{
	const struct vdsa_binding *b = ctx;

	(void)slot;
	if (gone(b))
		return;
	mmio_write32(b->dsa->regs, ims_entry(b) + DSA_IMS_CTRL, control);
	(void)mmio_read32(b->dsa->regs, ims_entry(b) + DSA_IMS_CTRL);
}

static bool op_ims_pending(void *ctx, uint16_t slot)
{
	const struct vdsa_binding *b = ctx;

	(void)slot;
	return !gone(b) && dsa_irq_pending(&b->ims);
}

static void op_ims_flush(void *ctx, uint16_t slot)
{
	struct vdsa_binding *b = ctx;
	uint64_t before = dsa_irq_count(&b->ims);

	(void)slot;
	(void)dsa_irq_mask(&b->ims, false);
	/* If it does not come it is one interrupt too many later, which a driver must live with. */
	(void)WAIT_FOR(dsa_irq_count(&b->ims) != before, IMS_FLUSH_TIMEOUT_US);
	(void)dsa_irq_mask(&b->ims, true);
}

static int op_guest_msi(void *ctx, uint64_t address, uint32_t data)
{
	const struct vdsa_binding *b = ctx;

	return hv_msi(b->vm, address, data);
}

/* ---- the guest's accesses ---- */

static uint64_t bar0_read(void *arg, uint64_t offset, unsigned width)
{
	struct vdsa_binding *b = arg;

	vdsa_bind_poll(b);
	return vdsa_mmio_read(&b->vdsa, offset, width);
}

static void bar0_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	struct vdsa_binding *b = arg;

	vdsa_bind_poll(b);
	vdsa_mmio_write(&b->vdsa, offset, width, value);
}

/* A portal that is not mapped answers as one of a disabled WQ does (DSA 9.3). */
static uint64_t portal_read(void *arg, uint64_t offset, unsigned width)
{
	struct vdsa_binding *b = arg;

	(void)offset;
	(void)width;
	b->portal_traps++;
	return UINT64_MAX;
}

static void portal_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	struct vdsa_binding *b = arg;

	(void)offset;
	(void)width;
	(void)value;
	b->portal_traps++;
}

static uint32_t config_read(void *arg, uint16_t offset, unsigned width)
{
	struct vdsa_binding *b = arg;

	return vdsa_config_read(&b->vdsa, offset, width);
}

static void config_write(void *arg, uint16_t offset, unsigned width, uint32_t value)
{
	struct vdsa_binding *b = arg;

	vdsa_config_write(&b->vdsa, offset, width, value);
}

/* ---- windows ---- */

static uint64_t window_size(enum vdsa_window window)
{
	return window == VDSA_WINDOW_BAR0 ? VDSA_BAR0_SIZE : DSA_PORTAL_SIZE;
}

static int op_window_place(void *ctx, enum vdsa_window window, enum vdsa_placement how, uint64_t gpa, uint64_t portal)
{
	struct vdsa_binding *b = ctx;
	uint64_t size = window_size(window), hpa = 0;
	int rc;

	/* What the guest's host bridge passes on; it also bounds the page tables that a guest can make us need. */
	if (gpa < HV_BAR_WINDOW_BASE || gpa - HV_BAR_WINDOW_BASE > HV_BAR_WINDOW_SIZE - size)
		return -ERANGE;
	if (how == VDSA_MAPPED) {
		if (portal + size > b->dsa->portals_size)
			return -EINVAL;
		hpa = b->dsa->portals_phys + portal;
		rc = hv_map_device(b->vm, gpa, hpa, size);
	} else {
		bool bar0 = window == VDSA_WINDOW_BAR0;
		struct hv_mmio region = {
		        .gpa = gpa,
		        .size = size,
		        .read = bar0 ? bar0_read : portal_read,
		        .write = bar0 ? bar0_write : portal_write,
		        .arg = b,
		        .name = bar0 ? "vDSA BAR0" : "vDSA portal",
		};

		rc = hv_mmio_add(b->vm, &region);
	}
	if (rc != 0)
		return rc;
	b->window[window].gpa = gpa;
	b->window[window].hpa = hpa;
	b->window[window].how = how;
	return 0;
}

static int op_window_remove(void *ctx, enum vdsa_window window)
{
	struct vdsa_binding *b = ctx;
	uint64_t gpa = b->window[window].gpa;
	bool mapped = b->window[window].how == VDSA_MAPPED;
	int rc = mapped ? hv_unmap(b->vm, gpa, window_size(window)) : hv_mmio_remove(b->vm, gpa);

	if (rc != 0)
		return rc;
	if (mapped && !gone(b)) {
		/* The guest's stores were this processor's. They have arrived when the device answers a read
		 * (PCIe 2.4). */
		cpu_mfence();
		(void)mmio_read32(b->dsa->regs, DSA_VERSION);
	}
	b->window[window].how = VDSA_ABSENT;
	b->window[window].hpa = 0;
	return 0;
}

static const struct vdsa_host_ops host_ops = {
        .lock = op_lock,
        .unlock = op_unlock,
        .info = op_info,
        .wq_enable = op_wq_enable,
        .wq_disable = op_wq_disable,
        .wq_drain = op_wq_drain,
        .wq_abort = op_wq_abort,
        .wq_set_pasid = op_wq_set_pasid,
        .pasid_attach = op_pasid_attach,
        .pasid_detach = op_pasid_detach,
        .ims_alloc = op_ims_alloc,
        .ims_free = op_ims_free,
        .ims_write = op_ims_write,
        .ims_pending = op_ims_pending,
        .ims_flush = op_ims_flush,
        .window_place = op_window_place,
        .window_remove = op_window_remove,
        .guest_msi = op_guest_msi,
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
		if (bindings[i] != NULL && bindings[i]->dsa == dsa)
			taken |= vdsa_host_error(&bindings[i]->vdsa, error.raw);
	if (taken) {
		dsa_swerror_clear(dsa);
		return;
	}
	for (unsigned i = 0; i < VDSA_BIND_MAX; i++)
		if (bindings[i] != NULL && bindings[i]->dsa == dsa)
			bindings[i]->errors_not_ours++;
}

static void on_event(void *arg, uint32_t causes)
{
	struct dsa *dsa = arg;

	if (causes & DSA_INTCAUSE_SWERR)
		forward_error(dsa);
	if (causes & DSA_INTCAUSE_HALT)
		for (unsigned i = 0; i < VDSA_BIND_MAX; i++)
			if (bindings[i] != NULL && bindings[i]->dsa == dsa)
				__atomic_store_n(&bindings[i]->halted, true, __ATOMIC_RELAXED);
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
		any |= bindings[i] != NULL && bindings[i]->dsa == dsa;
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
	rc = dsa_wq_configure(host, wq, &config);
	if (rc == 0)
		rc = dsa_group_configure(host, 0, BIT64(wq), GENMASK64(host->caps.engines - 1, 0));
	if (rc != 0)
		return rc;
	return dsa_enable(host); /* which also allows user-mode interrupts and reports errors */
}

/* A place among the bindings. */
static int publish(struct vdsa_binding *b)
{
	int place = -ENOSPC;

	for (unsigned i = 0; i < VDSA_BIND_MAX; i++) {
		if (bindings[i] != NULL && bindings[i]->dsa == b->dsa && bindings[i]->wq == b->wq)
			return -EBUSY;
		if (bindings[i] == NULL && place < 0)
			place = (int)i;
	}
	if (place >= 0)
		bindings[place] = b;
	return place < 0 ? place : 0;
}

static void withdraw(const struct vdsa_binding *b)
{
	int place = slot_of(b), were_on = irq_save();

	if (place >= 0)
		bindings[place] = NULL;
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
		config_write(b, (uint16_t)(PCI_BASE_ADDRESS_0 + 8 * i), 4, (uint32_t)base[i]);
		config_write(b, (uint16_t)(PCI_BASE_ADDRESS_0 + 8 * i + 4), 4, (uint32_t)(base[i] >> 32));
	}
	config_write(b, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
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
	rc = hv_ram_count(b->vm) == 0 ? -EINVAL : map_ram(b);
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
	static const struct hv_pci_ops pci_ops = {.config_read = config_read, .config_write = config_write};
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
			op_pasid_detach(b, b->vdsa.hpasid);
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
	if (gone(b))
		return;
	out->ims_control = mmio_read32(b->dsa->regs, ims_entry(b) + DSA_IMS_CTRL);
	out->ims_address = mmio_read64(b->dsa->regs, ims_entry(b) + DSA_IMS_ADDR);
	out->ims_data = mmio_read32(b->dsa->regs, ims_entry(b) + DSA_IMS_DATA);
}
