/* SPDX-License-Identifier: BSD-2-Clause */
/* Second-stage page tables: guest-physical to host-physical. Four levels of nine bits, as both vendors have them. */
#ifndef KERNEL_HV_STAGE2_H
#define KERNEL_HV_STAGE2_H

#include <stdbool.h>
#include <stdint.h>

/* The bits of an entry that differ between vendors; the address is bits 51:12 in both. */
struct hv_stage2_format {
	uint64_t present;    /* any of these: the entry is used */
	uint64_t table;      /* an entry that points to a table */
	uint64_t ram;        /* a leaf of write-back memory */
	uint64_t device;     /* a leaf of uncached device memory, never executable */
	uint64_t large;      /* besides, in a leaf of 2 MiB or 1 GiB */
	uint64_t write;      /* set: the guest may write */
	uint64_t execute;    /* set: it may execute; 0: see below */
	uint64_t no_execute; /* set: it may not */
	uint64_t dirty;      /* the processor sets it when the guest writes; 0: it does not */
	bool huge;           /* leaves of 1 GiB */
};

struct hv_stage2 {
	const struct hv_stage2_format *format;
	uint64_t *root;
	uint64_t *spare; /* tables for later, linked by their first words */
	unsigned spare_count;
};

#define HV_STAGE2_BITS                                                                                 \
	46 /* guest-physical addresses are below 2^46: the least that a 64-bit processor walks is 2^48 \
	    */

/* 0 or -ENOMEM. */
int hv_stage2_init(struct hv_stage2 *s, const struct hv_stage2_format *format);
void hv_stage2_destroy(struct hv_stage2 *s);
/*
 * Have count tables in reserve: a mapping takes from there first, so that one made for a guest's exit allocates
 * nothing. Returns 0, or -ENOMEM with fewer.
 */
int hv_stage2_reserve(struct hv_stage2 *s, unsigned count);
/*
 * Lowest tables of that range without an entry go to the reserve. Only when no processor can walk them any more: after
 * the flush, while the guest does not execute.
 */
void hv_stage2_reclaim(struct hv_stage2 *s, uint64_t gpa, uint64_t size);
/*
 * Map size bytes (4 KiB multiples throughout) that are not mapped. RAM gets pages of 1 GiB and 2 MiB where both
 * addresses allow it and the processor has them. Returns 0, or -ENOMEM with nothing mapped. The caller flushes.
 */
int hv_stage2_map(struct hv_stage2 *s, uint64_t gpa, uint64_t hpa, uint64_t size, bool device);
/* Unmap what one hv_stage2_map() mapped. The caller flushes. */
void hv_stage2_unmap(struct hv_stage2 *s, uint64_t gpa, uint64_t size);
/* The leaf that maps gpa, and in *level 1, 2 or 3 for 4 KiB, 2 MiB and 1 GiB; NULL where there is none. */
uint64_t *hv_stage2_leaf(const struct hv_stage2 *s, uint64_t gpa, unsigned *level);
/*
 * Allow and forbid what the guest may do with mapped memory; larger pages are split. Returns 0, -ENOENT (not all of it
 * is mapped) or -ENOMEM, then with a part done. The caller flushes.
 */
int hv_stage2_protect(struct hv_stage2 *s, uint64_t gpa, uint64_t size, bool write, bool execute);
bool hv_stage2_may_write(const struct hv_stage2 *s, uint64_t gpa);
/*
 * Whether the page of 4 KiB at gpa was written, as far as pages are known apart: a larger one is written when any of it
 * was, and is split, so that the next answer is exact. Forgets it. The caller flushes. Returns 0, 1 or -ENOMEM.
 */
int hv_stage2_take_dirty(struct hv_stage2 *s, uint64_t gpa);
/* The hypervisor has written there on the guest's behalf. */
void hv_stage2_set_dirty(struct hv_stage2 *s, uint64_t gpa);

#endif
