/* SPDX-License-Identifier: BSD-2-Clause */
/* From the entry to the application's main(). */
#include <stdlib.h>
#include <string.h>

#include "kernel/boot.h"
#include "kernel/console.h"
#include "kernel/exit.h"
#include "kernel/panic.h"

static struct boot_info info;
static uint64_t kernel_phys;

_Noreturn void kernel_start(uint64_t info_phys, uint64_t phys);

const struct boot_info *boot_info_get(void)
{
	return &info;
}

bool boot_in_guest(void)
{
	return info.origin == BOOT_ORIGIN_GUEST;
}

uint64_t boot_kernel_phys(void)
{
	return kernel_phys;
}

/* Called by entry.S, on the boot stack, with the loader's lower half still mapped. */
_Noreturn void kernel_start(uint64_t info_phys, uint64_t phys)
{
	memcpy(&info, (const void *)(uintptr_t)info_phys, sizeof(info));
	kernel_phys = phys;
	console_init();
	if (info.magic != BOOT_INFO_MAGIC || info.version != BOOT_INFO_VERSION)
		panic("the loader's boot_info is not one of version %u", BOOT_INFO_VERSION);
	exit(main());
}
