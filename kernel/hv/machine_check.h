/* SPDX-License-Identifier: BSD-2-Clause */
/* What a machine check left behind: Intel SDM vol. 3, 15.3; AMD64 Architecture Programmer's Manual vol. 2, 9.3. */
#ifndef KERNEL_HV_MACHINE_CHECK_H
#define KERNEL_HV_MACHINE_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * On the processor that took it: the error in words goes to text, then its bank and MCG_STATUS are cleared, because a
 * machine check that finds MCIP set shuts the processor down. Returns whether the processor itself says that its state
 * cannot be relied on (PCC). read and write are RDMSR and WRMSR.
 */
bool hv_machine_check(char *text, size_t size, uint64_t (*read)(uint32_t msr),
                      void (*write)(uint32_t msr, uint64_t value));

#endif
