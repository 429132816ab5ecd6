/* SPDX-License-Identifier: BSD-2-Clause */
/* Second-stage page tables: guest-physical to host-physical. Four levels of nine bits, as both vendors have them. */
#ifndef KERNEL_HV_STAGE2_H
#define KERNEL_HV_STAGE2_H

#include <stdbool.h>
#include <stdint.h>

/* The bits of an entry that differ between vendors; the address is bits 51:12 in both. */
struct hv_stage2_format {
	uint64_t present; /* any of these: the entry is used */
	uint64_t table;   /* an entry that points to a table */
	uint64_t ram;     /* a leaf of write-back memory */
	uint64_t device;  /* a leaf of uncached device memory, never executable */
	uint64_t large;   /* besides, in a leaf of 2 MiB */
};

struct hv_stage2 {
	const struct hv_stage2_format *format;
	uint64_t *root;
};

#define HV_STAGE2_BITS                                                                                 \
	46 /* guest-physical addresses are below 2^46: the least that a 64-bit processor walks is 2^48 \
	    */

/* 0 or -ENOMEM. */
int hv_stage2_init(struct hv_stage2 *s, const struct hv_stage2_format *format);
void hv_stage2_destroy(struct hv_stage2 *s);
/*
 * Map size bytes (4 KiB multiples throughout) that are not mapped. RAM gets 2 MiB pages where both addresses allow it.
 * Returns 0, or -ENOMEM with nothing mapped. The caller flushes.
 */
int hv_stage2_map(struct hv_stage2 *s, uint64_t gpa, uint64_t hpa, uint64_t size, bool device);
/* Unmap what one hv_stage2_map() mapped. The caller flushes. */
void hv_stage2_unmap(struct hv_stage2 *s, uint64_t gpa, uint64_t size);

#endif
