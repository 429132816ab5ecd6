/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Engines (3.4 to 3.9, 4.1). An engine takes as many descriptors from the WQs of its group, and from the batches that
 * it runs, as it has slots for. Each takes its modelled service time beside the others, and its data goes through the
 * engine's one data path after the others'; then all of it is done: checks, data, record, interrupt (descriptor.c).
 */
#include "tests/qemu/dsa/engine.h"

static void run_entry(void *arg)
{
	/* A copy: what is suspended outlives its caller's stack. */
	struct dsa_run run = *(const struct dsa_run *)arg;

	dsa_run_entry(&run);
}

/* It may have to wait: for its descriptors, for a page, for room in the event log, for who uses a window. */
static bool may_wait(const struct dsa_model *m, const struct dsa_slot *slot)
{
	return slot->kind == DSA_SLOT_BATCH || dsa_may_ask(m, &m->wqs[slot->wq]) || dsa_evl_on(m) ||
	       dsa_desc_opcode(&slot->entry.desc) == DSA_OP_UPDATE_WINDOW;
}

static void execute(struct dsa_model *m, struct dsa_slot *slot)
{
	struct dsa_run run = {.m = m, .slot = slot, .ticket = slot->ticket, .wq = slot->wq, .entry = slot->entry};
	struct dsa_fiber *fiber = slot->fiber;
	bool ended = true;

	dsa_slot_unschedule(m, slot);
	if (!fiber && slot->kind == DSA_SLOT_WORK && dsa_is_behind(m, slot)) {
		slot->state = DSA_SLOT_HELD;
		return;
	}
	slot->state = DSA_SLOT_RUNS;
	m->work_began = m->ops->now(m->ctx);
	m->running = slot;
	if (slot->injection == DSA_INJECT_DESCRIPTOR_LOST) {
		ended = true;
	} else if (fiber) {
		ended = dsa_fiber_resume(fiber);
	} else if (may_wait(m, slot)) {
		fiber = slot->fiber = dsa_fiber_take(m);
		ended = dsa_fiber_start(fiber, run_entry, &run);
	} else {
		run_entry(&run);
	}
	m->running = NULL;
	m->worked_ns += m->ops->now(m->ctx) - m->work_began;
	if (!ended)
		return;
	if (fiber)
		dsa_fiber_give(m, fiber);
	/* Its own writes may have reached the configuration space of this device, and reset or halted it. */
	if (!dsa_is_lost(&run))
		dsa_slot_end(m, slot);
}

/* ---- dispatch ---- */

/*
 * On the engine's data path: a nanosecond for each 16 bytes, which for a batch are those of its list. What the WQ does
 * not allow has none.
 */
static uint64_t data_time(const struct dsa_wq *wq, const struct dsa_raw_desc *desc)
{
	const uint64_t size = dsa_desc_size(desc);

	switch (dsa_desc_opcode(desc)) {
	case DSA_OPCODE_NOOP:
	case DSA_OPCODE_DRAIN:
	case DSA_OP_UPDATE_WINDOW:
		return 0;
	case DSA_OP_TRANSLATION_FETCH:
		return size / 4096;
	case DSA_OPCODE_BATCH:
		return size <= BIT64(FIELD_GET(DSA_WQCFG3_MAX_BATCH, wq->cfg[3])) ? size * DSA_DESC_SIZE / 16 : 0;
	default:
		return size <= BIT64(FIELD_GET(DSA_WQCFG3_MAX_XFER, wq->cfg[3])) ? size / 16 : 0;
	}
}

static void start(struct dsa_model *m, struct dsa_slot *slot, uint64_t now)
{
	struct dsa_engine *engine = &m->engines[slot->engine];
	uint64_t ready = now + m->config.service_ns;

	if (ready < engine->last_ready)
		ready = engine->last_ready;
	ready += data_time(&m->wqs[slot->wq], &slot->entry.desc);
	if (dsa_desc_opcode(&slot->entry.desc) == DSA_OPCODE_DRAIN && dsa_is_wrong(m, DSA_FAULT_DRAIN_DESCRIPTOR_EARLY))
		ready = now;
	else
		engine->last_ready = ready;
	if (slot->injection == DSA_INJECT_DESCRIPTOR_HUNG || slot->injection == DSA_INJECT_DESCRIPTOR_LATE)
		dsa_slot_stuck(m, slot);
	if (slot->injection == DSA_INJECT_DESCRIPTOR_HUNG)
		slot->state = DSA_SLOT_HUNG;
	else
		dsa_slot_schedule(m, slot,
		                  ready + (slot->injection == DSA_INJECT_DESCRIPTOR_LATE ? m->config.late_ns : 0));
}

/* The engine of the group that has room and is free first, -1: none. */
static int pick_engine(const struct dsa_model *m, const struct dsa_group *group, enum dsa_slot_kind kind, uint64_t now)
{
	uint64_t best_time = 0;
	int best = -1;

	for (int e = 0; e < DSA_MODEL_ENGINES; e++) {
		const uint64_t last = m->engines[e].last_ready;
		const uint64_t time = last > now ? last : now;

		if (!(group->engines & BIT64(e)) || !dsa_slot_room(m, group, (unsigned)e, kind) ||
		    (best >= 0 && time >= best_time))
			continue;
		best = e;
		best_time = time;
	}
	return best;
}

/* One from a WQ. */
static bool take(struct dsa_model *m, struct dsa_group *group, uint64_t now)
{
	const int engines[DSA_SLOT_KINDS] = {pick_engine(m, group, DSA_SLOT_WORK, now),
	                                     pick_engine(m, group, DSA_SLOT_BATCH, now)};
	const bool room[DSA_SLOT_KINDS] = {engines[DSA_SLOT_WORK] >= 0, engines[DSA_SLOT_BATCH] >= 0};
	const int wq = dsa_wq_pick(m, group, room);
	enum dsa_slot_kind kind;
	struct dsa_slot *slot;

	if (wq < 0)
		return false;
	kind = dsa_wq_next_kind(m, (unsigned)wq);
	slot = dsa_slot_take(m, (unsigned)engines[kind], kind);
	slot->wq = (unsigned)wq;
	slot->entry = dsa_wq_pop(m, (unsigned)wq);
	slot->injection = dsa_inject(m, DSA_MOMENT_DESCRIPTOR);
	m->wqs[wq].in_flight++;
	start(m, slot, now);
	dsa_perfmon_engine(m, slot, &slot->entry.desc, DSA_EVENTS_ENGINE, DSA_EVENT_FROM_WQ);
	dsa_occupancy_check(m, (unsigned)wq);
	group->child_last = false;
	return true;
}

/* One from a batch, which stays in its engine: of that batch there that came first. */
static bool take_child_of(struct dsa_model *m, unsigned engine, uint64_t now)
{
	struct dsa_slot *batches = dsa_slots_of(m, engine, DSA_SLOT_BATCH);
	struct dsa_slot *batch = NULL, *slot;

	for (unsigned i = 0; i < DSA_MODEL_BATCHES; i++) {
		if (batches[i].state == DSA_SLOT_OFFER && (!batch || batches[i].ticket < batch->ticket))
			batch = &batches[i];
	}
	if (!batch)
		return false;
	slot = dsa_slot_take(m, engine, DSA_SLOT_WORK);
	slot->wq = batch->wq;
	slot->entry = batch->entry;
	slot->entry.desc = batch->batch.next;
	slot->parent = batch;
	slot->batch_index = batch->batch.next_index;
	batch->batch.children++;
	m->engines[engine].offers--;
	dsa_slot_wake(m, batch);
	start(m, slot, now);
	return true;
}

static bool take_child(struct dsa_model *m, struct dsa_group *group, uint64_t now)
{
	for (unsigned e = 0; e < DSA_MODEL_ENGINES; e++) {
		if ((group->engines & BIT64(e)) && m->engines[e].offers && dsa_slot_room(m, group, e, DSA_SLOT_WORK) &&
		    take_child_of(m, e, now)) {
			group->child_last = true;
			return true;
		}
	}
	return false;
}

/* Slots that both want go to WQs and to batches by turns. */
static bool take_next(struct dsa_model *m, struct dsa_group *group, uint64_t now)
{
	if (group->child_last)
		return take(m, group, now) || take_child(m, group, now);
	return take_child(m, group, now) || take(m, group, now);
}

void dsa_dispatch(struct dsa_model *m, uint64_t now)
{
	for (unsigned g = 0; g < DSA_MODEL_GROUPS; g++) {
		while (m->groups[g].engines && take_next(m, &m->groups[g], now))
			;
	}
}

/* In order of time, so that a slow device is not a reordering one. */
void dsa_engine_run(struct dsa_model *m)
{
	const uint64_t now = dsa_now(m);

	dsa_dispatch(m, now);
	while (m->state != DSA_STATE_HALT && m->due_first && m->due_first->ready_at <= now) {
		execute(m, m->due_first);
		dsa_dispatch(m, now);
	}
}

/* Ask for the tick that the device needs next. */
void dsa_kick(struct dsa_model *m)
{
	const uint64_t now = dsa_now(m);
	uint64_t next = m->injected ? now : m->late.at ? m->late.at : UINT64_MAX;

	if (m->state != DSA_STATE_HALT)
		dsa_dispatch(m, now);
	if (m->due_first && m->due_first->ready_at < next)
		next = m->due_first->ready_at;
	/* A command that was seen to be due waits for an engine; one that became due just now has not been seen yet. */
	if ((m->cmdsts & DSA_CMDSTS_ACTIVE) && m->cmd_ready_at && m->cmd_ready_at < next)
		next = m->cmd_ready_at;
	if (next != UINT64_MAX)
		dsa_schedule(m, next);
}

void dsa_model_tick(struct dsa_model *m)
{
	dsa_inject_due(m);
	dsa_interrupts_due(m);
	dsa_engine_run(m);
	dsa_command_progress(m);
	dsa_kick(m);
}
