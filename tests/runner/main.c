/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "kernel/boot.h"

int main(void)
{
	printf("Adit: %u memory ranges\n", boot_info_get()->mem_count);
	return 0x10;
}
