/* SPDX-License-Identifier: BSD-2-Clause */
/* Address space: for the kernel itself. Drivers use kernel/mem.h. */
#ifndef KERNEL_PAGING_H
#define KERNEL_PAGING_H

#include <stddef.h>
#include <stdint.h>

/* Make size more bytes at the heap's end usable. Returns the old end, or NULL when memory is exhausted. */
void *paging_grow_heap(size_t size);

#endif
