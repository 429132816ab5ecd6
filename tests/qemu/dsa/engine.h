/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files around an engine share: queue.c, engine.c, slots.c, order.c, pages.c, descriptor.c, batch.c, evl.c. */
#ifndef TESTS_QEMU_DSA_ENGINE_H
#define TESTS_QEMU_DSA_ENGINE_H

#include "tests/qemu/dsa/model.h"

/* The way of one descriptor through an engine: what the callbacks of struct dsa_env get. */
struct dsa_run {
	struct dsa_model *m;
	struct dsa_slot *slot;
	uint64_t ticket; /* the slot's: another one there means that this descriptor was lost */
	unsigned wq;
	struct dsa_entry entry;
};

/* Where a descriptor stands: in its WQ, or in a batch. */
struct dsa_place {
	struct dsa_batch *batch; /* that it is in; or, of the batch descriptor itself, that it is; NULL: none */
	bool in_batch;
	uint16_t batch_index;
};

/* Those of an engine: DSA_MODEL_WORK or DSA_MODEL_BATCHES of them. */
static inline struct dsa_slot *dsa_slots_of(const struct dsa_model *m, unsigned engine, enum dsa_slot_kind kind)
{
	const size_t first = (size_t)engine * (DSA_MODEL_WORK + DSA_MODEL_BATCHES);

	return (struct dsa_slot *)&m->slots[first + (kind == DSA_SLOT_BATCH ? DSA_MODEL_WORK : 0)];
}

/* slots.c: in a slot that is free (there must be one), or out of it, with whatever waited for that. */
struct dsa_slot *dsa_slot_take(struct dsa_model *m, unsigned engine, enum dsa_slot_kind kind);
void dsa_slot_end(struct dsa_model *m, struct dsa_slot *slot);
/* It goes on at that time; and now, whatever it waited for, also if it runs and is about to wait. */
void dsa_slot_schedule(struct dsa_model *m, struct dsa_slot *slot, uint64_t at);
void dsa_slot_unschedule(struct dsa_model *m, struct dsa_slot *slot);
void dsa_slot_wake(struct dsa_model *m, struct dsa_slot *slot);
/* All slots in that state. */
void dsa_slots_wake(struct dsa_model *m, enum dsa_slot_state state);
/* It may end later than those dispatched after it. */
void dsa_slot_stuck(struct dsa_model *m, struct dsa_slot *slot);
bool dsa_slot_room(const struct dsa_model *m, const struct dsa_group *group, unsigned engine, enum dsa_slot_kind kind);
/* Within a fiber: until it is woken. Both return whether the descriptor is still there: it may be lost to a reset. */
bool dsa_wait(const struct dsa_run *run, enum dsa_slot_state state);
bool dsa_pause(const struct dsa_run *run, uint64_t ns);
bool dsa_is_lost(const struct dsa_run *run);
struct dsa_fiber *dsa_fiber_take(struct dsa_model *m);
void dsa_fiber_give(struct dsa_model *m, struct dsa_fiber *fiber);

/* order.c: whether something before it that is stuck has to write first; of a batch, whether one before it is not
 * listed. */
bool dsa_is_behind(const struct dsa_model *m, const struct dsa_slot *slot);

/* engine.c: whatever can be taken now. */
void dsa_dispatch(struct dsa_model *m, uint64_t now);

/* queue.c: the entry that is taken out; and the WQ that is served next by an engine with room for those kinds, or -1.
 */
struct dsa_entry dsa_wq_pop(struct dsa_model *m, unsigned wq);
int dsa_wq_pick(struct dsa_model *m, struct dsa_group *group, const bool room[DSA_SLOT_KINDS]);
enum dsa_slot_kind dsa_wq_next_kind(const struct dsa_model *m, unsigned wq);

/* pages.c: dsa_env.ask; and whether descriptors of that WQ may ask. */
enum dsa_page_answer dsa_ask_page(const struct dsa_env *env, const struct dsa_requester *who, uint64_t addr, bool write,
                                  unsigned attempt);
bool dsa_may_ask(const struct dsa_model *m, const struct dsa_wq *wq);

/* descriptor.c: all of a slot's. */
void dsa_run_entry(struct dsa_run *run);

/*
 * idpt.c: gives the operands of an inter-domain descriptor their domains, or returns the status that it ends with; and
 * takes them away at the end. All others pass through.
 */
uint8_t dsa_idpt_open(struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result);
void dsa_idpt_close(struct dsa_env *env, struct dsa_result *result);
void dsa_run_update_window(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *result);

/* batch.c; and until its descriptors have ended. Returns whether it is still there. */
void dsa_run_batch(const struct dsa_env *env, const struct dsa_raw_desc *desc, struct dsa_result *r);
bool dsa_batch_wait(const struct dsa_run *run);

#endif
