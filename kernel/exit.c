/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <string.h>

#include "kernel/boot.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/exit.h"
#include "kernel/guest.h"
#include "kernel/hypercall.h"
#include "kernel/time.h"

#define CPUID_HYPERVISOR       UINT32_C(0x40000000)
#define CPUID_1_ECX_HYPERVISOR (UINT32_C(1) << 31)
#define ISA_DEBUG_EXIT         0xf4

/* Whether this is QEMU: the only place where the kernel asks, because a test run has to end there. */
static bool in_qemu(void)
{
	char name[13] = "";
	struct cpuid id;

	if (!(cpu_cpuid(1, 0).ecx & CPUID_1_ECX_HYPERVISOR))
		return false;
	id = cpu_cpuid(CPUID_HYPERVISOR, 0);
	memcpy(name, &id.ebx, 4);
	memcpy(name + 4, &id.ecx, 4);
	memcpy(name + 8, &id.edx, 4);
	return strcmp(name, "TCGTCGTCGTCG") == 0 || strcmp(name, "KVMKVMKVM") == 0;
}

_Noreturn void platform_exit(unsigned status)
{
	if (boot_in_guest())
		guest_hypercall(HYPERCALL_EXIT, status, 0, 0);
	else if (in_qemu()) {
		cpu_out32(ISA_DEBUG_EXIT, status);
		/* The emulator leaves when it gets round to it. */
		time_delay_us(500000);
	}
	console_printf("# The run is over (status 0x%x). The processor halts; switch off or reset.\n", status);
	for (;;)
		__asm__ volatile("cli; hlt");
}
