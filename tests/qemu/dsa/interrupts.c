/* SPDX-License-Identifier: GPL-2.0-or-later */
/* INTCAUSE, completion interrupts through MSI-X and IMS, and who may raise them (3.7, 9.2.11, 9.2.22, 9.2.28). */
#include <string.h>

#include "tests/qemu/dsa/model.h"

/* ---- sending, and what can go wrong with it ---- */

/* Returns whether it is sent now. */
static bool send(struct dsa_model *m, const struct dsa_late_interrupt *interrupt)
{
	switch (dsa_inject(m, DSA_MOMENT_INTERRUPT)) {
	case DSA_INJECT_INTERRUPT_LOST:
		return false;
	case DSA_INJECT_INTERRUPT_LATE:
		m->late = *interrupt;
		m->late.at = dsa_now(m) + m->config.late_ns;
		dsa_schedule(m, m->late.at);
		return false;
	default:
		return true;
	}
}

static void send_msix(struct dsa_model *m, unsigned vector)
{
	if (send(m, &(struct dsa_late_interrupt){.vector = vector}))
		m->ops->msix_notify(m->ctx, vector);
}

static void send_ims(struct dsa_model *m, const struct dsa_ims_entry *entry)
{
	if (send(m, &(struct dsa_late_interrupt){.ims = true, .address = entry->address, .data = entry->data}))
		m->ops->message(m->ctx, entry->address, entry->data);
}

void dsa_interrupts_due(struct dsa_model *m)
{
	const struct dsa_late_interrupt late = m->late;

	if (!late.at || dsa_now(m) < late.at)
		return;
	m->late.at = 0;
	if (late.ims)
		m->ops->message(m->ctx, late.address, late.data);
	else
		m->ops->msix_notify(m->ctx, late.vector);
}

void dsa_raise_cause(struct dsa_model *m, uint32_t cause)
{
	m->intcause |= cause;
	send_msix(m, 0);
}

/* ---- handles ---- */

/* With cmdcap a handle is the entry's number, and above it how often handles were revoked: a stale one is another. */
#define HANDLE_ENTRY      0x7ffU
#define HANDLE_GENERATION 0xf800U

_Static_assert(DSA_MODEL_IMS <= HANDLE_ENTRY + 1, "each entry has a handle");

static unsigned entries(bool ims)
{
	return ims ? DSA_MODEL_IMS : DSA_MODEL_VECTORS;
}

static uint32_t generation(const struct dsa_model *m)
{
	return FIELD_PREP(HANDLE_GENERATION, m->handle_generation % (FIELD_GET(HANDLE_GENERATION, 0xffffU) + 1));
}

uint16_t dsa_handle_grant(struct dsa_model *m, bool ims, unsigned entry, bool granted)
{
	*(ims ? &m->ims_granted[entry] : &m->msix_granted[entry]) = granted;
	return (uint16_t)(generation(m) | entry);
}

bool dsa_handle_entry(const struct dsa_model *m, bool ims, uint16_t handle, unsigned *entry)
{
	*entry = m->config.cmdcap ? handle & HANDLE_ENTRY : handle;
	if (*entry >= entries(ims))
		return false;
	return !m->config.cmdcap || ((handle & HANDLE_GENERATION) == generation(m) &&
	                             (ims ? m->ims_granted[*entry] : m->msix_granted[*entry]));
}

void dsa_revoke_handles(struct dsa_model *m)
{
	memset(m->msix_granted, 0, sizeof(m->msix_granted));
	memset(m->ims_granted, 0, sizeof(m->ims_granted));
	m->handle_generation++;
	dsa_raise_cause(m, DSA_INTCAUSE_HANDLES_REVOKED);
}

/* 5.4: the handle is valid, and its entry is for the PASID of the descriptor. */
bool dsa_handle_ok(const struct dsa_model *m, const struct dsa_entry *entry, bool wq_pasid, uint16_t handle)
{
	unsigned n;
	uint32_t perm;

	if (dsa_is_wrong(m, DSA_FAULT_HANDLE_UNCHECKED))
		return true;
	if (!dsa_handle_entry(m, entry->ims, handle, &n))
		return dsa_is_wrong(m, DSA_FAULT_HANDLE_RANGE);
	perm = entry->ims ? m->ims[n].ctrl : m->msixperm[n];
	if (!!(perm & DSA_INTPERM_PASID_EN) != wq_pasid)
		return dsa_is_wrong(m, DSA_FAULT_HANDLE_PASID_ENABLE);
	return !wq_pasid || FIELD_GET(DSA_INTPERM_PASID, perm) == entry->pasid;
}

/* ---- interrupts by handle ---- */

/* Whatever "ignore" says. */
static void fire(struct dsa_model *m, bool ims, unsigned n)
{
	if (!ims)
		send_msix(m, n);
	else if ((m->ims[n].ctrl & DSA_IMS_CTRL_MASK) && !dsa_is_wrong(m, DSA_FAULT_IMS_MASK_IGNORED))
		m->ims[n].ctrl |= DSA_IMS_CTRL_PENDING;
	else
		send_ims(m, &m->ims[n]);
}

void dsa_occupancy_interrupt(struct dsa_model *m, bool ims, uint16_t handle)
{
	unsigned n;

	/* Handle 0 is what reset leaves, and no handle: entry 0 stands for itself. */
	if (!dsa_handle_entry(m, ims, handle, &n) && handle)
		return;
	/* Whatever handle names it: the entry of events is the one that says why. */
	if (!ims && !n)
		m->intcause |= DSA_INTCAUSE_OCCUPANCY;
	fire(m, ims, n);
}

void dsa_completion_interrupt(struct dsa_model *m, bool ims, uint16_t handle)
{
	unsigned n;
	uint32_t perm;

	if (dsa_is_wrong(m, DSA_FAULT_INTERRUPT_LOST) || !dsa_handle_entry(m, ims, handle, &n))
		return;
	if (!ims && dsa_is_wrong(m, DSA_FAULT_INTERRUPT_VECTOR))
		n = (n + 1) % DSA_MODEL_VECTORS;
	if (ims && dsa_is_wrong(m, DSA_FAULT_IMS_ENTRY))
		n = (n + 1) % DSA_MODEL_IMS;
	if (dsa_is_wrong(m, DSA_FAULT_INTERRUPT_TABLE) && n < DSA_MODEL_VECTORS)
		ims = false;
	perm = ims ? m->ims[n].ctrl : m->msixperm[n];
	if ((perm & DSA_INTPERM_IGNORE) && !dsa_is_wrong(m, DSA_FAULT_IMS_IGNORE_IGNORED))
		return;
	dsa_perfmon_engine(m, m->running, NULL, DSA_EVENTS_COMPLETION, ims ? DSA_EVENT_IMS : DSA_EVENT_MSIX);
	fire(m, ims, n);
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
		send_ims(m, entry);
	}
}

void dsa_interrupts_reset(struct dsa_model *m)
{
	m->late.at = 0;
	for (unsigned i = 0; i < DSA_MODEL_VECTORS; i++) {
		m->msixperm[i] = 0;
		m->msix_granted[i] = 0;
	}
	for (unsigned i = 0; i < DSA_MODEL_IMS; i++) {
		m->ims[i] = (struct dsa_ims_entry){.address = DSA_IMS_ADDR_RESET, .ctrl = DSA_IMS_CTRL_MASK};
		m->ims_granted[i] = 0;
	}
}
