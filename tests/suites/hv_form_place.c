/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where an instruction and its operand may lie: every form of address, both sides of a page's end, every size of code.
 */
#include "kernel/smp.h"
#include "tests/suites/hv.h"
#include "tests/suites/hv_form.h"
#include "tests/test.h"

TEST(form_addresses, "hv.mmio.form.addresses", NEEDS_HV, "SDM 2A 2.1.5")
{
	static const struct form forms[] = {
	        FORM("mov eax, [rbx+127]", 4, 0, 0, 0x8b, 0x43, 0x7f),
	        FORM("mov eax, [rbx-128]", 4, 0, 0, 0x8b, 0x43, 0x80),
	        FORM("mov eax, [rbx+disp32]", 4, 0, 0, 0x8b, 0x83, 0xf0, 0xff, 0xff, 0xff),
	        FORM("mov [rbx+r14*8], eax", 4, 0, 0, 0x42, 0x89, 0x04, 0xf3),
	        FORM("mov [r12+r14*2+4], ecx", 4, 0, 0, 0x43, 0x89, 0x4c, 0x74, 0x04),
	        FORM("mov [rbp-8], rdx", 8, 0, 0, 0x48, 0x89, 0x55, 0xf8),
	        FORM("mov [r14+FORM_WINDOW+0x800], al", 1, 0, 0, 0x41, 0x88, 0x86, 0, 0x08, 0, 0x40),
	        FORM("mov [r14*8+FORM_WINDOW+0x800], al", 1, 0, 0, 0x42, 0x88, 0x04, 0xf5, 0, 0x08, 0, 0x40),
	        FORM("mov [rsp-8], eax", 4, 0, FORM_SP, 0x89, 0x44, 0x24, 0xf8),
	        FORM("mov [ebx], eax", 4, 0, 0, 0x67, 0x89, 0x03),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

/* The code is one page at FORM_WINDOW + 0x2100: the operand lies 0x1900 bytes below. */
TEST(form_rip, "hv.mmio.form.rip_relative", NEEDS_HV, "SDM 2A 2.2.1.6")
{
	static const struct form forms[] = {
	        FORM("mov eax, [rip-0x1900]", 4, 0, 0, 0x8b, 0x05, 0x00, 0xe7, 0xff, 0xff),
	        FORM("mov [rip-0x1900], rax", 8, 0, 0, 0x48, 0x89, 0x05, 0x00, 0xe7, 0xff, 0xff),
	        /* The immediate comes between: RIP counts from behind it. */
	        FORM("mov dword [rip-0x1900], 0x12345678", 4, 0, 0, 0xc7, 0x05, 0x00, 0xe7, 0xff, 0xff, 0x78, 0x56,
	             0x34, 0x12),
	        FORM("cmp byte [rip-0x1900], 7", 1, 0, 0, 0x80, 0x3d, 0x00, 0xe7, 0xff, 0xff, 0x07),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

/* FS and GS begin at the window; in 64-bit mode the bases of the others are nothing. */
TEST(form_segments, "hv.mmio.form.segment_overrides", NEEDS_HV, "SDM 2A 2.1.1")
{
	static const struct form forms[] = {
	        FORM("mov eax, fs:[r14+0x800]", 4, 0, 0, 0x64, 0x41, 0x8b, 0x86, 0x00, 0x08, 0, 0),
	        FORM("mov gs:[r14+0x800], rdx", 8, 0, 0, 0x65, 0x49, 0x89, 0x96, 0x00, 0x08, 0, 0),
	        FORM("mov es:[rbx], eax", 4, 0, 0, 0x26, 0x89, 0x03),
	        FORM("mov cs:[rbx], eax", 4, 0, 0, 0x2e, 0x89, 0x03),
	        FORM("mov ds:[rbp], al", 1, 0, 0, 0x3e, 0x88, 0x45, 0x00),
	        FORM("mov ss:[rbx], ax", 2, 0, 0, 0x36, 0x66, 0x89, 0x03),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

#define CROSSING                                                                                                     \
	FORM("mov ax, [rbx]", 0, 0, 0, 0x66, 0x8b, 0x03), FORM("mov [rbx], ax", 0, 0, 0, 0x66, 0x89, 0x03),          \
	        FORM("mov eax, [rbx]", 0, 0, 0, 0x8b, 0x03), FORM("mov [rbx], eax", 0, 0, 0, 0x89, 0x03),            \
	        FORM("mov rax, [rbx]", 0, 0, 0, 0x48, 0x8b, 0x03), FORM("mov [rbx], r9", 0, 0, 0, 0x4c, 0x89, 0x0b), \
	        FORM("add [rbx], rax", 0, 0, 0, 0x48, 0x01, 0x03),                                                   \
	        FORM("movsx eax, word [rbx]", 0, 0, 0, 0x0f, 0xbf, 0x03), FORM("stosq", 0, 0, 0, 0x48, 0xab),        \
	        FORM("rep stosd", 0, 0, 0, 0xf3, 0xab), FORM("rep movsw", 0, 0, FORM_SI_RAM, 0x66, 0xf3, 0xa5),      \
	        FORM("push qword [rbx]", 0, 0, 0, 0xff, 0x33), FORM("pop qword [rbx]", 0, 0, 0, 0x8f, 0x03)

static const struct form crossing[] = {CROSSING};

TEST(form_operand_crosses, "hv.mmio.form.operand_across_pages", NEEDS_HV, "kernel/hv/hv.h")
{
	FORM_CHECK(FORM_64, FORM_OPERAND_CROSSES, crossing);
}

TEST(form_operand_mixed, "hv.mmio.form.operand_half_in_ram", NEEDS_HV, "kernel/hv/hv.h")
{
	FORM_CHECK(FORM_64, FORM_OPERAND_MIXED, crossing);
}

/* Those that the processor does under a lock. */
static const struct form locked[] = {
        FORM("xchg [rbx], rdx", 0, 0, 0, 0x48, 0x87, 0x13),
        FORM("lock add [rbx], rax", 0, 0, 0, 0xf0, 0x48, 0x01, 0x03),
        FORM("lock xadd [rbx], eax", 0, 0, 0, 0xf0, 0x0f, 0xc1, 0x03),
        FORM("lock cmpxchg [rbx], dx", 0, 0, 0, 0xf0, 0x66, 0x0f, 0xb1, 0x13),
};

TEST(form_locked_crosses, "hv.mmio.form.locked_operand_across_pages", NEEDS_HV, "SDM 3A 9.1.2")
{
	FORM_CHECK(FORM_64, FORM_OPERAND_CROSSES, locked);
}

TEST(form_locked_mixed, "hv.mmio.form.locked_operand_half_in_ram", NEEDS_HV, "SDM 3A 9.1.2")
{
	if (guest_on_tcg() && smp_count() > 1)
		SKIP("QEMU's cpu_exec_step_atomic() loses the flags when an access of the step faults");
	FORM_CHECK(FORM_64, FORM_OPERAND_MIXED, locked);
}

TEST(form_code_crosses, "hv.mmio.form.instruction_across_pages", NEEDS_HV, "APM 2 15.8.4")
{
	static const struct form forms[] = {
	        FORM("mov [rbx], eax", 4, 0, 0, 0x89, 0x03),
	        FORM("mov qword [rbx+disp32], 7", 8, 0, 0, 0x48, 0xc7, 0x83, 0x40, 0, 0, 0, 7, 0, 0, 0),
	        FORM("mov eax, [moffs]", 4, 0, 0, 0xa1, 0x08, 0x08, 0, 0x40, 0, 0, 0, 0),
	        FORM("lock add dword [rbx], 1", 4, 0, 0, 0xf0, 0x83, 0x03, 0x01),
	        FORM("rep stosd", 4, 0, 0, 0xf3, 0xab),
	        FORM("movzx eax, byte [rbx]", 1, 0, 0, 0x0f, 0xb6, 0x03),
	};

	FORM_CHECK(FORM_64, FORM_CODE_CROSSES, forms);
}

TEST(form_32, "hv.mmio.form.code_of_32_bits", NEEDS_HV, "SDM 2A 2.1.5")
{
	static const struct form forms[] = {
	        FORM("mov [ebx], al", 1, 0, 0, 0x88, 0x03),
	        FORM("mov [ebx], ax", 2, 0, 0, 0x66, 0x89, 0x03),
	        FORM("mov [ebx], eax", 4, 0, 0, 0x89, 0x03),
	        FORM("mov eax, [ebp-8]", 4, 0, 0, 0x8b, 0x45, 0xf8),
	        FORM("mov ah, [0x808]", 1, 0, 0, 0x8a, 0x25, 0x08, 0x08, 0, 0),
	        FORM("mov eax, [bx]", 4, 0, 0, 0x67, 0x8b, 0x07),
	        FORM("mov eax, [bp+si-0x800]", 4, 0, 0, 0x67, 0x8b, 0x82, 0x00, 0xf8),
	        FORM("mov eax, [moffs]", 4, 0, 0, 0xa1, 0x08, 0x08, 0, 0),
	        FORM("mov es:[ebx], edx", 4, 0, 0, 0x26, 0x89, 0x13),
	        FORM("mov fs:[ebx], edx", 4, 0, 0, 0x64, 0x89, 0x13),
	        FORM("add [ebx], ax", 2, 0, 0, 0x66, 0x01, 0x03),
	        FORM("cmp dword [ebx], -1", 4, 0, 0, 0x83, 0x3b, 0xff),
	        FORM("bts [ebx], ecx", 4, FLAG_BT, 0, 0x0f, 0xab, 0x0b),
	        FORM("xchg [ebx], edx", 4, 0, 0, 0x87, 0x13),
	        FORM("rep stosd", 4, 0, 0, 0xf3, 0xab),
	        FORM("rep movsw", 2, 0, 0, 0x66, 0xf3, 0xa5),
	        FORM("rep stosb, 16-bit addresses", 1, 0, 0, 0x67, 0xf3, 0xaa),
	        FORM("push eax", 4, 0, 0, 0x50),
	        FORM("push word [ebx]", 2, 0, 0, 0x66, 0xff, 0x33),
	        FORM("pop edx", 4, 0, 0, 0x5a),
	        FORM("pop dword [esp+4]", 4, 0, 0, 0x8f, 0x44, 0x24, 0x04),
	};

	FORM_CHECK(FORM_32, 0, forms);
}

TEST(form_16, "hv.mmio.form.code_of_16_bits", NEEDS_HV, "SDM 2A 2.1.5")
{
	static const struct form forms[] = {
	        FORM("mov [bx], al", 1, 0, 0, 0x88, 0x07),
	        FORM("mov [di], ax", 2, 0, 0, 0x89, 0x05),
	        FORM("mov [si], eax", 4, 0, 0, 0x66, 0x89, 0x04),
	        FORM("mov ax, [bp-8]", 2, 0, 0, 0x8b, 0x46, 0xf8),
	        FORM("mov dl, [0x808]", 1, 0, 0, 0x8a, 0x16, 0x08, 0x08),
	        FORM("mov ax, [moffs]", 2, 0, 0, 0xa1, 0x08, 0x08),
	        FORM("mov ax, [bx+di-0x800]", 2, 0, 0, 0x8b, 0x81, 0x00, 0xf8),
	        FORM("mov es:[bx], dx", 2, 0, 0, 0x26, 0x89, 0x17),
	        FORM("mov word [bx], 0x1234", 2, 0, 0, 0xc7, 0x07, 0x34, 0x12),
	        FORM("or [bx], ax", 2, FLAG_AF, 0, 0x09, 0x07),
	        FORM("movzx eax, byte [bx]", 1, 0, 0, 0x66, 0x0f, 0xb6, 0x07),
	        FORM("rep stosw", 2, 0, 0, 0xf3, 0xab),
	        FORM("rep movsd", 4, 0, 0, 0x66, 0xf3, 0xa5),
	        FORM("lodsb", 1, 0, 0, 0xac),
	        FORM("push ax", 2, 0, 0, 0x50),
	        FORM("push dword [bx]", 4, 0, 0, 0x66, 0xff, 0x37),
	        FORM("pop dx", 2, 0, 0, 0x5a),
	};

	FORM_CHECK(FORM_16, 0, forms);
}
