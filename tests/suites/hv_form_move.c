/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions that carry data to or from a device's registers, in every width. On RAM the processor does them by
 * itself: it says what must come out.
 */
#include "tests/suites/hv_form.h"
#include "tests/test.h"

TEST(form_store, "hv.mmio.form.mov_store", NEEDS_HV, "SDM 2B MOV")
{
	static const struct form forms[] = {
	        FORM("mov [rbx], al", 1, 0, 0, 0x88, 0x03),        FORM("mov [rbx], ch", 1, 0, 0, 0x88, 0x2b),
	        FORM("mov [rbx], dil", 1, 0, 0, 0x40, 0x88, 0x3b), FORM("mov [rbx], r9b", 1, 0, 0, 0x44, 0x88, 0x0b),
	        FORM("mov [rbx], ax", 2, 0, 0, 0x66, 0x89, 0x03),  FORM("mov [rbx], eax", 4, 0, 0, 0x89, 0x03),
	        FORM("mov [rbx], rax", 8, 0, 0, 0x48, 0x89, 0x03), FORM("mov [rbx], r15", 8, 0, 0, 0x4c, 0x89, 0x3b),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_load, "hv.mmio.form.mov_load", NEEDS_HV, "SDM 2B MOV")
{
	static const struct form forms[] = {
	        FORM("mov al, [rbx]", 1, 0, 0, 0x8a, 0x03),         FORM("mov dh, [rbx]", 1, 0, 0, 0x8a, 0x33),
	        FORM("mov r10b, [rbx]", 1, 0, 0, 0x44, 0x8a, 0x13), FORM("mov ax, [rbx]", 2, 0, 0, 0x66, 0x8b, 0x03),
	        FORM("mov eax, [rbx]", 4, 0, 0, 0x8b, 0x03),        FORM("mov rax, [rbx]", 8, 0, 0, 0x48, 0x8b, 0x03),
	        FORM("mov ebx, [rbx]", 4, 0, 0, 0x8b, 0x1b),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_immediate, "hv.mmio.form.mov_immediate", NEEDS_HV, "SDM 2B MOV")
{
	static const struct form forms[] = {
	        FORM("mov byte [rbx], 0x85", 1, 0, 0, 0xc6, 0x03, 0x85),
	        FORM("mov word [rbx], 0x8123", 2, 0, 0, 0x66, 0xc7, 0x03, 0x23, 0x81),
	        FORM("mov dword [rbx], 0x81234567", 4, 0, 0, 0xc7, 0x03, 0x67, 0x45, 0x23, 0x81),
	        FORM("mov qword [rbx], -2", 8, 0, 0, 0x48, 0xc7, 0x03, 0xfe, 0xff, 0xff, 0xff),
	        FORM("mov qword [rbx+disp32], 7", 8, 0, 0, 0x48, 0xc7, 0x83, 0x40, 0, 0, 0, 7, 0, 0, 0),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

/* The address is in the instruction: FORM_WINDOW + 0x808. */
TEST(form_moffs, "hv.mmio.form.mov_absolute", NEEDS_HV, "SDM 2B MOV")
{
	static const struct form forms[] = {
	        FORM("mov al, [moffs]", 1, 0, 0, 0xa0, 0x08, 0x08, 0, 0x40, 0, 0, 0, 0),
	        FORM("mov ax, [moffs]", 2, 0, 0, 0x66, 0xa1, 0x08, 0x08, 0, 0x40, 0, 0, 0, 0),
	        FORM("mov eax, [moffs]", 4, 0, 0, 0xa1, 0x08, 0x08, 0, 0x40, 0, 0, 0, 0),
	        FORM("mov rax, [moffs]", 8, 0, 0, 0x48, 0xa1, 0x08, 0x08, 0, 0x40, 0, 0, 0, 0),
	        FORM("mov [moffs], al", 1, 0, 0, 0xa2, 0x08, 0x08, 0, 0x40, 0, 0, 0, 0),
	        FORM("mov [moffs], rax", 8, 0, 0, 0x48, 0xa3, 0x08, 0x08, 0, 0x40, 0, 0, 0, 0),
	        FORM("mov eax, [moffs32]", 4, 0, 0, 0x67, 0xa1, 0x08, 0x08, 0, 0x40),
	        FORM("mov eax, [disp32]", 4, 0, 0, 0x8b, 0x04, 0x25, 0x08, 0x08, 0, 0x40),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_movzx, "hv.mmio.form.movzx", NEEDS_HV, "SDM 2B MOVZX")
{
	static const struct form forms[] = {
	        FORM("movzx ax, byte [rbx]", 1, 0, 0, 0x66, 0x0f, 0xb6, 0x03),
	        FORM("movzx eax, byte [rbx]", 1, 0, 0, 0x0f, 0xb6, 0x03),
	        FORM("movzx r9, byte [rbx]", 1, 0, 0, 0x4c, 0x0f, 0xb6, 0x0b),
	        FORM("movzx eax, word [rbx]", 2, 0, 0, 0x0f, 0xb7, 0x03),
	        FORM("movzx rax, word [rbx]", 2, 0, 0, 0x48, 0x0f, 0xb7, 0x03),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_movsx, "hv.mmio.form.movsx", NEEDS_HV, "SDM 2B MOVSX")
{
	static const struct form forms[] = {
	        FORM("movsx ax, byte [rbx]", 1, 0, 0, 0x66, 0x0f, 0xbe, 0x03),
	        FORM("movsx eax, byte [rbx]", 1, 0, 0, 0x0f, 0xbe, 0x03),
	        FORM("movsx rax, byte [rbx]", 1, 0, 0, 0x48, 0x0f, 0xbe, 0x03),
	        FORM("movsx eax, word [rbx]", 2, 0, 0, 0x0f, 0xbf, 0x03),
	        FORM("movsx r9, word [rbx]", 2, 0, 0, 0x4c, 0x0f, 0xbf, 0x0b),
	        FORM("movsxd rax, dword [rbx]", 4, 0, 0, 0x48, 0x63, 0x03),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_movnti, "hv.mmio.form.movnti", NEEDS_HV, "SDM 2B MOVNTI")
{
	static const struct form forms[] = {
	        FORM("movnti [rbx], eax", 4, 0, 0, 0x0f, 0xc3, 0x03),
	        FORM("movnti [rbx], r9", 8, 0, 0, 0x4c, 0x0f, 0xc3, 0x0b),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_cmov, "hv.mmio.form.cmov", NEEDS_HV, "SDM 2A CMOVcc")
{
	static const struct form forms[] = {
	        FORM("cmovo eax, [rbx]", 4, 0, 0, 0x0f, 0x40, 0x03),
	        FORM("cmovae ax, [rbx]", 2, 0, 0, 0x66, 0x0f, 0x43, 0x03),
	        FORM("cmovz rax, [rbx]", 8, 0, 0, 0x48, 0x0f, 0x44, 0x03),
	        FORM("cmovbe edx, [rbx]", 4, 0, 0, 0x0f, 0x46, 0x13),
	        FORM("cmovs r9d, [rbx]", 4, 0, 0, 0x44, 0x0f, 0x48, 0x0b),
	        FORM("cmovnp eax, [rbx]", 4, 0, 0, 0x0f, 0x4b, 0x03),
	        FORM("cmovl eax, [rbx]", 4, 0, 0, 0x0f, 0x4c, 0x03),
	        FORM("cmovg rax, [rbx]", 8, 0, 0, 0x48, 0x0f, 0x4f, 0x03),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_xchg, "hv.mmio.form.xchg", NEEDS_HV, "SDM 2D XCHG")
{
	static const struct form forms[] = {
	        FORM("xchg [rbx], al", 1, 0, 0, 0x86, 0x03),
	        FORM("xchg [rbx], dh", 1, 0, 0, 0x86, 0x33),
	        FORM("xchg [rbx], ax", 2, 0, 0, 0x66, 0x87, 0x03),
	        FORM("xchg [rbx], eax", 4, 0, 0, 0x87, 0x03),
	        FORM("xchg [rbx], r11", 8, 0, 0, 0x4c, 0x87, 0x1b),
	        FORM("lock xchg [rbx], eax", 4, 0, 0, 0xf0, 0x87, 0x03),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_push, "hv.mmio.form.push_pop", NEEDS_HV, "SDM 2B PUSH, POP")
{
	static const struct form forms[] = {
	        FORM("push qword [rbx]", 8, 0, 0, 0xff, 0x33),
	        FORM("push word [rbx]", 2, 0, 0, 0x66, 0xff, 0x33),
	        FORM("pop qword [rbx]", 8, 0, 0, 0x8f, 0x03),
	        FORM("pop word [rbx]", 2, 0, 0, 0x66, 0x8f, 0x03),
	        FORM("push rax, on the device", 8, 0, FORM_SP, 0x50),
	        FORM("push r9, on the device", 8, 0, FORM_SP, 0x41, 0x51),
	        FORM("push rsp, on the device", 8, 0, FORM_SP, 0x54),
	        FORM("push -5, on the device", 8, 0, FORM_SP, 0x6a, 0xfb),
	        FORM("push imm32, on the device", 8, 0, FORM_SP, 0x68, 0x67, 0x45, 0x23, 0x81),
	        FORM("pop rdx, on the device", 8, 0, FORM_SP, 0x5a),
	        FORM("pop ax, on the device", 2, 0, FORM_SP, 0x66, 0x58),
	        FORM("push qword [rsp+8], on the device", 8, 0, FORM_SP, 0xff, 0x74, 0x24, 0x08),
	        FORM("pop qword [rsp+8], on the device", 8, 0, FORM_SP, 0x8f, 0x44, 0x24, 0x08),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_call, "hv.mmio.form.call_jmp", NEEDS_HV, "SDM 2A CALL, JMP")
{
	static const struct form forms[] = {
	        FORM("call [rbx]", 8, 0, FORM_BRANCH, 0xff, 0x13),
	        FORM("jmp [rbx]", 8, 0, FORM_BRANCH, 0xff, 0x23),
	        FORM("jmp [r12]", 8, 0, FORM_BRANCH, 0x41, 0xff, 0x24, 0x24),
	};

	FORM_CHECK(FORM_64, 0, forms);
}
