/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an application processor starts: in real mode, at a page below 1 MiB to which smp.c copies this and whose data
 * it fills in. From there through protected mode, with page tables that map this page onto itself and the kernel where
 * it is, to ap_main() with the kernel's own page tables.
 */
#define MSR_EFER 0xc0000080
#define OFFSET(symbol) (symbol - trampoline)

	.section .rodata.trampoline, "a"
	.balign 16
	.globl trampoline, trampoline_data, trampoline_end
	.code16
trampoline:
	cli
	cld
	xor %ebx, %ebx
	mov %cs, %bx
	mov %bx, %ds
	shl $4, %ebx
	lgdtl OFFSET(gdt_pointer)
	mov %cr0, %eax
	or $1, %eax
	mov %eax, %cr0
	ljmpl *OFFSET(far_32)

	.code32
protected:
	mov $0x18, %eax
	mov %eax, %ds
	mov %eax, %ss
	mov OFFSET(data_cr4)(%ebx), %eax
	mov %eax, %cr4
	mov OFFSET(data_cr3)(%ebx), %eax
	mov %eax, %cr3
	mov $MSR_EFER, %ecx
	rdmsr
	or OFFSET(data_efer)(%ebx), %eax
	wrmsr
	mov OFFSET(data_cr0)(%ebx), %eax
	mov %eax, %cr0
	ljmpl *OFFSET(far_64)(%ebx)

	.code64
long_mode:
	mov OFFSET(data_root)(%rbx), %rcx
	mov OFFSET(data_stack)(%rbx), %rsp
	mov OFFSET(data_cpu)(%rbx), %rdi
	mov $ap_high, %rax
	jmp *%rax

	.balign 8
gdt:
	.quad 0
	.quad 0x00af9b000000ffff /* 0x08: 64-bit code */
	.quad 0x00cf9b000000ffff /* 0x10: 32-bit code */
	.quad 0x00cf93000000ffff /* 0x18: data */

	/* struct trampoline_data in smp.c; with the offsets from trampoline in place of addresses. */
	.balign 8
trampoline_data:
data_root:
	.quad 0
data_stack:
	.quad 0
data_cpu:
	.quad 0
data_cr0:
	.long 0
data_cr3:
	.long 0
data_cr4:
	.long 0
data_efer:
	.long 0
far_32:
	.long OFFSET(protected)
	.short 0x10, 0
far_64:
	.long OFFSET(long_mode)
	.short 0x08, 0
gdt_pointer:
	.short 31
	.long OFFSET(gdt)
trampoline_end:

	.text
ap_high:
	mov %rcx, %cr3
	xor %ebp, %ebp
	call ap_main
1:
	hlt
	jmp 1b

	.section .note.GNU-stack, "", @progbits
