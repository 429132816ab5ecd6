/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Translation in scalable mode, as a VT-d unit does it: root, context, PASID directory, PASID table, first and second
 * stage, nested. Plain C over callbacks: the emulated unit calls it, and unit tests without an emulator.
 *
 * Section numbers are those of the Intel VT-d Architecture Specification, D51397-018.
 */
#ifndef TESTS_QEMU_VTD_WALK_H
#define TESTS_QEMU_VTD_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "drivers/vtd/tables.h"

/* Physical memory as the unit sees it. Values are little-endian in memory and in host order here. */
struct vtd_walk_memory {
	/* Reads count 64-bit words; 0, or negative if nothing answers there. */
	int (*read)(void *opaque, uint64_t pa, uint64_t *words, unsigned count);
	/* Atomically replaces old by new: 0, 1 if the word was not old, negative if nothing answers there. */
	int (*cmpxchg)(void *opaque, uint64_t pa, uint64_t old, uint64_t new);
};

/* The unit: what it offers and how it is set up. */
struct vtd_walk_unit {
	uint64_t cap, ecap; /* as software reads them */
	unsigned haw;       /* host address width */
	uint64_t rtaddr;    /* the root table address that is in effect, with its translation table mode */
	uint32_t wrong;     /* VTD_WRONG_* of tests/qemu/vtd/fault.h: deliberate misbehaviour */
	const struct vtd_walk_memory *memory;
	void *opaque;
};

/* An untranslated request. Neither read nor write: a read of length zero. */
struct vtd_walk_request {
	uint16_t sid;
	bool has_pasid;
	uint32_t pasid;
	bool privileged; /* only with a PASID */
	bool read, write;
	uint64_t address;
};

/* What the tables say about a requester. */
struct vtd_walk_entry {
	uint32_t pasid; /* in effect: RID_PASID for a request without PASID */
	bool privileged;
	uint64_t context[VTD_CTX_WORDS];
	uint64_t entry[VTD_PASID_WORDS];
	unsigned pgtt;
	uint16_t did;
};

struct vtd_walk_result {
	int reason;      /* 0, or one of enum vtd_fault_reason */
	bool no_record;  /* the fault is not to be recorded: an entry on the way has FPD, and the reason is qualified */
	uint64_t output; /* physical address of the page, */
	uint64_t input;  /* the page's input address, */
	uint64_t bytes;  /* and its size: 4 KiB, 2 MiB or 1 GiB */
	bool read;
	bool write; /* false also while a write would have to set a dirty bit first: such a write must be walked again
	             */
	struct vtd_walk_entry from;
};

/* The first half of vtd_walk_entry(): the root and the context entry, and what they say of the request's PASID. */
int vtd_walk_context(const struct vtd_walk_unit *unit, const struct vtd_walk_request *request,
                     struct vtd_walk_entry *entry, bool *fpd);

/*
 * Finds the PASID table entry that serves a request (3.4.3). Returns 0 or the fault reason; *fpd says whether an entry
 * on the way disables the recording of qualified faults. Stops at the checks that do not depend on the address.
 */
int vtd_walk_entry(const struct vtd_walk_unit *unit, const struct vtd_walk_request *request,
                   struct vtd_walk_entry *entry, bool *fpd);

/* Translates a request (3.6, 3.7, 3.8). result->reason says whether it may go on. */
void vtd_walk(const struct vtd_walk_unit *unit, const struct vtd_walk_request *request, struct vtd_walk_result *result);

/* Whether recording of a fault can be disabled by FPD (7.1.3, column "Qualified"). */
bool vtd_walk_qualified(int reason);

#endif
