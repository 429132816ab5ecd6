/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/hv/bitmaps.h"

#include <errno.h>
#include <string.h>

#include "kernel/bits.h"
#include "kernel/lock.h"
#include "kernel/mem.h"

#define MSR_X2APIC_EOI 0x80bU

/* What switches with the guest: SYSENTER's and SYSCALL's MSRs, the bases of FS, GS and KernelGS. Of ports, none. */
static const uint32_t own[] = {
        0x174, 0x175, 0x176, 0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102,
};

static struct lock bitmaps_lock = LOCK_INIT("guest bitmaps");

static int make(struct hv_bitmaps *b, const struct hv_bitmap_format *format, bool own_eoi)
{
	uint8_t *ports, *msrs;

	if (b->ports)
		return 0;
	ports = page_alloc(format->port_pages);
	msrs = page_alloc(format->msr_pages);
	if (!ports || !msrs) {
		page_free(ports, format->port_pages);
		page_free(msrs, format->msr_pages);
		return -ENOMEM;
	}
	memset(ports, 0xff, format->port_pages * PAGE_SIZE);
	memset(msrs, 0xff, format->msr_pages * PAGE_SIZE);
	for (unsigned i = 0; i < ARRAY_SIZE(own); i++) {
		format->allow(msrs, own[i], false);
		format->allow(msrs, own[i], true);
	}
	if (own_eoi)
		format->allow(msrs, MSR_X2APIC_EOI, true);
	*b = (struct hv_bitmaps){ports, msrs};
	return 0;
}

int hv_bitmaps_make(struct hv_bitmaps *b, const struct hv_bitmap_format *format, bool own_eoi)
{
	int rc;

	lock_acquire(&bitmaps_lock);
	rc = make(b, format, own_eoi);
	lock_release(&bitmaps_lock);
	return rc;
}
