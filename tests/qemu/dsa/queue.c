/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work queues: what is in them, who is next, and their occupancy interrupt (3.3, 4.1, 9.2.29). */
#include "tests/qemu/dsa/engine.h"

bool dsa_wq_dedicated(const struct dsa_wq *wq)
{
	return (wq->cfg[2] & DSA_WQCFG2_DEDICATED) != 0;
}

static struct dsa_entry *queue_at(struct dsa_wq *wq, unsigned i)
{
	return &wq->queue[(wq->head + i) % DSA_MODEL_ENTRIES];
}

static bool overtakes(const struct dsa_model *m, const struct dsa_entry *entry)
{
	return dsa_is_wrong(m, DSA_FAULT_QUEUE_LIFO) ||
	       (dsa_is_wrong(m, DSA_FAULT_DRAIN_DESCRIPTOR_EARLY) && dsa_desc_opcode(&entry->desc) == DSA_OPCODE_DRAIN);
}

void dsa_wq_push(struct dsa_model *m, unsigned index, const struct dsa_entry *entry)
{
	struct dsa_wq *wq = &m->wqs[index];
	struct dsa_entry *slot = queue_at(wq, wq->count++);

	*slot = *entry;
	slot->seq = m->next_seq++;
	if (overtakes(m, entry) && wq->count > 1) {
		const struct dsa_entry newest = *slot;

		for (unsigned i = wq->count - 1; i; i--)
			*queue_at(wq, i) = *queue_at(wq, i - 1);
		*queue_at(wq, 0) = newest;
	}
	dsa_kick(m);
}

struct dsa_entry dsa_wq_pop(struct dsa_model *m, unsigned index)
{
	struct dsa_wq *wq = &m->wqs[index];
	struct dsa_entry entry = *queue_at(wq, 0);

	wq->head = (wq->head + 1) % DSA_MODEL_ENTRIES;
	wq->count--;
	return entry;
}

void dsa_wq_drop(struct dsa_model *m, unsigned index, uint32_t pasid_only)
{
	struct dsa_wq *wq = &m->wqs[index];
	unsigned kept = 0;

	for (unsigned i = 0; i < wq->count; i++) {
		struct dsa_entry *entry = queue_at(wq, i);

		if (pasid_only != DSA_NO_PASID && entry->pasid != pasid_only)
			*queue_at(wq, kept++) = *entry;
	}
	wq->count = kept;
	dsa_occupancy_check(m, index);
}

bool dsa_outstanding(const struct dsa_model *m, uint32_t wqs, uint32_t pasid, uint64_t seq)
{
	for (unsigned w = 0; w < DSA_MODEL_WQS; w++) {
		const struct dsa_wq *wq = &m->wqs[w];

		for (unsigned i = 0; (wqs & BIT32(w)) && i < wq->count; i++) {
			const struct dsa_entry *entry = &wq->queue[(wq->head + i) % DSA_MODEL_ENTRIES];

			if (entry->seq < seq && (pasid == DSA_NO_PASID || entry->pasid == pasid))
				return true;
		}
	}
	for (unsigned e = 0; e < DSA_MODEL_ENGINES; e++) {
		const struct dsa_engine *engine = &m->engines[e];

		if (engine->busy && (wqs & BIT32(engine->wq)) && engine->entry.seq < seq &&
		    (pasid == DSA_NO_PASID || engine->entry.pasid == pasid))
			return true;
	}
	return false;
}

/* 9.4: an armed WQ fires once when its occupancy is at or below the limit, until software clears the bit. */
void dsa_occupancy_check(struct dsa_model *m, unsigned index)
{
	struct dsa_wq *wq = &m->wqs[index];

	if (wq->state != DSA_WQ_ENABLED || wq->occupancy_generated || !(wq->cfg[5] & DSA_WQCFG5_LIMIT_INT) ||
	    wq->count > FIELD_GET(DSA_WQCFG5_LIMIT, wq->cfg[5]))
		return;
	wq->occupancy_generated = true;
	if (dsa_is_wrong(m, DSA_FAULT_OCCUPANCY_INTERRUPT_LOST))
		return;
	if (!(wq->cfg[4] & DSA_WQCFG4_INT_IMS) && !FIELD_GET(DSA_WQCFG4_INT_HANDLE, wq->cfg[4]))
		m->intcause |= DSA_INTCAUSE_OCCUPANCY;
	dsa_event_interrupt(m, (wq->cfg[4] & DSA_WQCFG4_INT_IMS) != 0,
	                    (uint16_t)FIELD_GET(DSA_WQCFG4_INT_HANDLE, wq->cfg[4]));
}

/*
 * A drain descriptor waits for all before it in its WQ, and in a shared one only for those with its PASID (7.3): one
 * process does not wait for the page faults of another. What is before it is in an engine, or is gone.
 */
static bool may_start(const struct dsa_model *m, unsigned index)
{
	const struct dsa_wq *wq = &m->wqs[index];
	const struct dsa_entry *first = &wq->queue[wq->head];

	if (!wq->count)
		return false;
	if (dsa_desc_opcode(&first->desc) != DSA_OPCODE_DRAIN || dsa_is_wrong(m, DSA_FAULT_DRAIN_DESCRIPTOR_EARLY))
		return true;
	for (unsigned e = 0; e < DSA_MODEL_ENGINES; e++) {
		const struct dsa_engine *engine = &m->engines[e];

		if (engine->busy && engine->wq == index &&
		    (dsa_wq_dedicated(wq) || engine->entry.pasid == first->pasid))
			return false;
	}
	return true;
}

/* Round robin over those with work and credit (7.5). */
int dsa_wq_pick(struct dsa_model *m, struct dsa_group *group)
{
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < DSA_MODEL_WQS; i++) {
			unsigned index = (group->next_wq + i) % DSA_MODEL_WQS;

			if ((group->wqs[0] & BIT64(index)) && may_start(m, index) && m->wqs[index].credit) {
				m->wqs[index].credit--;
				group->next_wq = index + 1;
				return (int)index;
			}
		}
		/* Nobody with work has credit left: all start anew. */
		for (unsigned i = 0; i < DSA_MODEL_WQS; i++) {
			unsigned priority = FIELD_GET(DSA_WQCFG2_PRIORITY, m->wqs[i].cfg[2]);

			if (group->wqs[0] & BIT64(i))
				m->wqs[i].credit = priority ? priority : 1;
		}
	}
	return -1;
}
