/* SPDX-License-Identifier: BSD-2-Clause */
/* What the host finds after a guest that has written whatever a guest can write. */
#include <string.h>

#include "kernel/cpu.h"
#include "kernel/percpu.h"
#include "tests/suites/hv.h"
#include "tests/test.h"

GUEST(vandal, INTERRUPTS
      "mov $0x38, %eax\nltr %ax\nmov $0x28, %eax\nmov %eax, %ds\nmov %eax, %es\nmov %eax, %fs\nmov %eax, %gs\n"
      "mov $0xc0000100, %ecx\nmov $0x7fff, %edx\nmov $0x12345678, %eax\nwrmsr\ninc %ecx\nwrmsr\ninc %ecx\nwrmsr\n"
      "mov $0xc0000081, %ecx\nwrmsr\ninc %ecx\nwrmsr\ninc %ecx\nwrmsr\nxor %edx, %edx\ninc %ecx\nwrmsr\n"
      "mov $0x174, %ecx\nmov $0x18, %eax\nwrmsr\ninc %ecx\nwrmsr\ninc %ecx\nwrmsr\n"
      "mov $0x277, %ecx\nxor %eax, %eax\nwrmsr\nmov $0xc0000080, %ecx\nrdmsr\nor $0x801, %eax\nwrmsr\n"
      "mov %cr4, %rax\nxor $0x680, %rax\nmov %rax, %cr4\nmov %cr0, %rax\nor $0x40000, %eax\nmov %rax, %cr0\n"
      "mov $0x4000, %eax\nmov %rax, %cr2\nmov $15, %eax\nmov %rax, %cr8\n"
      "mov $-1, %rbx\nmov %rbx, %rbp\nmov %rbx, %rsi\nmov %rbx, %r8\nmov %rbx, %r9\nmov %rbx, %r10\n"
      "mov %rbx, %r11\nmov %rbx, %r12\nmov %rbx, %r13\nmov %rbx, %r14\nmov %rbx, %r15\nxor %edi, %edi\nstd\n" EXIT);

static void run_vandal(void)
{
	EXPECT_EQ(0, guest_exit_status(GUEST_VM(vandal, 0)));
}

/* Those of SYSCALL and SWAPGS are nothing to this host: they may stay as a guest left them, as long as no other sees
 * them. */
TEST(host_msrs, "hv.host.msrs_kept", NEEDS_HV, "APM 2 15.5.2")
{
	static const uint32_t msrs[] = {0xc0000100, 0xc0000101, 0x174, 0x175, 0x176, 0x277, 0xc0000080};
	uint64_t before[sizeof(msrs) / sizeof(msrs[0])];

	run_vandal(); /* which switches virtualization on, a bit of EFER */
	for (unsigned i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++)
		before[i] = cpu_rdmsr(msrs[i]);
	run_vandal();
	for (unsigned i = 0; i < sizeof(msrs) / sizeof(msrs[0]); i++) {
		test_context("MSR %#x", (unsigned)msrs[i]);
		EXPECT_EQ(before[i], cpu_rdmsr(msrs[i]));
	}
}

struct tables {
	uint8_t gdt[10], idt[10];
	uint16_t tr, ldt, cs, ss, ds, es, fs, gs;
};

static struct tables read_tables(void)
{
	struct tables t;

	memset(&t, 0, sizeof(t));
	__asm__ volatile("sgdt %0" : "=m"(t.gdt));
	__asm__ volatile("sidt %0" : "=m"(t.idt));
	__asm__ volatile("str %0" : "=r"(t.tr));
	__asm__ volatile("sldt %0" : "=r"(t.ldt));
	__asm__ volatile("mov %%cs, %0" : "=r"(t.cs));
	__asm__ volatile("mov %%ss, %0" : "=r"(t.ss));
	__asm__ volatile("mov %%ds, %0" : "=r"(t.ds));
	__asm__ volatile("mov %%es, %0" : "=r"(t.es));
	__asm__ volatile("mov %%fs, %0" : "=r"(t.fs));
	__asm__ volatile("mov %%gs, %0" : "=r"(t.gs));
	return t;
}

TEST(host_tables, "hv.host.tables_and_segments_kept", NEEDS_HV, "APM 2 15.5.2")
{
	struct tables before = read_tables(), after;

	run_vandal();
	after = read_tables();
	EXPECT_MEM_EQ(before.gdt, after.gdt, sizeof(before.gdt));
	EXPECT_MEM_EQ(before.idt, after.idt, sizeof(before.idt));
	/* A guest may have been here before: VMX leaves both with a limit of 0xffff (SDM 3C 27.5.2). */
	EXPECT_EQ(sizeof(percpu_self()->gdt) - 1, after.gdt[0] | after.gdt[1] << 8);
	EXPECT_EQ(256 * 16 - 1, after.idt[0] | after.idt[1] << 8);
	EXPECT_EQ(before.tr, after.tr);
	EXPECT_EQ(before.ldt, after.ldt);
	EXPECT_EQ(before.cs, after.cs);
	EXPECT_EQ(before.ss, after.ss);
	EXPECT_EQ(before.ds, after.ds);
	EXPECT_EQ(before.es, after.es);
	EXPECT_EQ(before.fs, after.fs);
	EXPECT_EQ(before.gs, after.gs);
}

TEST(host_control, "hv.host.control_registers_kept", NEEDS_HV, "APM 2 15.5.2")
{
	uint64_t cr0, cr3 = cpu_read_cr3(), cr4, cr8, dr7, flags, after;

	run_vandal(); /* which may switch virtualization on, a bit of CR4 */
	cr0 = cpu_read_cr0();
	cr4 = cpu_read_cr4();
	__asm__ volatile("mov %%cr8, %0" : "=r"(cr8));
	__asm__ volatile("mov %%dr7, %0" : "=r"(dr7));
	__asm__ volatile("pushf; pop %0" : "=r"(flags));
	run_vandal();
	EXPECT_EQ(cr0, cpu_read_cr0());
	EXPECT_EQ(cr3, cpu_read_cr3());
	EXPECT_EQ(cr4, cpu_read_cr4());
	__asm__ volatile("mov %%cr8, %0" : "=r"(after));
	EXPECT_EQ(cr8, after);
	__asm__ volatile("mov %%dr7, %0" : "=r"(after));
	EXPECT_EQ(dr7, after);
	__asm__ volatile("pushf; pop %0" : "=r"(after));
	EXPECT_EQ(flags & 0x700, after & 0x700); /* TF, IF, DF */
}

GUEST(nothing, "xor %edi, %edi\n" EXIT);

/* Switched off and on again, with guests between. */
TEST(host_shutdown, "hv.host.switched_off_and_on", NEEDS_HV, "APM 2 15.4")
{
	struct hv_vm *vm = GUEST_VM(nothing, 0);

	for (unsigned i = 0; i < 3; i++) {
		EXPECT_EQ(0, guest_exit_status(vm));
		hv_shutdown();
		EXPECT_EQ(0, cpu_rdmsr(0xc0000080) & 1U << 12); /* EFER.SVME */
		EXPECT_EQ(0, cpu_read_cr4() & 1U << 13);        /* CR4.VMXE */
		GUEST_LOAD(vm, nothing, 0);
	}
}
