/* SPDX-License-Identifier: BSD-2-Clause */
/* The general registers of a guest in its array, for both world switches: assembler only. */
#ifndef KERNEL_HV_GPRS_H
#define KERNEL_HV_GPRS_H

/* clang-format off */
#define GPR_RAX (0 * 8)
#define GPR_RCX (1 * 8)
#define GPR_RDX (2 * 8)
#define GPR_RBX (3 * 8)
#define GPR_RBP (5 * 8)
#define GPR_RSI (6 * 8)
#define GPR_RDI (7 * 8)
#define GPR_R8  (8 * 8)

/* Both leave the flags as they are. All but RAX and RSP, from the array at RDI: */
.macro LOAD_GPRS
	mov GPR_RCX(%rdi), %rcx
	mov GPR_RDX(%rdi), %rdx
	mov GPR_RBX(%rdi), %rbx
	mov GPR_RBP(%rdi), %rbp
	mov GPR_RSI(%rdi), %rsi
	.irp n, 8, 9, 10, 11, 12, 13, 14, 15
	mov (GPR_R8 + (\n - 8) * 8)(%rdi), %r\n
	.endr
	mov GPR_RDI(%rdi), %rdi
.endm

/* All but RAX, RSP and RDI, to the array at base: */
.macro STORE_GPRS base
	mov %rcx, GPR_RCX(\base)
	mov %rdx, GPR_RDX(\base)
	mov %rbx, GPR_RBX(\base)
	mov %rbp, GPR_RBP(\base)
	mov %rsi, GPR_RSI(\base)
	.irp n, 8, 9, 10, 11, 12, 13, 14, 15
	mov %r\n, (GPR_R8 + (\n - 8) * 8)(\base)
	.endr
.endm
/* clang-format on */

#endif
