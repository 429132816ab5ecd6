/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Batches (3.8, 8.3.2). A batch reads its list and puts one descriptor after the other into work slots of its engine,
 * where they run beside each other. It holds none of those slots itself.
 */
#include "tests/qemu/dsa/engine.h"
#include "tests/qemu/dsa/ops.h"

static void name(struct dsa_model *m, struct dsa_batch *batch)
{
	bool taken = true;

	/* There are fewer batches than names. */
	while (taken) {
		batch->id = m->next_batch_id++;
		taken = false;
		for (size_t i = 0; i < DSA_MODEL_SLOTS && !taken; i++)
			taken = m->slots[i].ticket && m->slots[i].batch.named && m->slots[i].batch.id == batch->id;
	}
	batch->named = true;
}

bool dsa_batch_wait(const struct dsa_run *run)
{
	while (run->slot->batch.children) {
		if (!dsa_wait(run, DSA_SLOT_CHILDREN))
			return false;
	}
	return !dsa_is_lost(run);
}

/* Returns whether it has a slot: not if the batch is lost, or to be abandoned. */
static bool offer(const struct dsa_run *run, const struct dsa_raw_desc *child, uint32_t index)
{
	struct dsa_model *m = run->m;
	struct dsa_slot *slot = run->slot;

	while (dsa_is_behind(m, slot) && !slot->abandoned) {
		if (!dsa_wait(run, DSA_SLOT_LIST_TURN))
			return false;
	}
	if (slot->abandoned)
		return false;
	slot->batch.next = *child;
	slot->batch.next_index = (uint16_t)index;
	slot->state = DSA_SLOT_OFFER;
	m->engines[slot->engine].offers++;
	dsa_dispatch(m, dsa_now(m));
	while (!dsa_is_lost(run) && slot->state == DSA_SLOT_OFFER) {
		if (!dsa_wait(run, DSA_SLOT_OFFER))
			return false;
	}
	return !dsa_is_lost(run) && !slot->abandoned;
}

/* Whether the fence ends the batch. A record that only the event log has counts as one that is not there. */
static bool fence_ends(const struct dsa_env *env, const struct dsa_run *run, bool failed_before)
{
	const struct dsa_batch *batch = &run->slot->batch;

	if (env->fault == DSA_FAULT_FENCE_IGNORED)
		return false;
	if (env->fault != DSA_FAULT_FENCE_EARLY && !dsa_batch_wait(run))
		return true;
	return batch->failed || failed_before || batch->cr_logged;
}

void dsa_run_batch(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *r)
{
	const struct dsa_run *run = env->run;
	struct dsa_batch *batch = &run->slot->batch;
	const uint64_t list = desc->field[2];
	const uint32_t count = dsa_desc_size(desc);
	/* A batch that goes on where a fault ended it may be told of failures before that (8.3.2). */
	const bool failed_before =
	        (dsa_desc_flags(desc) & DSA_FLAG_BATCH_ERROR) != 0 && env->fault != DSA_FAULT_BATCH_ERROR_IGNORED;
	bool fenced = false;
	uint32_t done = 0;

	name(run->m, batch);
	r->status = DSA_COMP_SUCCESS;
	for (; done < count; done++) {
		struct dsa_raw_desc child;
		uint8_t status = dsa_mem_read(env, list + (uint64_t)done * DSA_DESC_SIZE, &child, sizeof(child), NULL,
		                              &r->fault_addr);

		if (status) {
			if (env->who.ats && status != DSA_COMP_TRANSLATION_FAIL)
				status = DSA_COMP_BATCH_PAGE_FAULT;
			r->status = status;
			r->operand = DSA_OPERAND_SOURCE;
			break;
		}
		fenced = (dsa_desc_flags(&child) & IDXD_OP_FLAG_FENCE) && fence_ends(env, run, failed_before);
		if (fenced)
			break;
		if (env->fault == DSA_FAULT_BATCH_LAST && done + 1 == count)
			continue;
		if (!offer(run, &child, done))
			break;
		if (env->fault == DSA_FAULT_BATCH_STOPS && (!dsa_batch_wait(run) || batch->failed))
			break;
	}
	if (dsa_is_lost(run))
		return;
	batch->listed = true;
	dsa_slots_wake(run->m, DSA_SLOT_LIST_TURN);
	if (env->fault != DSA_FAULT_BATCH_EARLY && !dsa_batch_wait(run))
		return;
	if (r->status == DSA_COMP_SUCCESS && (batch->failed || fenced) && env->fault != DSA_FAULT_BATCH_STATUS)
		r->status = DSA_COMP_BATCH_FAIL;
	r->result = (env->gencap & DSA_GENCAP_BATCH_CONT) && (batch->failed || failed_before || fenced);
	r->bytes = done + (env->fault == DSA_FAULT_BATCH_COUNT);
}
