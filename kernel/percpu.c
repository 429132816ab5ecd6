/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "kernel/cpu.h"
#include "kernel/paging.h"
#include "kernel/percpu.h"
#include "kernel/smp.h"
#include "kernel/trap.h"

#define MSR_FS_BASE       0xc0000100U
#define MSR_GS_BASE       0xc0000101U
#define DESCRIPTOR_CODE64 UINT64_C(0x00af9b000000ffff)
#define DESCRIPTOR_DATA   UINT64_C(0x00cf93000000ffff)
#define DESCRIPTOR_TSS    (UINT64_C(0x89) << 40)

static struct percpu boot_cpu;
static uint8_t boot_ist_stacks[IST_COUNT][IST_STACK_SIZE] __attribute__((aligned(16)));

void percpu_load(struct percpu *cpu)
{
	uint64_t tss = (uint64_t)(uintptr_t)&cpu->tss;
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) gdtr = {sizeof(cpu->gdt) - 1, (uint64_t)(uintptr_t)cpu->gdt};

	cpu->self = cpu;
	cpu->tss.io_map = sizeof(cpu->tss);
	cpu->gdt[GDT_CODE / 8] = DESCRIPTOR_CODE64;
	cpu->gdt[GDT_DATA / 8] = DESCRIPTOR_DATA;
	cpu->gdt[GDT_TSS / 8] =
	        DESCRIPTOR_TSS | (sizeof(cpu->tss) - 1) | (tss & 0xffffff) << 16 | (tss >> 24 & 0xff) << 56;
	cpu->gdt[GDT_TSS / 8 + 1] = tss >> 32;
	__asm__ volatile("lgdt %0\n\t"
	                 "pushq %1\n\t"
	                 "lea 1f(%%rip), %%rax\n\t"
	                 "pushq %%rax\n\t"
	                 "lretq\n"
	                 "1:\n\t"
	                 "mov %2, %%ds\n\t"
	                 "mov %2, %%es\n\t"
	                 "mov %2, %%ss\n\t"
	                 "mov %3, %%fs\n\t"
	                 "mov %3, %%gs\n\t"
	                 "lldt %w3\n\t"
	                 "ltr %w4"
	                 :
	                 : "m"(gdtr), "i"(GDT_CODE), "r"(GDT_DATA), "r"(0), "r"(GDT_TSS)
	                 : "rax", "memory");
	cpu_wrmsr(MSR_FS_BASE, 0);
	cpu_wrmsr(MSR_GS_BASE, (uint64_t)(uintptr_t)cpu);
	trap_load_idt();
}

void percpu_init_boot(void)
{
	for (unsigned i = 0; i < IST_COUNT; i++)
		boot_cpu.tss.ist[i] = (uint64_t)(uintptr_t)(boot_ist_stacks[i] + IST_STACK_SIZE);
	boot_cpu.online = 1;
	percpu_load(&boot_cpu);
}

int percpu_alloc_stacks(struct percpu *cpu)
{
	for (unsigned i = 0; i < IST_COUNT; i++) {
		void *top = paging_alloc_stack(IST_STACK_SIZE);

		if (!top)
			return -ENOMEM;
		cpu->tss.ist[i] = (uint64_t)(uintptr_t)top;
	}
	return 0;
}

unsigned smp_id(void)
{
	uint32_t id;

	__asm__("mov %%gs:8, %0" : "=r"(id));
	return id;
}
