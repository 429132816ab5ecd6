/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Two vectors. Vector 0 is made here, from INTCAUSE. Vector 1 belongs to an IMS entry of the physical device, whose
 * control dword this file keeps in step with what the guest says in its MSI-X table, its MSI-X capability and MSIXPERM.
 *
 * The address and data of the guest's MSI-X table are only ever raised in the guest. What keeps one guest from using
 * another's entry is the device's comparison of the entry's PASID with the WQ's (DSA 5.4): so PASID enable is always
 * set in a guest's entry, and the PASID is always one of the host's choice.
 */
#include <linux/pci_regs.h>
#include <string.h>

#include "vdsa/internal.h"

enum {
	ADDR_LOW,
	ADDR_HIGH,
	DATA,
	CONTROL
};

#define IMS_VECTOR 1U

static bool masked(const struct vdsa *v, unsigned vector)
{
	uint32_t flags = vdsa_config_get(v, VDSA_CAP_MSIX + PCI_MSIX_FLAGS, 2);

	return !(flags & PCI_MSIX_FLAGS_ENABLE) || (flags & PCI_MSIX_FLAGS_MASKALL) ||
	       (v->vector[vector].reg[CONTROL] & PCI_MSIX_ENTRY_CTRL_MASKBIT);
}

static void send(struct vdsa *v, unsigned vector)
{
	struct vdsa_vector *entry = &v->vector[vector];

	if (masked(v, vector)) {
		entry->pending = true;
		return;
	}
	entry->pending = false;
	if (v->ops->guest_msi(v->ctx, (uint64_t)entry->reg[ADDR_HIGH] << 32 | entry->reg[ADDR_LOW], entry->reg[DATA]) ==
	    0)
		v->stats.messages[vector]++;
	else
		v->stats.refused[vector]++; /* the guest's own fault: its table names no interrupt */
}

void vdsa_raise(struct vdsa *v, uint32_t cause)
{
	v->intcause |= cause;
	send(v, 0);
}

/* Whom the entry serves. With nobody's PASID in it the device refuses its handle, as it does any wrong one (19h). */
static uint32_t ims_pasid(const struct vdsa *v)
{
	uint32_t perm = v->msixperm[IMS_VECTOR], hpasid;

	if (!v->handle_out) /* never requested, or released */
		return v->host.pasid_nobody;
	if (!(perm & DSA_INTPERM_PASID_EN))
		return v->hpasid;
	if (v->ops->pasid_translate != NULL &&
	    v->ops->pasid_translate(v->ctx, FIELD_GET(DSA_INTPERM_PASID, perm), &hpasid) == 0)
		return hpasid;
	return v->host.pasid_nobody;
}

static void ims_update(struct vdsa *v)
{
	uint32_t control = FIELD_PREP(DSA_INTPERM_PASID, ims_pasid(v)) | DSA_INTPERM_PASID_EN |
	                   (v->msixperm[IMS_VECTOR] & DSA_INTPERM_IGNORE);

	if (masked(v, IMS_VECTOR) || !v->handle_out)
		control |= DSA_IMS_CTRL_MASK;
	if (control == v->ims_control)
		return;
	/* Whom the entry belongs to never changes while it is live. */
	if ((control ^ v->ims_control) & ~DSA_IMS_CTRL_MASK) {
		if (v->ims_control != 0 && !(v->ims_control & DSA_IMS_CTRL_MASK))
			v->ops->ims_write(v->ctx, v->ims_slot, v->ims_control | DSA_IMS_CTRL_MASK);
		v->ops->ims_write(v->ctx, v->ims_slot, control | DSA_IMS_CTRL_MASK);
	}
	if (!(control & DSA_IMS_CTRL_MASK) || ((control ^ v->ims_control) & ~DSA_IMS_CTRL_MASK) == 0)
		v->ops->ims_write(v->ctx, v->ims_slot, control);
	v->ims_control = control;
}

void vdsa_vectors_update(struct vdsa *v)
{
	for (unsigned i = 0; i < VDSA_VECTORS; i++)
		if (v->vector[i].pending && !masked(v, i))
			send(v, i);
	if (v->ims_bound)
		ims_update(v);
}

void vdsa_vectors_reset(struct vdsa *v, bool table_too)
{
	for (unsigned i = 0; i < VDSA_VECTORS; i++) {
		v->vector[i].pending = false;
		if (!table_too)
			continue;
		memset(v->vector[i].reg, 0, sizeof(v->vector[i].reg));
		v->vector[i].reg[CONTROL] = PCI_MSIX_ENTRY_CTRL_MASKBIT;
	}
	v->msixperm[IMS_VECTOR] = 0;
	vdsa_vectors_update(v);
}

uint32_t vdsa_vectors_pending(const struct vdsa *v)
{
	uint32_t bits = 0;

	for (unsigned i = 0; i < VDSA_VECTORS; i++)
		if (v->vector[i].pending)
			bits |= BIT32(i);
	if (v->ims_bound && v->ops->ims_pending(v->ctx, v->ims_slot))
		bits |= BIT32(IMS_VECTOR);
	return bits;
}

void vdsa_vectors_flush(struct vdsa *v)
{
	if (v->ims_bound && v->ops->ims_pending(v->ctx, v->ims_slot)) {
		v->discard = true;
		vdsa_unlock(v);
		v->ops->ims_flush(v->ctx, v->ims_slot);
		vdsa_lock(v);
		v->discard = false;
	}
	v->vector[IMS_VECTOR].pending = false;
}

void vdsa_ims_interrupt(struct vdsa *v)
{
	vdsa_lock(v);
	v->stats.ims_interrupts++;
	if (v->ims_bound && !v->discard)
		send(v, IMS_VECTOR);
	vdsa_unlock(v);
}

uint8_t vdsa_handle_request(struct vdsa *v, uint32_t operand, uint16_t *handle)
{
	if ((operand & DSA_CMD_HANDLE_IMS) || FIELD_GET(DSA_CMD_HANDLE_INDEX, operand) != IMS_VECTOR)
		return DSA_CMDERR_INT_INDEX;
	if (!v->ims_bound)
		return DSA_CMDERR_INT_NONE_LEFT;
	*handle = v->ims_slot;
	v->handle_out = true;
	vdsa_vectors_update(v);
	return DSA_CMDERR_SUCCESS;
}

uint8_t vdsa_handle_release(struct vdsa *v, uint32_t operand)
{
	uint32_t which = FIELD_GET(DSA_CMD_HANDLE_INDEX, operand);

	/* The architecture says that which is the table's index; Linux gives the handle (DSA 9.2.12). Both will do. */
	if ((operand & DSA_CMD_HANDLE_IMS) || !v->handle_out || (which != v->ims_slot && which != IMS_VECTOR))
		return DSA_CMDERR_INT_INDEX;
	v->handle_out = false;
	vdsa_vectors_update(v);
	return DSA_CMDERR_SUCCESS;
}
