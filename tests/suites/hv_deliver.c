/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Exceptions and interrupts on their way through a guest's IDT: raised by the guest itself, injected by the hypervisor,
 * and going wrong while they are delivered. A fault of the guest's own there becomes another one for the guest, as the
 * manual says; a gap in its memory there is the end of that guest, with the reason in words.
 */
#include <string.h>

#include "tests/suites/hv.h"
#include "tests/test.h"

#define DE 0
#define DB 1
#define BP 3
#define UD 6
#define DF 8
#define NP 11
#define SS 12
#define GP 13
#define PF 14
#define AC 17

/* ---- what the guest raises itself ---- */

GUEST(divide, INTERRUPTS "xor %ecx, %ecx\ndiv %ecx\n");
GUEST(breakpoint, INTERRUPTS "int3\n");
GUEST(undefined, INTERRUPTS "ud2\n");
GUEST(null_selector, INTERRUPTS "mov $0x68, %eax\nmov %eax, %ds\n"); /* beyond the table */
GUEST(non_canonical, INTERRUPTS "mov $0x8000000000000000, %rax\nmov (%rax), %eax\n");
GUEST(stack_fault, INTERRUPTS "mov $0x8000000000000000, %rsp\npush %rax\n");
GUEST(not_mapped, INTERRUPTS "mov $0x123456789000, %rax\nmov (%rax), %eax\n");
GUEST(int_n, INTERRUPTS "int $0x13\n");
GUEST(icebp, INTERRUPTS ".byte 0xf1\n");

TEST(deliver_own, "hv.deliver.exceptions_of_the_guest", NEEDS_HV, "APM 2 15.12")
{
	static const struct {
		const uint8_t *first, *end;
		unsigned vector;
	} own[] = {
	        {divide_first, divide_end, DE},
	        {breakpoint_first, breakpoint_end, BP},
	        {undefined_first, undefined_end, UD},
	        {null_selector_first, null_selector_end, GP},
	        {non_canonical_first, non_canonical_end, GP},
	        {stack_fault_first, stack_fault_end, DF}, /* #SS finds no stack either */
	        {not_mapped_first, not_mapped_end, PF},
	        {int_n_first, int_n_end, 0x13},
	        {icebp_first, icebp_end, DB},
	};
	struct hv_vm *vm = GUEST_VM(divide, 0);
	struct hv_result result;

	for (unsigned i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		guest_load(vm, own[i].first, own[i].end, 0);
		if (own[i].vector == DF) /* by the interrupt stack table */
			*(uint8_t *)guest_at(vm, GUEST_IDT + DF * 16 + 4) = 1;
		result = guest_run(vm, own[i].vector == DF ? HV_END_SHUTDOWN : HV_END_EXIT);
		test_context("vector %u", own[i].vector);
		if (own[i].vector != DF)
			EXPECT_EQ(GUEST_EXCEPTION + own[i].vector, result.status);
		if (own[i].vector == PF)
			EXPECT_EQ(UINT64_C(0x123456789000), result.regs.cr2);
	}
}

/* With a task register the double fault has its own stack. */
GUEST(double_fault, INTERRUPTS "mov $0x38, %eax\nltr %ax\nmov $0x8000000000000000, %rsp\npush %rax\n");

TEST(deliver_double, "hv.deliver.double_fault_by_ist", NEEDS_HV, "SDM 3A 7.14.5")
{
	struct hv_vm *vm = GUEST_VM(double_fault, 0);
	struct hv_result result;

	*(uint8_t *)guest_at(vm, GUEST_IDT + DF * 16 + 4) = 1;
	result = guest_run(vm, HV_END_EXIT);
	EXPECT_EQ(GUEST_EXCEPTION + DF, result.status);
	EXPECT_EQ(GUEST_IST1 - 48, result.regs.gpr[HV_RSP]);
}

/* ---- what the hypervisor injects, with error code and return address ---- */

/* The handler of #GP, #UD and #PF returns what is on its stack: the error code (if any) above RIP. */
#define HANDLER_AT(gate) "lea 6f(%rip), %rax\nmov %ax, 0x8000+" gate "\nshr $16, %eax\nmov %ax, 0x8006+" gate "\n"
GUEST(gp_frame,
      INTERRUPTS HANDLER_AT("0xd0") "mov $0x12345, %ecx\n5: rdmsr\nud2\n"
                                    "6: pop %rdi\nshl $32, %rdi\nlea 5b(%rip), %rax\nsub (%rsp), %rax\nor %rax, %rdi\n"
                                    "cmpq $0x08, 8(%rsp)\nje 7f\nor $0x100, %rdi\n7:" EXIT);
GUEST(ud_frame, INTERRUPTS HANDLER_AT("0x60") "mov $0xc0000000, %ebx\n5: divl (%rbx)\nud2\n"
                                              "6: xor %edi, %edi\nlea 5b(%rip), %rax\nsub (%rsp), %rax\nor %rax, %rdi\n"
                                              "cmpq $0x08, 8(%rsp)\nje 7f\nor $0x100, %rdi\n7:" EXIT);

TEST(deliver_frame, "hv.deliver.injected_frame", NEEDS_HV, "SDM 3A 7.14.2")
{
	EXPECT_EQ(0, guest_exit_status(GUEST_VM(gp_frame, 0)));
	EXPECT_EQ(0, guest_exit_status(guest_with_doorbell(GUEST_VM(ud_frame, 0))));
}

/* From ring 3: the stack is the one of the task state, and IF comes back with IRET. */
GUEST(from_user, INTERRUPTS "mov $0xc0000000, %ebx\n" TO_RING3("0x202") "movl $0x41, (%rbx)\nmov $7, %r12d\nud2\n");

TEST(deliver_user, "hv.deliver.interrupt_in_ring_3", NEEDS_HV, "SDM 3A 7.14.4")
{
	struct hv_vm *vm = guest_with_doorbell(GUEST_VM(from_user, 0));
	struct hv_result result;

	guest_allow_user(vm);
	result = guest_run(vm, HV_END_EXIT);
	EXPECT_EQ(GUEST_EXCEPTION + UD, result.status);
	EXPECT_EQ(1, guest_interrupts(vm, 0x41));
	EXPECT_EQ(7, result.regs.gpr[HV_R12]);
	EXPECT_EQ(GUEST_RSP0 - 40, result.regs.gpr[HV_RSP]);
	EXPECT_EQ(0x4b, guest_u64(vm, GUEST_RSP0 - 8)); /* SS of ring 3 */
	EXPECT_EQ(0x202, guest_u64(vm, GUEST_RSP0 - 24) & 0x202);
}

/* Alignment check, on in ring 3 by RFLAGS.AC and CR0.AM: caught on its way and given back. */
GUEST(alignment,
      INTERRUPTS "mov %cr0, %rax\nor $0x40000, %eax\nmov %rax, %cr0\n" TO_RING3("0x40002") "mov 0x30001, %eax\nud2\n");

TEST(deliver_ac, "hv.deliver.alignment_check", NEEDS_HV, "SDM 3A 7.15")
{
	struct hv_vm *vm = GUEST_VM(alignment, 0);
	struct hv_result result;

	guest_allow_user(vm);
	result = guest_run(vm, HV_END_EXIT);
	if (result.status == GUEST_EXCEPTION + UD && guest_on_tcg())
		SKIP("QEMU's TCG does not check alignment (EFLAGS.AC)");
	EXPECT_EQ(GUEST_EXCEPTION + AC, result.status);
	EXPECT_EQ(GUEST_RSP0 - 48, result.regs.gpr[HV_RSP]); /* with an error code */
	EXPECT_EQ(0, guest_u64(vm, GUEST_RSP0 - 48));
}

/* Single-step over what the hypervisor does in the guest's place: one trap an instruction, none lost. */
GUEST(stepping, INTERRUPTS HANDLER_AT(
                        "0x10") "jmp 7f\n6: inc %r12d\niretq\n"
                                "7: mov $0xb0000000, %ebx\nxor %r12d, %r12d\nmov $0x80, %edx\n"
                                "pushf\norl $0x100, (%rsp)\npopf\n"
                                "nop\nin %dx, %al\nmov (%rbx), %eax\ncpuid\nnop\npushf\nandl $~0x100, (%rsp)\npopf\n"
                                "mov %r12d, %edi\n" EXIT);

TEST(deliver_stepping, "hv.deliver.single_step_over_exits", NEEDS_HV, "SDM 3A 18.3.1.4")
{
	EXPECT_EQ(8, guest_exit_status(GUEST_VM(stepping, 0)));
}

/* ---- going wrong ---- */

static void absent_gate(struct hv_vm *vm, unsigned vector)
{
	*(uint8_t *)guest_at(vm, GUEST_IDT + vector * 16 + 5) &= 0x7f;
}

TEST(deliver_np, "hv.deliver.gate_not_present", NEEDS_HV, "SDM 3A 7.15")
{
	struct hv_vm *vm = GUEST_VM(non_canonical, 0);

	absent_gate(vm, GP);
	EXPECT_EQ(GUEST_EXCEPTION + DF, guest_exit_status(vm)); /* #GP, then #NP: both contributory */
	GUEST_LOAD(vm, non_canonical, 0);
	absent_gate(vm, GP);
	absent_gate(vm, DF);
	guest_run(vm, HV_END_SHUTDOWN);
}

TEST(deliver_injected_np, "hv.deliver.gate_of_injected_not_present", NEEDS_HV, "APM 2 15.20")
{
	struct hv_vm *vm = GUEST_VM(gp_frame, 0);
	uint64_t status;

	absent_gate(vm, GP);
	status = guest_exit_status(vm);
	if (status == GUEST_EXCEPTION + NP && guest_on_tcg())
		SKIP("QEMU's VMRUN does not tell check_exception() what it injected: no double fault");
	EXPECT_EQ(GUEST_EXCEPTION + DF, status);
}

GUEST(rings, INTERRUPTS "mov $0xc0000000, %ebx\nsti\nnop\nmovl $0x41, (%rbx)\nnop\n" EXIT);

TEST(deliver_irq_np, "hv.deliver.interrupt_without_gate", NEEDS_HV, "SDM 3A 7.14.1")
{
	struct hv_vm *vm = guest_with_doorbell(GUEST_VM(rings, 0));

	absent_gate(vm, 0x41);
	EXPECT_EQ(GUEST_EXCEPTION + NP, guest_exit_status(vm));
	/* The gate's number, and that it is one of the IDT's. (Bit 0, external, QEMU leaves out.) */
	EXPECT_EQ(0x41 << 3 | 2, guest_u64(vm, HV_FLAT_STACK_TOP - 48) & ~UINT64_C(1));
}

/* The stack is where the guest's own tables have nothing: #PF while an injected #GP is delivered is a double fault. */
GUEST(lost_stack, INTERRUPTS "mov $0x38, %eax\nltr %ax\nmov $0x123456789000, %rsp\nmov $0x12345, %ecx\nrdmsr\n");

TEST(deliver_pf_df, "hv.deliver.page_fault_on_the_way", NEEDS_HV, "SDM 3A 7.15")
{
	struct hv_vm *vm = GUEST_VM(lost_stack, 0);
	struct hv_result result;

	*(uint8_t *)guest_at(vm, GUEST_IDT + DF * 16 + 4) = 1;
	result = guest_run(vm, HV_END_EXIT);
	EXPECT_EQ(GUEST_EXCEPTION + DF, result.status);
	EXPECT_EQ(UINT64_C(0x123456788ff8) & ~UINT64_C(0xfff), result.regs.cr2 & ~UINT64_C(0xfff));
	GUEST_LOAD(vm, lost_stack, 0);
	guest_run(vm, HV_END_SHUTDOWN); /* the double fault has no stack either */
}

/* An interrupt's: a page fault like any other, and the interrupt's handler does not run. */
GUEST(irq_lost_stack,
      INTERRUPTS "mov $0x38, %eax\nltr %ax\nmov $0xc0000000, %ebx\nmov $0x123456789000, %rsp\nsti\nnop\n"
                 "movl $0x41, (%rbx)\nnop\n" EXIT);

TEST(deliver_irq_pf, "hv.deliver.interrupt_and_page_fault", NEEDS_HV, "SDM 3A 7.15")
{
	struct hv_vm *vm = guest_with_doorbell(GUEST_VM(irq_lost_stack, 0));

	*(uint8_t *)guest_at(vm, GUEST_IDT + PF * 16 + 4) = 1;
	EXPECT_EQ(GUEST_EXCEPTION + PF, guest_exit_status(vm));
	EXPECT_EQ(0, guest_interrupts(vm, 0x41));
}
