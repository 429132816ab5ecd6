/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests without an end: in a loop that never exits, in one that exits all the time, in a string of instructions that
 * one instruction is, asleep. Each is over when its time is, with a verdict of its own, and the next guest runs.
 */
#include <string.h>

#include "tests/suites/hv.h"
#include "tests/test.h"

#define LIMIT_MS 4U
#define TRIES    200U

GUEST(alive, "mov $3, %edi\n" EXIT);

/*
 * Ends by its time, as often as it is run, until it has exited at least that often for cause: on a busy machine it may
 * get nothing done in a few milliseconds.
 */
static void endless(struct hv_vm *vm, enum hv_cause cause, uint64_t least)
{
	struct hv_result result;
	struct hv_stats before, stats;

	hv_stats_get(vm, &before);
	for (unsigned i = 0; i < TRIES; i++) {
		EXPECT_OK(hv_run(vm, LIMIT_MS, &result));
		test_context("%s", result.text);
		EXPECT_EQ(HV_END_TIMEOUT, result.end);
		hv_stats_get(vm, &stats);
		if (stats.exits[cause] - before.exits[cause] >= least)
			break;
	}
	EXPECT_GE(least, stats.exits[cause] - before.exits[cause]);
	GUEST_LOAD(vm, alive, 0);
	EXPECT_EQ(3, guest_exit_status(vm));
	test_context("");
}

GUEST(spin_off, "cli\n1: jmp 1b\n");

TEST(endless_spin, "hv.endless.interrupts_off", NEEDS_HV, "APM 2 15.13.1")
{
	endless(GUEST_VM(spin_off, 0), HV_CAUSE_OTHER, 0);
}

GUEST(spin_user, INTERRUPTS TO_RING3("0x2") "1: jmp 1b\n");

TEST(endless_user, "hv.endless.in_ring_3", NEEDS_HV, "APM 2 15.13.1")
{
	struct hv_vm *vm = GUEST_VM(spin_user, 0);

	guest_allow_user(vm);
	endless(vm, HV_CAUSE_OTHER, 0);
}

GUEST(cpuid_loop, "1: cpuid\njmp 1b\n");
GUEST(port_loop, "1: in $0x80, %al\njmp 1b\n");
GUEST(msr_loop, "mov $0x808, %ecx\nxor %eax, %eax\nxor %edx, %edx\n1: wrmsr\njmp 1b\n");
GUEST(call_loop, "1: mov $3, %eax\n" HYPERCALL "jmp 1b\n");
GUEST(mmio_loop, "mov $0xb0000000, %ebx\n1: mov (%rbx), %eax\njmp 1b\n");
GUEST(fault_loop, INTERRUPTS "lea 1f(%rip), %rax\nmov %ax, 0x80d0\nshr $16, %eax\nmov %ax, 0x80d6\nmov $0x12345, %ecx\n"
                             "1: mov $0xf000, %esp\nrdmsr\n");

TEST(endless_exits, "hv.endless.exits", NEEDS_HV, "kernel/hv/hv.h")
{
	static const struct {
		const char *name;
		const uint8_t *first, *end;
		enum hv_cause cause;
	} loops[] = {
	        {"CPUID", cpuid_loop_first, cpuid_loop_end, HV_CAUSE_CPUID},
	        {"port", port_loop_first, port_loop_end, HV_CAUSE_PORT},
	        {"WRMSR", msr_loop_first, msr_loop_end, HV_CAUSE_MSR_WRITE},
	        {"hypercall", call_loop_first, call_loop_end, HV_CAUSE_HYPERCALL},
	        {"MMIO", mmio_loop_first, mmio_loop_end, HV_CAUSE_MMIO},
	        {"#GP", fault_loop_first, fault_loop_end, HV_CAUSE_MSR_READ},
	};
	struct hv_vm *vm = GUEST_VM(alive, 0);

	for (unsigned i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
		guest_load(vm, loops[i].first, loops[i].end, 0);
		endless(vm, loops[i].cause, 2);
	}
}

/*
 * One instruction of a billion elements, on a device that fills the BAR window: done piece by piece, with the clock
 * looked at between. And strings to a port, one after another.
 */
GUEST(string, "1: mov $0xc0000000, %edi\nmov $0x3ec00000, %ecx\nrep stosb\njmp 1b\n");
GUEST(port_string, "mov $0x80, %edx\n1: xor %esi, %esi\nmov $0x200000, %ecx\nrep outsb\njmp 1b\n");

TEST(endless_string, "hv.endless.string_instructions", NEEDS_HV, "kernel/hv/decode.h")
{
	struct hv_vm *vm = GUEST_VM(string, 0);

	hv_mmio_open_bus(vm);
	endless(vm, HV_CAUSE_MMIO, 1);
	GUEST_LOAD(vm, port_string, 0);
	endless(vm, HV_CAUSE_PORT, 1);
}

/* It interrupts itself, and its handler again: the next one is always pending. */
GUEST(storm, INTERRUPTS "mov $0xc0000000, %ebx\nsti\n1: movl $0x41, (%rbx)\njmp 1b\n");

TEST(endless_storm, "hv.endless.interrupts", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(storm, 0);
	struct hv_stats stats;

	guest_with_doorbell(vm);
	endless(vm, HV_CAUSE_MMIO, 2); /* at the second the first one's interrupt is in */
	hv_stats_get(vm, &stats);
	EXPECT_GE(1, stats.injected);
}

/* Asleep, with an interrupt that its task priority never lets through. */
GUEST(held_back,
      INTERRUPTS "mov $15, %eax\nmov %rax, %cr8\nmov $0xc0000000, %ebx\nmovl $0x41, (%rbx)\nsti\n1: hlt\njmp 1b\n");

TEST(endless_sleep, "hv.endless.asleep", NEEDS_HV, "SDM 2A HLT")
{
	struct hv_vm *vm = GUEST_VM(held_back, 0);
	struct hv_stats stats;

	guest_with_doorbell(vm);
	endless(vm, HV_CAUSE_HLT, 1);
	hv_stats_get(vm, &stats);
	EXPECT_EQ(1, stats.exits[HV_CAUSE_HLT]); /* it was not woken */
	EXPECT_EQ(0, stats.injected);
}

/* A guest that goes on where its time ended, as often as one likes, and then reaches its end. */
GUEST(counting, "1: inc %r12\ncmpb $0, 0x30000\nje 1b\nmov %r12, %rdi\n" EXIT);

TEST(endless_resumed, "hv.endless.goes_on_when_asked", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(counting, 0);
	struct hv_result result;
	uint64_t last = 0;

	for (unsigned i = 0, grown = 0; grown < 5 && i < TRIES; i++) {
		EXPECT_OK(hv_run(vm, LIMIT_MS, &result));
		EXPECT_EQ(HV_END_TIMEOUT, result.end);
		EXPECT_GE(last, result.regs.gpr[HV_R12]);
		grown += result.regs.gpr[HV_R12] > last;
		last = result.regs.gpr[HV_R12];
	}
	*(uint8_t *)guest_at(vm, GUEST_DATA) = 1;
	EXPECT_TRUE(last > 0);
	EXPECT_GE(last, guest_exit_status(vm));
}
