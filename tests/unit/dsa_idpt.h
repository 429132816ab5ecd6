/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world of the tests of inter-domain operations: version 2.0 with translation and page requests, PWQ for the
 * submitter (privileged), DWQ for the owner, SWQ for anybody, each with an engine of its own. Each PASID has an address
 * space of its own: the same memory, at another place.
 */
#ifndef TESTS_UNIT_DSA_IDPT_H
#define TESTS_UNIT_DSA_IDPT_H

#include "tests/unit/dsa_faults.h"

/* PASIDs, and where their addresses are in flat memory (which repeats itself after 64 KiB). The submitter's (PWQ_PASID)
 * are there where they say. */
#define OWNER      0x111U
#define OTHER      0x222U
#define BITS       0x333U /* reads bitmaps */
#define OWNER_AT   0x13000U
#define OTHER_AT   0x26000U
#define BITS_AT    0x34000U
#define IN(at, n)  (DATA(n) + (at))
#define BITMAP     DATA(0) /* in the address space of BITS */
#define BITMAP_BIT (BITMAP + BITS_AT + PWQ_PASID / 8)

#define GRANT         (DSA_IDPT_USABLE | FIELD_PREP(DSA_IDPT_ACCESS, (uint64_t)OWNER))
#define SUBMITTER     FIELD_PREP(DSA_IDPT_SUBMITTER, (uint64_t)PWQ_PASID)
#define RW            (DSA_IDPT_READ | DSA_IDPT_WRITE)
#define MULTI         FIELD_PREP(DSA_IDPT_TYPE, UINT64_C(1))
#define SIZE          0x100U
#define IDPT(n, word) (DSA_MODEL_IDPT_TABLE + 32U * (n) + 8U * (word))

extern struct world w;
extern bool privileged; /* the latest access to the owner's memory */
extern struct dsa_page_request asked;
extern unsigned requests, bitmap_reads;

/* All of it, with an empty IDPT. */
void up(enum dsa_fault fault, bool cmdcap);
/* Permissions of a page of flat memory. */
void may(uint64_t flat_addr, uint8_t perm);
/* Entry n of the IDPT. */
void entry(unsigned n, uint64_t q0, uint64_t base, uint64_t size, uint64_t bitmap);
/* With cmdcap: its handle. */
unsigned request(unsigned n);

/* A descriptor with those handles, -1: none. */
struct dsa_raw_desc between(uint8_t opcode, uint64_t one, int handle1, uint64_t two, int handle2, uint32_t size);
struct dsa_raw_desc update(int handle, uint64_t base, uint64_t size, unsigned flags);
/* Submit and settle. Returns the status, 0: it has not ended. */
uint64_t done(unsigned wq, struct dsa_raw_desc d);
/* The submitter reads SIZE bytes from DATA(0) there to DATA(1). */
uint64_t read_by(int handle);
unsigned handle_in_record(void);

/* A test's own world: up() without faults, and its end (cmocka). */
int set_up(void **s);
int tear_down(void **s);

#endif
