/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions that a test also wants to see refused: each returns whether it was executed, and not ended in a fault.
 */
#ifndef TESTS_SUITES_CPU_H
#define TESTS_SUITES_CPU_H

#include <errno.h>

#include "kernel/bits.h"
#include "kernel/cpu.h"
#include "kernel/mem.h"
#include "kernel/trap.h"
#include "tests/test.h"

#define MSR_PASID   0xd93U
#define PASID_VALID BIT64(31)
#define MSR_XSS     0xda0U

/* CF, PF, AF, ZF, SF and OF. */
#define ARITHMETIC_FLAGS 0x8d5U
#define FLAG_ZF          0x40U

#define GP_VECTOR 13

/* kernel/trap.c goes on behind the instruction at 1 if that faults. */
#define ON_FAULT_2                        \
	".pushsection .fixups, \"a\"\n\t" \
	".quad 1b, 2b\n\t"                \
	".popsection"

#define CPU_AREA_INSTRUCTION(name, instruction)                                                \
	static inline bool name(void *area, uint64_t mask)                                     \
	{                                                                                      \
		uint32_t failed = 1;                                                           \
                                                                                               \
		__asm__ volatile("1: " instruction " (%1)\n\t"                                 \
		                 "xor %0, %0\n"                                                \
		                 "2:\n\t" ON_FAULT_2                                           \
		                 : "+r"(failed)                                                \
		                 : "r"(area), "a"((uint32_t)mask), "d"((uint32_t)(mask >> 32)) \
		                 : "memory");                                                  \
		return !failed;                                                                \
	}

CPU_AREA_INSTRUCTION(cpu_xsave, "xsave64")
CPU_AREA_INSTRUCTION(cpu_xsavec, "xsavec64")
CPU_AREA_INSTRUCTION(cpu_xsaves, "xsaves64")
CPU_AREA_INSTRUCTION(cpu_xrstor, "xrstor64")
CPU_AREA_INSTRUCTION(cpu_xrstors, "xrstors64")

#undef CPU_AREA_INSTRUCTION

static inline uint64_t cpu_xgetbv(void)
{
	uint32_t lo, hi;

	__asm__ volatile("xgetbv" : "=a"(lo), "=d"(hi) : "c"(0));
	return ((uint64_t)hi << 32) | lo;
}

static inline void cpu_xsetbv(uint64_t xcr0)
{
	__asm__ volatile("xsetbv" : : "c"(0), "a"((uint32_t)xcr0), "d"((uint32_t)(xcr0 >> 32)) : "memory");
}

/* All arithmetic flags are set before it; *flags is what they are after it. Weakly ordered: fence before it. */
#define CPU_ENQUEUE(name, prefix)                                                     \
	static inline bool name(volatile void *dst, const void *src, uint64_t *flags) \
	{                                                                             \
		uint32_t failed = 1;                                                  \
		uint64_t after;                                                       \
                                                                                      \
		__asm__ volatile("pushfq\n\t"                                         \
		                 "orq $0x8d5, (%%rsp)\n\t"                            \
		                 "popfq\n"                                            \
		                 "1: .byte " prefix ", 0x0f, 0x38, 0xf8, 0x02\n\t"    \
		                 "mov $0, %0\n" /* leaves the flags alone */          \
		                 "2:\n\t"                                             \
		                 "pushfq\n\t"                                         \
		                 "pop %1\n\t" ON_FAULT_2                              \
		                 : "+r"(failed), "=&r"(after)                         \
		                 : "a"(dst), "d"(src)                                 \
		                 : "memory", "cc");                                   \
		*flags = after & ARITHMETIC_FLAGS;                                    \
		return !failed;                                                       \
	}

CPU_ENQUEUE(cpu_enqcmd, "0xf2")
CPU_ENQUEUE(cpu_enqcmds, "0xf3")

#undef CPU_ENQUEUE

#endif
