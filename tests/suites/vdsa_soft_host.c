/* SPDX-License-Identifier: BSD-2-Clause */
/* The software host: struct vdsa_host_ops over a few variables and two pages. */
#include <errno.h>

#include "kernel/irq.h"
#include "kernel/lock.h"
#include "kernel/mem.h"
#include "tests/suites/vdsa_soft.h"

#define SOFTS_MAX 2U

static struct soft softs[SOFTS_MAX];
static struct lock lock = LOCK_INIT("software host");

/* The first thing that was wrong; a test looks at it where it may fail. */
static void check(struct soft *s, bool ok, const char *what)
{
	if (!ok && !s->wrong)
		s->wrong = what;
}

static void note(struct soft *s, enum soft_op op)
{
	if (s->op_count < SOFT_OPS_MAX)
		s->ops[s->op_count++] = op;
}

uint64_t soft_lock(void *ctx)
{
	int were_on = irq_save();

	(void)ctx;
	lock_acquire(&lock);
	return (uint64_t)were_on;
}

void soft_unlock(void *ctx, uint64_t were_on)
{
	struct soft *s = ctx;
	bool due = s->ims_due;

	s->ims_due = false;
	lock_release(&lock);
	irq_restore((int)were_on);
	if (due)
		vdsa_ims_interrupt(&s->v);
}

static int op_info(void *ctx, struct vdsa_host_info *out)
{
	(void)ctx;
	/* Registers of a Sapphire Rapids part, but with the operations that the engine here knows. */
	*out = (struct vdsa_host_info){
	        .device_id = DSA_PCI_DEVICE_SPR,
	        .subsystem_vendor = DSA_PCI_VENDOR,
	        .gencap = UINT64_C(0x40915f010f),
	        .wqcap = UINT64_C(0x003f000000080080),
	        .opcap0 = BIT64(DSA_OPCODE_NOOP) | BIT64(DSA_OPCODE_MEMMOVE),
	        .gencfg = DSA_GENCFG_USER_INT,
	        .wqcfg = {16, 0, DSA_WQCFG2_DEDICATED | FIELD_PREP(DSA_WQCFG2_PRIORITY, 9U), 0x15f},
	        .wq = SOFT_WQ,
	        .pasid_nobody = SOFT_NOBODY,
	};
	return 0;
}

static int op_wq_enable(void *ctx)
{
	struct soft *s = ctx;

	note(s, SOFT_ENABLE);
	check(s, !s->wq_on && s->attached && s->wq_pasid == SOFT_PASID, "enables the WQ without the guest's PASID");
	s->wq_on = true;
	return 0;
}

static bool portals_mapped(const struct soft *s)
{
	return s->window[VDSA_WINDOW_PORTAL0].how == VDSA_MAPPED || s->window[VDSA_WINDOW_PORTAL1].how == VDSA_MAPPED;
}

/* Whatever the guest had submitted is done before a command ends. */
static int finish(struct soft *s, enum soft_op op)
{
	note(s, op);
	check(s, !portals_mapped(s), "commands to a WQ whose portals the guest can reach");
	soft_poll(s);
	return 0;
}

static int op_wq_disable(void *ctx)
{
	struct soft *s = ctx;
	int rc = finish(s, SOFT_DISABLE);

	s->wq_on = false;
	return rc;
}

static int op_wq_drain(void *ctx)
{
	return finish(ctx, SOFT_DRAIN);
}

static int op_wq_abort(void *ctx)
{
	return finish(ctx, SOFT_ABORT);
}

static int op_wq_set_pasid(void *ctx, uint32_t pasid, bool priv)
{
	struct soft *s = ctx;

	note(s, SOFT_SET_PASID);
	check(s, !s->wq_on, "changes the PASID of an enabled WQ");
	check(s, !priv && (pasid == SOFT_PASID || pasid == SOFT_NOBODY),
	      "gives the WQ a PASID that is not the guest's");
	s->wq_pasid = pasid;
	return 0;
}

static int op_pasid_attach(void *ctx, uint32_t *pasid)
{
	struct soft *s = ctx;

	note(s, SOFT_ATTACH);
	s->attached = true;
	*pasid = SOFT_PASID;
	return 0;
}

static void op_pasid_detach(void *ctx, uint32_t pasid)
{
	struct soft *s = ctx;

	note(s, SOFT_DETACH);
	check(s, s->attached && pasid == SOFT_PASID && !s->wq_on, "takes the PASID of a WQ that may use it");
	s->attached = false;
}

static int op_ims_alloc(void *ctx, uint16_t *slot)
{
	struct soft *s = ctx;

	note(s, SOFT_IMS_ALLOC);
	s->ims_taken = true;
	s->ims_control = DSA_IMS_CTRL_MASK;
	*slot = SOFT_SLOT;
	return 0;
}

static void op_ims_free(void *ctx, uint16_t slot)
{
	struct soft *s = ctx;

	note(s, SOFT_IMS_FREE);
	check(s, s->ims_taken && slot == SOFT_SLOT, "frees an interrupt entry that it has not");
	s->ims_taken = s->ims_pending = s->ims_due = false;
}

static void op_ims_write(void *ctx, uint16_t slot, uint32_t control)
{
	struct soft *s = ctx;

	check(s, s->ims_taken && slot == SOFT_SLOT && (control & DSA_INTPERM_PASID_EN), "an entry without PASID");
	s->ims_control = control;
	if (!(control & DSA_IMS_CTRL_MASK) && s->ims_pending) {
		s->ims_pending = false;
		s->ims_due = true; /* once the lock is free */
	}
}

static bool op_ims_pending(void *ctx, uint16_t slot)
{
	(void)slot;
	return ((struct soft *)ctx)->ims_pending;
}

static void op_ims_flush(void *ctx, uint16_t slot)
{
	struct soft *s = ctx;

	(void)slot;
	if (s->ims_pending) {
		s->ims_pending = false;
		vdsa_ims_interrupt(&s->v);
	}
}

/* ---- the guest's accesses and windows ---- */

static uint64_t bar0_read(void *arg, uint64_t offset, unsigned width)
{
	struct soft *s = arg;

	soft_poll(s);
	return vdsa_mmio_read(&s->v, offset, width);
}

static void bar0_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	struct soft *s = arg;

	soft_poll(s);
	vdsa_mmio_write(&s->v, offset, width, value);
}

static uint64_t portal_read(void *arg, uint64_t offset, unsigned width)
{
	(void)offset;
	(void)width;
	((struct soft *)arg)->portal_traps++;
	return UINT64_MAX;
}

static void portal_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)value;
	(void)portal_read(arg, offset, width);
}

static uint32_t config_read(void *arg, uint16_t offset, unsigned width)
{
	return vdsa_config_read(&((struct soft *)arg)->v, offset, width);
}

static void config_write(void *arg, uint16_t offset, unsigned width, uint32_t value)
{
	vdsa_config_write(&((struct soft *)arg)->v, offset, width, value);
}

static int op_window_place(void *ctx, enum vdsa_window window, enum vdsa_placement how, uint64_t gpa, uint64_t portal)
{
	struct soft *s = ctx;
	bool bar0 = window == VDSA_WINDOW_BAR0;
	uint64_t size = bar0 ? VDSA_BAR0_SIZE : DSA_PORTAL_SIZE;
	int rc;

	if (gpa < HV_BAR_WINDOW_BASE || gpa - HV_BAR_WINDOW_BASE > HV_BAR_WINDOW_SIZE - size)
		return -ERANGE;
	if (how == VDSA_MAPPED) {
		unsigned page = window - VDSA_WINDOW_PORTAL0;

		check(s, portal == SOFT_WQ * DSA_PORTAL_WQ_STRIDE + DSA_PORTAL_IMS + page * DSA_PORTAL_SIZE,
		      "maps a page that is not an IMS portal of the WQ");
		rc = hv_map_device(s->vm, gpa, phys_of(s->page[page]), size);
	} else {
		struct hv_mmio region = {
		        .gpa = gpa,
		        .size = size,
		        .read = bar0 ? bar0_read : portal_read,
		        .write = bar0 ? bar0_write : portal_write,
		        .arg = s,
		        .name = bar0 ? "vDSA BAR0" : "vDSA portal",
		};

		rc = hv_mmio_add(s->vm, &region);
	}
	if (rc == 0)
		s->window[window] = (struct vdsa_window_state){how, gpa};
	return rc;
}

static int op_window_remove(void *ctx, enum vdsa_window window)
{
	struct soft *s = ctx;
	struct vdsa_window_state *w = &s->window[window];
	int rc = w->how == VDSA_MAPPED ? hv_unmap(s->vm, w->gpa, DSA_PORTAL_SIZE) : hv_mmio_remove(s->vm, w->gpa);

	if (rc == 0)
		w->how = VDSA_ABSENT;
	return rc;
}

static int op_guest_msi(void *ctx, uint64_t address, uint32_t data)
{
	return hv_msi(((struct soft *)ctx)->vm, address, data);
}

static const struct vdsa_host_ops ops = {
        .lock = soft_lock,
        .unlock = soft_unlock,
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

/* ---- life ---- */

int soft_close(struct soft *s)
{
	if (s->on_bus)
		(void)hv_pci_remove(s->vm, VDSA_BIND_DEVFN);
	s->on_bus = false;
	return s->v.open ? vdsa_close(&s->v) : 0;
}

static void clean_up(void *arg)
{
	struct soft *s = arg;

	/* Before hv_vm_destroy(), which was registered earlier. */
	(void)soft_close(s);
	s->vm = NULL;
}

static void assign_bars(struct soft *s)
{
	static const uint64_t base[] = {SOFT_BAR0, SOFT_BAR2};

	for (unsigned i = 0; i < ARRAY_SIZE(base); i++) {
		config_write(s, (uint16_t)(PCI_BASE_ADDRESS_0 + 8 * i), 4, (uint32_t)base[i]);
		config_write(s, (uint16_t)(PCI_BASE_ADDRESS_0 + 8 * i + 4), 4, (uint32_t)(base[i] >> 32));
	}
	config_write(s, PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
}

struct soft *soft_attach(struct hv_vm *vm)
{
	static const struct hv_pci_ops pci_ops = {.config_read = config_read, .config_write = config_write};
	struct soft *s = softs;
	const char *why = "";

	while (s->vm)
		if (++s == softs + SOFTS_MAX)
			FAIL("more than %u software hosts at once", SOFTS_MAX);
	*s = (struct soft){.vm = vm};
	test_cleanup(clean_up, s);
	for (unsigned i = 0; i < VDSA_PORTALS; i++)
		s->page[i] = test_pages(1);
	test_context("vdsa_create()");
	EXPECT_OK(vdsa_create(&s->v, &vdsa_type_1dwq_v1, &ops, s, &why));
	EXPECT_STR_EQ("", why);
	EXPECT_OK(vdsa_open(&s->v));
	EXPECT_OK(hv_pci_add(vm, VDSA_BIND_DEVFN, &pci_ops, s));
	s->on_bus = true;
	hv_mmio_open_bus(vm);
	assign_bars(s);
	test_context("");
	return s;
}

void soft_invariants(const struct soft *s)
{
	unsigned state = FIELD_GET(DSA_GENSTS_STATE, s->v.gensts);

	if (s->wrong)
		FAIL("the composition layer %s", s->wrong);
	EXPECT_FALSE(s->v.busy || s->v.held || s->v.quarantined);
	EXPECT_EQ(FIELD_GET(DSA_WQCFG6_STATE, s->v.wqcfg[6]) == DSA_WQ_ENABLED, s->wq_on);
	EXPECT_FALSE(s->wq_on && (state != DSA_STATE_ENABLED || s->wq_pasid != SOFT_PASID));
	EXPECT_FALSE(portals_mapped(s) && state == DSA_STATE_HALT);
}
