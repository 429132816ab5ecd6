/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Page requests (3.13.2): a descriptor asks in its fiber, and waits there for the response. */
#include "tests/qemu/dsa/engine.h"

/* Software may take the allocation away under a device that is enabled: it gets one at a time then. */
static unsigned max_requests(const struct dsa_model *m)
{
	return m->pci.prs_allocation ? m->pci.prs_allocation : 1;
}

static struct dsa_slot *find(struct dsa_model *m, uint16_t group)
{
	for (size_t i = 0; i < DSA_MODEL_SLOTS; i++) {
		if (m->slots[i].state == DSA_SLOT_PAGE && m->slots[i].group == group)
			return &m->slots[i];
	}
	return NULL;
}

/* A group is one page. Runs in the descriptor's fiber, which waits for the response. */
enum dsa_page_answer dsa_ask_page(const struct dsa_env *env, const struct dsa_requester *who, uint64_t addr, bool write,
                                  unsigned attempt)
{
	const struct dsa_run *run = env->run;
	struct dsa_model *m = run->m;
	struct dsa_slot *slot = run->slot;
	struct dsa_page_request request = {.who = *who, .addr = addr, .write = write};

	/* Granted, and not there: the queue of the host may be full, and its answer a polite no. */
	if (attempt && !dsa_pause(run, UINT64_C(1000) << attempt))
		return DSA_PAGE_GIVEN_UP;
	while (m->page_requests >= max_requests(m)) {
		if (!dsa_wait(run, DSA_SLOT_PAGE_TURN))
			return DSA_PAGE_GIVEN_UP;
	}
	if (dsa_is_lost(run))
		return DSA_PAGE_GIVEN_UP;
	if (m->page_requests_failed)
		return DSA_PAGE_FAILED;
	/* There are more numbers than slots. */
	do
		request.group = m->next_page_group++ & 0x1ff;
	while (find(m, request.group));
	slot->group = request.group;
	slot->foreign = who->pasid != env->who.pasid;
	slot->state = DSA_SLOT_PAGE;
	m->page_requests++;
	m->ops->page_request(m->ctx, &request);
	while (!dsa_is_lost(run) && slot->state == DSA_SLOT_PAGE) {
		if (!dsa_wait(run, DSA_SLOT_PAGE))
			break;
	}
	return dsa_is_lost(run) ? DSA_PAGE_GIVEN_UP : slot->answer;
}

bool dsa_model_page_response(struct dsa_model *m, uint16_t group, enum dsa_page_answer answer)
{
	struct dsa_slot *slot = find(m, group);

	if (answer == DSA_PAGE_FAILED)
		m->page_requests_failed = true;
	if (!slot)
		return false;
	m->page_requests--;
	slot->answer = answer;
	if (answer == DSA_PAGE_GRANTED || answer == DSA_PAGE_INVALID)
		dsa_perfmon_engine(m, slot, NULL, DSA_EVENTS_TRANSLATION,
		                   answer == DSA_PAGE_GRANTED ? DSA_EVENT_PRS_SUCCESS : DSA_EVENT_PRS_INVALID);
	/* It goes on at a time of its own: who brings the response is in the middle of something else. */
	dsa_slot_wake(m, slot);
	dsa_slots_wake(m, DSA_SLOT_PAGE_TURN);
	dsa_kick(m);
	return true;
}

/* Whose page it is may never bring it; the response, if one comes, is nobody's. */
void dsa_pages_abort(struct dsa_model *m, unsigned wq, uint32_t pasid_only)
{
	for (size_t i = 0; i < DSA_MODEL_SLOTS; i++) {
		struct dsa_slot *slot = &m->slots[i];

		if (slot->state != DSA_SLOT_PAGE || !slot->foreign || slot->wq != wq ||
		    (pasid_only != DSA_NO_PASID && slot->entry.pasid != pasid_only))
			continue;
		m->page_requests--;
		slot->answer = DSA_PAGE_ABORTED;
		dsa_slot_wake(m, slot);
		dsa_slots_wake(m, DSA_SLOT_PAGE_TURN);
	}
}

bool dsa_may_ask(const struct dsa_model *m, const struct dsa_wq *wq)
{
	return m->pci.ats && m->pci.prs && !(wq->cfg[2] & (DSA_WQCFG2_ATS_DISABLE | DSA_WQCFG2_PRS_DISABLE)) &&
	       m->ops->page_request;
}
