/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Slots: who is in them, who goes on when, who waits for what (slots.h). */
#include <stdlib.h>
#include <string.h>

#include "tests/qemu/dsa/engine.h"

_Static_assert(DSA_MODEL_WORK <= 64 && DSA_MODEL_BATCHES <= 64, "bitmaps of slots");

/* ---- the list of those that are due ---- */

static bool earlier(const struct dsa_slot *a, const struct dsa_slot *b)
{
	return a->ready_at < b->ready_at || (a->ready_at == b->ready_at && a->ticket < b->ticket);
}

/* From its end: what is dispatched now is mostly ready last. */
void dsa_slot_schedule(struct dsa_model *m, struct dsa_slot *slot, uint64_t at)
{
	struct dsa_slot *before = m->due_last;

	slot->state = DSA_SLOT_DUE;
	slot->ready_at = at;
	while (before && earlier(slot, before))
		before = before->before;
	slot->before = before;
	slot->after = before ? before->after : m->due_first;
	*(before ? &before->after : &m->due_first) = slot;
	*(slot->after ? &slot->after->before : &m->due_last) = slot;
}

void dsa_slot_unschedule(struct dsa_model *m, struct dsa_slot *slot)
{
	*(slot->before ? &slot->before->after : &m->due_first) = slot->after;
	*(slot->after ? &slot->after->before : &m->due_last) = slot->before;
	slot->before = slot->after = NULL;
}

void dsa_slot_wake(struct dsa_model *m, struct dsa_slot *slot)
{
	if (slot == m->running)
		slot->state = DSA_SLOT_RUNS;
	else if (slot->state != DSA_SLOT_DUE)
		dsa_slot_schedule(m, slot, dsa_now(m));
}

void dsa_slots_wake(struct dsa_model *m, enum dsa_slot_state state)
{
	for (size_t i = 0; i < DSA_MODEL_SLOTS; i++) {
		struct dsa_slot *slot = &m->slots[i];

		if (slot->state != state)
			continue;
		/* What was held begins when it would have begun: in its order. */
		if (state == DSA_SLOT_HELD)
			dsa_slot_schedule(m, slot, slot->ready_at);
		else
			dsa_slot_wake(m, slot);
	}
}

/* ---- in and out ---- */

unsigned dsa_slots_offered(const struct dsa_model *m, enum dsa_slot_kind kind)
{
	if (kind == DSA_SLOT_BATCH)
		return m->config.batches ? m->config.batches : DSA_MODEL_BATCHES;
	return m->config.work ? m->config.work : DSA_MODEL_WORK;
}

/* How many the group lets each of its engines have: a part of all of them (9.2.23). */
static unsigned limit(const struct dsa_model *m, const struct dsa_group *group, enum dsa_slot_kind kind)
{
	const uint64_t part = kind == DSA_SLOT_BATCH ? FIELD_GET(DSA_GRPFLAGS_BATCH_LIMIT, group->flags)
	                                             : FIELD_GET(DSA_GRPFLAGS_DESC_LIMIT, group->flags);

	const unsigned all = dsa_slots_offered(m, kind);

	if (dsa_is_wrong(m, DSA_FAULT_PROGRESS_LIMIT))
		return all;
	return all >> part ? all >> part : 1;
}

bool dsa_slot_room(const struct dsa_model *m, const struct dsa_group *group, unsigned engine, enum dsa_slot_kind kind)
{
	const unsigned vacant = (unsigned)__builtin_popcountll(m->engines[engine].free[kind]);
	const unsigned all = kind == DSA_SLOT_BATCH ? DSA_MODEL_BATCHES : DSA_MODEL_WORK;

	return all - vacant < limit(m, group, kind);
}

struct dsa_slot *dsa_slot_take(struct dsa_model *m, unsigned engine, enum dsa_slot_kind kind)
{
	const unsigned n = (unsigned)__builtin_ctzll(m->engines[engine].free[kind]);
	struct dsa_slot *slot = &dsa_slots_of(m, engine, kind)[n];

	m->engines[engine].free[kind] &= ~BIT64(n);
	memset(slot, 0, sizeof(*slot));
	slot->kind = kind;
	slot->engine = engine;
	slot->ticket = ++m->next_ticket;
	return slot;
}

static unsigned number(const struct dsa_model *m, const struct dsa_slot *slot)
{
	return (unsigned)(slot - dsa_slots_of(m, slot->engine, slot->kind));
}

void dsa_slot_stuck(struct dsa_model *m, struct dsa_slot *slot)
{
	if (slot->kind == DSA_SLOT_WORK)
		m->engines[slot->engine].stuck |= BIT64(number(m, slot));
}

void dsa_slot_end(struct dsa_model *m, struct dsa_slot *slot)
{
	struct dsa_engine *engine = &m->engines[slot->engine];
	const uint64_t bit = BIT64(number(m, slot));
	struct dsa_slot *parent = slot->parent;

	if (slot->state == DSA_SLOT_DUE)
		dsa_slot_unschedule(m, slot);
	if (!parent)
		m->wqs[slot->wq].in_flight--;
	else if (!--parent->batch.children && parent->state == DSA_SLOT_CHILDREN)
		dsa_slot_wake(m, parent);
	slot->state = DSA_SLOT_FREE;
	slot->ticket = 0;
	slot->fiber = NULL;
	engine->free[slot->kind] |= bit;
	if (slot->kind == DSA_SLOT_BATCH) {
		dsa_slots_wake(m, DSA_SLOT_LIST_TURN);
	} else if (engine->stuck & bit) {
		engine->stuck &= ~bit;
		dsa_slots_wake(m, DSA_SLOT_HELD);
	}
}

/* ---- fibers ---- */

struct dsa_fiber *dsa_fiber_take(struct dsa_model *m)
{
	struct dsa_fiber *fiber = m->fibers;

	if (!fiber)
		return dsa_fiber_new();
	m->fibers = dsa_fiber_next(fiber, NULL);
	return fiber;
}

void dsa_fiber_give(struct dsa_model *m, struct dsa_fiber *fiber)
{
	(void)dsa_fiber_next(fiber, m->fibers);
	m->fibers = fiber;
}

bool dsa_is_lost(const struct dsa_run *run)
{
	return run->slot->ticket != run->ticket;
}

static bool suspend(const struct dsa_run *run)
{
	dsa_slot_stuck(run->m, run->slot);
	dsa_fiber_suspend(run->slot->fiber);
	return !dsa_is_lost(run);
}

bool dsa_wait(const struct dsa_run *run, enum dsa_slot_state state)
{
	/* Without a fiber there was no event log when it began: only a wrong device can have one by now. */
	if (dsa_is_lost(run) || !run->slot->fiber)
		return false;
	run->slot->state = state;
	return suspend(run);
}

bool dsa_pause(const struct dsa_run *run, uint64_t ns)
{
	if (dsa_is_lost(run))
		return false;
	dsa_slot_schedule(run->m, run->slot, dsa_now(run->m) + ns);
	return suspend(run);
}

/* ---- the end of all ---- */

void dsa_engines_clear(struct dsa_model *m)
{
	m->due_first = m->due_last = NULL;
	m->page_requests = 0;
	for (size_t i = 0; i < DSA_MODEL_SLOTS; i++)
		m->slots[i].ticket = 0;
	for (size_t i = 0; i < DSA_MODEL_SLOTS; i++) {
		struct dsa_fiber *fiber = m->slots[i].fiber;

		/* It finds that it is lost, and ends. The one that runs now, if any, will find it too. */
		if (!fiber || &m->slots[i] == m->running)
			continue;
		if (!dsa_fiber_resume(fiber))
			abort();
		dsa_fiber_give(m, fiber);
	}
	memset(m->slots, 0, sizeof(m->slots));
	for (unsigned e = 0; e < DSA_MODEL_ENGINES; e++)
		m->engines[e] = (struct dsa_engine){
		        .free = {GENMASK64(DSA_MODEL_WORK - 1, 0), GENMASK64(DSA_MODEL_BATCHES - 1, 0)}};
}

void dsa_model_free(struct dsa_model *m)
{
	dsa_engines_clear(m);
	while (m->fibers)
		dsa_fiber_free(dsa_fiber_take(m));
}
