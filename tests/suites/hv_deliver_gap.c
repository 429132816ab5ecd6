/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A gap in the guest's memory met while an event is delivered: its stack, its IDT, its tables or its handler lie where
 * neither RAM nor a device is, or on a device. Nobody can go on from there, so it is that guest's end, and the host's
 * next guest is none the worse.
 */
#include <string.h>

#include "tests/suites/hv.h"
#include "tests/test.h"

#define NOWHERE UINT64_C(0x40000000)
#define UD      6

static void expect_gap(struct hv_vm *vm, uint64_t gpa, enum hv_access access)
{
	struct hv_result result = guest_run(vm, HV_END_BAD_ACCESS);

	test_context("%s", result.text);
	EXPECT_EQ(gpa, result.address & ~UINT64_C(0xfff));
	EXPECT_EQ(access, result.access);
	test_context("");
}

static void expect_alive(struct hv_vm *vm);

/* RDI: the stack. */
GUEST(stack, INTERRUPTS "mov %rdi, %rsp\nud2\n");
GUEST(stack_injected, INTERRUPTS "mov %rdi, %rsp\nmov $0x12345, %ecx\nrdmsr\n");
GUEST(stack_interrupt, INTERRUPTS "mov %rdi, %rsp\nmov $0xc0000000, %ebx\nsti\nnop\nmovl $0x41, (%rbx)\nnop\n" EXIT);

TEST(gap_stack, "hv.deliver.gap.stack_of_own_exception", NEEDS_HV, "APM 2 15.25.6")
{
	struct hv_vm *vm = GUEST_VM(stack, NOWHERE + 0x1000);

	expect_gap(vm, NOWHERE, HV_ACCESS_WRITE);
	expect_alive(vm);
}

TEST(gap_injected, "hv.deliver.gap.stack_of_injected_exception", NEEDS_HV, "APM 2 15.20")
{
	struct hv_vm *vm = GUEST_VM(stack_injected, NOWHERE + 0x1000);

	expect_gap(vm, NOWHERE, HV_ACCESS_WRITE);
	expect_alive(vm);
}

TEST(gap_interrupt, "hv.deliver.gap.stack_of_interrupt", NEEDS_HV, "APM 2 15.20")
{
	struct hv_vm *vm = guest_with_doorbell(GUEST_VM(stack_interrupt, NOWHERE + 0x1000));

	expect_gap(vm, NOWHERE, HV_ACCESS_WRITE);
	expect_alive(vm);
}

/* The stack is a device: no callback is called for it. */
TEST(gap_device, "hv.deliver.gap.stack_on_a_device", NEEDS_HV, "APM 2 15.25.6")
{
	struct hv_vm *vm = GUEST_VM(stack, HV_ECAM_BASE + 0x1000);

	expect_gap(vm, HV_ECAM_BASE, HV_ACCESS_WRITE);
	expect_alive(vm);
}

/* RDI: base of the IDT. */
GUEST(idt, INTERRUPTS "mov %rdi, 0x30002\nmovw $0xfff, 0x30000\nlidt 0x30000\nud2\n");

TEST(gap_idt, "hv.deliver.gap.idt", NEEDS_HV, "APM 2 15.25.6")
{
	struct hv_vm *vm = GUEST_VM(idt, NOWHERE);

	expect_gap(vm, NOWHERE, HV_ACCESS_READ);
	GUEST_LOAD(vm, idt, HV_ECAM_BASE);
	expect_gap(vm, HV_ECAM_BASE, HV_ACCESS_READ);
	expect_alive(vm);
}

/* RDI: base of the GDT, which the processor reads for the handler's code segment. */
GUEST(gdt, INTERRUPTS "mov %rdi, 0x30002\nmovw $0xff, 0x30000\nlgdt 0x30000\nud2\n");

TEST(gap_gdt, "hv.deliver.gap.gdt", NEEDS_HV, "APM 2 15.25.6")
{
	struct hv_vm *vm = GUEST_VM(gdt, NOWHERE);

	expect_gap(vm, NOWHERE, HV_ACCESS_READ);
	expect_alive(vm);
}

GUEST(handler, INTERRUPTS "ud2\n");

TEST(gap_handler, "hv.deliver.gap.handler", NEEDS_HV, "APM 2 15.25.6")
{
	struct hv_vm *vm = GUEST_VM(handler, 0);
	const uint32_t high = NOWHERE >> 16;

	memset(guest_at(vm, GUEST_IDT + UD * 16), 0, 2);
	memcpy(guest_at(vm, GUEST_IDT + UD * 16 + 6), &high, 2);
	expect_gap(vm, NOWHERE, HV_ACCESS_FETCH);
	expect_alive(vm);
}

/* The page tables that lead to the stack. RDI: a page directory pointer table. */
GUEST(tables, INTERRUPTS "or $3, %rdi\nmov %rdi, 0x1008\nmov $0x8000001000, %rsp\nud2\n");

TEST(gap_tables, "hv.deliver.gap.page_tables", NEEDS_HV, "APM 2 15.25.6")
{
	struct hv_vm *vm = GUEST_VM(tables, NOWHERE);
	struct hv_result result = guest_run(vm, HV_END_BAD_ACCESS);

	EXPECT_EQ(NOWHERE, result.address & ~UINT64_C(0xfff));
	expect_alive(vm);
}

GUEST(alive, INTERRUPTS "mov $0x83f, %ecx\nmov $0x41, %eax\nxor %edx, %edx\nsti\nwrmsr\nnop\nxor %edi, %edi\n" EXIT);

/* The same machine, loaded again, works: nothing of the event is left. */
static void expect_alive(struct hv_vm *vm)
{
	GUEST_LOAD(vm, alive, 0);
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_EQ(1, guest_interrupts(vm, 0x41));
}
