/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The PVH entry (Xen's "x86/HVM direct boot ABI"): 32-bit protected mode, paging off, EBX = physical address of struct
 * hvm_start_info, the image at the physical addresses it was linked for. It goes to 64-bit mode, lets pvh_fill() write
 * boot_info, and enters the kernel as any loader does.
 */
#define XEN_ELFNOTE_PHYS32_ENTRY 18
#define CR0_PE_PG 0x80000001
#define CR4_PAE (1 << 5)
#define MSR_EFER 0xc0000080
#define EFER_LME (1 << 8)
#define PAGE_PRESENT_WRITE 3
#define PAGE_2M_PRESENT_WRITE 0x83
#define KERNEL_LMA 0x200000 /* linker.ld checks both */
#define PHYS(symbol) (symbol - 0xffffffff7fe00000)

	.section .note.Xen, "a", @note
	.balign 4
	.long 4, 8, XEN_ELFNOTE_PHYS32_ENTRY
	.asciz "Xen"
	.quad PHYS(pvh_entry)

	.section .text.entry, "ax"
	.code32
pvh_entry:
	cli
	cld
	rdtsc
	mov %eax, %esi
	mov %edx, %ebp

	mov $PHYS(pvh_tables), %edi
	mov $((pvh_tables_end - pvh_tables) / 4), %ecx
	xor %eax, %eax
	rep stosl

	/* The low 4 GiB onto themselves, and the kernel where it is linked. */
	movl $PHYS(pvh_pdpt_low) + PAGE_PRESENT_WRITE, PHYS(pvh_pml4)
	movl $PHYS(pvh_pdpt_high) + PAGE_PRESENT_WRITE, PHYS(pvh_pml4) + 511 * 8
	movl $PHYS(pvh_pd_low) + PAGE_PRESENT_WRITE, PHYS(pvh_pdpt_low)
	movl $PHYS(pvh_pd_low) + PAGE_PRESENT_WRITE + 0x1000, PHYS(pvh_pdpt_low) + 8
	movl $PHYS(pvh_pd_low) + PAGE_PRESENT_WRITE + 0x2000, PHYS(pvh_pdpt_low) + 16
	movl $PHYS(pvh_pd_low) + PAGE_PRESENT_WRITE + 0x3000, PHYS(pvh_pdpt_low) + 24
	movl $PHYS(pvh_pd_high) + PAGE_PRESENT_WRITE, PHYS(pvh_pdpt_high) + 510 * 8
	mov $PHYS(pvh_pd_low), %edi
	mov $PAGE_2M_PRESENT_WRITE, %eax
	mov $2048, %ecx
1:
	mov %eax, (%edi)
	add $0x200000, %eax
	add $8, %edi
	loop 1b
	mov $PHYS(pvh_pd_high), %edi
	mov $KERNEL_LMA + PAGE_2M_PRESENT_WRITE, %eax
	mov $8, %ecx
2:
	mov %eax, (%edi)
	add $0x200000, %eax
	add $8, %edi
	loop 2b

	mov %cr4, %eax
	or $CR4_PAE, %eax
	mov %eax, %cr4
	mov $PHYS(pvh_pml4), %eax
	mov %eax, %cr3
	mov $MSR_EFER, %ecx
	rdmsr
	or $EFER_LME, %eax
	wrmsr
	mov %cr0, %eax
	or $CR0_PE_PG, %eax
	mov %eax, %cr0
	lgdt PHYS(pvh_gdt_pointer)
	ljmp $8, $PHYS(pvh_long)

	.code64
pvh_long:
	mov $3f, %rax
	jmp *%rax
3:
	lea pvh_stack_top(%rip), %rsp
	mov %ebx, %edi
	mov %ebp, %eax
	shl $32, %rax
	mov %esi, %esi
	or %rax, %rsi
	mov $KERNEL_LMA, %edx
	xor %ebp, %ebp
	call pvh_fill
	mov %rax, %rdi
	mov $PHYS(_start), %eax
	jmp *%rax

	.section .rodata.pvh, "a"
	.balign 8
pvh_gdt:
	.quad 0
	.quad 0x00af9b000000ffff
pvh_gdt_pointer:
	.short . - pvh_gdt - 1
	.long PHYS(pvh_gdt)

	.section .noinit, "aw", @nobits
	.balign 4096
pvh_tables:
pvh_pml4:
	.skip 4096
pvh_pdpt_low:
	.skip 4096
pvh_pdpt_high:
	.skip 4096
pvh_pd_low:
	.skip 4 * 4096
pvh_pd_high:
	.skip 4096
pvh_tables_end:
	.skip 4096
pvh_stack_top:
