/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * void svm_enter(uint64_t *gpr, uint64_t vmcb_pa, uint64_t host_pa)
 *
 * VMRUN saves and restores RAX, RSP, RIP, RFLAGS, CS, SS, DS, ES, GDTR, IDTR, the control registers and EFER; VMLOAD and
 * VMSAVE do FS, GS, TR, LDTR, KernelGSBase and the SYSCALL and SYSENTER MSRs; the other registers are moved here. From
 * CLGI to STGI nothing interrupts the mixture of both worlds, NMIs included. RFLAGS.IF is set meanwhile: with virtual
 * interrupt masking it is the host's IF at VMRUN that lets physical interrupts end the guest (APM vol. 2, 15.21.1).
 */
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

	.section .text.svm_enter, "ax"
	.globl svm_enter
	.type svm_enter, @function
svm_enter:
	push %rbp
	mov %rsp, %rbp
	push %rbx
	push %r12
	push %r13
	push %r14
	push %r15
	push %rdi
	push %rdx
	push %rsi

	mov %rdx, %rax
	clgi
	sti
	vmsave
	mov %rsi, %rax
	vmload

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

	vmrun

	/* RAX is the VMCB's address again, RSP is as it was. */
	vmsave
	mov 8(%rsp), %rax
	vmload
	mov 16(%rsp), %rax
	mov %rcx, RCX(%rax)
	mov %rdx, RDX(%rax)
	mov %rbx, RBX(%rax)
	mov %rbp, RBP(%rax)
	mov %rsi, RSI(%rax)
	mov %rdi, RDI(%rax)
	mov %r8, R8(%rax)
	mov %r9, R9(%rax)
	mov %r10, R10(%rax)
	mov %r11, R11(%rax)
	mov %r12, R12(%rax)
	mov %r13, R13(%rax)
	mov %r14, R14(%rax)
	mov %r15, R15(%rax)

	add $24, %rsp
	pop %r15
	pop %r14
	pop %r13
	pop %r12
	pop %rbx
	pop %rbp
	cld
	cli
	stgi
	ret
	.size svm_enter, . - svm_enter
