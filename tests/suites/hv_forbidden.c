/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Instructions that a guest does not have, whichever processor it runs on: #UD, before any effect. A processor without
 * them says so by itself; one that has them asks the hypervisor.
 */
#include <string.h>

#include "kernel/cpu.h"
#include "tests/suites/hv.h"
#include "tests/test.h"

#define UD 6
#define GP 13

struct code {
	const char *name;
	uint8_t length;
	uint8_t bytes[9];
};

#define CODE(name, ...)                                 \
	{                                               \
		name, sizeof((uint8_t[]){__VA_ARGS__}), \
		{                                       \
			__VA_ARGS__                     \
		}                                       \
	}

/* The instruction stands at 5: 16 bytes are for it. RAX is a page of RAM, RCX and RDX are 0. */
GUEST(one, INTERRUPTS "mov $0x30000, %eax\nxor %ecx, %ecx\nxor %edx, %edx\n"
                      ".globl forbidden_at\nforbidden_at:\n.fill 16, 1, 0x90\nxor %edi, %edi\n" EXIT);
extern const uint8_t forbidden_at[];

static uint64_t run(struct hv_vm *vm, const struct code *code)
{
	GUEST_LOAD(vm, one, 0);
	memcpy(guest_at(vm, HV_FLAT_CODE + (uint64_t)(forbidden_at - one_first)), code->bytes, code->length);
	return guest_exit_status(vm);
}

/* Exits of one run that are of that cause. */
static uint64_t exits(const struct hv_vm *vm, enum hv_cause cause)
{
	struct hv_stats stats;

	hv_stats_get(vm, &stats);
	return stats.exits[cause];
}

/* ours: the processor has them, so that it is the hypervisor who says so; else it may be the processor. */
static void all_undefined(const struct code *codes, unsigned count, bool ours)
{
	struct hv_vm *vm = GUEST_VM(one, 0);

	EXPECT_EQ(0, guest_exit_status(vm));
	for (unsigned i = 0; i < count; i++) {
		uint64_t before = exits(vm, HV_CAUSE_FORBIDDEN), status = run(vm, &codes[i]);

		test_context("%s", codes[i].name);
		if (ours)
			EXPECT_EQ(before + 1, exits(vm, HV_CAUSE_FORBIDDEN));
		EXPECT_EQ(GUEST_EXCEPTION + UD, status);
		EXPECT_EQ(0, guest_u64(vm, GUEST_DATA));
	}
}
#define ALL_UNDEFINED(codes, ours) all_undefined(codes, sizeof(codes) / sizeof((codes)[0]), ours)

static bool is_vendor(const char *name)
{
	return strcmp(hv_vendor_name(), name) == 0;
}

TEST(forbidden_svm, "hv.forbidden.svm", NEEDS_HV, "APM 3 4")
{
	static const struct code codes[] = {
	        CODE("vmrun", 0x0f, 0x01, 0xd8),   CODE("vmload", 0x0f, 0x01, 0xda), CODE("vmsave", 0x0f, 0x01, 0xdb),
	        CODE("stgi", 0x0f, 0x01, 0xdc),    CODE("clgi", 0x0f, 0x01, 0xdd),   CODE("skinit", 0x0f, 0x01, 0xde),
	        CODE("invlpga", 0x0f, 0x01, 0xdf),
	};

	ALL_UNDEFINED(codes, is_vendor("SVM"));
}

TEST(forbidden_vmx, "hv.forbidden.vmx", NEEDS_HV, "SDM 3C 31")
{
	static const struct code codes[] = {
	        CODE("vmxon", 0xf3, 0x0f, 0xc7, 0x30),
	        CODE("vmclear", 0x66, 0x0f, 0xc7, 0x30),
	        CODE("vmptrld", 0x0f, 0xc7, 0x30),
	        CODE("vmptrst", 0x0f, 0xc7, 0x38),
	        CODE("vmread", 0x0f, 0x78, 0x08),
	        CODE("vmwrite", 0x0f, 0x79, 0x08),
	        CODE("vmlaunch", 0x0f, 0x01, 0xc2),
	        CODE("vmresume", 0x0f, 0x01, 0xc3),
	        CODE("vmxoff", 0x0f, 0x01, 0xc4),
	        CODE("vmfunc", 0x0f, 0x01, 0xd4),
	        CODE("invept", 0x66, 0x0f, 0x38, 0x80, 0x08),
	        CODE("invvpid", 0x66, 0x0f, 0x38, 0x81, 0x08),
	};

	ALL_UNDEFINED(codes, false);
}

/* The way of the other vendor's processors to call. */
TEST(forbidden_call, "hv.forbidden.other_hypercall", NEEDS_HV, "kernel/guest.h")
{
	static const struct code vmcall = CODE("vmcall", 0x0f, 0x01, 0xc1), vmmcall = CODE("vmmcall", 0x0f, 0x01, 0xd9);
	struct hv_vm *vm = GUEST_VM(one, 0);

	EXPECT_EQ(GUEST_EXCEPTION + UD, run(vm, hv_call_instruction()[2] == 0xc1 ? &vmmcall : &vmcall));
}

TEST(forbidden_monitor, "hv.forbidden.monitor_mwait", NEEDS_HV, "SDM 2B MONITOR")
{
	static const struct code codes[] = {CODE("monitor", 0x0f, 0x01, 0xc8), CODE("mwait", 0x0f, 0x01, 0xc9)};

	ALL_UNDEFINED(codes, false);
}

TEST(forbidden_debug, "hv.forbidden.debug_registers", NEEDS_HV, "SDM 3A 18.2")
{
	static const struct code codes[] = {
	        CODE("mov dr0, rax", 0x0f, 0x23, 0xc0), CODE("mov dr3, rax", 0x0f, 0x23, 0xd8),
	        CODE("mov dr6, rax", 0x0f, 0x23, 0xf0), CODE("mov dr7, rax", 0x0f, 0x23, 0xf8),
	        CODE("mov rax, dr0", 0x0f, 0x21, 0xc0), CODE("mov rax, dr7", 0x0f, 0x21, 0xf8),
	};

	ALL_UNDEFINED(codes, true);
}

TEST(forbidden_others, "hv.forbidden.others", NEEDS_HV, "SDM 2B RSM")
{
	static const struct code codes[] = {
	        CODE("rsm", 0x0f, 0xaa),
	        CODE("getsec", 0x0f, 0x37),
	};

	ALL_UNDEFINED(codes, false);
}

TEST(forbidden_rdtscp, "hv.forbidden.rdtscp", NEEDS_HV, "SDM 2B RDTSCP")
{
	static const struct code rdtscp = CODE("rdtscp", 0x0f, 0x01, 0xf9);
	uint64_t status = run(GUEST_VM(one, 0), &rdtscp);

	if (!status && guest_on_tcg())
		SKIP("QEMU's RDTSCP does not look at its intercept");
	EXPECT_EQ(GUEST_EXCEPTION + UD, status);
}

/* Counters are none of the guest's: no value of the host's comes out of any. */
TEST(forbidden_counters, "hv.forbidden.performance_counters", NEEDS_HV, "SDM 2B RDPMC")
{
	static const struct code rdpmc = CODE("rdpmc", 0x0f, 0x33);
	struct hv_vm *vm = GUEST_VM(one, 0);

	EXPECT_EQ(GUEST_EXCEPTION + UD, run(vm, &rdpmc));
	EXPECT_EQ(1, exits(vm, HV_CAUSE_FORBIDDEN));
}

/* What has no effect here: the caches are the host's. */
TEST(forbidden_caches, "hv.forbidden.caches_are_left_alone", NEEDS_HV, "APM 2 15.9")
{
	static const struct code codes[] = {CODE("wbinvd", 0x0f, 0x09), CODE("invd", 0x0f, 0x08),
	                                    CODE("wbnoinvd", 0xf3, 0x0f, 0x09)};
	struct hv_vm *vm = GUEST_VM(one, 0);

	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		uint64_t before = exits(vm, HV_CAUSE_OTHER), status = run(vm, &codes[i]);

		test_context("%s", codes[i].name);
		EXPECT_GE(before + 1, exits(vm, HV_CAUSE_OTHER));
		EXPECT_EQ(0, status);
	}
}

/* Lengths with prefixes that do nothing: the guest goes on behind the whole instruction. */
TEST(forbidden_prefixes, "hv.exit.instructions_with_prefixes", NEEDS_HV, "APM 2 15.7.1")
{
	static const struct code codes[] = {
	        CODE("rex cpuid", 0x48, 0x0f, 0xa2),
	        CODE("data16 cpuid", 0x66, 0x66, 0x0f, 0xa2),
	        CODE("segments cpuid", 0x2e, 0x3e, 0x26, 0x64, 0x0f, 0xa2),
	        CODE("addr32 in", 0x67, 0xe4, 0x80),
	        CODE("rex in", 0x4f, 0xe4, 0x80),
	        CODE("data16 wbinvd", 0x66, 0x0f, 0x09),
	        CODE("rex invd", 0x41, 0x0f, 0x08),
	};
	struct hv_vm *vm = GUEST_VM(one, 0);

	for (unsigned i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		uint64_t status = run(vm, &codes[i]);

		test_context("%s", codes[i].name);
		EXPECT_EQ(0, status);
	}
}
