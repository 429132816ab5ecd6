/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The kernel's entry, common to all loaders.
 *
 * What is expected here (of boot/, kernel/pvh.S and kernel/hv alike):
 *  - 64-bit mode, paging on (4 or 5 levels), CPL 0, interrupts off; CS any 64-bit code segment, the other segments any;
 *  - RDI: physical address of struct boot_info;
 *  - an identity map of the kernel's image (all of boot_info.kernel_size), of boot_info and of the page tables in use;
 *  - the image at any 4 KiB-aligned physical address, laid out as linked: the byte of virtual address KERNEL_BASE + x at
 *    kernel_phys + x. .bss need not be cleared. The entry point is kernel_phys + (e_entry - KERNEL_BASE).
 * Nothing else: no stack, no GDT, no IDT. A hypervisor must let the guest write EFER.NXE unless it is set already, CR0.WP,
 * CR3 and CR4, and read CPUID.
 *
 * This code runs wherever it was put: it makes page tables for the linked addresses, keeping the loader's lower half
 * until the kernel has copied boot_info, and goes on there.
 */
#define PAGE_PRESENT_WRITE 3
#define CR0_WP (1 << 16)
#define CR4_KEPT ((1 << 5) | (1 << 6) | (1 << 12)) /* PAE, MCE, LA57 */
#define CR4_LA57_BIT 12
#define MSR_EFER 0xc0000080
#define EFER_NXE_BIT 11
#define BOOT_PTS 8 /* page tables for 16 MiB of kernel, see linker.ld */

	.section .text.entry, "ax"
	.code64
	.globl _start
_start:
	cli
	cld
	mov %rdi, %rbx
	lea __kernel_start(%rip), %rbp

	lea __bss_start(%rip), %rdi
	lea __bss_end(%rip), %rcx
	sub %rdi, %rcx
	shr $3, %rcx
	xor %eax, %eax
	rep stosq

	/* No-execute, where the processor has it: some firmware leaves it off. */
	mov %rbx, %r9
	mov $0x80000001, %eax
	cpuid
	mov %r9, %rbx
	bt $20, %edx
	jnc 1f
	mov $MSR_EFER, %ecx
	rdmsr
	bts $EFER_NXE_BIT, %eax
	jc 1f
	wrmsr
1:
	/* The loader's lower half. */
	mov $0x000ffffffffff000, %r10
	mov %cr3, %rsi
	and %r10, %rsi
	mov %cr4, %rax
	bt $CR4_LA57_BIT, %eax
	jnc 2f
	mov (%rsi), %rsi
	and %r10, %rsi
2:
	lea boot_pml4(%rip), %r8
	mov %r8, %rdi
	mov $256, %ecx
	rep movsq

	/* The kernel's half. */
	lea boot_pdpt(%rip), %rdi
	lea PAGE_PRESENT_WRITE(%rdi), %rax
	mov %rax, 511 * 8(%r8)
	lea boot_pd(%rip), %rsi
	lea PAGE_PRESENT_WRITE(%rsi), %rax
	mov %rax, 510 * 8(%rdi)
	lea boot_pt(%rip), %rdi
	lea PAGE_PRESENT_WRITE(%rdi), %rax
	mov $BOOT_PTS, %ecx
3:
	mov %rax, (%rsi)
	add $4096, %rax
	add $8, %rsi
	loop 3b
	lea __kernel_end(%rip), %rcx
	sub %rbp, %rcx
	shr $12, %rcx
	lea PAGE_PRESENT_WRITE(%rbp), %rax
4:
	mov %rax, (%rdi)
	add $4096, %rax
	add $8, %rdi
	loop 4b

	/* With five levels both halves hang on the same fourth-level table. */
	mov %cr4, %rax
	and $CR4_KEPT, %eax
	bt $CR4_LA57_BIT, %eax
	jnc 5f
	lea PAGE_PRESENT_WRITE(%r8), %rcx
	lea boot_pml5(%rip), %r8
	mov %rcx, (%r8)
	mov %rcx, 511 * 8(%r8)
5:
	/* PCIDE may only be cleared before CR3 changes meaning, and clearing PGE throws the global entries away. */
	mov %rax, %cr4
	mov %r8, %cr3
	mov %cr0, %rax
	or $CR0_WP, %rax
	and $~((1 << 2) | (1 << 3)), %rax /* EM, TS */
	mov %rax, %cr0

	mov $6f, %rax
	jmp *%rax
6:
	lea boot_stack_top(%rip), %rsp
	mov %rbx, %rdi
	mov %rbp, %rsi
	xor %ebp, %ebp
	call kernel_start
7:
	hlt
	jmp 7b

	.section .bss.page_aligned, "aw", @nobits
	.balign 4096
	.globl boot_pml5, boot_pml4, boot_pt
boot_pml5:
	.skip 4096
boot_pml4:
	.skip 4096
boot_pdpt:
	.skip 4096
boot_pd:
	.skip 4096
boot_pt:
	.skip 4096 * BOOT_PTS
	/* The first page is unmapped by paging_init(): what runs over the stack's end faults. */
	.globl boot_stack_guard, boot_stack_top
boot_stack_guard:
	.skip 4096
	.skip 65536
boot_stack_top:
