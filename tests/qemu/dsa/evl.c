/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The event log of version 2 (5.9, 9.2.16, 9.2.17): a ring in memory. A full one blocks what has an entry for it, or
 * drops the entry and says so in SWERROR, as GENCAP has it. An error that no descriptor made (0x52) has nothing that
 * could block: one such entry is kept for when there is room.
 */
#include <string.h>

#include "tests/qemu/dsa/engine.h"

bool dsa_evl_on(const struct dsa_model *m)
{
	return (m->gencfg & DSA_GENCFG_EVL) && m->state != DSA_STATE_DISABLED && m->state != DSA_STATE_HALT;
}

bool dsa_evl_takes(const struct dsa_model *m, uint8_t code)
{
	return dsa_evl_on(m) && !dsa_is_wrong(m, DSA_FAULT_EVL_IGNORED) && code != DSA_SWERR_CONFIG_CHANGED &&
	       code != DSA_SWERR_DWQ_FULL && code != DSA_SWERR_EVL_APPEND;
}

/* Enable Device makes sure of DSA_EVL_MIN_SIZE; unless it is wrong, and then nothing may be divided by 0. */
static uint32_t size_of(const struct dsa_model *m)
{
	const uint32_t size = (uint32_t)FIELD_GET(DSA_EVLCFG_SIZE, m->evlcfg[1]);

	return size < 2 ? 2 : size;
}

static bool full(const struct dsa_model *m)
{
	return (m->evl_tail + 1U) % size_of(m) == m->evl_head && !dsa_is_wrong(m, DSA_FAULT_EVL_OVERWRITES);
}

static bool has_record(uint8_t code)
{
	return code == DSA_COMP_INT_HANDLE_INVAL || code == DSA_COMP_CRA_XLAT || code == DSA_COMP_EVL_DRAIN ||
	       code == DSA_COMP_EVL_BATCH;
}

static void put64(uint8_t *p, uint64_t v)
{
	for (unsigned i = 0; i < 8; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

static void fill(const struct dsa_model *m, const struct dsa_error *e, uint8_t entry[DSA_EVL_ENTRY_MIN])
{
	uint64_t first, second, address;

	dsa_error_words(m, e, &first, &second, &address);
	first &= ~(DSA_SWERROR_VALID | DSA_SWERROR_OVERFLOW);
	first |= FIELD_PREP(DSA_EVL_BATCH_ID, (uint64_t)(e->batch ? e->batch->id : 0) ^
	                                              (!e->in_batch && dsa_is_wrong(m, DSA_FAULT_EVL_BATCH_ID)));
	if (has_record(e->code)) {
		second |= (uint64_t)e->handle << 32;
		second |= (e->rci ? DSA_EVL_RCI : 0) | (e->record ? DSA_EVL_RCR : 0);
		second |= e->entry && e->entry->ims ? DSA_EVL_IMS : 0;
	}
	if (e->code == DSA_COMP_CRA_XLAT)
		second |= (uint64_t)FIELD_PREP(DSA_INFO_OPERAND, (uint32_t)e->operand) << 32;
	if (e->in_batch && !e->batch->logged && e->code != DSA_COMP_INVALID_FLAGS)
		second |= DSA_EVL_FIRST;
	memset(entry, 0, DSA_EVL_ENTRY_MIN);
	put64(entry, first);
	put64(entry + 8, second);
	put64(entry + 16, address);
	if (e->record && has_record(e->code) && !dsa_is_wrong(m, DSA_FAULT_EVL_NO_RECORD))
		memcpy(entry + DSA_EVL_RECORD, e->record, DSA_CR_SIZE);
}

static void signal(struct dsa_model *m)
{
	if ((m->evl_pending && !dsa_is_wrong(m, DSA_FAULT_EVL_INTERRUPTS)) || !(m->genctrl & DSA_GENCTRL_EVL_INT))
		return;
	m->evl_pending = true;
	dsa_raise_cause(m, DSA_INTCAUSE_EVL);
}

/* There is room. */
static void append(struct dsa_model *m, const uint8_t entry[DSA_EVL_ENTRY_MIN])
{
	const uint32_t size = DSA_EVL_ENTRY_SIZE(dsa_gencap(m));
	const uint64_t base = (m->evlcfg[0] & DSA_EVLCFG_BASE) + (uint64_t)m->evl_tail * size;
	const struct dsa_env env = {
	        .memory = &m->ops->memory,
	        .memory_ctx = m->ctx,
	        .who = {.pasid = m->evlcfg[0] & DSA_EVLCFG_PASID_EN
	                                 ? (uint32_t)FIELD_GET(DSA_EVLCFG_PASID, m->evlcfg[1])
	                                 : DSA_NO_PASID,
	                .priv = (m->evlcfg[0] & DSA_EVLCFG_PRIV) != 0,
	                .ats = m->pci.ats},
	        .fault = m->config.fault,
	};
	uint64_t fault_addr;

	if (!dsa_is_wrong(m, DSA_FAULT_EVL_LOST) &&
	    dsa_mem_write(&env, base, entry, DSA_EVL_ENTRY_MIN, NULL, &fault_addr)) {
		dsa_report_error(m, &(struct dsa_error){.code = DSA_SWERR_EVL_APPEND});
		return;
	}
	m->evl_tail = (uint16_t)((m->evl_tail + 1U) % (size_of(m) - dsa_is_wrong(m, DSA_FAULT_EVL_WRAP)));
	signal(m);
}

void dsa_evl_report(struct dsa_model *m, const struct dsa_error *error)
{
	const bool drops = (dsa_gencap(m) & DSA_GENCAP_EVL_DROP) != 0;
	uint8_t entry[DSA_EVL_ENTRY_MIN];

	while (full(m) && !drops && error->run) {
		/* Reset or halted meanwhile: nobody is told any more. */
		if (!dsa_wait(error->run, DSA_SLOT_LOG))
			return;
	}
	fill(m, error, entry);
	if (error->in_batch) {
		error->batch->logged = true;
		error->batch->cr_logged |= error->code == DSA_COMP_CRA_XLAT;
	}
	if (!full(m)) {
		append(m, entry);
	} else if (drops) {
		dsa_report_error(m, &(struct dsa_error){.code = DSA_SWERR_EVL_APPEND});
	} else {
		memcpy(m->evl_kept, entry, sizeof(entry));
		m->evl_has_kept = true;
	}
}

void dsa_evl_start(struct dsa_model *m)
{
	if (!(m->gencfg & DSA_GENCFG_EVL))
		return;
	m->evl_head = 0;
	m->evl_tail = 0;
	m->evl_pending = false;
	m->evl_has_kept = false;
}

uint64_t dsa_evl_status(const struct dsa_model *m)
{
	return FIELD_PREP(DSA_EVLSTATUS_HEAD, (uint64_t)m->evl_head) |
	       FIELD_PREP(DSA_EVLSTATUS_TAIL, (uint64_t)m->evl_tail) | (m->evl_pending ? DSA_EVLSTATUS_PENDING : 0);
}

void dsa_evl_write_status(struct dsa_model *m, uint64_t value, uint64_t mask)
{
	const uint16_t head_mask = (uint16_t)FIELD_GET(DSA_EVLSTATUS_HEAD, mask);

	if (value & mask & DSA_EVLSTATUS_PENDING)
		m->evl_pending = false;
	m->evl_head = (uint16_t)((m->evl_head & ~head_mask) | (FIELD_GET(DSA_EVLSTATUS_HEAD, value) & head_mask));
	if (!dsa_evl_on(m) || full(m))
		return;
	if (m->evl_has_kept) {
		m->evl_has_kept = false;
		append(m, m->evl_kept);
	}
	/* Who waits goes on at a time of its own, and looks again. */
	dsa_slots_wake(m, DSA_SLOT_LOG);
	dsa_kick(m);
}
