/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * State that no virtualization extension switches by itself: vector registers, XCR0, IA32_XSS, IA32_PASID. Each guest
 * has its own, wherever it runs and whoever ran there before; the host finds its own again; and a guest gets at nothing
 * that its CPUID does not name.
 */
#include <stdio.h>

#include "kernel/smp.h"
#include "tests/suites/cpu.h"
#include "tests/suites/dsa.h"
#include "tests/suites/hv_far.h"
#include "tests/suites/vtd.h"

#define UD              6U
#define CR4_OSXSAVE     BIT64(18)
#define CPUID_1_AVX     BIT32(28)
#define CPUID_1_XSAVE   BIT32(26)
#define CPUID_7_WAITPKG BIT32(5)

#define PORTAL HV_BAR_WINDOW_BASE /* 0xc0000000 */

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

static void until_ready(struct hv_vm *vm, unsigned cpu)
{
	struct hv_result result;

	for (unsigned n = 0; far_u32(vm, GUEST_DATA) != 1; n++) {
		far_run(vm, cpu, 4, &result);
		test_context("%s", result.text);
		EXPECT_EQ(HV_END_TIMEOUT, result.end);
		EXPECT_LE(1000, n);
	}
	test_context("");
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
		until_ready(vm[i], i % smp_count());
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

/* RDI: the MSR below, its value's halves in the words at 0x30000. */
GUEST(rdmsr, INTERRUPTS "mov %edi, %ecx\nrdmsr\nmov %eax, 0x30000\nmov %edx, 0x30004\nxor %edi, %edi\n" EXIT);
GUEST(wrmsr, INTERRUPTS "mov %edi, %ecx\nmov 0x30000, %eax\nmov 0x30004, %edx\nwrmsr\nxor %edi, %edi\n" EXIT);

static uint64_t try_wrmsr(struct hv_vm *vm, uint32_t msr, uint64_t value)
{
	GUEST_LOAD(vm, wrmsr, msr);
	memcpy(guest_at(vm, GUEST_DATA), &value, sizeof(value));
	return guest_exit_status(vm);
}

static uint64_t try_rdmsr(struct hv_vm *vm, uint32_t msr, uint64_t *value)
{
	uint64_t status;

	GUEST_LOAD(vm, rdmsr, msr);
	status = guest_exit_status(vm);
	*value = guest_u64(vm, GUEST_DATA);
	return status;
}

GUEST(cpuid, "mov %edi, %eax\nmov %rdi, %rcx\nshr $32, %rcx\ncpuid\n"
             "mov %eax, 0x30000\nmov %ebx, 0x30004\nmov %ecx, 0x30008\nmov %edx, 0x3000c\nxor %edi, %edi\n" EXIT);

static struct cpuid guest_cpuid(struct hv_vm *vm, uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	GUEST_LOAD(vm, cpuid, leaf | (uint64_t)subleaf << 32);
	EXPECT_EQ(0, guest_exit_status(vm));
	memcpy(&r, guest_at(vm, GUEST_DATA), sizeof(r));
	return r;
}

#define CPUID_D1_XSAVES BIT32(3)

TEST(state_xss, "hv.state.xss", NEEDS_HV | NEEDS_XSAVES, "SDM 1 13.3")
{
	struct hv_vm *vm = GUEST_VM(cpuid, 0);
	uint64_t value, before;

	if (!(guest_cpuid(vm, 0xd, 1).eax & CPUID_D1_XSAVES)) {
		EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, try_rdmsr(vm, MSR_XSS, &value));
		SKIP("guests have no XSAVES here: the virtualization extension has no control for it");
	}
	EXPECT_OK(trap_rdmsr(MSR_XSS, &before));
	EXPECT_EQ(0, guest_cpuid(vm, 0xd, 1).ecx);
	EXPECT_EQ(0, try_wrmsr(vm, MSR_XSS, 0));
	EXPECT_EQ(0, try_rdmsr(vm, MSR_XSS, &value));
	EXPECT_EQ(0, value);
	/* IA32_PASID's component above all: XRSTORS would load what it likes. */
	for (unsigned bit = 0; bit < 64; bit++) {
		test_context("bit %u", bit);
		EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, try_wrmsr(vm, MSR_XSS, BIT64(bit)));
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
	struct hv_vm *vm = GUEST_VM(cpuid, 0);

	if (!(guest_cpuid(vm, 0xd, 1).eax & CPUID_D1_XSAVES))
		SKIP("guests have no XSAVES here: the virtualization extension has no control for it");
	GUEST_LOAD(vm, xsaves, 3);
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_EQ(BIT64(63) | 3, guest_u64(vm, 0x31000 + 0x208)); /* XCOMP_BV: compacted, just these */
}

/* ---- IA32_PASID ---- */

#define OURS (PASID_VALID | 0x777U)

static uint64_t pasid_seen[2]; /* by processor */

static void reset_pasid(void *unused)
{
	(void)unused;
	trap_wrmsr(MSR_PASID, 0);
}

static void host_pasid(uint64_t value)
{
	test_cleanup(reset_pasid, NULL);
	EXPECT_OK(trap_wrmsr(MSR_PASID, value));
}

static bool look_at_pasid(void *arg, uint64_t number, const uint64_t args[3], uint64_t *result)
{
	(void)arg, (void)number, (void)args;
	*result = 0;
	return trap_rdmsr(MSR_PASID, &pasid_seen[smp_id() % 2]) == 0;
}

/* What is in RDI goes to IA32_PASID; it is read back until 0x30000 is 2. A hypercall lets the host look at its own. */
GUEST(pasid, INTERRUPTS "mov %edi, %eax\nxor %edx, %edx\nmov $0xd93, %ecx\nwrmsr\n"
                        "mov $0x1000, %eax\n" HYPERCALL "mov $0xd93, %ecx\nmovl $1, 0x30000\n"
                        "1: rdmsr\ncmp %edi, %eax\njne 2f\ntest %edx, %edx\njnz 2f\ncmpl $2, 0x30000\njne 1b\n"
                        "xor %edi, %edi\n" EXIT "2: mov $1, %edi\n" EXIT);

TEST(state_pasid, "hv.state.pasid.each_its_own", NEEDS_HV | NEEDS_SMP | NEEDS_ENQCMD, "SDM 4 2.1 (IA32_PASID)")
{
	struct hv_vm *vm[2];
	uint64_t value;

	host_pasid(OURS);
	pasid_seen[0] = pasid_seen[1] = 1;
	for (unsigned i = 0; i < 2; i++) {
		vm[i] = GUEST_VM(pasid, PASID_VALID | (i + 1));
		hv_set_hypercall(vm[i], look_at_pasid, NULL);
		EXPECT_OK(hv_pasid_give(vm[i], i + 1, 0x1000 + i));
		until_ready(vm[i], i);
	}
	/* After the guest there had written its own. */
	EXPECT_EQ(OURS, pasid_seen[0]);
	EXPECT_EQ(0, pasid_seen[1]);
	for (unsigned n = 0; n < 6; n++)
		far_slice(vm[n % 2], n / 2 % 2, 4);
	for (unsigned i = 0; i < 2; i++) {
		far_put_u32(vm[i], GUEST_DATA, 2);
		EXPECT_EQ(0, far_exit_status(vm[i], 1 - i));
	}
	EXPECT_OK(trap_rdmsr(MSR_PASID, &value));
	EXPECT_EQ(OURS, value);
}

/* ENQCMD from the data page to RDI. */
GUEST(enqcmd, INTERRUPTS "mov %rdi, %rax\nmov $0x30100, %edx\n.byte 0xf2, 0x0f, 0x38, 0xf8, 0x02\nsetz %al\n"
                         "movzx %al, %edi\n" EXIT);

TEST(state_pasid_absent, "hv.state.pasid.none_was_given", NEEDS_HV | NEEDS_ENQCMD, "SDM 2 (ENQCMD)")
{
	struct hv_vm *vm = GUEST_VM(enqcmd, GUEST_DATA);
	uint64_t value;

	host_pasid(OURS);
	/* The host's number must not be within reach. */
	EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, guest_exit_status(vm));
	EXPECT_EQ(0, guest_cpuid(vm, 7, 0).ecx & BIT32(29));
	EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, try_rdmsr(vm, MSR_PASID, &value));
	EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, try_wrmsr(vm, MSR_PASID, OURS));
	EXPECT_ERRNO(EINVAL, hv_pasid_give(vm, 0x100000, 1));
	EXPECT_ERRNO(EINVAL, hv_pasid_give(vm, 1, 0x100000));
	EXPECT_ERRNO(ENOENT, hv_pasid_take(vm, 1));
	EXPECT_OK(hv_pasid_give(vm, 1, 1));
	EXPECT_ERRNO(EEXIST, hv_pasid_give(vm, 1, 2));
	EXPECT_EQ(BIT32(29), guest_cpuid(vm, 7, 0).ecx & BIT32(29));
	EXPECT_EQ(0, try_wrmsr(vm, MSR_PASID, OURS));
	EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, try_wrmsr(vm, MSR_PASID, OURS | BIT64(20)));
	EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, try_wrmsr(vm, MSR_PASID, OURS | BIT64(32)));
	for (uint32_t i = 2; i < 9; i++)
		EXPECT_OK(hv_pasid_give(vm, i, i));
	EXPECT_ERRNO(ENOSPC, hv_pasid_give(vm, 9, 9));
	EXPECT_OK(hv_pasid_take(vm, 3));
	EXPECT_OK(hv_pasid_give(vm, 9, 9));
	EXPECT_OK(trap_rdmsr(MSR_PASID, &value));
	EXPECT_EQ(OURS, value);
}

/*
 * The guest's number (RDI) into IA32_PASID, then the descriptor at 0x30100 into the portal, again and again while the
 * WQ wants to be asked again.
 */
GUEST(submits,
      INTERRUPTS "mov %edi, %eax\nxor %edx, %edx\nmov $0xd93, %ecx\nwrmsr\nmov $0xc0000000, %eax\nmov $0x30100, %edx\n"
                 "mov $100000, %ecx\n1: .byte 0xf2, 0x0f, 0x38, 0xf8, 0x02\njnz 2f\npause\nloop 1b\n"
                 "mov $1, %edi\n" EXIT "2: xor %edi, %edi\n" EXIT);

#define NEEDS_SUBMITTING (NEEDS_HV | NEEDS_SMP | NEEDS_SPACE | NEEDS_ENQCMD)

static struct hv_vm *submitter(uint64_t portal, uint64_t pasid)
{
	struct hv_vm *vm = GUEST_VM(submits, PASID_VALID | pasid);

	EXPECT_OK(hv_map_device(vm, PORTAL, portal, PAGE_SIZE));
	return vm;
}

/*
 * One shared WQ, two guests on two processors, the same number in both: each descriptor runs in the address space that
 * the host chose for its guest.
 */
TEST(state_submits, "hv.state.pasid.submits_as_the_host_says", NEEDS_SUBMITTING, "SDM 2 (ENQCMD); DSA 3.3")
{
	struct dsa_wq_config config = dsa_wq_default(test_dsa());
	uint64_t portal = test_dsa()->portals_phys + TEST_WQ * DSA_PORTAL_WQ_STRIDE + DSA_LIMITED_MSIX;
	struct space *spaces[2] = {space_new_any(), space_new_any()};
	uint8_t *src[2], *dst[2];
	struct hv_vm *vm[2];
	struct dsa_hw_desc d;

	config.shared = true;
	config.threshold = config.size;
	EXPECT_DSA(dsa_reset(test_dsa()));
	EXPECT_DSA(dsa_start_wq(test_dsa(), TEST_WQ, &config));
	for (unsigned i = 0; i < 2; i++) {
		src[i] = space_page(spaces[i], SPACE_SRC, VTD_READ);
		dst[i] = space_page(spaces[i], SPACE_DST, VTD_READ | VTD_WRITE);
		vm[i] = submitter(portal, 5);
		EXPECT_OK(hv_pasid_give(vm[i], 5, spaces[i]->pasid));
	}
	for (unsigned n = 0; n < 4; n++) {
		test_context("round %u", n);
		for (unsigned i = 0; i < 2; i++) {
			memset(dst[i], 0, PAGE_SIZE);
			dsa_cr_clear(spaces[i]->record);
			GUEST_LOAD(vm[i], submits, PASID_VALID | 5);
			dsa_desc_memmove(&d, SPACE_CR, SPACE_DST, SPACE_SRC, PAGE_SIZE);
			memcpy(guest_at(vm[i], GUEST_DATA + 0x100), &d, sizeof(d));
		}
		far_start(vm[n % 2], 1, FAR_LIMIT_MS);
		EXPECT_EQ(0, far_exit_status(vm[1 - n % 2], 0));
		EXPECT_EQ(0, far_end(1, HV_END_EXIT).status);
		for (unsigned i = 0; i < 2; i++) {
			EXPECT_DSA(dsa_wait_success(test_dsa(), spaces[i]->record, 0));
			EXPECT_MEM_EQ(src[i], dst[i], PAGE_SIZE);
		}
	}
	/* Its number not valid, the other's, one of nobody, and one that was taken back: #GP, and nothing is submitted.
	 */
	dsa_cr_clear(spaces[0]->record);
	for (unsigned i = 0; i < 4; i++) {
		const uint64_t numbers[] = {5, PASID_VALID | spaces[1]->pasid, PASID_VALID | 6, PASID_VALID | 5};

		test_context("number %u", i);
		GUEST_LOAD(vm[0], submits, numbers[i]);
		memcpy(guest_at(vm[0], GUEST_DATA + 0x100), &d, sizeof(d));
		if (i == 3)
			EXPECT_OK(hv_pasid_take(vm[0], 5));
		EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, guest_exit_status(vm[0]));
	}
	time_delay_us(NEVER_US);
	EXPECT_EQ(0, spaces[0]->record->status);
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
	struct hv_vm *vm = GUEST_VM(cpuid, 0);
	uint64_t value = 0, before;

	if (!(cpu_cpuid_checked(7, 0).ecx & CPUID_7_WAITPKG))
		SKIP("the processor lacks UMWAIT (CPUID.7.0:ECX.5 = 0)");
	EXPECT_OK(trap_rdmsr(MSR_UMWAIT, &before));
	if (!(guest_cpuid(vm, 7, 0).ecx & CPUID_7_WAITPKG)) {
		EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, try_rdmsr(vm, MSR_UMWAIT, &value));
		GUEST_LOAD(vm, tpause, 0);
		EXPECT_EQ(GUEST_EXCEPTION + UD, guest_exit_status(vm));
		SKIP("guests have no UMWAIT here: the virtualization extension has no control for it");
	}
	GUEST_LOAD(vm, tpause, 0);
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_EQ(0, try_wrmsr(vm, MSR_UMWAIT, 0x12345678 & ~2U));
	EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, try_wrmsr(vm, MSR_UMWAIT, 2));
	EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, try_wrmsr(vm, MSR_UMWAIT, BIT64(32)));
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
