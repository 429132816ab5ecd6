/* SPDX-License-Identifier: BSD-2-Clause */
/* Instructions that compute with a device's registers: result, flags and what is written back are the processor's. */
#include <stdbool.h>

#include "kernel/cpu.h"
#include "tests/suites/hv_form.h"
#include "tests/test.h"

/* The eight of opcodes 00 to 3F, in every direction and width. */
#define ALU(mnemonic, base, undefined)                                                                   \
	FORM(mnemonic " [rbx], al", 1, undefined, 0, (base), 0x03),                                      \
	        FORM(mnemonic " [rbx], ax", 2, undefined, 0, 0x66, (base) + 1, 0x03),                    \
	        FORM(mnemonic " [rbx], eax", 4, undefined, 0, (base) + 1, 0x03),                         \
	        FORM(mnemonic " [rbx], r9", 8, undefined, 0, 0x4c, (base) + 1, 0x0b),                    \
	        FORM(mnemonic " al, [rbx]", 1, undefined, 0, (base) + 2, 0x03),                          \
	        FORM(mnemonic " ax, [rbx]", 2, undefined, 0, 0x66, (base) + 3, 0x03),                    \
	        FORM(mnemonic " eax, [rbx]", 4, undefined, 0, (base) + 3, 0x03),                         \
	        FORM(mnemonic " r9, [rbx]", 8, undefined, 0, 0x4c, (base) + 3, 0x0b),                    \
	        FORM(mnemonic " byte [rbx], 0x81", 1, undefined, 0, 0x80, 0x03 | (base), 0x81),          \
	        FORM(mnemonic " word [rbx], -2", 2, undefined, 0, 0x66, 0x83, 0x03 | (base), 0xfe),      \
	        FORM(mnemonic " dword [rbx], imm", 4, undefined, 0, 0x81, 0x03 | (base), 0, 1, 2, 0x80), \
	        FORM(mnemonic " qword [rbx], imm", 8, undefined, 0, 0x48, 0x81, 0x03 | (base), 0, 1, 2, 0x80)
#define LOCKED(mnemonic, base, undefined) FORM("lock " mnemonic " [rbx], eax", 4, undefined, 0, 0xf0, (base) + 1, 0x03)

TEST(form_add, "hv.mmio.form.add_adc", NEEDS_HV, "SDM 2A ADD, ADC")
{
	static const struct form forms[] = {ALU("add", 0x00, 0), ALU("adc", 0x10, 0), LOCKED("add", 0x00, 0),
	                                    LOCKED("adc", 0x10, 0)};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_sub, "hv.mmio.form.sub_sbb", NEEDS_HV, "SDM 2B SUB, SBB")
{
	static const struct form forms[] = {ALU("sub", 0x28, 0), ALU("sbb", 0x18, 0), LOCKED("sub", 0x28, 0),
	                                    LOCKED("sbb", 0x18, 0)};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_logic, "hv.mmio.form.and_or_xor", NEEDS_HV, "SDM 2A AND")
{
	static const struct form forms[] = {ALU("and", 0x20, FLAG_AF),   ALU("or", 0x08, FLAG_AF),
	                                    ALU("xor", 0x30, FLAG_AF),   LOCKED("and", 0x20, FLAG_AF),
	                                    LOCKED("or", 0x08, FLAG_AF), LOCKED("xor", 0x30, FLAG_AF)};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_cmp, "hv.mmio.form.cmp", NEEDS_HV, "SDM 2A CMP")
{
	static const struct form forms[] = {ALU("cmp", 0x38, 0)};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_test, "hv.mmio.form.test", NEEDS_HV, "SDM 2B TEST")
{
	static const struct form forms[] = {
	        FORM("test [rbx], al", 1, FLAG_AF, 0, 0x84, 0x03),
	        FORM("test [rbx], ax", 2, FLAG_AF, 0, 0x66, 0x85, 0x03),
	        FORM("test [rbx], eax", 4, FLAG_AF, 0, 0x85, 0x03),
	        FORM("test [rbx], rax", 8, FLAG_AF, 0, 0x48, 0x85, 0x03),
	        FORM("test byte [rbx], 0x80", 1, FLAG_AF, 0, 0xf6, 0x03, 0x80),
	        FORM("test word [rbx], 0x8001", 2, FLAG_AF, 0, 0x66, 0xf7, 0x03, 0x01, 0x80),
	        FORM("test dword [rbx], imm", 4, FLAG_AF, 0, 0xf7, 0x03, 0, 0, 1, 0x80),
	        FORM("test qword [rbx], imm", 8, FLAG_AF, 0, 0x48, 0xf7, 0x03, 0, 0, 1, 0x80),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_unary, "hv.mmio.form.inc_dec_not_neg", NEEDS_HV, "SDM 2A INC")
{
	static const struct form forms[] = {
	        FORM("inc byte [rbx]", 1, 0, 0, 0xfe, 0x03),
	        FORM("inc word [rbx]", 2, 0, 0, 0x66, 0xff, 0x03),
	        FORM("inc dword [rbx]", 4, 0, 0, 0xff, 0x03),
	        FORM("inc qword [rbx]", 8, 0, 0, 0x48, 0xff, 0x03),
	        FORM("dec byte [rbx]", 1, 0, 0, 0xfe, 0x0b),
	        FORM("dec qword [rbx]", 8, 0, 0, 0x48, 0xff, 0x0b),
	        FORM("not byte [rbx]", 1, 0, 0, 0xf6, 0x13),
	        FORM("not word [rbx]", 2, 0, 0, 0x66, 0xf7, 0x13),
	        FORM("not dword [rbx]", 4, 0, 0, 0xf7, 0x13),
	        FORM("neg byte [rbx]", 1, 0, 0, 0xf6, 0x1b),
	        FORM("neg word [rbx]", 2, 0, 0, 0x66, 0xf7, 0x1b),
	        FORM("neg qword [rbx]", 8, 0, 0, 0x48, 0xf7, 0x1b),
	        FORM("lock inc dword [rbx]", 4, 0, 0, 0xf0, 0xff, 0x03),
	        FORM("lock not dword [rbx]", 4, 0, 0, 0xf0, 0xf7, 0x13),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_xadd, "hv.mmio.form.xadd", NEEDS_HV, "SDM 2D XADD")
{
	static const struct form forms[] = {
	        FORM("xadd [rbx], al", 1, 0, 0, 0x0f, 0xc0, 0x03),
	        FORM("xadd [rbx], ax", 2, 0, 0, 0x66, 0x0f, 0xc1, 0x03),
	        FORM("lock xadd [rbx], eax", 4, 0, 0, 0xf0, 0x0f, 0xc1, 0x03),
	        FORM("lock xadd [rbx], r9", 8, 0, 0, 0xf0, 0x4c, 0x0f, 0xc1, 0x0b),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

/* The accumulator rarely equals random contents: AND makes both zero often enough. */
TEST(form_cmpxchg, "hv.mmio.form.cmpxchg", NEEDS_HV, "SDM 2A CMPXCHG")
{
	static const struct form forms[] = {
	        FORM("cmpxchg [rbx], cl", 1, 0, 0, 0x0f, 0xb0, 0x0b),
	        FORM("cmpxchg [rbx], dx", 2, 0, 0, 0x66, 0x0f, 0xb1, 0x13),
	        FORM("lock cmpxchg [rbx], edx", 4, 0, 0, 0xf0, 0x0f, 0xb1, 0x13),
	        FORM("cmpxchg [rbx], r9", 8, 0, 0, 0x4c, 0x0f, 0xb1, 0x0b),
	        FORM("cmpxchg [rbx], al", 1, 0, 0, 0x0f, 0xb0, 0x03),
	        FORM("lock cmpxchg [rbx], rdx", 8, 0, 0, 0xf0, 0x48, 0x0f, 0xb1, 0x13),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_bit_test, "hv.mmio.form.bt_bts_btr_btc", NEEDS_HV, "SDM 2A BT")
{
	static const struct form forms[] = {
	        FORM("bt [rbx], r15", 8, FLAG_BT, 0, 0x4c, 0x0f, 0xa3, 0x3b),
	        FORM("bt [rbx], r15d", 4, FLAG_BT, 0, 0x44, 0x0f, 0xa3, 0x3b),
	        FORM("bt [rbx], r15w", 2, FLAG_BT, 0, 0x66, 0x44, 0x0f, 0xa3, 0x3b),
	        FORM("bt dword [rbx], 31", 4, FLAG_BT, 0, 0x0f, 0xba, 0x23, 0x1f),
	        FORM("bts [rbx], r15", 8, FLAG_BT, 0, 0x4c, 0x0f, 0xab, 0x3b),
	        FORM("lock bts dword [rbx], 3", 4, FLAG_BT, 0, 0xf0, 0x0f, 0xba, 0x2b, 0x03),
	        FORM("btr [rbx], r15d", 4, FLAG_BT, 0, 0x44, 0x0f, 0xb3, 0x3b),
	        FORM("btr word [rbx], 15", 2, FLAG_BT, 0, 0x66, 0x0f, 0xba, 0x33, 0x0f),
	        FORM("btc [rbx], r15w", 2, FLAG_BT, 0, 0x66, 0x44, 0x0f, 0xbb, 0x3b),
	        FORM("btc qword [rbx], 63", 8, FLAG_BT, 0, 0x48, 0x0f, 0xba, 0x3b, 0x3f),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_setcc, "hv.mmio.form.setcc", NEEDS_HV, "SDM 2B SETcc")
{
	static const struct form forms[] = {
	        FORM("seto [rbx]", 1, 0, 0, 0x0f, 0x90, 0x03),  FORM("setb [rbx]", 1, 0, 0, 0x0f, 0x92, 0x03),
	        FORM("setae [rbx]", 1, 0, 0, 0x0f, 0x93, 0x03), FORM("setz [rbx]", 1, 0, 0, 0x0f, 0x94, 0x03),
	        FORM("setbe [rbx]", 1, 0, 0, 0x0f, 0x96, 0x03), FORM("sets [rbx]", 1, 0, 0, 0x0f, 0x98, 0x03),
	        FORM("setp [rbx]", 1, 0, 0, 0x0f, 0x9a, 0x03),  FORM("setl [rbx]", 1, 0, 0, 0x0f, 0x9c, 0x03),
	        FORM("setge [rbx]", 1, 0, 0, 0x0f, 0x9d, 0x03), FORM("setg [rbx]", 1, 0, 0, 0x0f, 0x9f, 0x03),
	};

	FORM_CHECK(FORM_64, 0, forms);
}

static bool has_movbe(void)
{
	return cpu_cpuid(1, 0).ecx >> 22 & 1;
}

TEST(form_movbe, "hv.mmio.form.movbe", NEEDS_HV, "SDM 2B MOVBE")
{
	static const struct form forms[] = {
	        FORM("movbe ax, [rbx]", 2, 0, 0, 0x66, 0x0f, 0x38, 0xf0, 0x03),
	        FORM("movbe eax, [rbx]", 4, 0, 0, 0x0f, 0x38, 0xf0, 0x03),
	        FORM("movbe r9, [rbx]", 8, 0, 0, 0x4c, 0x0f, 0x38, 0xf0, 0x0b),
	        FORM("movbe [rbx], ax", 2, 0, 0, 0x66, 0x0f, 0x38, 0xf1, 0x03),
	        FORM("movbe [rbx], rax", 8, 0, 0, 0x48, 0x0f, 0x38, 0xf1, 0x03),
	};

	if (!has_movbe())
		SKIP("the processor has no MOVBE");
	FORM_CHECK(FORM_64, 0, forms);
}

TEST(form_movdiri, "hv.mmio.form.movdiri", NEEDS_HV, "SDM 2B MOVDIRI")
{
	static const struct form forms[] = {
	        FORM("movdiri [rbx], eax", 4, 0, 0, 0x0f, 0x38, 0xf9, 0x03),
	        FORM("movdiri [rbx], r9", 8, 0, 0, 0x4c, 0x0f, 0x38, 0xf9, 0x0b),
	};

	if (!(cpu_cpuid_checked(7, 0).ecx >> 27 & 1))
		SKIP("the processor has no MOVDIRI");
	FORM_CHECK(FORM_64, 0, forms);
}
