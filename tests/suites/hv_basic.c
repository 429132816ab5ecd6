/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a guest begins and ends. It runs the processor's own instructions and stops only where the hypervisor has to step
 * in; each way to stop has its own name, none of them harms the host, and the exits that led there are counted one by
 * one.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "kernel/time.h"
#include "tests/suites/hv.h"
#include "tests/test.h"

GUEST(answer, "lea 1(%rdi), %rdi\n" EXIT);

TEST(hv_exit, "hv.end.exit_with_status", NEEDS_HV, "APM 2 15.5")
{
	struct hv_vm *vm = GUEST_VM(answer, 41);
	struct hv_result result;

	EXPECT_EQ(42, guest_exit_status(vm));
	EXPECT_ERRNO(EINVAL, hv_run(vm, 10, &result));
	GUEST_LOAD(vm, answer, 1000);
	EXPECT_EQ(1001, guest_exit_status(vm));
}

GUEST(halt, "cli\nhlt\n");

TEST(hv_halt, "hv.end.halted_for_ever", NEEDS_HV, "APM 2 15.9")
{
	struct hv_result result = guest_run(GUEST_VM(halt, 0), HV_END_HALT);

	EXPECT_EQ(HV_FLAT_CODE + 1, result.regs.rip);
}

/* Without an IDT the first exception is the last. */
GUEST(triple, "mov $0x1234, %r15d\nud2\n");

TEST(hv_shutdown_end, "hv.end.triple_fault", NEEDS_HV, "APM 2 15.14.3")
{
	struct hv_vm *vm = GUEST_VM(triple, 0);
	struct hv_result result = guest_run(vm, HV_END_SHUTDOWN);

	EXPECT_EQ(0x1234, result.regs.gpr[HV_R15]);
	EXPECT_EQ(HV_FLAT_CODE + 6, result.regs.rip);
	GUEST_LOAD(vm, answer, 1);
	EXPECT_EQ(2, guest_exit_status(vm));
}

/* A frame chain of two, then a loop without exits. */
GUEST(spin, "push $0x111\nxor %ebp, %ebp\npush %rbp\nmov %rsp, %rbp\n"
            "push $0x222\npush %rbp\nmov %rsp, %rbp\n1: inc %rax\njmp 1b\n");

TEST(hv_timeout, "hv.end.time_out_of_a_loop", NEEDS_HV, "APM 2 15.13.1")
{
	struct hv_vm *vm = GUEST_VM(spin, 0);
	uint64_t start = time_ns(), rounds;
	struct hv_result result = {0};

	EXPECT_OK(hv_run(vm, 20, &result));
	EXPECT_EQ(HV_END_TIMEOUT, result.end);
	EXPECT_GE(20000000, time_ns() - start);
	/* On a busy machine its time may be over before it gets to the loop. */
	for (unsigned tries = 0; tries < 100 && !result.regs.gpr[HV_RAX]; tries++) {
		EXPECT_OK(hv_run(vm, 20, &result));
		EXPECT_EQ(HV_END_TIMEOUT, result.end);
	}
	EXPECT_GE(HV_FLAT_CODE, result.regs.rip);
	EXPECT_LE(HV_FLAT_CODE + 64, result.regs.rip);
	EXPECT_EQ(2, result.backtrace_count);
	EXPECT_EQ(0x222, result.backtrace[0]);
	EXPECT_EQ(0x111, result.backtrace[1]);
	rounds = result.regs.gpr[HV_RAX];
	for (unsigned tries = 0; tries < 100 && result.regs.gpr[HV_RAX] == rounds; tries++) {
		EXPECT_OK(hv_run(vm, 20, &result)); /* it goes on where it was */
		EXPECT_EQ(HV_END_TIMEOUT, result.end);
	}
	EXPECT_TRUE(result.regs.gpr[HV_RAX] > rounds);
}

GUEST(sleep, INTERRUPTS "sti\n1: hlt\njmp 1b\n");

TEST(hv_timeout_halted, "hv.end.time_out_of_a_halt", NEEDS_HV, "APM 2 15.9")
{
	struct hv_vm *vm = GUEST_VM(sleep, 0);
	struct hv_result result = {0};

	/* On a busy machine its time may be over before it gets to the HLT. */
	for (unsigned tries = 0; tries < 100 && !strstr(result.text, "waiting for an interrupt"); tries++) {
		EXPECT_OK(hv_run(vm, 20, &result));
		EXPECT_EQ(HV_END_TIMEOUT, result.end);
	}
	EXPECT_TRUE(strstr(result.text, "waiting for an interrupt") != NULL);
}

GUEST(counted, "xor %r8d, %r8d\n"
               "1: xor %eax, %eax\ncpuid\ninc %r8d\ncmp $7, %r8d\njne 1b\n"
               "mov $0x1b, %ecx\nrdmsr\nrdmsr\nrdmsr\n"
               "mov $0x808, %ecx\nxor %eax, %eax\nxor %edx, %edx\nwrmsr\nwrmsr\n"
               "in $0x80, %al\nout %al, $0x80\nin $0x80, %al\nout %al, $0x80\n"
               "mov $0xb0000000, %ebx\nmov (%rbx), %eax\n"
               "mov $3, %eax\n" HYPERCALL "mov %rax, %rdi\n" EXIT);

TEST(hv_stats, "hv.stats.exact", NEEDS_HV, "kernel/hv/hv.h")
{
	static const struct {
		enum hv_cause cause;
		unsigned count;
	} expected[] = {
	        {HV_CAUSE_CPUID, 7},     {HV_CAUSE_MSR_READ, 3},   {HV_CAUSE_MSR_WRITE, 2},
	        {HV_CAUSE_PORT, 4},      {HV_CAUSE_MMIO, 1},       {HV_CAUSE_HYPERCALL, 2},
	        {HV_CAUSE_HLT, 0},       {HV_CAUSE_BAD_ACCESS, 0}, {HV_CAUSE_SHUTDOWN, 0},
	        {HV_CAUSE_FORBIDDEN, 0}, {HV_CAUSE_OTHER, 0},      {HV_CAUSE_INTERRUPT_WINDOW, 0},
	};
	struct hv_vm *vm = GUEST_VM(counted, 0);
	uint64_t told = guest_exit_status(vm), sum = 0;
	struct hv_stats stats;

	hv_stats_get(vm, &stats);
	for (unsigned i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		test_context("%s", hv_cause_name(expected[i].cause));
		EXPECT_EQ(expected[i].count, stats.exits[expected[i].cause]);
	}
	test_context("");
	for (unsigned i = 0; i < HV_CAUSE_COUNT; i++)
		sum += stats.exits[i];
	EXPECT_EQ(sum, stats.total);
	/* The guest's own question leaves itself out, and the exit came after it. */
	EXPECT_LE(stats.total - 2, told);
	EXPECT_GE(17, told);
	EXPECT_STR_EQ("?", hv_cause_name(HV_CAUSE_COUNT));
}

/* Plain computation and memory: no exit but the last. */
GUEST(quiet, "mov $100000, %ecx\n1: mov %rcx, 0x30000\nadd 0x30000, %rax\nloop 1b\nmov $3, %eax\n" HYPERCALL
             "mov %rax, %rdi\n" EXIT);

TEST(hv_quiet, "hv.stats.none_without_cause", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(quiet, 0);
	struct hv_stats stats;
	uint64_t told = guest_exit_status(vm);

	hv_stats_get(vm, &stats);
	EXPECT_EQ(2 + stats.exits[HV_CAUSE_INTERRUPT],
	          stats.total); /* an interrupt of the host's may come at any time */
	EXPECT_LE(stats.exits[HV_CAUSE_INTERRUPT], told);
}

TEST(hv_arguments, "hv.vm.arguments", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(answer, 0);
	struct hv_result result;

	EXPECT_ERRNO(EEXIST, hv_ram_add(vm, GUEST_RAM - 4096, 8192));
	EXPECT_ERRNO(EINVAL, hv_ram_add(vm, GUEST_RAM + 1, 4096));
	EXPECT_ERRNO(EINVAL, hv_ram_add(vm, GUEST_RAM, 0));
	EXPECT_ERRNO(EINVAL, hv_ram_add(vm, UINT64_MAX - 4095, 4096));
	EXPECT_ERRNO(EEXIST, hv_map_device(vm, HV_ECAM_BASE, 0xfee00000, 4096));
	EXPECT_ERRNO(ENOENT, hv_unmap(vm, HV_BAR_WINDOW_BASE, 4096));
	EXPECT_ERRNO(ENOENT, hv_mmio_remove(vm, HV_BAR_WINDOW_BASE));
	EXPECT_ERRNO(ENOENT, hv_pci_remove(vm, HV_DEVFN(3, 0)));
	EXPECT_ERRNO(ENOEXEC, hv_load(vm, "not an ELF file", 15, NULL));
	EXPECT_TRUE(hv_ram_ptr(vm, GUEST_RAM - 1, 1) != NULL);
	EXPECT_TRUE(hv_ram_ptr(vm, GUEST_RAM - 1, 2) == NULL);
	EXPECT_TRUE(hv_ram_ptr(vm, UINT64_MAX, 2) == NULL);
	EXPECT_ERRNO(EINVAL, hv_run(vm, UINT32_MAX, &result));
	EXPECT_EQ(1, guest_exit_status(vm));
}
