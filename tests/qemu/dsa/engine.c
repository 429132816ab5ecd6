/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queues and engines (3.4 to 3.9, 4.1). An engine takes one descriptor at a time from the WQs of its group, holds it
 * for its modelled service time, then does all of it: checks, data, completion record, interrupt.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/qemu/dsa/model.h"

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

static struct dsa_entry queue_pop(struct dsa_wq *wq)
{
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

/* ---- one descriptor ---- */

/* What handle_ok() needs beside the environment. */
struct handle_scope {
	const struct dsa_model *m;
	const struct dsa_entry *entry;
};

static bool handle_ok(const struct dsa_env *env, uint16_t handle)
{
	const struct handle_scope *scope = env->handle_ctx;

	return dsa_handle_ok(scope->m, scope->entry, env->who.pasid != DSA_NO_PASID, handle);
}

/* ---- page requests ---- */

/* What ask() needs. */
struct asking {
	struct dsa_model *m;
	struct dsa_engine *engine;
};

/* An engine whose work is lost is not busy any more: see dsa_engines_clear(). */
static bool given_up(const struct dsa_env *env)
{
	const struct asking *asking = env->ask_ctx;

	return !asking->engine->busy;
}

static void pause_engine(struct dsa_model *m, struct dsa_engine *engine, uint64_t ns)
{
	engine->ready_at = m->ops->now(m->ctx) + ns;
	dsa_fiber_suspend(engine->fiber);
}

static unsigned outstanding_requests(const struct dsa_model *m)
{
	unsigned n = 0;

	for (unsigned e = 0; e < DSA_MODEL_ENGINES; e++)
		n += m->engines[e].busy && m->engines[e].waiting;
	return n;
}

/* Software may take the allocation away under a device that is enabled: it gets one at a time then. */
static unsigned max_requests(const struct dsa_model *m)
{
	return m->pci.prs_allocation ? m->pci.prs_allocation : 1;
}

/* A group is one page. Runs in the engine's fiber, which waits for the response. */
static enum dsa_page_answer ask(const struct dsa_env *env, const struct dsa_requester *who, uint64_t addr, bool write,
                                unsigned attempt)
{
	const struct asking *asking = env->ask_ctx;
	struct dsa_model *m = asking->m;
	struct dsa_engine *engine = asking->engine;
	struct dsa_page_request request = {.who = *who, .addr = addr, .write = write};

	/* Granted, and not there: the queue of the host may be full, and its answer a polite no. */
	if (attempt)
		pause_engine(m, engine, UINT64_C(1000) << attempt);
	while (engine->busy && outstanding_requests(m) >= max_requests(m))
		pause_engine(m, engine, 1000);
	if (!engine->busy)
		return DSA_PAGE_GIVEN_UP;
	if (m->page_requests_failed)
		return DSA_PAGE_FAILED;
	request.group = m->next_page_group++ & 0x1ff;
	engine->group = request.group;
	engine->waiting = true;
	m->ops->page_request(m->ctx, &request);
	while (engine->busy && engine->waiting)
		dsa_fiber_suspend(engine->fiber);
	return engine->busy ? engine->answer : DSA_PAGE_GIVEN_UP;
}

bool dsa_model_page_response(struct dsa_model *m, uint16_t group, enum dsa_page_answer answer)
{
	if (answer == DSA_PAGE_FAILED)
		m->page_requests_failed = true;
	for (unsigned e = 0; e < DSA_MODEL_ENGINES; e++) {
		struct dsa_engine *engine = &m->engines[e];

		if (!engine->busy || !engine->waiting || engine->group != group)
			continue;
		engine->waiting = false;
		engine->answer = answer;
		if (answer == DSA_PAGE_GRANTED || answer == DSA_PAGE_INVALID)
			dsa_perfmon_engine(m, engine, NULL, DSA_EVENTS_TRANSLATION,
			                   answer == DSA_PAGE_GRANTED ? DSA_EVENT_PRS_SUCCESS : DSA_EVENT_PRS_INVALID);
		engine->ready_at = m->ops->now(m->ctx);
		/* It goes on at a time of its own: who brings the response is in the middle of something else. */
		dsa_kick(m);
		return true;
	}
	return false;
}

static bool may_ask(const struct dsa_model *m, const struct dsa_wq *wq)
{
	return m->pci.ats && m->pci.prs && !(wq->cfg[2] & DSA_WQCFG2_ATS_DISABLE) && m->ops->page_request;
}

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

static void fill_env(struct dsa_model *m, unsigned index, const struct dsa_entry *entry, struct handle_scope *scope,
                     struct asking *asking, struct dsa_env *env)
{
	const struct dsa_wq *wq = &m->wqs[index];

	*scope = (struct handle_scope){m, entry};
	*env = (struct dsa_env){
	        .memory = &dsa_perfmon_memory,
	        .memory_ctx = m,
	        .who = {.pasid = entry->pasid,
	                .priv = entry->priv,
	                .ats = m->pci.ats && !(wq->cfg[2] & DSA_WQCFG2_ATS_DISABLE)},
	        .gencap = dsa_gencap(m),
	        .opcap = {dsa_opcap(0), dsa_opcap(1), dsa_opcap(2), dsa_opcap(3)},
	        .max_xfer = FIELD_GET(DSA_WQCFG3_MAX_XFER, wq->cfg[3]),
	        .max_batch = FIELD_GET(DSA_WQCFG3_MAX_BATCH, wq->cfg[3]),
	        .bof = (wq->cfg[2] & DSA_WQCFG2_BOF) != 0,
	        .rci_reserved = !(m->gencfg & DSA_GENCFG_USER_INT) && entry->pasid != DSA_NO_PASID && !entry->priv,
	        .ask = may_ask(m, wq) ? ask : NULL,
	        .ask_ctx = asking,
	        .blocks = true,
	        .given_up = given_up,
	        .fault = m->config.fault,
	        .handle_ok = handle_ok,
	        .handle_ctx = scope,
	};
}

/* Where a descriptor stands: in its WQ, or in a batch. */
struct place {
	unsigned wq;
	const struct dsa_entry *entry;
	bool in_batch;
	uint16_t batch_index;
};

static void report(struct dsa_model *m, const struct place *at, const struct dsa_raw_desc *desc,
                   const struct dsa_result *r)
{
	uint32_t info = 0;

	if ((r->status & ~DSA_COMP_STATUS_WRITE) == DSA_COMP_INVALID_FLAGS)
		memcpy(&info, r->specific, 3);
	dsa_report_error(m, &(struct dsa_error){.code = r->status & (uint8_t)~DSA_COMP_STATUS_WRITE,
	                                        .wq_valid = true,
	                                        .wq = (uint8_t)at->wq,
	                                        .entry = at->entry,
	                                        .opcode = dsa_desc_opcode(desc),
	                                        .in_batch = at->in_batch,
	                                        .batch_index = at->batch_index,
	                                        .write = (r->status & DSA_COMP_STATUS_WRITE) != 0,
	                                        .info = info,
	                                        .address = r->fault_addr});
}

/* The record, its first quadword (which holds the status) last. Returns 0, or the status of the failed write. */
static uint8_t write_record(const struct dsa_env *env, uint64_t addr, const struct dsa_result *r, uint64_t *fault_addr)
{
	uint8_t record[DSA_CR_SIZE] = {0};
	uint8_t status;

	record[0] = r->status;
	record[1] = r->result;
	memcpy(record + 4, &r->bytes, 4);
	memcpy(record + 8, &r->fault_addr, 8);
	memcpy(record + 16, r->specific, 16);
	status = dsa_mem_write(env, addr + 8, record + 8, DSA_CR_SIZE - 8, NULL, fault_addr);
	if (!status)
		status = dsa_mem_write(env, addr, record, 8, NULL, fault_addr);
	return status;
}

static void make_wrong(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *r)
{
	if (env->fault == DSA_FAULT_COMPLETION_STATUS && r->status == DSA_COMP_SUCCESS)
		r->status = DSA_COMP_SUCCESS_PRED;
	if (env->fault == DSA_FAULT_COMPLETION_BYTES && r->status == DSA_COMP_SUCCESS && !r->bytes)
		r->bytes = dsa_desc_size(desc);
}

/* The end of a descriptor: record, interrupt, or an entry in SWERROR (5.4, 6.2, 8.3). */
static void finish(struct dsa_model *m, const struct dsa_env *env, const struct place *at,
                   const struct dsa_raw_desc *desc, struct dsa_result *r)
{
	const uint32_t flags = dsa_desc_flags(desc);
	const uint8_t code = r->status & (uint8_t)~DSA_COMP_STATUS_WRITE;
	const struct dsa_engine *engine = ((const struct asking *)env->ask_ctx)->engine;
	const bool quiet = code == DSA_COMP_SUCCESS || code == DSA_COMP_SUCCESS_PRED || code == DSA_COMP_BATCH_FAIL;

	if (given_up(env))
		return;
	dsa_perfmon_ended(m, engine, desc, r->status);
	make_wrong(env, desc, r);
	if (flags & IDXD_OP_FLAG_CRAV) {
		if ((flags & IDXD_OP_FLAG_RCR || !quiet || env->fault == DSA_FAULT_RECORD_UNASKED) &&
		    env->fault != DSA_FAULT_COMPLETION_LOST) {
			struct dsa_result lost = {.status = DSA_COMP_CRA_XLAT | DSA_COMP_STATUS_WRITE};

			if (write_record(env, dsa_desc_cr(desc), r, &lost.fault_addr)) {
				if (!given_up(env))
					report(m, at, desc, &lost);
				return;
			}
			dsa_perfmon_engine(m, engine, desc, DSA_EVENTS_COMPLETION, DSA_EVENT_RECORD);
		}
		if (code == DSA_COMP_INT_HANDLE_INVAL || code == DSA_COMP_TRANSLATION_FAIL)
			report(m, at, desc, r);
	} else if (!quiet) {
		report(m, at, desc, r);
	}
	/* Another check may have failed before that of the handle: nobody gets at an entry that is not theirs. */
	if (env->fault == DSA_FAULT_CHILD_INTERRUPT_LOST && at->in_batch)
		return;
	if (((flags & IDXD_OP_FLAG_RCI) || env->fault == DSA_FAULT_INTERRUPT_UNASKED) && !env->rci_reserved &&
	    env->handle_ok(env, dsa_desc_handle(desc)))
		dsa_completion_interrupt(m, at->entry->ims, dsa_desc_handle(desc));
}

/* The checks of the completion record's address and of privilege: their failure leaves no record (5.4). */
static uint8_t unreportable(const struct dsa_model *m, const struct dsa_env *env, const struct place *at,
                            const struct dsa_raw_desc *desc)
{
	uint64_t fault;

	if (at->entry->priv && !dsa_wq_dedicated(&m->wqs[at->wq]) && !m->pci.pasid_priv)
		return DSA_COMP_PRIV_BAD;
	if (!(dsa_desc_flags(desc) & IDXD_OP_FLAG_CRAV))
		return 0;
	if (!IS_ALIGNED(dsa_desc_cr(desc), DSA_CR_SIZE) && env->fault != DSA_FAULT_CR_ALIGN_UNCHECKED)
		return DSA_COMP_CRA_ALIGN;
	if (dsa_mem_probe(env, dsa_desc_cr(desc), true, &fault))
		return DSA_COMP_CRA_XLAT | DSA_COMP_STATUS_WRITE;
	return 0;
}

static uint8_t run_one(struct dsa_model *m, struct dsa_env *env, const struct place *at,
                       const struct dsa_raw_desc *desc);

/* 7.1, 7.2. Children run one after the other, each ended before the next. */
static void run_batch(struct dsa_model *m, const struct dsa_env *env, const struct place *at,
                      const struct dsa_raw_desc *desc, struct dsa_result *r)
{
	const uint64_t list = desc->field[2];
	const uint32_t count = dsa_desc_size(desc);
	struct dsa_env child_env = *env;
	bool all_good = true;
	uint32_t done = 0;

	child_env.in_batch = true;
	r->status = DSA_COMP_SUCCESS;
	for (; done < count; done++) {
		struct place child_at = *at;
		struct dsa_raw_desc child;
		uint8_t status = dsa_mem_read(env, list + (uint64_t)done * DSA_DESC_SIZE, &child, sizeof(child), NULL,
		                              &r->fault_addr);

		if (status) {
			if (env->who.ats && status != DSA_COMP_TRANSLATION_FAIL)
				status = DSA_COMP_BATCH_PAGE_FAULT;
			r->status = status;
			break;
		}
		if ((dsa_desc_flags(&child) & IDXD_OP_FLAG_FENCE) && !all_good && env->fault != DSA_FAULT_FENCE_IGNORED)
			break;
		child_at.in_batch = true;
		child_at.batch_index = (uint16_t)done;
		if (env->fault == DSA_FAULT_BATCH_LAST && done + 1 == count)
			continue;
		if (run_one(m, &child_env, &child_at, &child) == DSA_COMP_SUCCESS)
			continue;
		all_good = false;
		if (env->fault == DSA_FAULT_BATCH_STOPS)
			break;
	}
	if (r->status == DSA_COMP_SUCCESS && !all_good && env->fault != DSA_FAULT_BATCH_STATUS)
		r->status = DSA_COMP_BATCH_FAIL;
	r->result = (env->gencap & DSA_GENCAP_BATCH_CONT) && !all_good;
	r->bytes = done + (env->fault == DSA_FAULT_BATCH_COUNT);
}

/* Returns the status of the descriptor. */
static uint8_t run_one(struct dsa_model *m, struct dsa_env *env, const struct place *at,
                       const struct dsa_raw_desc *desc)
{
	struct dsa_engine *engine = ((const struct asking *)env->ask_ctx)->engine;
	struct dsa_result r = {.status = unreportable(m, env, at, desc)};

	if (given_up(env))
		return DSA_COMP_HW_ERR1;
	if (r.status) {
		r.fault_addr = dsa_desc_cr(desc);
		report(m, at, desc, &r);
		return r.status;
	}
	if (at->in_batch)
		dsa_perfmon_engine(m, engine, desc, DSA_EVENTS_ENGINE, DSA_EVENT_FROM_BATCH);
	r.status = dsa_check_descriptor(env, desc, &r);
	if (!r.status)
		dsa_perfmon_operation(m, engine, desc);
	if (r.status) {
		if (env->fault == DSA_FAULT_BATCH_NESTED && at->in_batch && dsa_desc_opcode(desc) == DSA_OPCODE_BATCH)
			r.status = DSA_COMP_SUCCESS;
	} else if (dsa_desc_opcode(desc) == DSA_OPCODE_BATCH) {
		run_batch(m, env, at, desc, &r);
	} else if (dsa_desc_opcode(desc) == DSA_OPCODE_DRAIN) {
		r.status = DSA_COMP_SUCCESS; /* what is before it has ended: see may_start() */
	} else if (env->fault == DSA_FAULT_COMPLETION_EMPTY) {
		r.status = DSA_COMP_SUCCESS;
	} else {
		env->blocks = (dsa_desc_flags(desc) & IDXD_OP_FLAG_BOF) != 0;
		dsa_execute(env, desc, &r);
		dsa_perfmon_data(m, engine, desc);
		env->blocks = true;
	}
	finish(m, env, at, desc, &r);
	return r.status;
}

static void run_entry(void *arg)
{
	struct asking asking = *(const struct asking *)arg;
	struct dsa_entry entry = asking.engine->entry;
	struct place at = {.wq = asking.engine->wq, .entry = &entry};
	struct handle_scope scope;
	struct dsa_env env;

	fill_env(asking.m, at.wq, &entry, &scope, &asking, &env);
	run_one(asking.m, &env, &at, &entry.desc);
}

static void complete(struct dsa_model *m, struct dsa_engine *engine)
{
	struct asking asking = {m, engine};
	bool ended = true;

	m->running = engine;
	if (engine->suspended) {
		engine->suspended = false;
		ended = dsa_fiber_resume(engine->fiber);
	} else if (may_ask(m, &m->wqs[engine->wq])) {
		if (!engine->fiber)
			engine->fiber = dsa_fiber_new();
		ended = dsa_fiber_start(engine->fiber, run_entry, &asking);
	} else {
		run_entry(&asking);
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

/* A drain descriptor waits for all before it in its WQ (7.3): nothing of the WQ may be in an engine. */
static bool may_start(const struct dsa_model *m, const struct dsa_wq *wq)
{
	const struct dsa_entry *first = &wq->queue[wq->head];

	return wq->count && (dsa_desc_opcode(&first->desc) != DSA_OPCODE_DRAIN || !wq->in_flight ||
	                     dsa_is_wrong(m, DSA_FAULT_DRAIN_DESCRIPTOR_EARLY));
}

/* The WQ that an engine of the group serves next: round robin over those with work and credit (7.5). */
static int pick_wq(struct dsa_model *m, struct dsa_group *group)
{
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned i = 0; i < DSA_MODEL_WQS; i++) {
			unsigned index = (group->next_wq + i) % DSA_MODEL_WQS;

			if ((group->wqs[0] & BIT64(index)) && may_start(m, &m->wqs[index]) && m->wqs[index].credit) {
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

static uint64_t service_time(const struct dsa_model *m, const struct dsa_raw_desc *desc)
{
	uint64_t size = dsa_desc_size(desc);

	switch (dsa_desc_opcode(desc)) {
	case DSA_OPCODE_NOOP:
	case DSA_OPCODE_DRAIN:
		return m->config.service_ns;
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
			wq = pick_wq(m, group);
			if (wq < 0)
				break;
			engine->entry = queue_pop(&m->wqs[wq]);
			engine->wq = (unsigned)wq;
			engine->busy = true;
			engine->ready_at = now + service_time(m, &engine->entry.desc);
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

		if (!engine->busy || engine->waiting || engine->ready_at > now)
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
	uint64_t next = UINT64_MAX;

	if (m->state != DSA_STATE_HALT)
		dispatch(m, now);
	for (unsigned e = 0; e < DSA_MODEL_ENGINES; e++) {
		if (m->engines[e].busy && !m->engines[e].waiting && m->engines[e].ready_at < next)
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
	dsa_engine_run(m);
	dsa_command_progress(m);
	dsa_kick(m);
}
