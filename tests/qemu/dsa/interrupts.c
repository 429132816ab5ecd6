/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INTCAUSE, completion interrupts through MSI-X and IMS, and who may raise them (3.7, 9.2.11, 9.2.24, 9.2.28). */
#include "tests/qemu/dsa/model.h"

void dsa_raise_cause(struct dsa_model *m, uint32_t cause)
{
	m->intcause |= cause;
	m->ops->msix_notify(m->ctx, 0);
}

/* 9.2: the handle is valid, and its entry is for the PASID of the descriptor. */
bool dsa_handle_ok(const struct dsa_model *m, const struct dsa_entry *entry, bool wq_pasid, uint16_t handle)
{
	uint32_t perm;

	if (handle >= (entry->ims ? DSA_MODEL_IMS : DSA_MODEL_VECTORS))
		return dsa_is_wrong(m, DSA_FAULT_HANDLE_UNCHECKED) || dsa_is_wrong(m, DSA_FAULT_HANDLE_RANGE);
	if (dsa_is_wrong(m, DSA_FAULT_HANDLE_UNCHECKED))
		return true;
	if (m->config.cmdcap && !(entry->ims ? m->ims_granted[handle] : m->msix_granted[handle]))
		return false;
	perm = entry->ims ? m->ims[handle].ctrl : m->msixperm[handle];
	if (!!(perm & DSA_INTPERM_PASID_EN) != wq_pasid)
		return dsa_is_wrong(m, DSA_FAULT_HANDLE_PASID_ENABLE);
	return !wq_pasid || FIELD_GET(DSA_INTPERM_PASID, perm) == entry->pasid;
}

void dsa_event_interrupt(struct dsa_model *m, bool ims, uint16_t handle)
{
	struct dsa_ims_entry *entry;

	if (!ims) {
		if (handle < DSA_MODEL_VECTORS)
			m->ops->msix_notify(m->ctx, handle);
		return;
	}
	if (handle >= DSA_MODEL_IMS)
		return;
	entry = &m->ims[handle];
	if ((entry->ctrl & DSA_IMS_CTRL_MASK) && !dsa_is_wrong(m, DSA_FAULT_IMS_MASK_IGNORED))
		entry->ctrl |= DSA_IMS_CTRL_PENDING;
	else
		m->ops->message(m->ctx, entry->address, entry->data);
}

void dsa_completion_interrupt(struct dsa_model *m, bool ims, uint16_t handle)
{
	uint32_t perm;

	if (dsa_is_wrong(m, DSA_FAULT_INTERRUPT_LOST))
		return;
	if (!ims && dsa_is_wrong(m, DSA_FAULT_INTERRUPT_VECTOR))
		handle = (uint16_t)((handle + 1) % DSA_MODEL_VECTORS);
	if (ims && dsa_is_wrong(m, DSA_FAULT_IMS_ENTRY))
		handle = (uint16_t)((handle + 1) % DSA_MODEL_IMS);
	if (dsa_is_wrong(m, DSA_FAULT_INTERRUPT_TABLE))
		ims = false;
	if (handle >= (ims ? DSA_MODEL_IMS : DSA_MODEL_VECTORS))
		return;
	perm = ims ? m->ims[handle].ctrl : m->msixperm[handle];
	if ((perm & DSA_INTPERM_IGNORE) && !dsa_is_wrong(m, DSA_FAULT_IMS_IGNORE_IGNORED))
		return;
	dsa_perfmon_engine(m, m->running, NULL, DSA_EVENTS_COMPLETION, ims ? DSA_EVENT_IMS : DSA_EVENT_MSIX);
	dsa_event_interrupt(m, ims, handle);
}

void dsa_ims_write_ctrl(struct dsa_model *m, unsigned index, uint32_t ctrl)
{
	const uint32_t writable = DSA_IMS_CTRL_MASK | DSA_INTPERM_IGNORE | DSA_INTPERM_PASID_EN | DSA_INTPERM_PASID;
	struct dsa_ims_entry *entry = &m->ims[index];

	entry->ctrl = (ctrl & writable) | (entry->ctrl & DSA_IMS_CTRL_PENDING);
	if ((entry->ctrl & DSA_IMS_CTRL_PENDING) && !(entry->ctrl & DSA_IMS_CTRL_MASK)) {
		entry->ctrl &= ~DSA_IMS_CTRL_PENDING;
		if (dsa_is_wrong(m, DSA_FAULT_IMS_PENDING_LOST))
			return;
		m->ops->message(m->ctx, entry->address, entry->data);
	}
}

void dsa_interrupts_reset(struct dsa_model *m)
{
	for (unsigned i = 0; i < DSA_MODEL_VECTORS; i++) {
		m->msixperm[i] = 0;
		m->msix_granted[i] = 0;
	}
	for (unsigned i = 0; i < DSA_MODEL_IMS; i++) {
		m->ims[i] = (struct dsa_ims_entry){.address = DSA_IMS_ADDR_RESET, .ctrl = DSA_IMS_CTRL_MASK};
		m->ims_granted[i] = 0;
	}
}
