/* SPDX-License-Identifier: BSD-2-Clause */
/* Entries of all vectors, and the register work of guard_run(). */
#include "kernel/isr_layout.h"

	.text
	.code64

	/* One entry a vector, ISR_STRIDE bytes apart; trap.c computes their addresses. */
	.balign ISR_STRIDE
	.globl isr_entries
isr_entries:
	.set vector, 0
	.rept 256
	.balign ISR_STRIDE
	/* The processor pushes an error code itself for 8, 10 to 14, 17, 21, 29 and 30. */
	.if !(vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30)
	push $0
	.endif
	push $vector
	jmp isr_common
	.set vector, vector + 1
	.endr

	.balign 16
isr_common:
	push %rax
	push %rbx
	push %rcx
	push %rdx
	push %rsi
	push %rdi
	push %rbp
	push %r8
	push %r9
	push %r10
	push %r11
	push %r12
	push %r13
	push %r14
	push %r15
	cld
	mov %rsp, %rdi
	xor %ebp, %ebp
	call trap_dispatch
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %r11
	pop %r10
	pop %r9
	pop %r8
	pop %rbp
	pop %rdi
	pop %rsi
	pop %rdx
	pop %rcx
	pop %rbx
	pop %rax
	add $16, %rsp
	iretq

	/* int guard_enter(void (*fn)(void *), void *arg, struct guard_context *save): 0 after fn, 1 from guard_landing. */
	.balign 16
	.globl guard_enter
guard_enter:
	mov %rbx, 0(%rdx)
	mov %rbp, 8(%rdx)
	mov %r12, 16(%rdx)
	mov %r13, 24(%rdx)
	mov %r14, 32(%rdx)
	mov %r15, 40(%rdx)
	mov %rsp, 48(%rdx)
	push %rbp
	mov %rsp, %rbp
	mov %rdi, %rax
	mov %rsi, %rdi
	call *%rax
	pop %rbp
	xor %eax, %eax
	ret

	/* Where a trap frame is sent to leave the guarded function. RDI: the guard_context. */
	.globl guard_landing
guard_landing:
	mov 0(%rdi), %rbx
	mov 8(%rdi), %rbp
	mov 16(%rdi), %r12
	mov 24(%rdi), %r13
	mov 32(%rdi), %r14
	mov 40(%rdi), %r15
	mov 48(%rdi), %rsp
	mov $1, %eax
	ret

	.section .note.GNU-stack, "", @progbits
