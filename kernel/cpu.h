/* SPDX-License-Identifier: BSD-2-Clause */
/* Processor instructions that C has no word for. */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include <stdbool.h>
#include <stdint.h>

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpu_cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
	return r;
}

/* CPUID leaf, or zeros where the processor has no such leaf (it would answer with another leaf's values). */
static inline struct cpuid cpu_cpuid_checked(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid none = {0};

	return cpu_cpuid(leaf & UINT32_C(0xffff0000), 0).eax < leaf ? none : cpu_cpuid(leaf, subleaf);
}

static inline uint64_t cpu_rdmsr(uint32_t msr)
{
	uint32_t lo, hi;

	__asm__ volatile("rdmsr" : "=a"(lo), "=d"(hi) : "c"(msr) : "memory");
	return ((uint64_t)hi << 32) | lo;
}

static inline void cpu_wrmsr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}

static inline uint64_t cpu_rdtsc(void)
{
	uint32_t lo, hi;

	__asm__ volatile("lfence; rdtsc" : "=a"(lo), "=d"(hi) : : "memory");
	return ((uint64_t)hi << 32) | lo;
}

static inline void cpu_pause(void)
{
	__asm__ volatile("pause" : : : "memory");
}

static inline void cpu_sfence(void)
{
	__asm__ volatile("sfence" : : : "memory");
}

static inline void cpu_mfence(void)
{
	__asm__ volatile("mfence" : : : "memory");
}

static inline void cpu_clflush(const volatile void *line)
{
	__asm__ volatile("clflush (%0)" : : "r"(line) : "memory");
}

#define CPU_READ_CR(n)                                                         \
	static inline uint64_t cpu_read_cr##n(void)                            \
	{                                                                      \
		uint64_t v;                                                    \
		__asm__ volatile("mov %%cr" #n ", %0" : "=r"(v) : : "memory"); \
		return v;                                                      \
	}                                                                      \
	static inline void cpu_write_cr##n(uint64_t v)                         \
	{                                                                      \
		__asm__ volatile("mov %0, %%cr" #n : : "r"(v) : "memory");     \
	}

CPU_READ_CR(0)
CPU_READ_CR(2)
CPU_READ_CR(3)
CPU_READ_CR(4)

#undef CPU_READ_CR

static inline uint8_t cpu_in8(uint16_t port)
{
	uint8_t v;

	__asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline void cpu_out8(uint16_t port, uint8_t v)
{
	__asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port));
}

static inline uint32_t cpu_in32(uint16_t port)
{
	uint32_t v;

	__asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port));
	return v;
}

static inline void cpu_out32(uint16_t port, uint32_t v)
{
	__asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port));
}

/* CPUID.7.0:ECX[28]: whether cpu_movdir64b() may be used. */
static inline bool cpu_has_movdir64b(void)
{
	return (cpu_cpuid_checked(7, 0).ecx & (UINT32_C(1) << 28)) != 0;
}

/* One 64-byte store of src to dst (64-byte aligned). Weakly ordered: fence before it (SDM, MOVDIR64B). */
static inline void cpu_movdir64b(volatile void *dst, const void *src)
{
	__asm__ volatile(".byte 0x66, 0x0f, 0x38, 0xf8, 0x02" : : "a"(dst), "d"(src) : "memory");
}

#endif
