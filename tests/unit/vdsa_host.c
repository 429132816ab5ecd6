/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/idxd.h>
#include <linux/pci_regs.h>

#include "tests/unit/vdsa_host.h"

void host_check_(bool ok, const char *what, const char *file, int line)
{
	if (ok)
		return;
	fprintf(stderr, "%s:%d: the host was asked for something wrong: %s\n", file, line, what);
	abort();
}

static void ims_deliver(struct host *h)
{
	if (h->locked || !h->ims_due)
		return;
	h->ims_due = false;
	vdsa_ims_interrupt(&h->v);
}

static uint64_t op_lock(void *ctx)
{
	struct host *h = ctx;

	host_check(!h->locked);
	h->locked = true;
	return 0x5a5a;
}

static void op_unlock(void *ctx, uint64_t state)
{
	struct host *h = ctx;

	host_check(h->locked && state == 0x5a5a);
	h->locked = false;
	ims_deliver(h); /* interrupts are on again */
}

/* The rest of a slow operation: it is noted, others do things meanwhile, it fails if it is to fail. */
static int slow(struct host *h, enum host_op op)
{
	host_check(!h->locked);
	if (h->logged < HOST_LOG)
		h->log[h->logged++] = op;
	if (h->during != NULL) {
		void (*during)(struct host *, enum host_op) = h->during;

		h->during = NULL; /* what it does may come here again */
		during(h, op);
		h->during = during;
	}
	return h->fail[op];
}

static int op_info(void *ctx, struct vdsa_host_info *out)
{
	*out = ((struct host *)ctx)->info;
	return 0;
}

static void no_portal(const struct host *h)
{
	for (unsigned i = VDSA_WINDOW_PORTAL0; i < VDSA_WINDOW_COUNT; i++)
		host_check(h->window[i].how != VDSA_MAPPED || h->window_remove_fails);
}

static int op_enable(void *ctx)
{
	struct host *h = ctx;
	int rc;

	host_check(!h->wq_on && h->pasid_attached && h->wq_pasid != HOST_NOBODY && h->wq_pasid != 0);
	rc = slow(h, HOST_OP_ENABLE);
	if (rc == 0 || rc == -ETIMEDOUT)
		h->wq_on = true;
	return rc;
}

static int op_disable(void *ctx)
{
	struct host *h = ctx;
	int rc = slow(h, HOST_OP_DISABLE);

	no_portal(h);
	if (rc == 0)
		h->wq_on = false;
	return rc;
}

static int op_drain(void *ctx)
{
	struct host *h = ctx;

	host_check(h->wq_on);
	no_portal(h);
	return slow(h, HOST_OP_DRAIN);
}

static int op_abort(void *ctx)
{
	struct host *h = ctx;

	host_check(h->wq_on);
	no_portal(h);
	return slow(h, HOST_OP_ABORT);
}

static int op_set_pasid(void *ctx, uint32_t hpasid, bool priv)
{
	struct host *h = ctx;
	int rc;

	host_check(!h->wq_on);
	host_check(hpasid == HOST_HPASID || hpasid == HOST_NOBODY || (h->translated != 0 && hpasid == h->translated));
	rc = slow(h, HOST_OP_SET_PASID);
	if (rc == 0) {
		h->wq_pasid = hpasid;
		h->wq_priv = priv;
	}
	return rc;
}

static int op_pasid_attach(void *ctx, uint32_t *hpasid)
{
	struct host *h = ctx;
	int rc = slow(h, HOST_OP_PASID_ATTACH);

	host_check(!h->pasid_attached);
	if (rc == 0) {
		h->pasid_attached = true;
		*hpasid = HOST_HPASID;
	}
	return rc;
}

static void op_pasid_detach(void *ctx, uint32_t hpasid)
{
	struct host *h = ctx;

	host_check(h->pasid_attached && hpasid == HOST_HPASID && !h->wq_on && !h->ims_taken);
	(void)slow(h, HOST_OP_PASID_DETACH);
	h->pasid_attached = false;
}

static int op_pasid_drain(void *ctx, uint32_t hpasid)
{
	struct host *h = ctx;

	host_check(hpasid == h->translated);
	no_portal(h);
	return slow(h, HOST_OP_PASID_DRAIN);
}

static int op_pasid_abort(void *ctx, uint32_t hpasid)
{
	struct host *h = ctx;

	host_check(hpasid == h->translated);
	no_portal(h);
	return slow(h, HOST_OP_PASID_ABORT);
}

static int op_ims_alloc(void *ctx, uint16_t *slot)
{
	struct host *h = ctx;
	int rc = slow(h, HOST_OP_IMS_ALLOC);

	host_check(!h->ims_taken);
	if (rc == 0) {
		h->ims_taken = true;
		h->ims_control = DSA_IMS_CTRL_MASK | DSA_INTPERM_PASID_EN | FIELD_PREP(DSA_INTPERM_PASID, HOST_NOBODY);
		h->ims_pending = false;
		*slot = HOST_SLOT;
	}
	return rc;
}

static void op_ims_free(void *ctx, uint16_t slot)
{
	struct host *h = ctx;

	host_check(h->ims_taken && slot == HOST_SLOT);
	(void)slow(h, HOST_OP_IMS_FREE);
	h->ims_taken = false;
	h->ims_pending = h->ims_due = false;
}

static void op_ims_write(void *ctx, uint16_t slot, uint32_t control)
{
	const uint32_t known = DSA_IMS_CTRL_MASK | DSA_INTPERM_IGNORE | DSA_INTPERM_PASID_EN | DSA_INTPERM_PASID;
	struct host *h = ctx;
	uint32_t pasid = FIELD_GET(DSA_INTPERM_PASID, control);

	host_check(h->locked && h->ims_taken && slot == HOST_SLOT);
	host_check((control & ~known) == 0 && (control & DSA_INTPERM_PASID_EN));
	host_check(pasid == HOST_HPASID || pasid == HOST_NOBODY || (h->translated != 0 && pasid == h->translated));
	/* Whom it belongs to changes only while it is masked, before and after. */
	if ((control ^ h->ims_control) & (DSA_INTPERM_PASID | DSA_INTPERM_IGNORE))
		host_check((control & h->ims_control & DSA_IMS_CTRL_MASK) != 0);
	h->ims_control = control;
	h->ims_writes++;
	if (!(control & DSA_IMS_CTRL_MASK) && h->ims_pending) {
		h->ims_pending = false;
		h->ims_due = true;
	}
}

static bool op_ims_pending(void *ctx, uint16_t slot)
{
	struct host *h = ctx;

	host_check(h->locked && h->ims_taken && slot == HOST_SLOT);
	return h->ims_pending;
}

static void op_ims_flush(void *ctx, uint16_t slot)
{
	struct host *h = ctx;

	host_check(!h->locked && h->ims_taken && slot == HOST_SLOT && (h->ims_control & DSA_IMS_CTRL_MASK) &&
	           !h->wq_on);
	if (h->ims_pending) {
		h->ims_pending = false;
		h->ims_due = true;
		ims_deliver(h);
	}
}

static uint64_t window_size(unsigned window)
{
	return window == VDSA_WINDOW_BAR0 ? VDSA_BAR0_SIZE : DSA_PORTAL_SIZE;
}

static int op_window_place(void *ctx, enum vdsa_window window, enum vdsa_placement how, uint64_t gpa, uint64_t portal)
{
	struct host *h = ctx;
	uint64_t end = gpa + window_size(window);

	host_check(h->locked && window < VDSA_WINDOW_COUNT && h->window[window].how == VDSA_ABSENT);
	host_check(how == VDSA_TRAPPED || (how == VDSA_MAPPED && window != VDSA_WINDOW_BAR0));
	host_check(IS_ALIGNED(gpa, (uint64_t)DSA_PORTAL_SIZE));
	if (how == VDSA_MAPPED)
		host_check(portal ==
		           HOST_WQ * DSA_PORTAL_WQ_STRIDE + DSA_PORTAL_IMS +
		                   (window == VDSA_WINDOW_PORTAL1 ? DSA_PORTAL_LIMITED : DSA_PORTAL_UNLIMITED));
	if (gpa >> HOST_GPA_BITS || gpa < HOST_RAM_SIZE)
		return -EEXIST;
	for (unsigned i = 0; i < VDSA_WINDOW_COUNT; i++)
		if (h->window[i].how != VDSA_ABSENT && gpa < h->window[i].gpa + window_size(i) &&
		    h->window[i].gpa < end)
			return -EEXIST;
	h->window[window] = (struct vdsa_window_state){how, gpa};
	h->portal[window] = portal;
	return 0;
}

static int op_window_remove(void *ctx, enum vdsa_window window)
{
	struct host *h = ctx;

	host_check(h->locked && window < VDSA_WINDOW_COUNT && h->window[window].how != VDSA_ABSENT);
	if (h->window_remove_fails)
		return -EIO;
	h->window[window].how = VDSA_ABSENT;
	return 0;
}

static int op_guest_msi(void *ctx, uint64_t address, uint32_t data)
{
	struct host *h = ctx;

	host_check(h->locked);
	if ((address & ~UINT64_C(0xff000)) != HOST_MSG_ADDR || (data & 0xff) < 16)
		return -EINVAL;
	if (h->messages < HOST_LOG)
		h->message[h->messages] = (struct host_message){address, data};
	h->messages++;
	return 0;
}

void host_init(struct host *h)
{
	memset(h, 0, sizeof(*h));
	h->ops = (struct vdsa_host_ops){
	        .lock = op_lock,
	        .unlock = op_unlock,
	        .info = op_info,
	        .wq_enable = op_enable,
	        .wq_disable = op_disable,
	        .wq_drain = op_drain,
	        .wq_abort = op_abort,
	        .wq_set_pasid = op_set_pasid,
	        .pasid_attach = op_pasid_attach,
	        .pasid_detach = op_pasid_detach,
	        .pasid_drain = op_pasid_drain,
	        .pasid_abort = op_pasid_abort,
	        .ims_alloc = op_ims_alloc,
	        .ims_free = op_ims_free,
	        .ims_write = op_ims_write,
	        .ims_pending = op_ims_pending,
	        .ims_flush = op_ims_flush,
	        .window_place = op_window_place,
	        .window_remove = op_window_remove,
	        .guest_msi = op_guest_msi,
	};
	/* Raw words of a Sapphire Rapids device, and a WQ as its host would configure it. */
	h->info = (struct vdsa_host_info){
	        .device_id = DSA_PCI_DEVICE_SPR,
	        .subsystem_vendor = 0x8086,
	        .subsystem_id = 0x2010,
	        .gencap = UINT64_C(0x40915f010f),
	        .wqcap = UINT64_C(0x003f000000080080),
	        .opcap0 = UINT64_C(0x1003f03ff),
	        .gencfg = DSA_GENCFG_USER_INT | 96,
	        .grpflags = 0x06000008,
	        .wqcfg = {16, 0, DSA_WQCFG2_DEDICATED | FIELD_PREP(DSA_WQCFG2_PRIORITY, 9U), 0x15f},
	        .wq = HOST_WQ,
	        .pasid_nobody = HOST_NOBODY,
	};
}

void host_start(struct host *h)
{
	const char *why = "";

	host_init(h);
	int rc = vdsa_create(&h->v, &vdsa_type_1dwq_v1, &h->ops, h, &why);

	if (rc != 0)
		fprintf(stderr, "vdsa_create: %s\n", why);
	host_check(rc == 0);
	host_check(vdsa_open(&h->v) == 0);
	host_invariants(h);
}

void config_enable(struct host *h)
{
	cfg_write(h, PCI_BASE_ADDRESS_0, 4, (uint32_t)HOST_BAR0);
	cfg_write(h, PCI_BASE_ADDRESS_1, 4, 0);
	cfg_write(h, PCI_BASE_ADDRESS_2, 4, (uint32_t)HOST_BAR2);
	cfg_write(h, PCI_BASE_ADDRESS_3, 4, 0);
	cfg_write(h, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

void host_boot(struct host *h)
{
	host_start(h);
	config_enable(h);
	msix_entry(h, 0, HOST_MSG_ADDR, HOST_MSG_DATA, 0);
	msix_entry(h, 1, HOST_MSG_ADDR, HOST_MSG_DATA + 1, 0);
	cfg_write(h, VDSA_CAP_MSIX + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
	h->logged = 0;
}

void host_stop(struct host *h)
{
	h->during = NULL;
	memset(h->fail, 0, sizeof(h->fail));
	host_check(vdsa_close(&h->v) == 0);
	host_check(!h->wq_on && !h->pasid_attached && !h->ims_taken);
	for (unsigned i = 0; i < VDSA_WINDOW_COUNT; i++)
		host_check(h->window[i].how == VDSA_ABSENT);
	host_check(vdsa_destroy(&h->v) == 0);
}

void host_invariants(const struct host *h)
{
	const struct vdsa *v = &h->v;
	unsigned state = FIELD_GET(DSA_GENSTS_STATE, v->gensts);

	host_check(!h->locked && !v->busy && v->requests == 0 && !v->held);
	host_check(!(v->cmdsts & DSA_CMDSTS_ACTIVE));
	host_check(state != DSA_STATE_DRAIN);
	/* The physical WQ is on exactly while the guest's is, and then as the guest's PASID, without privilege. */
	if (!v->quarantined)
		host_check(h->wq_on == (FIELD_GET(DSA_WQCFG6_STATE, v->wqcfg[6]) == DSA_WQ_ENABLED));
	if (h->wq_on && !v->quarantined)
		host_check(state == DSA_STATE_ENABLED && h->wq_pasid == HOST_HPASID && !h->wq_priv);
	for (unsigned i = VDSA_WINDOW_PORTAL0; i < VDSA_WINDOW_COUNT; i++)
		if (h->window[i].how == VDSA_MAPPED) {
			host_check(v->open && state != DSA_STATE_HALT && !v->quarantined);
			host_check(v->config[PCI_COMMAND] & PCI_COMMAND_MEMORY);
		}
	if (h->ims_taken) {
		bool masked = !(v->config[VDSA_CAP_MSIX + 3] & (PCI_MSIX_FLAGS_ENABLE >> 8)) ||
		              (v->config[VDSA_CAP_MSIX + 3] & (PCI_MSIX_FLAGS_MASKALL >> 8)) ||
		              (v->vector[1].reg[3] & 1) || !v->handle_out;

		host_check((h->ims_control & DSA_IMS_CTRL_MASK) == (masked ? DSA_IMS_CTRL_MASK : 0));
		host_check(h->ims_control & DSA_INTPERM_PASID_EN);
	}
}

unsigned host_completion(struct host *h, uint16_t handle)
{
	if (!h->ims_taken || handle != HOST_SLOT || FIELD_GET(DSA_INTPERM_PASID, h->ims_control) != h->wq_pasid)
		return DSA_COMP_INT_HANDLE_INVAL;
	if (h->ims_control & DSA_INTPERM_IGNORE)
		return DSA_COMP_SUCCESS;
	if (h->ims_control & DSA_IMS_CTRL_MASK) {
		h->ims_pending = true;
	} else {
		h->ims_due = true;
		ims_deliver(h);
	}
	return DSA_COMP_SUCCESS;
}

uint32_t cfg_read(struct host *h, uint32_t offset, unsigned width)
{
	return vdsa_config_read(&h->v, offset, width);
}

void cfg_write(struct host *h, uint32_t offset, unsigned width, uint32_t value)
{
	vdsa_config_write(&h->v, offset, width, value);
}

uint64_t reg_read(struct host *h, uint64_t offset, unsigned width)
{
	return vdsa_mmio_read(&h->v, offset, width);
}

void reg_write(struct host *h, uint64_t offset, unsigned width, uint64_t value)
{
	vdsa_mmio_write(&h->v, offset, width, value);
}

uint32_t command(struct host *h, enum dsa_command code, uint32_t operand)
{
	reg_write(h, DSA_CMD, 4,
	          DSA_CMD_REQ_INT | FIELD_PREP(DSA_CMD_CODE, (uint32_t)code) | FIELD_PREP(DSA_CMD_OPERAND, operand));
	return (uint32_t)reg_read(h, DSA_CMDSTS, 4);
}

void msix_entry(struct host *h, unsigned vector, uint64_t address, uint32_t data, uint32_t control)
{
	uint64_t base = VDSA_MSIX_TABLE + (uint64_t)vector * PCI_MSIX_ENTRY_SIZE;

	reg_write(h, base + PCI_MSIX_ENTRY_LOWER_ADDR, 4, (uint32_t)address);
	reg_write(h, base + PCI_MSIX_ENTRY_UPPER_ADDR, 4, address >> 32);
	reg_write(h, base + PCI_MSIX_ENTRY_DATA, 4, data);
	reg_write(h, base + PCI_MSIX_ENTRY_VECTOR_CTRL, 4, control);
}

unsigned messages_with(const struct host *h, uint32_t data)
{
	unsigned n = 0;

	for (unsigned i = 0; i < h->messages && i < HOST_LOG; i++)
		n += h->message[i].data == data;
	return n;
}

unsigned logged(const struct host *h, enum host_op op)
{
	unsigned n = 0;

	for (unsigned i = 0; i < h->logged; i++)
		n += h->log[i] == op;
	return n;
}
