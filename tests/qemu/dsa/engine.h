/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the files around an engine share: queue.c, engine.c, pages.c, descriptor.c, batch.c, evl.c. */
#ifndef TESTS_QEMU_DSA_ENGINE_H
#define TESTS_QEMU_DSA_ENGINE_H

#include "tests/qemu/dsa/model.h"

/* The way of one entry of a WQ through an engine: what the callbacks of struct dsa_env get. */
struct dsa_run {
	struct dsa_model *m;
	struct dsa_engine *engine;
	unsigned wq;
	struct dsa_entry entry;
};

/* A batch that runs. */
struct dsa_batch {
	uint8_t id;
	bool logged;    /* one of its descriptors has an entry in the event log */
	bool cr_logged; /* and that entry has the completion record */
};

/* Where a descriptor stands: in its WQ, or in a batch. */
struct dsa_place {
	struct dsa_batch *batch; /* that it is in; or, of the batch descriptor itself, that it is; NULL: none */
	bool in_batch;
	uint16_t batch_index;
};

/* queue.c: the entry that is taken out; and the WQ that an engine of the group serves next, or -1. */
struct dsa_entry dsa_wq_pop(struct dsa_model *m, unsigned wq);
int dsa_wq_pick(struct dsa_model *m, struct dsa_group *group);

/* pages.c: dsa_env.ask; and whether descriptors of that WQ may ask. */
enum dsa_page_answer dsa_ask_page(const struct dsa_env *env, const struct dsa_requester *who, uint64_t addr, bool write,
                                  unsigned attempt);
bool dsa_may_ask(const struct dsa_model *m, const struct dsa_wq *wq);

/* descriptor.c: all of an entry; and one descriptor, whose status is returned. */
void dsa_run_entry(struct dsa_run *run);
uint8_t dsa_run_one(struct dsa_env *env, const struct dsa_place *at, const struct dsa_raw_desc *desc);

/* batch.c */
void dsa_run_batch(const struct dsa_env *env, struct dsa_batch *batch, const struct dsa_raw_desc *desc,
                   struct dsa_result *r);

#endif
