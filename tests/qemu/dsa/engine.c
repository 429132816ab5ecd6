/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Engines (3.4 to 3.9, 4.1). An engine takes one descriptor at a time from the WQs of its group, holds it for its
 * modelled service time, then does all of it: checks, data, completion record, interrupt (descriptor.c).
 */
#include <stdlib.h>

#include "tests/qemu/dsa/engine.h"

void dsa_engines_clear(struct dsa_model *m)
{
	for (unsigned e = 0; e < DSA_MODEL_ENGINES; e++) {
		struct dsa_engine *engine = &m->engines[e];
		struct dsa_fiber *fiber = engine->fiber;

		engine->busy = false;
		/* It finds that it is given up, and ends. The one that runs now, if any, will find it too. */
		if (engine->suspended && !dsa_fiber_resume(fiber))
			abort();
		*engine = (struct dsa_engine){.fiber = fiber};
	}
}

void dsa_model_free(struct dsa_model *m)
{
	dsa_engines_clear(m);
	for (unsigned e = 0; e < DSA_MODEL_ENGINES; e++) {
		dsa_fiber_free(m->engines[e].fiber);
		m->engines[e].fiber = NULL;
	}
}

static void run_entry(void *arg)
{
	/* A copy: what is suspended outlives its caller's stack. */
	struct dsa_run run = *(const struct dsa_run *)arg;

	dsa_run_entry(&run);
}

static void complete(struct dsa_model *m, struct dsa_engine *engine)
{
	struct dsa_run run = {.m = m, .engine = engine, .wq = engine->wq, .entry = engine->entry};
	bool ended = true;

	m->running = engine;
	if (engine->injection == DSA_INJECT_DESCRIPTOR_LOST) {
		ended = true;
	} else if (engine->suspended) {
		engine->suspended = false;
		ended = dsa_fiber_resume(engine->fiber);
	} else if (dsa_may_ask(m, &m->wqs[engine->wq]) || dsa_evl_on(m)) {
		/* It may have to wait: for a page, or for room in the event log. */
		if (!engine->fiber)
			engine->fiber = dsa_fiber_new();
		ended = dsa_fiber_start(engine->fiber, run_entry, &run);
	} else {
		run_entry(&run);
	}
	m->running = NULL;
	if (!ended) {
		engine->suspended = true;
		return;
	}
	/* Its own writes may have reached the configuration space of this device, and reset or halted it. */
	if (!engine->busy)
		return;
	engine->busy = false;
	m->wqs[engine->wq].in_flight--;
}

/* ---- dispatch ---- */

static uint64_t service_time(const struct dsa_model *m, const struct dsa_raw_desc *desc)
{
	uint64_t size = dsa_desc_size(desc);

	switch (dsa_desc_opcode(desc)) {
	case DSA_OPCODE_NOOP:
	case DSA_OPCODE_DRAIN:
		return m->config.service_ns;
	case DSA_OP_TRANSLATION_FETCH:
		return m->config.service_ns + size / 4096;
	case DSA_OPCODE_BATCH:
		return m->config.service_ns * (1 + (size < 4096 ? size : 4096));
	default:
		return m->config.service_ns + size / 16;
	}
}

static void dispatch(struct dsa_model *m, uint64_t now)
{
	for (unsigned g = 0; g < DSA_MODEL_GROUPS; g++) {
		struct dsa_group *group = &m->groups[g];

		for (unsigned e = 0; e < DSA_MODEL_ENGINES; e++) {
			struct dsa_engine *engine = &m->engines[e];
			int wq;

			if (!(group->engines & BIT64(e)) || engine->busy)
				continue;
			wq = dsa_wq_pick(m, group);
			if (wq < 0)
				break;
			engine->entry = dsa_wq_pop(m, (unsigned)wq);
			engine->wq = (unsigned)wq;
			engine->busy = true;
			engine->ready_at = now + service_time(m, &engine->entry.desc);
			engine->injection = dsa_inject(m, DSA_MOMENT_DESCRIPTOR);
			if (engine->injection == DSA_INJECT_DESCRIPTOR_LATE)
				engine->ready_at += m->config.late_ns;
			else if (engine->injection == DSA_INJECT_DESCRIPTOR_HUNG)
				engine->ready_at = UINT64_MAX;
			m->wqs[wq].in_flight++;
			dsa_perfmon_engine(m, engine, &engine->entry.desc, DSA_EVENTS_ENGINE, DSA_EVENT_FROM_WQ);
			dsa_occupancy_check(m, (unsigned)wq);
		}
	}
}

/* The engine that is due first, NULL: none by now. In order of time, so that a slow device is not a reordering one. */
static struct dsa_engine *due(struct dsa_model *m, uint64_t now)
{
	struct dsa_engine *first = NULL;

	for (unsigned e = 0; e < DSA_MODEL_ENGINES; e++) {
		struct dsa_engine *engine = &m->engines[e];

		if (!engine->busy || engine->waiting || engine->log_full || engine->ready_at > now)
			continue;
		if (!first || engine->ready_at < first->ready_at ||
		    (engine->ready_at == first->ready_at && engine->entry.seq < first->entry.seq))
			first = engine;
	}
	return first;
}

void dsa_engine_run(struct dsa_model *m)
{
	uint64_t now = m->ops->now(m->ctx);
	struct dsa_engine *engine;

	dispatch(m, now);
	while (m->state != DSA_STATE_HALT && (engine = due(m, now))) {
		complete(m, engine);
		dispatch(m, now);
	}
}

/* Ask for the tick that the device needs next. */
void dsa_kick(struct dsa_model *m)
{
	const uint64_t now = m->ops->now(m->ctx);
	uint64_t next = m->injected ? now : m->late.at ? m->late.at : UINT64_MAX;

	if (m->state != DSA_STATE_HALT)
		dispatch(m, now);
	for (unsigned e = 0; e < DSA_MODEL_ENGINES; e++) {
		if (m->engines[e].busy && !m->engines[e].waiting && !m->engines[e].log_full &&
		    m->engines[e].ready_at < next)
			next = m->engines[e].ready_at;
	}
	/* A command that was seen to be due waits for an engine; one that became due just now has not been seen yet. */
	if ((m->cmdsts & DSA_CMDSTS_ACTIVE) && m->cmd_ready_at && m->cmd_ready_at < next)
		next = m->cmd_ready_at;
	if (next != UINT64_MAX)
		m->ops->schedule(m->ctx, next);
}

void dsa_model_tick(struct dsa_model *m)
{
	dsa_inject_due(m);
	dsa_interrupts_due(m);
	dsa_engine_run(m);
	dsa_command_progress(m);
	dsa_kick(m);
}
