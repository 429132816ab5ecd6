/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loader handed over, and where the kernel is. */
#ifndef KERNEL_BOOT_H
#define KERNEL_BOOT_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/boot_info.h"

#define KERNEL_BASE UINT64_C(0xffffffff80000000)

/* The kernel's own copy: valid from the start, for ever. */
const struct boot_info *boot_info_get(void);
/* Whether this kernel is a payload in a guest of this project: no COM1, no PIT, no IOAPIC. */
bool boot_in_guest(void);
/* Where the kernel's first byte really lies. */
uint64_t boot_kernel_phys(void);

/* The application: returns the status for platform_exit(). */
int main(void);

#endif
