/* SPDX-License-Identifier: BSD-2-Clause */
/* The page allocator's start; what it hands out is in kernel/mem.h. */
#ifndef KERNEL_PAGES_H
#define KERNEL_PAGES_H

#include <stddef.h>
#include <stdint.h>

/* After paging_init(). */
void pages_init(void);
/* Physical address of count pages below 1 MiB, which the allocator never hands out; 0 if there are none. One user at a
 * time. */
uint64_t pages_low(size_t count);

#endif
