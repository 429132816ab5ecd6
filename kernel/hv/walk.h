/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's own page tables, walked by the hypervisor to fetch an instruction or to reach the second operand of one.
 * Pure and bounded: the tables are hostile. At most five reads a walk, each through a callback that refuses what is not
 * RAM. Accessed and dirty bits are not set: the processor has set those of the access that trapped, and no guest of
 * this project looks at the others.
 */
#ifndef KERNEL_HV_WALK_H
#define KERNEL_HV_WALK_H

#include "kernel/hv/hv.h"

/* Bits of a page fault's error code (Intel SDM vol. 3, 4.7). */
#define HV_PF_PRESENT  0x01U
#define HV_PF_WRITE    0x02U
#define HV_PF_USER     0x04U
#define HV_PF_RESERVED 0x08U
#define HV_PF_FETCH    0x10U

/* Read width (4 or 8) bytes of guest-physical memory; negative if there is no RAM. */
struct hv_walk_memory {
	int (*read)(void *arg, uint64_t gpa, unsigned width, uint64_t *value);
	void *arg;
};

/*
 * Translate a linear address as the processor would for that access with regs' privilege. Returns 0 with *gpa, -EFAULT
 * with the page fault's error code in *error, or -ENXIO when a page table is not in RAM (its address in *gpa).
 */
int hv_walk(const struct hv_regs *regs, const struct hv_walk_memory *memory, uint64_t linear, enum hv_access access,
            uint64_t *gpa, uint32_t *error);

#endif
