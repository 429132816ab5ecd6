/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unsigned vmx_enter(uint64_t *gpr, bool launched)
 *
 * The VMCS switches RSP, RIP, RFLAGS, the segments, the control registers but CR2 and CR8, EFER and PAT; the general
 * registers are moved here. A failed entry goes on behind the instruction, with the guest's registers loaded; an exit
 * arrives at vmx_exit_entry, with the stack pointer as it was.
 */
#include "kernel/hv/gprs.h"
#include "kernel/hv/vmx_regs.h"

	.section .text.vmx_enter, "ax"
	.globl vmx_enter
	.type vmx_enter, @function
vmx_enter:
	push %rbp
	mov %rsp, %rbp
	push %rbx
	push %r12
	push %r13
	push %r14
	push %r15
	push %rdi

	mov $VMCS_HOST_RSP, %eax
	vmwrite %rsp, %rax
	jbe failed
	test %sil, %sil

	/* Nothing from here to the entry changes the flags. */
	mov GPR_RAX(%rdi), %rax
	LOAD_GPRS
	jnz 1f
	vmlaunch
	jmp failed
1:	vmresume

	/* The carry flag says that there is no current VMCS (SDM vol. 3, 30.2). */
failed:
	mov $VMX_FAIL_INVALID, %eax
	mov $VMX_FAIL_VALID, %ecx
	cmovnc %ecx, %eax
	jmp 2f

	.globl vmx_exit_entry
vmx_exit_entry:
	push %rdi
	mov 8(%rsp), %rdi
	mov %rax, GPR_RAX(%rdi)
	STORE_GPRS %rdi
	pop %rax
	mov %rax, GPR_RDI(%rdi)
	xor %eax, %eax

2:	pop %rdi
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbx
	pop %rbp
	ret
	.size vmx_enter, . - vmx_enter
