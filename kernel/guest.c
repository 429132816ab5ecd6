/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "kernel/cpu.h"
#include "kernel/guest.h"
#include "kernel/hypercall.h"
#include "kernel/mem.h"

#define SIGNATURE_ADIT UINT32_C(0x74696441) /* "Adit" */

static uint32_t instruction;

void guest_init(void)
{
	struct cpuid id = cpu_cpuid(GUEST_CPUID_SIGNATURE, 0);

	if (id.eax >= GUEST_CPUID_HYPERCALL && id.ebx == SIGNATURE_ADIT && id.ecx == SIGNATURE_ADIT &&
	    id.edx == SIGNATURE_ADIT)
		instruction = cpu_cpuid(GUEST_CPUID_HYPERCALL, 0).eax;
}

int64_t guest_hypercall(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t result = number;

	if (instruction == GUEST_HYPERCALL_VMMCALL)
		__asm__ volatile("vmmcall" : "+a"(result) : "D"(a), "S"(b), "d"(c) : "memory");
	else if (instruction == GUEST_HYPERCALL_VMCALL)
		__asm__ volatile("vmcall" : "+a"(result) : "D"(a), "S"(b), "d"(c) : "memory");
	else
		return -ENOSYS;
	return (int64_t)result;
}

void guest_console_write(const char *text, size_t size)
{
	while (size) {
		uint64_t phys = phys_of(text);
		size_t room = PAGE_SIZE - (phys & (PAGE_SIZE - 1));
		size_t n = size < room ? size : room;

		if (guest_hypercall(HYPERCALL_CONSOLE, phys, n, 0) < 0)
			return;
		text += n;
		size -= n;
	}
}
