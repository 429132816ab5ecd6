/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page requests (8.1): an engine asks in its fiber, and waits there for the response. */
#include "tests/qemu/dsa/engine.h"

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
enum dsa_page_answer dsa_ask_page(const struct dsa_env *env, const struct dsa_requester *who, uint64_t addr, bool write,
                                  unsigned attempt)
{
	const struct dsa_run *run = env->run;
	struct dsa_model *m = run->m;
	struct dsa_engine *engine = run->engine;
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

bool dsa_may_ask(const struct dsa_model *m, const struct dsa_wq *wq)
{
	return m->pci.ats && m->pci.prs && !(wq->cfg[2] & (DSA_WQCFG2_ATS_DISABLE | DSA_WQCFG2_PRS_DISABLE)) &&
	       m->ops->page_request;
}
