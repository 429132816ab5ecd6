/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one order that there is without drains and fences (3.9): in a group with one engine, what came through one portal
 * page writes to one traffic class in the order of submission, batches among batches and other work among other work.
 * An engine's data path keeps it by itself; what is held is what would pass one that waits, or comes late.
 */
#include "tests/qemu/dsa/engine.h"

/* Of its destination. */
static int traffic_class(const struct dsa_model *m, const struct dsa_slot *slot)
{
	const struct dsa_raw_desc *desc = &slot->entry.desc;
	const uint32_t selector =
	        dsa_desc_opcode(desc) == DSA_OPCODE_CR_DELTA ? IDXD_OP_FLAG_ADDR3_TCS : IDXD_OP_FLAG_ADDR2_TCS;

	return dsa_traffic_class(m, slot->engine, dsa_desc_flags(desc) & selector);
}

static bool is_before(const struct dsa_model *m, const struct dsa_slot *first, const struct dsa_slot *slot)
{
	if (first->wq != slot->wq || first->entry.page != slot->entry.page || first->entry.seq >= slot->entry.seq ||
	    !first->parent != !slot->parent)
		return false;
	return slot->kind == DSA_SLOT_BATCH || traffic_class(m, first) == traffic_class(m, slot);
}

bool dsa_is_behind(const struct dsa_model *m, const struct dsa_slot *slot)
{
	const struct dsa_engine *engine = &m->engines[slot->engine];
	const struct dsa_slot *slots = dsa_slots_of(m, slot->engine, slot->kind);
	const struct dsa_group *group = dsa_engine_group(m, slot->engine);
	uint64_t others = engine->stuck;

	if (slot->kind == DSA_SLOT_BATCH)
		others = GENMASK64(DSA_MODEL_BATCHES - 1, 0) & ~engine->free[DSA_SLOT_BATCH];
	if (!others || !group || (group->engines & (group->engines - 1)) || dsa_is_wrong(m, DSA_FAULT_ORDER_PASSES))
		return false;
	for (; others; others &= others - 1) {
		const struct dsa_slot *first = &slots[__builtin_ctzll(others)];

		if (!first->batch.listed && is_before(m, first, slot))
			return true;
	}
	return false;
}
