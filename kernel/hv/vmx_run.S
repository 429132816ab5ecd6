/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * unsigned vmx_enter(uint64_t *gpr, bool launched)
 *
 * The VMCS switches RSP, RIP, RFLAGS, the segments, the control registers but CR2 and CR8, EFER and PAT; the general
 * registers are moved here. A failed entry goes on behind the instruction, with the guest's registers loaded; an exit
 * arrives at vmx_exit_entry, with the stack pointer as it was.
 */
#include "kernel/hv/vmx_regs.h"

#define RAX (0 * 8)
#define RCX (1 * 8)
#define RDX (2 * 8)
#define RBX (3 * 8)
#define RBP (5 * 8)
#define RSI (6 * 8)
#define RDI (7 * 8)
#define R8 (8 * 8)
#define R9 (9 * 8)
#define R10 (10 * 8)
#define R11 (11 * 8)
#define R12 (12 * 8)
#define R13 (13 * 8)
#define R14 (14 * 8)
#define R15 (15 * 8)

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
	mov RAX(%rdi), %rax
	mov RCX(%rdi), %rcx
	mov RDX(%rdi), %rdx
	mov RBX(%rdi), %rbx
	mov RBP(%rdi), %rbp
	mov RSI(%rdi), %rsi
	mov R8(%rdi), %r8
	mov R9(%rdi), %r9
	mov R10(%rdi), %r10
	mov R11(%rdi), %r11
	mov R12(%rdi), %r12
	mov R13(%rdi), %r13
	mov R14(%rdi), %r14
	mov R15(%rdi), %r15
	mov RDI(%rdi), %rdi
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
	mov %rax, RAX(%rdi)
	mov %rcx, RCX(%rdi)
	mov %rdx, RDX(%rdi)
	mov %rbx, RBX(%rdi)
	mov %rbp, RBP(%rdi)
	mov %rsi, RSI(%rdi)
	mov %r8, R8(%rdi)
	mov %r9, R9(%rdi)
	mov %r10, R10(%rdi)
	mov %r11, R11(%rdi)
	mov %r12, R12(%rdi)
	mov %r13, R13(%rdi)
	mov %r14, R14(%rdi)
	mov %r15, R15(%rdi)
	pop %rax
	mov %rax, RDI(%rdi)
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
