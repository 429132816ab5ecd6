/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the idpt_*.c suites share. Inter-domain operations of DSA 2.0: a descriptor of one PASID reads and writes the
 * memory of another one, because an entry of the inter-domain permissions table (IDPT) lets it, and only what that lets
 * it. There are three address spaces that have the same addresses and nothing else in common: mine, whose WQ is
 * TEST_WQ; the owner's, whose WQ is the next one; and another one's, without a WQ.
 *
 * What is refused is refused with a status, and leaves all memory as it was.
 */
#ifndef TESTS_SUITES_IDPT_H
#define TESTS_SUITES_IDPT_H

#include "tests/suites/dsa2.h"
#include "tests/suites/vtd.h"

#define RW         (VTD_READ | VTD_WRITE)
#define OWNER_WQ   (TEST_WQ + 1)
#define SIZE       256U
/* One more address, for what a test needs. */
#define SPACE_MORE UINT64_C(0x3000600000)

struct domains {
	struct space *me, *owner, *other;
	/* The page at SPACE_SRC of each, and mine at SPACE_DST. */
	uint8_t *mine, *owners, *others, *result;
};

/* Skips the test. */
void need_idpt(void);
void need_bitmaps(void);
void need_operation(unsigned opcode);
/* All of it, with both WQs enabled. ats: pages that are not there are found before they are used. */
struct domains domains_new(bool ats);

/* Any entry: each must do. */
unsigned some_entry(void);
/* I may do all to all of the owner's memory. */
struct dsa_grant whole_grant(const struct domains *w);
/* Write the entry. Returns its handle. */
uint16_t give(unsigned index, struct dsa_grant g);

/* I read size bytes from there to SPACE_DST, or write them there from SPACE_SRC. Return the status. */
unsigned read_from(const struct domains *w, uint16_t handle, uint64_t address, uint32_t size);
unsigned write_to(const struct domains *w, uint16_t handle, uint64_t address, uint32_t size);
/* The handle that my record says was wrong (3.14.4). */
uint16_t named_handle(const struct domains *w);
/* Such a read is refused with that status; or brings what is at there. */
void expect_refused(const struct domains *w, unsigned status, uint16_t handle, uint64_t address, uint32_t size);
void expect_allowed(const struct domains *w, uint16_t handle, uint64_t address, const uint8_t *there, uint32_t size);

#endif
