/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * State that no virtualization extension switches by itself: vector registers, XCR0, IA32_XSS. Each guest
 * has its own, wherever it runs and whoever ran there before; the host finds its own again; and a guest gets at nothing
 * that its CPUID does not name.
 */
#include <stdio.h>

#include "kernel/smp.h"
#include "tests/suites/cpu.h"
#include "tests/suites/hv_far.h"

#define UD              6U
#define CR4_OSXSAVE     BIT64(18)
#define CPUID_1_AVX     BIT32(28)
#define CPUID_1_XSAVE   BIT32(26)
#define CPUID_7_WAITPKG BIT32(5)

/* CR4.OSFXSR, OSXMMEXCPT and OSXSAVE; XCR0 = RDI. */
#define SET_XCR0                                              \
	"mov %cr4, %rax\nor $0x40600, %eax\nmov %rax, %cr4\n" \
	"xor %ecx, %ecx\nmov %edi, %eax\nmov %rdi, %rdx\nshr $32, %rdx\nxsetbv\n"

/* ---- vector registers ---- */

/* YMM0 and YMM15 from the memory at 0x30100, until 0x30000 is 2; then what they are goes to 0x30200. RDI is XCR0. */
GUEST(vectors, INTERRUPTS SET_XCR0 "vmovdqu 0x30100, %ymm0\nvmovdqu 0x30120, %ymm15\n"
                                   "movl $1, 0x30000\n1: cmpl $2, 0x30000\njne 1b\n"
                                   "vmovdqu %ymm0, 0x30200\nvmovdqu %ymm15, 0x30220\nxor %edi, %edi\n" EXIT);

static void need_avx(void)
{
	if (!(cpu_cpuid(1, 0).ecx & CPUID_1_XSAVE) || !(cpu_cpuid(1, 0).ecx & CPUID_1_AVX))
		SKIP("the processor lacks AVX (CPUID.1:ECX.28 = 0)");
}

TEST(state_vectors, "hv.state.vector_registers", NEEDS_HV | NEEDS_SMP, "SDM 1 13.4")
{
	struct hv_vm *vm[3];

	need_avx();
	for (unsigned i = 0; i < ARRAY_SIZE(vm); i++) {
		uint8_t *values;

		vm[i] = GUEST_VM(vectors, 7);
		values = guest_at(vm[i], GUEST_DATA + 0x100);
		for (unsigned n = 0; n < 64; n++)
			values[n] = (uint8_t)test_random();
		far_slices_until(vm[i], i % smp_count(), GUEST_DATA, 1);
	}
	/* Each in turn, on another processor than before. */
	for (unsigned n = 0; n < 6; n++)
		far_slice(vm[n % 3], n % smp_count(), 4);
	for (unsigned i = 0; i < ARRAY_SIZE(vm); i++) {
		test_context("guest %u", i);
		far_put_u32(vm[i], GUEST_DATA, 2);
		EXPECT_EQ(0, far_exit_status(vm[i], (i + 1) % smp_count()));
		EXPECT_MEM_EQ(guest_at(vm[i], GUEST_DATA + 0x100), guest_at(vm[i], GUEST_DATA + 0x200), 64);
	}
}

/* ---- XCR0 ---- */

GUEST(set_xcr0, INTERRUPTS SET_XCR0 "xor %ecx, %ecx\nxgetbv\nmov %eax, 0x30000\n"
                                    "mov $0xd, %eax\nxor %ecx, %ecx\ncpuid\nmov %ebx, 0x30004\n"
                                    "mov $1, %eax\ncpuid\nshr $27, %ecx\nand $1, %ecx\nmov %ecx, %edi\n" EXIT);
GUEST(set_no_osxsave, INTERRUPTS "xor %ecx, %ecx\nmov $1, %eax\nxor %edx, %edx\nxsetbv\n" EXIT);
GUEST(set_xcr1, INTERRUPTS
      "mov %cr4, %rax\nor $0x40600, %eax\nmov %rax, %cr4\nmov $1, %ecx\nmov $1, %eax\nxor %edx, %edx\nxsetbv\n" EXIT);

static uint64_t host_xcr0(void)
{
	uint64_t cr4 = cpu_read_cr4(), value;

	cpu_write_cr4(cr4 | CR4_OSXSAVE);
	value = cpu_xgetbv();
	cpu_write_cr4(cr4);
	return value;
}

TEST(state_xcr0, "hv.state.xcr0", NEEDS_HV, "SDM 1 13.3")
{
	struct hv_vm *vm = GUEST_VM(set_xcr0, 1);
	uint64_t before;

	need_avx();
	before = host_xcr0();
	EXPECT_EQ(1, guest_exit_status(vm)); /* OSXSAVE shows */
	EXPECT_EQ(1, far_u32(vm, GUEST_DATA));
	EXPECT_EQ(576, far_u32(vm, GUEST_DATA + 4));
	GUEST_LOAD(vm, set_xcr0, 7);
	EXPECT_EQ(1, guest_exit_status(vm));
	EXPECT_EQ(7, far_u32(vm, GUEST_DATA));
	EXPECT_EQ(cpu_cpuid(0xd, 2).ebx + cpu_cpuid(0xd, 2).eax, far_u32(vm, GUEST_DATA + 4));
	EXPECT_EQ(before, host_xcr0());
	GUEST_LOAD(vm, set_no_osxsave, 0);
	EXPECT_EQ(GUEST_EXCEPTION + UD, guest_exit_status(vm));
	GUEST_LOAD(vm, set_xcr1, 0);
	EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, guest_exit_status(vm));
	/* No x87; AVX without SSE; and every component that is not offered, whatever the processor has. */
	for (unsigned bit = 0; bit < 66; bit++) {
		uint64_t value = bit == 64 ? 6 : bit == 65 ? 5 : BIT64(bit) | 1;

		if (bit == 0 || bit == 1)
			continue;
		test_context("XCR0 = 0x%llx", (unsigned long long)value);
		GUEST_LOAD(vm, set_xcr0, value);
		EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, guest_exit_status(vm));
	}
	EXPECT_EQ(before, host_xcr0());
}

/* ---- MSRs ---- */

#define CPUID_D1_XSAVES BIT32(3)

TEST(state_xss, "hv.state.xss", NEEDS_HV | NEEDS_XSAVES, "SDM 1 13.3")
{
	struct hv_vm *vm = GUEST_VM(set_xcr0, 1);
	uint64_t value, before;

	if (!(guest_cpuid(vm, 0xd, 1).eax & CPUID_D1_XSAVES)) {
		EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, guest_rdmsr(vm, MSR_XSS, &value));
		SKIP("guests have no XSAVES here: the virtualization extension has no control for it");
	}
	EXPECT_OK(trap_rdmsr(MSR_XSS, &before));
	EXPECT_EQ(0, guest_cpuid(vm, 0xd, 1).ecx);
	EXPECT_EQ(0, guest_wrmsr(vm, MSR_XSS, 0));
	EXPECT_EQ(0, guest_rdmsr(vm, MSR_XSS, &value));
	EXPECT_EQ(0, value);
	/* IA32_PASID's component above all: XRSTORS would load what it likes. */
	for (unsigned bit = 0; bit < 64; bit++) {
		test_context("bit %u", bit);
		EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, guest_wrmsr(vm, MSR_XSS, BIT64(bit)));
	}
	EXPECT_OK(trap_rdmsr(MSR_XSS, &value));
	EXPECT_EQ(before, value);
}

/* XMM1 goes out by XSAVES, is lost, and comes back by XRSTORS. */
GUEST(xsaves, INTERRUPTS SET_XCR0 "mov $0x1122334455667788, %rbx\nmovq %rbx, %xmm1\n"
                                  "mov $0x31000, %edi\nmov $-1, %eax\nmov $-1, %edx\nxsaves (%rdi)\n"
                                  "xorps %xmm1, %xmm1\nxrstors (%rdi)\nmovq %xmm1, %rdi\nsub %rbx, %rdi\n" EXIT);

TEST(state_xsaves, "hv.state.xsaves", NEEDS_HV | NEEDS_XSAVES, "SDM 1 13.11")
{
	struct hv_vm *vm = GUEST_VM(set_xcr0, 1);

	if (!(guest_cpuid(vm, 0xd, 1).eax & CPUID_D1_XSAVES))
		SKIP("guests have no XSAVES here: the virtualization extension has no control for it");
	GUEST_LOAD(vm, xsaves, 3);
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_EQ(BIT64(63) | 3, guest_u64(vm, 0x31000 + 0x208)); /* XCOMP_BV: compacted, just these */
}

/* ---- instructions ---- */

GUEST(movdir64b, INTERRUPTS "mov $0x31000, %eax\nmov $0x30100, %edx\n.byte 0x66, 0x0f, 0x38, 0xf8, 0x02\nmfence\n"
                            "xor %edi, %edi\n" EXIT);

TEST(state_movdir64b, "hv.state.movdir64b", NEEDS_HV | NEEDS_MOVDIR64B, "SDM 2 (MOVDIR64B)")
{
	struct hv_vm *vm = GUEST_VM(movdir64b, 0);
	uint8_t *source = guest_at(vm, GUEST_DATA + 0x100);

	for (unsigned i = 0; i < 64; i++)
		source[i] = (uint8_t)(i + 1);
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_MEM_EQ(source, guest_at(vm, 0x31000), 64);
	EXPECT_EQ(0, *(uint8_t *)guest_at(vm, 0x31000 + 64));
	EXPECT_EQ(BIT32(28), guest_cpuid(vm, 7, 0).ecx & BIT32(28));
}

#define MSR_UMWAIT 0xe1U

/* TPAUSE to a deadline that is near: it ends by itself. */
GUEST(tpause, INTERRUPTS "rdtsc\nadd $10000, %eax\nadc $0, %edx\nxor %ecx, %ecx\n.byte 0x66, 0x0f, 0xae, 0xf1\n"
                         "xor %edi, %edi\n" EXIT);

TEST(state_umwait, "hv.state.umwait", NEEDS_HV, "SDM 2 (TPAUSE, UMWAIT)")
{
	struct hv_vm *vm = GUEST_VM(set_xcr0, 1);
	uint64_t value = 0, before;

	if (!(cpu_cpuid_checked(7, 0).ecx & CPUID_7_WAITPKG))
		SKIP("the processor lacks UMWAIT (CPUID.7.0:ECX.5 = 0)");
	EXPECT_OK(trap_rdmsr(MSR_UMWAIT, &before));
	if (!(guest_cpuid(vm, 7, 0).ecx & CPUID_7_WAITPKG)) {
		EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, guest_rdmsr(vm, MSR_UMWAIT, &value));
		GUEST_LOAD(vm, tpause, 0);
		EXPECT_EQ(GUEST_EXCEPTION + UD, guest_exit_status(vm));
		SKIP("guests have no UMWAIT here: the virtualization extension has no control for it");
	}
	GUEST_LOAD(vm, tpause, 0);
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_EQ(0, guest_wrmsr(vm, MSR_UMWAIT, 0x12345678 & ~2U));
	EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, guest_wrmsr(vm, MSR_UMWAIT, 2));
	EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, guest_wrmsr(vm, MSR_UMWAIT, BIT64(32)));
	EXPECT_OK(trap_rdmsr(MSR_UMWAIT, &value));
	EXPECT_EQ(before, value);
}

/* ---- a guest inside another one's callback ---- */

static struct hv_vm *inner;

static uint64_t run_inner(void *arg, uint64_t offset, unsigned width)
{
	struct hv_result result;

	(void)arg, (void)offset, (void)width;
	return hv_run(inner, GUEST_LIMIT_MS, &result) ? 0 : result.status;
}

static void ignore_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)arg, (void)offset, (void)width, (void)value;
}

#define SSE_ON "mov %cr4, %rax\nor $0x200, %eax\nmov %rax, %cr4\n"

/* XMM7 over a read from the device, whose answer goes to memory. */
GUEST(outer_guest,
      SSE_ON "movq %rdi, %xmm7\nmov $0xc0000000, %ebx\nmov (%rbx), %esi\nmovq %xmm7, %rdi\nmov %esi, 0x30000\n" EXIT);
/* What it finds in XMM7, plus 7; and something of its own there. */
GUEST(inner_guest, SSE_ON "movq %xmm7, %rsi\nmovq %rdi, %xmm7\nlea 7(%rsi), %rdi\n" EXIT);

TEST(state_inside, "hv.state.guest_inside_a_callback", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(outer_guest, UINT64_C(0x5ec4e7));
	const struct hv_mmio region = {HV_BAR_WINDOW_BASE, 0x1000, run_inner, ignore_write, NULL, "inner"};

	inner = GUEST_VM(inner_guest, 1);
	EXPECT_OK(hv_mmio_add(vm, &region));
	EXPECT_EQ(0x5ec4e7, guest_exit_status(vm));
	EXPECT_EQ(7, guest_u64(vm, GUEST_DATA) & UINT32_MAX);
}
