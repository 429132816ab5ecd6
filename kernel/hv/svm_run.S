/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * void svm_enter(uint64_t *gpr, uint64_t vmcb_pa, uint64_t host_pa)
 *
 * VMRUN saves and restores RAX, RSP, RIP, RFLAGS, CS, SS, DS, ES, GDTR, IDTR, the control registers and EFER; VMLOAD and
 * VMSAVE do FS, GS, TR, LDTR, KernelGSBase and the SYSCALL and SYSENTER MSRs; the other registers are moved here. From
 * CLGI to STGI nothing interrupts the mixture of both worlds, NMIs included. RFLAGS.IF is set meanwhile: with virtual
 * interrupt masking it is the host's IF at VMRUN that lets physical interrupts end the guest (APM vol. 2, 15.21.1).
 */
#include "kernel/hv/gprs.h"

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

	LOAD_GPRS

	vmrun

	/* RAX is the VMCB's address again, RSP is as it was. */
	vmsave
	mov 8(%rsp), %rax
	vmload
	mov 16(%rsp), %rax
	STORE_GPRS %rax
	mov %rdi, GPR_RDI(%rax)

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
