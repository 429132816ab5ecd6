/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Batches (3.8, 3.12). Descriptors run one after the other, each ended before the next. */
#include "tests/qemu/dsa/engine.h"
#include "tests/qemu/dsa/ops.h"

void dsa_run_batch(const struct dsa_env *env, struct dsa_batch *batch, const struct dsa_raw_desc *desc,
                   struct dsa_result *r)
{
	const uint64_t list = desc->field[2];
	const uint32_t count = dsa_desc_size(desc);
	/* A batch that goes on where a fault ended it may be told of failures before that (7.2). */
	bool failed_before =
	        (dsa_desc_flags(desc) & DSA_FLAG_BATCH_ERROR) != 0 && env->fault != DSA_FAULT_BATCH_ERROR_IGNORED;
	bool all_good = true, fenced = false;
	struct dsa_env child_env = *env;
	uint32_t done = 0;

	child_env.in_batch = true;
	r->status = DSA_COMP_SUCCESS;
	for (; done < count; done++) {
		const struct dsa_place at = {.batch = batch, .in_batch = true, .batch_index = (uint16_t)done};
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
		/* A record that only the event log has counts for fences as one that is not there. */
		fenced = (dsa_desc_flags(&child) & IDXD_OP_FLAG_FENCE) &&
		         (!all_good || failed_before || batch->cr_logged) && env->fault != DSA_FAULT_FENCE_IGNORED;
		if (fenced)
			break;
		if (env->fault == DSA_FAULT_BATCH_LAST && done + 1 == count)
			continue;
		if (dsa_run_one(&child_env, &at, &child) == DSA_COMP_SUCCESS)
			continue;
		all_good = false;
		if (env->fault == DSA_FAULT_BATCH_STOPS)
			break;
	}
	if (r->status == DSA_COMP_SUCCESS && (!all_good || fenced) && env->fault != DSA_FAULT_BATCH_STATUS)
		r->status = DSA_COMP_BATCH_FAIL;
	r->result = (env->gencap & DSA_GENCAP_BATCH_CONT) && (!all_good || failed_before || fenced);
	r->bytes = done + (env->fault == DSA_FAULT_BATCH_COUNT);
}
