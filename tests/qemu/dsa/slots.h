/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the engines have in progress (3.4, 3.9, 9.2.23): each descriptor that an engine took has a slot until it ended.
 * An engine has slots for work descriptors, of WQs and of batches, and others for the batch descriptors themselves.
 */
#ifndef TESTS_QEMU_DSA_SLOTS_H
#define TESTS_QEMU_DSA_SLOTS_H

#include "tests/qemu/dsa/exec.h"
#include "tests/qemu/dsa/fiber.h"
#include "tests/qemu/dsa/inject.h"

#define DSA_MODEL_ENGINES 4
/* The work descriptors are GENCAP 39:32 of version 1 as it was meant once: descriptors per engine. */
#define DSA_MODEL_WORK    64
#define DSA_MODEL_BATCHES 16
#define DSA_MODEL_SLOTS   ((size_t)DSA_MODEL_ENGINES * (DSA_MODEL_WORK + DSA_MODEL_BATCHES))

enum dsa_slot_kind {
	DSA_SLOT_WORK,
	DSA_SLOT_BATCH,
	DSA_SLOT_KINDS,
};

enum dsa_slot_state {
	DSA_SLOT_FREE,
	DSA_SLOT_DUE,       /* goes on, or begins, at ready_at: it is in the list of those */
	DSA_SLOT_RUNS,      /* just now */
	DSA_SLOT_HELD,      /* behind one whose writes come first (order.c) */
	DSA_SLOT_HUNG,      /* for ever */
	DSA_SLOT_PAGE,      /* waits for the response to page request `group` */
	DSA_SLOT_PAGE_TURN, /* until it may ask for a page */
	DSA_SLOT_LOG,       /* for room in the event log */
	/* a batch: */
	DSA_SLOT_LIST_TURN, /* until the batches before it are listed */
	DSA_SLOT_OFFER,     /* for a slot that its next descriptor fits in */
	DSA_SLOT_CHILDREN,  /* for the end of those that it has in slots */
};

struct dsa_entry {
	struct dsa_raw_desc desc;
	uint64_t seq; /* order of submission in the whole device; of a batch's descriptor: the batch's */
	uint32_t pasid;
	bool priv;
	bool ims;      /* which kind of portal: which table its interrupt handle is for */
	uint16_t page; /* of the portal, in the WQ's range */
};

/* A batch that runs. */
struct dsa_batch {
	uint8_t id;
	bool named;     /* id is its own */
	bool logged;    /* one of its descriptors has an entry in the event log */
	bool cr_logged; /* and that entry has the completion record */
	bool failed;    /* one of its descriptors */
	bool listed;    /* no more of its descriptors will want a slot */
	unsigned children;
	struct dsa_raw_desc next; /* offered: see DSA_SLOT_OFFER */
	uint16_t next_index;
};

struct dsa_slot {
	enum dsa_slot_state state;
	enum dsa_slot_kind kind;
	unsigned engine, wq;
	uint64_t ticket; /* order of dispatch, and no other's: 0 if it is free */
	struct dsa_entry entry;
	struct dsa_slot *parent; /* the batch that it is of */
	uint16_t batch_index;
	enum dsa_injection injection; /* what befalls it */
	bool abandoned;               /* an abort came: a batch that ends without a trace */
	uint64_t ready_at;
	struct dsa_slot *before, *after; /* in time, of those that are due */
	struct dsa_fiber *fiber;         /* once it runs in one */
	uint16_t group;
	bool foreign; /* the page is of another domain */
	enum dsa_page_answer answer;
	struct dsa_batch batch;
	/* Of the descriptor that is executed, for perfmon.c. */
	uint64_t bytes_read, bytes_written;
};

struct dsa_engine {
	uint64_t free[DSA_SLOT_KINDS]; /* bitmaps of slots */
	uint64_t stuck;                /* work slots that may end later than those dispatched after them */
	uint64_t last_ready;           /* its data path is taken until then */
	unsigned offers;               /* batches in DSA_SLOT_OFFER */
};

#endif
