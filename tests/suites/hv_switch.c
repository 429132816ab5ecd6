/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The world switch: a guest finds each of its registers as it left it, however often it stopped and whoever ran
 * meanwhile, and the host finds its own.
 */
#include <string.h>

#include "kernel/cpu.h"
#include "tests/suites/hv.h"
#include "tests/test.h"

/* ---- general registers, over each kind of exit ---- */

#define LOAD_ALL                                                                                        \
	"mov $0x1111111111111111, %rbp\nmov $0x2222222222222222, %rsi\nmov $0x3333333333333333, %r8\n"  \
	"mov $0x4444444444444444, %r9\nmov $0x5555555555555555, %r10\nmov $0x6666666666666666, %r11\n"  \
	"mov $0x7777777777777777, %r12\nmov $0x8888888888888888, %r13\nmov $0x9999999999999999, %r14\n" \
	"mov $0xaaaaaaaaaaaaaaaa, %r15\n"
/* RBX, RCX, RDX and RDI are for what the exit needs, so the test looks at them elsewhere. */
#define STORE_ALL                                                                                         \
	"mov %rbp, 0x30000\nmov %rsi, 0x30008\nmov %r8, 0x30010\nmov %r9, 0x30018\nmov %r10, 0x30020\n"   \
	"mov %r11, 0x30028\nmov %r12, 0x30030\nmov %r13, 0x30038\nmov %r14, 0x30040\nmov %r15, 0x30048\n" \
	"mov %rsp, 0x30050\nxor %edi, %edi\n" EXIT
#define OVER(name, instructions) GUEST(name, INTERRUPTS LOAD_ALL instructions STORE_ALL)

OVER(over_cpuid, "xor %eax, %eax\ncpuid\n");
OVER(over_hypercall, "mov $3, %eax\n" HYPERCALL);
OVER(over_rdmsr, "mov $0x1b, %ecx\nrdmsr\n");
OVER(over_wrmsr, "mov $0x808, %ecx\nxor %eax, %eax\nxor %edx, %edx\nwrmsr\n");
OVER(over_port, "in $0x80, %al\nout %al, $0x80\n");
OVER(over_mmio, "mov $0xb0000000, %ebx\nmov (%rbx), %eax\nmov %eax, (%rbx)\n");
OVER(over_hlt, "mov $0x83f, %ecx\nmov $0x41, %eax\nxor %edx, %edx\nwrmsr\nsti\nhlt\ncli\n");
OVER(over_wbinvd, "wbinvd\n");

TEST(switch_gpr, "hv.switch.general_registers", NEEDS_HV, "APM 2 15.5.1")
{
	static const struct {
		const char *name;
		const uint8_t *first, *end;
	} exits[] = {
	        {"CPUID", over_cpuid_first, over_cpuid_end}, {"hypercall", over_hypercall_first, over_hypercall_end},
	        {"RDMSR", over_rdmsr_first, over_rdmsr_end}, {"WRMSR", over_wrmsr_first, over_wrmsr_end},
	        {"port", over_port_first, over_port_end},    {"MMIO", over_mmio_first, over_mmio_end},
	        {"HLT", over_hlt_first, over_hlt_end},       {"WBINVD", over_wbinvd_first, over_wbinvd_end},
	};
	struct hv_vm *vm = GUEST_VM(over_cpuid, 0);

	for (unsigned i = 0; i < sizeof(exits) / sizeof(exits[0]); i++) {
		guest_load(vm, exits[i].first, exits[i].end, 0);
		EXPECT_EQ(0, guest_exit_status(vm));
		for (unsigned r = 0; r < 10; r++) {
			test_context("over %s, register %u", exits[i].name, r);
			EXPECT_EQ((r + 1) * UINT64_C(0x1111111111111111), guest_u64(vm, GUEST_DATA + 8 * r));
		}
		EXPECT_EQ(HV_FLAT_STACK_TOP, guest_u64(vm, GUEST_DATA + 0x50));
	}
}

/* Those that the exits above use, over a write to a device. */
GUEST(others, "mov $0xb0000000, %ebx\nmov $0x123456789abcdef0, %rax\nmov $0x0fedcba987654321, %rcx\n"
              "mov $0x1357913579135791, %rdx\nmov $0x2468246824682468, %rdi\nmov %eax, (%rbx)\n"
              "mov %rax, 0x30000\nmov %rcx, 0x30008\nmov %rdx, 0x30010\nmov %rdi, 0x30018\nmov %rbx, 0x30020\n"
              "xor %edi, %edi\n" EXIT);

TEST(switch_others, "hv.switch.operand_registers", NEEDS_HV, "APM 2 15.5.1")
{
	static const uint64_t expected[] = {UINT64_C(0x123456789abcdef0), UINT64_C(0x0fedcba987654321),
	                                    UINT64_C(0x1357913579135791), UINT64_C(0x2468246824682468), 0xb0000000};
	struct hv_vm *vm = GUEST_VM(others, 0);

	EXPECT_EQ(0, guest_exit_status(vm));
	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		test_context("register %u", i);
		EXPECT_EQ(expected[i], guest_u64(vm, GUEST_DATA + 8 * i));
	}
}

/* Every flag that software can set, over an exit that changes none; then its complement. */
GUEST(flags, "mov %rdi, %rbx\npush %rdi\npopf\nmov $0x80, %dx\nin %dx, %al\npushf\npop %rdi\ncld\n" EXIT);

TEST(switch_flags, "hv.switch.flags", NEEDS_HV, "APM 2 15.5.1")
{
	static const uint64_t values[] = {0x002, 0x8d7, 0xcd7, 0x446, 0x893, 0x0d7, 0x3002, 0x40002};
	struct hv_vm *vm = GUEST_VM(flags, 0);

	for (unsigned i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		test_context("RFLAGS %#x", (unsigned)values[i]);
		GUEST_LOAD(vm, flags, values[i]);
		EXPECT_EQ(values[i], guest_exit_status(vm));
	}
}

/* ---- segments and tables ---- */

GUEST(segments, INTERRUPTS "mov $0x28, %eax\nmov %eax, %ds\nmov $0x30, %eax\nmov %eax, %es\nmov $0x4b, %eax\n"
                           "mov %eax, %fs\nmov $0x10, %eax\nmov %eax, %gs\nmov %eax, %ss\n"
                           "xor %eax, %eax\ncpuid\n"
                           "mov %ds, %eax\nmov %ax, 0x30000\nmov %es, %eax\nmov %ax, 0x30002\nmov %fs, %eax\n"
                           "mov %ax, 0x30004\nmov %gs, %eax\nmov %ax, 0x30006\nmov %ss, %eax\nmov %ax, 0x30008\n"
                           "mov %cs, %eax\nmov %ax, 0x3000a\nxor %edi, %edi\n" EXIT);

TEST(switch_segments, "hv.switch.segment_selectors", NEEDS_HV, "APM 2 15.5.1")
{
	static const uint16_t expected[] = {0x28, 0x30, 0x4b, 0x10, 0x10, 0x08};
	struct hv_vm *vm = GUEST_VM(segments, 0);

	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_MEM_EQ(expected, guest_at(vm, GUEST_DATA), sizeof(expected));
}

GUEST(tables, INTERRUPTS "mov $0x38, %eax\nltr %ax\nxor %eax, %eax\nlldt %ax\nxor %eax, %eax\ncpuid\n"
                         "sgdt 0x30000\nsidt 0x30010\nstr %eax\nmov %ax, 0x30020\nsldt %eax\nmov %ax, 0x30022\n"
                         "xor %edi, %edi\n" EXIT);

TEST(switch_tables, "hv.switch.descriptor_tables", NEEDS_HV, "APM 2 15.5.1")
{
	struct hv_vm *vm = GUEST_VM(tables, 0);
	uint64_t base;

	EXPECT_EQ(0, guest_exit_status(vm));
	memcpy(&base, guest_at(vm, GUEST_DATA + 2), sizeof(base));
	EXPECT_EQ(GUEST_GDT, base);
	memcpy(&base, guest_at(vm, GUEST_DATA + 0x12), sizeof(base));
	EXPECT_EQ(GUEST_IDT, base);
	EXPECT_EQ(0xfff, guest_u64(vm, GUEST_DATA + 0x10) & 0xffff);
	EXPECT_EQ(GUEST_TSS, guest_u64(vm, GUEST_DATA + 0x20) & 0xffffffff);
}

/* ---- control registers ---- */

GUEST(cr, "mov $0x12345678abc, %rax\nmov %rax, %cr2\nmov %cr4, %rax\nor $0x680, %rax\nmov %rax, %cr4\n"
          "mov %cr0, %rax\nor $0x40000, %eax\nmov %rax, %cr0\n"
          "xor %eax, %eax\ncpuid\n"
          "mov %cr2, %rax\nmov %rax, 0x30000\nmov %cr4, %rax\nmov %rax, 0x30008\nmov %cr0, %rax\nmov %rax, 0x30010\n"
          "mov %cr3, %rax\nmov %rax, 0x30018\nxor %edi, %edi\n" EXIT);

TEST(switch_control, "hv.switch.control_registers", NEEDS_HV, "APM 2 15.5.1")
{
	struct hv_vm *vm = GUEST_VM(cr, 0);

	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_EQ(UINT64_C(0x12345678abc), guest_u64(vm, GUEST_DATA));
	EXPECT_EQ(0x6a0, guest_u64(vm, GUEST_DATA + 8)); /* OSXMMEXCPT, OSFXSR, PGE, PAE */
	EXPECT_EQ(0x80050031, guest_u64(vm, GUEST_DATA + 16));
	EXPECT_EQ(0x1000, guest_u64(vm, GUEST_DATA + 24));
}

/* ---- two guests in turn ---- */

/* Writes its argument wherever a guest can, stops, and finds it all again. Each round another value. */
GUEST(turns, INTERRUPTS
      "mov %cr4, %rax\nor $0x600, %rax\nmov %rax, %cr4\nmov %rdi, %r12\n1: mov %r12, %cr2\n"
      "mov %r12, %rax\nmov %rax, %rdx\nshr $32, %rdx\n"
      "mov $0xc0000100, %ecx\nwrmsr\ninc %ecx\ninc %eax\nwrmsr\ninc %ecx\ninc %eax\nwrmsr\n" /* FS, GS, kernel GS */
      "mov $0xc0000081, %ecx\ninc %eax\nwrmsr\ninc %ecx\ninc %eax\nwrmsr\ninc %ecx\ninc %eax\nwrmsr\n"
      "inc %ecx\ninc %eax\nxor %edx, %edx\nwrmsr\n" /* STAR, LSTAR, CSTAR, SFMASK */
      "mov $0x175, %ecx\ninc %eax\nwrmsr\ninc %ecx\ninc %eax\nwrmsr\nmov $0x174, %ecx\nmov $0x8, %eax\nwrmsr\n"
      "movq %r12, %xmm0\nmovq %r12, %xmm15\nmov %r12, 0x30000\nfildll 0x30000\n"
      "mov $0xc0000000, %ebx\n"
      "mov %eax, (%rbx)\n" /* the host stops us here */
      "xor %edi, %edi\n"
      "mov %cr2, %rax\ncmp %r12, %rax\njne 9f\n"
      "mov $0xc0000100, %ecx\nrdmsr\ncmp %r12d, %eax\njne 9f\n"
      "inc %edi\ninc %ecx\nrdmsr\nsub $1, %eax\ncmp %r12d, %eax\njne 9f\n"
      "inc %edi\ninc %ecx\nrdmsr\nsub $2, %eax\ncmp %r12d, %eax\njne 9f\n"
      "inc %edi\nmov $0xc0000081, %ecx\nrdmsr\nsub $3, %eax\ncmp %r12d, %eax\njne 9f\n"
      "inc %edi\ninc %ecx\nrdmsr\nsub $4, %eax\ncmp %r12d, %eax\njne 9f\n"
      "inc %edi\ninc %ecx\nrdmsr\nsub $5, %eax\ncmp %r12d, %eax\njne 9f\n"
      "inc %edi\ninc %ecx\nrdmsr\nsub $6, %eax\ncmp %r12d, %eax\njne 9f\n"
      "inc %edi\nmov $0x175, %ecx\nrdmsr\nsub $7, %eax\ncmp %r12d, %eax\njne 9f\n"
      "inc %edi\ninc %ecx\nrdmsr\nsub $8, %eax\ncmp %r12d, %eax\njne 9f\n"
      "inc %edi\nmovq %xmm0, %rax\ncmp %r12, %rax\njne 9f\n"
      "inc %edi\nmovq %xmm15, %rax\ncmp %r12, %rax\njne 9f\n"
      "inc %edi\nfistpll 0x30008\ncmp 0x30008, %r12\njne 9f\n"
      "add $0x1000, %r12\njmp 1b\n9: or $0x1000, %edi\n" EXIT);

static void stop_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)offset, (void)width, (void)value;
	hv_stop(arg);
}

TEST(switch_turns, "hv.switch.guests_in_turn", NEEDS_HV, "APM 2 15.5.1")
{
	struct hv_vm *vm[2];
	struct hv_result result;

	for (unsigned i = 0; i < 2; i++) {
		const struct hv_mmio region = {HV_BAR_WINDOW_BASE, 0x1000, guest_no_read, stop_write, NULL, "stop"};
		struct hv_mmio own = region;

		vm[i] = GUEST_VM(turns, UINT64_C(0x7a1100000000) >> (3 * i));
		own.arg = vm[i];
		EXPECT_OK(hv_mmio_add(vm[i], &own));
	}
	for (unsigned round = 0; round < 40; round++) {
		EXPECT_OK(hv_run(vm[round & 1], GUEST_LIMIT_MS, &result));
		test_context("round %u: %s; register %u", round, result.text,
		             (unsigned)result.regs.gpr[HV_RDI] & 0xfff);
		EXPECT_EQ(HV_END_STOPPED, result.end);
	}
}
