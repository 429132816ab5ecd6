/* SPDX-License-Identifier: BSD-2-Clause */
/* What a guest reaches without an exit: the one rule for both back ends, whose bitmaps differ in their layout alone. */
#ifndef KERNEL_HV_BITMAPS_H
#define KERNEL_HV_BITMAPS_H

#include <stdbool.h>
#include <stdint.h>

/* A bit set makes an exit. The same for all guests and all processors, and never given back. */
struct hv_bitmaps {
	uint8_t *ports; /* NULL: not made yet */
	uint8_t *msrs;
};

struct hv_bitmap_format {
	unsigned port_pages, msr_pages;
	/* Clear the bit for reads of that MSR, or for writes. */
	void (*allow)(uint8_t *msrs, uint32_t msr, bool write);
};

/*
 * Make them, once: the first guests may be made on several processors at a time. own_eoi: the processor itself sees to
 * writes of the x2APIC's EOI register. Returns 0 or -ENOMEM.
 */
int hv_bitmaps_make(struct hv_bitmaps *b, const struct hv_bitmap_format *format, bool own_eoi);

#endif
