/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "kernel/bits.h"
#include "kernel/cpu.h"
#include "kernel/hv/fpu.h"

#define CPUID_1_ECX_XSAVE BIT32(26)
#define CR4_OSFXSR        BIT64(9)
#define CR4_OSXSAVE       BIT64(18)
#define XCR0_X87          1U

void hv_fpu_enable(void)
{
	uint64_t cr4 = cpu_read_cr4();

	if (!(cpu_cpuid(1, 0).ecx & CPUID_1_ECX_XSAVE))
		return;
	cpu_write_cr4(cr4 | CR4_OSXSAVE);
	__asm__ volatile("xsetbv" : : "c"(0), "a"(XCR0_X87), "d"(0));
	cpu_write_cr4(cr4);
}

void hv_fpu_reset(uint8_t state[512])
{
	const uint16_t control = 0x37f;
	const uint32_t mxcsr = 0x1f80;

	memset(state, 0, 512);
	memcpy(state, &control, sizeof(control));
	memcpy(state + 24, &mxcsr, sizeof(mxcsr));
}

/* Without OSFXSR the instructions may leave the SSE registers out (Intel SDM vol. 2, FXSAVE). */
void hv_fpu_load(const uint8_t state[512])
{
	uint64_t cr4 = cpu_read_cr4();

	cpu_write_cr4(cr4 | CR4_OSFXSR);
	__asm__ volatile("fxrstor64 (%0)" : : "r"(state) : "memory");
	cpu_write_cr4(cr4);
}

void hv_fpu_save(uint8_t state[512])
{
	uint64_t cr4 = cpu_read_cr4();

	cpu_write_cr4(cr4 | CR4_OSFXSR);
	__asm__ volatile("fxsave64 (%0)" : : "r"(state) : "memory");
	cpu_write_cr4(cr4);
}
