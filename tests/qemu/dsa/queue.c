/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work queues: what is in them, who is next, and their occupancy interrupt (3.3, 4.1, 9.2.24). */
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

/*
 * In the engines: what has not begun goes, too. A batch gives nothing more away, and ends when what it gave away has.
 * What befalls one (inject=) is nothing that an abort could help, and one that waits in the middle has to go on.
 */
static void drop_started(struct dsa_model *m, unsigned index, uint32_t pasid_only)
{
	for (size_t i = 0; i < DSA_MODEL_SLOTS; i++) {
		struct dsa_slot *slot = &m->slots[i];

		if (!slot->ticket || slot->wq != index || slot->injection != DSA_INJECT_NOTHING ||
		    (pasid_only != DSA_NO_PASID && slot->entry.pasid != pasid_only))
			continue;
		if (!slot->fiber && (slot->state == DSA_SLOT_DUE || slot->state == DSA_SLOT_HELD)) {
			dsa_slot_end(m, slot);
		} else if (slot->kind == DSA_SLOT_BATCH) {
			slot->abandoned = true;
			m->engines[slot->engine].offers -= slot->state == DSA_SLOT_OFFER;
			if (slot->state == DSA_SLOT_OFFER || slot->state == DSA_SLOT_LIST_TURN)
				dsa_slot_wake(m, slot);
		}
	}
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
	drop_started(m, index, pasid_only);
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
	for (size_t i = 0; i < DSA_MODEL_SLOTS; i++) {
		const struct dsa_slot *slot = &m->slots[i];

		if (slot->ticket && (wqs & BIT32(slot->wq)) && slot->entry.seq < seq &&
		    (pasid == DSA_NO_PASID || slot->entry.pasid == pasid))
			return true;
	}
	return false;
}

/* 9.2.24: an armed WQ fires once when its occupancy is at or below the limit, until software clears the bit. */
void dsa_occupancy_check(struct dsa_model *m, unsigned index)
{
	struct dsa_wq *wq = &m->wqs[index];

	if (wq->state != DSA_WQ_ENABLED || wq->occupancy_generated || !(wq->cfg[5] & DSA_WQCFG5_LIMIT_INT) ||
	    wq->count > FIELD_GET(DSA_WQCFG5_LIMIT, wq->cfg[5]))
		return;
	wq->occupancy_generated = true;
	if (dsa_is_wrong(m, DSA_FAULT_OCCUPANCY_INTERRUPT_LOST))
		return;
	dsa_occupancy_interrupt(m, (wq->cfg[4] & DSA_WQCFG4_INT_IMS) != 0,
	                        (uint16_t)FIELD_GET(DSA_WQCFG4_INT_HANDLE, wq->cfg[4]));
}

/*
 * A drain descriptor waits for all before it in its WQ, and in a shared one only for those with its PASID (3.12): one
 * process does not wait for the page faults of another. What is before it is in an engine, or is gone. It waits in its
 * WQ: in a slot it might keep a batch that it waits for from having one.
 */
static bool may_start(const struct dsa_model *m, unsigned index, const bool room[DSA_SLOT_KINDS])
{
	const struct dsa_wq *wq = &m->wqs[index];
	const struct dsa_entry *first = &wq->queue[wq->head];

	if (!wq->count || !room[dsa_wq_next_kind(m, index)])
		return false;
	if (dsa_desc_opcode(&first->desc) != DSA_OPCODE_DRAIN || dsa_is_wrong(m, DSA_FAULT_DRAIN_DESCRIPTOR_EARLY))
		return true;
	for (size_t i = 0; wq->in_flight && i < DSA_MODEL_SLOTS; i++) {
		const struct dsa_slot *slot = &m->slots[i];

		if (slot->ticket && slot->wq == index && (dsa_wq_dedicated(wq) || slot->entry.pasid == first->pasid))
			return false;
	}
	return true;
}

enum dsa_slot_kind dsa_wq_next_kind(const struct dsa_model *m, unsigned index)
{
	const struct dsa_wq *wq = &m->wqs[index];

	return dsa_desc_opcode(&wq->queue[wq->head].desc) == DSA_OPCODE_BATCH ? DSA_SLOT_BATCH : DSA_SLOT_WORK;
}

/* Round robin over those with work and credit (4.1). */
int dsa_wq_pick(struct dsa_model *m, struct dsa_group *group, const bool room[DSA_SLOT_KINDS])
{
	for (unsigned round = 0; round < 2; round++) {
		bool work = false;

		for (unsigned i = 0; i < DSA_MODEL_WQS; i++) {
			unsigned index = (group->next_wq + i) % DSA_MODEL_WQS;

			if (!(group->wqs[0] & BIT64(index)) || !may_start(m, index, room))
				continue;
			work = true;
			if (m->wqs[index].credit) {
				m->wqs[index].credit--;
				group->next_wq = index + 1;
				return (int)index;
			}
		}
		if (!work)
			return -1;
		/* Nobody with work has credit left: all start anew. */
		for (unsigned i = 0; i < DSA_MODEL_WQS; i++) {
			unsigned priority = FIELD_GET(DSA_WQCFG2_PRIORITY, m->wqs[i].cfg[2]);

			if (group->wqs[0] & BIT64(i))
				m->wqs[i].credit = priority ? priority : 1;
		}
	}
	return -1;
}
