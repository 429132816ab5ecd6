/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's MSRs: those that it has keep what it writes, take only what they may hold, and all others are #GP. */
#include <string.h>

#include "kernel/cpu.h"
#include "tests/suites/hv.h"
#include "tests/test.h"

#define GP                 13
#define PART               0x100U /* numbers that one guest tries */
#define MSR_XSS            0xda0
#define MSR_UMWAIT_CONTROL 0xe1

/*
 * MSR in EDI, value at 0x30000: written, read back to 0x30008; the upper halves of RAX and RDX, which RDMSR clears, to
 * 0x30010.
 */
GUEST(write_read, INTERRUPTS "mov %edi, %ecx\nmov 0x30000, %eax\nmov 0x30004, %edx\nwrmsr\nxor %eax, %eax\ncpuid\n"
                             "mov %edi, %ecx\nmov $-1, %rax\nmov $-1, %rdx\nrdmsr\n"
                             "mov %eax, 0x30008\nmov %edx, 0x3000c\nor %rdx, %rax\nshr $32, %rax\n"
                             "mov %rax, 0x30010\nxor %edi, %edi\n" EXIT);

static uint64_t write_read_status(struct hv_vm *vm, uint32_t msr, uint64_t value)
{
	GUEST_LOAD(vm, write_read, msr);
	memcpy(guest_at(vm, GUEST_DATA), &value, sizeof(value));
	return guest_exit_status(vm);
}

TEST(msr_keep, "hv.msr.keep_what_is_written", NEEDS_HV, "SDM 4 2.1")
{
	static const struct {
		uint32_t msr;
		uint64_t value;
	} pairs[] = {
	        {0x174, 0x0008},
	        {0x175, UINT64_C(0xffff800012345678)},
	        {0x176, UINT64_C(0x00007fff87654321)},
	        {0x277, UINT64_C(0x0504010006070504)},
	        {0xc0000081, UINT64_C(0x0013000800000000)},
	        {0xc0000082, UINT64_C(0xffffffff80001000)},
	        {0xc0000083, UINT64_C(0xffffffff80002000)},
	        {0xc0000084, 0x47700},
	        {0xc0000100, UINT64_C(0x00007f0011223344)},
	        {0xc0000101, UINT64_C(0xffff880011223344)},
	        {0xc0000102, UINT64_C(0x0000700011223344)},
	        {0x8b, 0},
	};
	struct hv_vm *vm = GUEST_VM(write_read, 0);

	for (unsigned i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		test_context("MSR %#x", (unsigned)pairs[i].msr);
		EXPECT_EQ(0, write_read_status(vm, pairs[i].msr, pairs[i].value));
		EXPECT_EQ(pairs[i].value, guest_u64(vm, GUEST_DATA + 8));
		EXPECT_EQ(0, guest_u64(vm, GUEST_DATA + 16));
	}
}

TEST(msr_efer, "hv.msr.efer", NEEDS_HV, "SDM 4 2.1")
{
	struct hv_vm *vm = GUEST_VM(write_read, 0);

	EXPECT_EQ(0, write_read_status(vm, 0xc0000080, 0xd01));
	EXPECT_EQ(0xd01, guest_u64(vm, GUEST_DATA + 8));
	/* LMA is the processor's to set: a write leaves it as it is. */
	EXPECT_EQ(0, write_read_status(vm, 0xc0000080, 0x100));
	EXPECT_EQ(0x500, guest_u64(vm, GUEST_DATA + 8));
	for (unsigned bit = 0; bit < 64; bit++) {
		uint64_t value = 0x500 ^ UINT64_C(1) << bit;
		bool may = bit == 0 || bit == 10 || bit == 11;

		test_context("bit %u", bit);
		EXPECT_EQ(may ? 0 : GUEST_EXCEPTION + GP, write_read_status(vm, 0xc0000080, value));
	}
}

TEST(msr_pat, "hv.msr.pat_takes_memory_types_only", NEEDS_HV, "SDM 3A 12.12.2")
{
	struct hv_vm *vm = GUEST_VM(write_read, 0);

	for (unsigned type = 0; type < 10; type++) {
		bool may = type < 8 && type != 2 && type != 3;

		test_context("type %u", type);
		EXPECT_EQ(may ? 0 : GUEST_EXCEPTION + GP,
		          write_read_status(vm, 0x277, (uint64_t)type << (8 * (type % 8))));
	}
}

/* What there is to read; a write is #GP or has no effect. */
TEST(msr_read_only, "hv.msr.read_only", NEEDS_HV, "SDM 3A 11.12.1.3")
{
	static const uint32_t constant[] = {0x802, 0x803, 0x80a, 0x80d, 0x810, 0x817, 0x818, 0x820, 0x827, 0x839};
	struct hv_vm *vm = GUEST_VM(write_read, 0);

	for (unsigned i = 0; i < sizeof(constant) / sizeof(constant[0]); i++) {
		test_context("MSR %#x", (unsigned)constant[i]);
		EXPECT_EQ(GUEST_EXCEPTION + GP, write_read_status(vm, constant[i], 0));
	}
	EXPECT_EQ(GUEST_EXCEPTION + GP, write_read_status(vm, 0x1b, 0xfee00900)); /* back to xAPIC */
	EXPECT_EQ(GUEST_EXCEPTION + GP, write_read_status(vm, 0x1b, 0xfed00d00)); /* elsewhere */
	EXPECT_EQ(0, write_read_status(vm, 0x1b, 0xfee00d00));
}

/* Reserved bits of the APIC's registers, and those that can only be written. */
TEST(msr_apic_reserved, "hv.msr.apic_reserved_bits", NEEDS_HV, "SDM 3A 11.12.1.2")
{
	static const struct {
		uint32_t msr;
		bool gp;
		uint64_t value;
	} writes[] = {
	        {0x808, true, 0x100},   {0x808, true, UINT64_C(1) << 32},
	        {0x808, false, 0xff},   {0x80f, true, 0x400},
	        {0x80f, false, 0x1ff},  {0x828, true, 1},
	        {0x828, false, 0},      {0x80b, true, 1},
	        {0x80b, false, 0},      {0x83f, false, 0xff},
	        {0x83e, true, 4},       {0x83e, false, 0xb},
	        {0x83f, true, 0x100},   {0x830, true, 0x2000},
	        {0x830, true, 0x30000}, {0x830, true, 0x100000},
	};
	struct hv_vm *vm = GUEST_VM(write_read, 0);

	for (unsigned i = 0; i < sizeof(writes) / sizeof(writes[0]); i++) {
		test_context("MSR %#x, value %#llx", (unsigned)writes[i].msr, (unsigned long long)writes[i].value);
		EXPECT_EQ(writes[i].gp ? GUEST_EXCEPTION + GP : 0, guest_wrmsr(vm, writes[i].msr, writes[i].value));
	}
}

/* EOI and SELF IPI are written only: to read them is #GP. */
TEST(msr_write_only, "hv.msr.write_only", NEEDS_HV, "SDM 3A 11.12.1.2")
{
	struct hv_vm *vm = GUEST_VM(write_read, 0);
	uint64_t value;

	EXPECT_EQ(GUEST_EXCEPTION + GP, guest_rdmsr(vm, 0x80b, &value));
	EXPECT_EQ(GUEST_EXCEPTION + GP, guest_rdmsr(vm, 0x83f, &value));
}

/*
 * Every number of the three ranges, and some beyond, read by a guest whose #GP handler goes on behind the instruction
 * with CF set. RDI: first, RSI: behind the last. The numbers that could be read are bits from GUEST_DATA on.
 */
GUEST(sweep,
      INTERRUPTS "lea 6f(%rip), %rax\nmov %ax, 0x80d0\nshr $16, %eax\nmov %ax, 0x80d6\nmov %rdi, %rsi\nshr $32, %rsi\n"
                 "mov %edi, %edi\nmov %edi, %ebx\n"
                 "1: mov %edi, %ecx\nclc\nrdmsr\njc 2f\nmov %edi, %eax\nsub %ebx, %eax\nbts %rax, 0x30000\n"
                 "2: inc %edi\ncmp %esi, %edi\njne 1b\nxor %edi, %edi\n" EXIT
                 "6: add $8, %rsp\naddq $2, (%rsp)\norl $1, 16(%rsp)\niretq\n");

/* What the guest's CPUID says of those that a processor may lack. */
GUEST(has_xsaves, "mov $0xd, %eax\nmov $1, %ecx\ncpuid\nmov %eax, %edi\nshr $3, %edi\nand $1, %edi\n" EXIT);
GUEST(has_umwait, "mov $7, %eax\nxor %ecx, %ecx\ncpuid\nmov %ecx, %edi\nshr $5, %edi\nand $1, %edi\n" EXIT);

TEST(msr_sweep, "hv.msr.every_number", NEEDS_HV, "SDM 4 2.1")
{
	static const uint32_t there[] = {0x10,       0x1b,       0x8b,       0x174,      0x175,      0x176,
	                                 0x277,      0x6e0,      0xc0000080, 0xc0000081, 0xc0000082, 0xc0000083,
	                                 0xc0000084, 0xc0000100, 0xc0000101, 0xc0000102};
	static const uint32_t first[] = {0, 0xc0000000, 0xc0010000, 0x40000000, 0x80000000};
	static const uint32_t count[] = {0x2000, 0x2000, 0x2000, 0x100, 0x100};
	struct hv_vm *vm = GUEST_VM(has_xsaves, 0);
	bool xss = guest_exit_status(vm), umwait;

	GUEST_LOAD(vm, has_umwait, 0);
	umwait = guest_exit_status(vm);
	test_limit(10 * GUEST_LIMIT_MS);
	for (unsigned r = 0; r < sizeof(first) / sizeof(first[0]); r++) {
		for (unsigned i = 0; i < count[r]; i++) {
			uint32_t msr = first[r] + i;
			bool known = (msr == MSR_XSS && xss) || (msr == MSR_UMWAIT_CONTROL && umwait), got;

			if (i % PART == 0) {
				GUEST_LOAD(vm, sweep, msr | (uint64_t)(msr + PART) << 32);
				EXPECT_EQ(0, guest_exit_status(vm));
			}
			got = ((const uint8_t *)guest_at(vm, GUEST_DATA))[i % PART / 8] >> (i % 8) & 1;
			if (msr >= 0x800 && msr < 0x900) /* the APIC's have tests of their own */
				continue;
			for (unsigned k = 0; k < sizeof(there) / sizeof(there[0]); k++)
				known |= there[k] == msr;
			test_context("MSR %#x", (unsigned)msr);
			EXPECT_EQ(known, got);
		}
	}
}

/* RDMSR and WRMSR belong to ring 0. */
GUEST(user_rdmsr, INTERRUPTS TO_RING3("0x202") "mov $0x1b, %ecx\nrdmsr\nud2\n");
GUEST(user_wrmsr, INTERRUPTS TO_RING3("0x202") "mov $0x808, %ecx\nxor %eax, %eax\nxor %edx, %edx\nwrmsr\nud2\n");

TEST(msr_ring3, "hv.msr.ring_3", NEEDS_HV, "SDM 2B RDMSR")
{
	struct hv_vm *vm = GUEST_VM(user_rdmsr, 0);
	struct hv_stats before, after;

	guest_allow_user(vm);
	EXPECT_EQ(GUEST_EXCEPTION + GP, guest_exit_status(vm));
	hv_stats_get(vm, &before);
	EXPECT_EQ(0, before.exits[HV_CAUSE_MSR_READ]);
	GUEST_LOAD(vm, user_wrmsr, 0);
	guest_allow_user(vm);
	EXPECT_EQ(GUEST_EXCEPTION + GP, guest_exit_status(vm));
	hv_stats_get(vm, &after);
	EXPECT_EQ(1, after.exits[HV_CAUSE_MSR_WRITE] - before.exits[HV_CAUSE_MSR_WRITE]); /* that of INTERRUPTS */
}
