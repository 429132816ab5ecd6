/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's timers, by their order and their counts: what comes first, how often, and what never comes. */
#include <string.h>

#include "kernel/time.h"
#include "tests/suites/hv.h"
#include "tests/test.h"

#define WRITE(n, value) "mov $0x800+" n ", %ecx\nmov $" value ", %eax\nxor %edx, %edx\nwrmsr\n"
#define READ(n)         "mov $0x800+" n ", %ecx\nrdmsr\n"
/* RDX:RAX = TSC + RDI. */
#define SOON            "rdtsc\nshl $32, %rdx\nor %rdx, %rax\nadd %rdi, %rax\nmov %rax, %rdx\nshr $32, %rdx\n"

static uint64_t ticks_of_us(uint64_t us)
{
	return time_tsc_hz() / 1000000 * us;
}

/* At least five periods, then masked: what was due by then comes, and no other, though the time for it passes. */
GUEST(periodic,
      INTERRUPTS WRITE("0x32", "0x20061")
              WRITE("0x3e",
                    "0xb") "mov $0x838, %ecx\nmov %edi, %eax\nwrmsr\nsti\n"
                           "1: hlt\ncmpb $5, 0x9061\njb 1b\ncli\n" WRITE(
                                   "0x32",
                                   "0x30061") "sti\nnop\nnop\ncli\nmovzbl 0x9061, %r12d\nmov $0xc0000000, %ebx\nmov "
                                              "%eax, (%rbx)\n"
                                              "sti\nnop\nnop\ncli\nmovzbl 0x9061, %edi\nsub %r12d, %edi\n" EXIT);

/* Three milliseconds pass for the guest. */
static void dawdle(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)arg, (void)offset, (void)width, (void)value;
	time_delay_us(3000);
}

static struct hv_vm *with_delay(struct hv_vm *vm)
{
	const struct hv_mmio region = {HV_BAR_WINDOW_BASE, 0x1000, guest_no_read, dawdle, NULL, "delay"};

	EXPECT_OK(hv_mmio_add(vm, &region));
	return vm;
}

TEST(timer_periodic, "hv.timer.periodic", NEEDS_HV, "SDM 3A 11.5.4")
{
	EXPECT_EQ(0, guest_exit_status(with_delay(GUEST_VM(periodic, ticks_of_us(1000)))));
}

/* One shot: it comes, and does not come again. */
GUEST(one_shot,
      INTERRUPTS WRITE("0x32", "0x61")
              WRITE("0x3e", "0xb") "mov $0x838, %ecx\nmov %edi, %eax\nwrmsr\nsti\nhlt\n"
                                   "mov $0xc0000000, %ebx\nmov %eax, (%rbx)\nnop\n" READ(
                                           "0x39") "shl $16, %rax\nmovzbl 0x9061, %edi\nor %rax, %rdi\n" EXIT);

TEST(timer_one_shot, "hv.timer.one_shot", NEEDS_HV, "SDM 3A 11.5.4")
{
	EXPECT_EQ(1, guest_exit_status(with_delay(GUEST_VM(one_shot, ticks_of_us(500)))));
}

#define KEEP_TSC(where) "rdtsc\nmov %eax, " where "\n"

/*
 * The count goes down from what was written, at the TSC's rate over the divider: as far as the time between the two
 * readings of it allows, which the TSC bounds from both sides.
 */
GUEST(count,
      INTERRUPTS WRITE("0x32", "0x10061") "mov $0x83e, %ecx\nmov %edi, %eax\nwrmsr\n" WRITE("0x38", "0x7fffffff")
              KEEP_TSC("0x30008") READ("0x39") "mov %eax, 0x30000\n" KEEP_TSC(
                      "0x3000c") "mov $0xc0000000, %ebx\nmov %eax, (%rbx)\n" KEEP_TSC("0x30010")
                      READ("0x39") "mov %eax, 0x30004\n" KEEP_TSC("0x30014") READ("0x38") "mov %eax, %edi\n" EXIT);

TEST(timer_count, "hv.timer.current_count", NEEDS_HV, "SDM 3A 11.5.4")
{
	static const struct {
		uint32_t code, divider;
	} dividers[] = {{0xb, 1}, {0, 2}, {1, 4}, {2, 8}, {3, 16}, {8, 32}, {9, 64}, {0xa, 128}};
	struct hv_vm *vm = with_delay(GUEST_VM(count, 0));

	for (unsigned i = 0; i < sizeof(dividers) / sizeof(dividers[0]); i++) {
		uint32_t divider = dividers[i].divider, kept[6];
		uint64_t counted;

		test_context("divided by %u", (unsigned)divider);
		GUEST_LOAD(vm, count, dividers[i].code);
		EXPECT_EQ(0x7fffffff, guest_exit_status(vm));
		memcpy(kept, guest_at(vm, GUEST_DATA), sizeof(kept));
		EXPECT_TRUE(kept[1] < kept[0]);
		counted = (uint64_t)(kept[0] - kept[1]) * divider;
		EXPECT_GE((uint32_t)(kept[4] - kept[3]), counted + divider);
		EXPECT_LE((uint32_t)(kept[5] - kept[2]) + divider, counted);
	}
}

/*
 * A count of 0 stops it; so does another mode. Where the guest got to that too late, the timer may have expired before:
 * TOO_LATE then, and again. R8 is the TSC before the timer was armed.
 */
#define TOO_LATE 0x100U
#define ARMED    "rdtsc\nshl $32, %rdx\nor %rdx, %rax\nmov %rax, %r8\n"
#define DISARMED                                                                                                      \
	"rdtsc\nshl $32, %rdx\nor %rdx, %rax\nsub %r8, %rax\ncmp %rdi, %rax\nmov $0, %esi\njb 2f\nmov $0x100, %esi\n" \
	"2: mov $0xc0000000, %ebx\nmov %eax, (%rbx)\nsti\nnop\nnop\ncli\nmovzbl 0x9061, %edi\nor %esi, %edi\n"
GUEST(stopped, INTERRUPTS WRITE("0x32", "0x61") WRITE("0x3e", "0xb") ARMED
      "mov $0x838, %ecx\nmov %edi, %eax\nxor %edx, %edx\nwrmsr\n" WRITE("0x38", "0") DISARMED EXIT);
GUEST(remoded, INTERRUPTS WRITE("0x32", "0x40061") ARMED SOON "mov $0x6e0, %ecx\nwrmsr\n" WRITE("0x32", "0x61") DISARMED
      "mov $0x6e0, %ecx\nrdmsr\nshl $16, %eax\nor %eax, %edi\n" EXIT);
GUEST(zeroed, INTERRUPTS WRITE("0x32", "0x40061") ARMED SOON
      "mov $0x6e0, %ecx\nwrmsr\nxor %eax, %eax\nxor %edx, %edx\nwrmsr\n" DISARMED EXIT);

TEST(timer_stopped, "hv.timer.disarmed", NEEDS_HV, "SDM 3A 11.5.4.1")
{
	static const struct {
		const char *how;
		const uint8_t *first, *end;
	} ways[] = {
	        {"a count of 0", stopped_first, stopped_end},
	        {"another mode", remoded_first, remoded_end},
	        {"a deadline of 0", zeroed_first, zeroed_end},
	};
	struct hv_vm *vm = with_delay(GUEST_VM(stopped, 0));

	for (unsigned i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		uint64_t status = TOO_LATE;

		for (unsigned tries = 0; tries < 100 && status & TOO_LATE; tries++) {
			guest_load(vm, ways[i].first, ways[i].end, ticks_of_us(1000));
			status = guest_exit_status(vm);
		}
		test_context("%s", ways[i].how);
		EXPECT_EQ(0, status);
	}
}

/* Armed but masked: the time passes, nothing comes; unmasked afterwards neither. */
GUEST(masked, INTERRUPTS WRITE("0x32", "0x10061")
                      WRITE("0x3e", "0xb") "mov $0x838, %ecx\nmov %edi, %eax\nwrmsr\nsti\n"
                                           "mov $0xc0000000, %ebx\nmov %eax, (%rbx)\n" WRITE(
                                                   "0x32", "0x61") "nop\nnop\ncli\nmovzbl 0x9061, %edi\n" EXIT);

TEST(timer_masked, "hv.timer.masked", NEEDS_HV, "SDM 3A 11.5.1")
{
	EXPECT_EQ(0, guest_exit_status(with_delay(GUEST_VM(masked, ticks_of_us(1000)))));
}

/* A deadline that has passed comes at once; a deadline written in another mode is none. The MSR reads 0 afterwards. */
GUEST(past,
      INTERRUPTS WRITE("0x32", "0x40061") "sti\nmov $0x6e0, %ecx\nmov $1, %eax\nxor %edx, %edx\nwrmsr\nnop\nnop\ncli\n"
                                          "rdmsr\nmov %eax, %edi\nshl $8, %edi\nmovb 0x9061, %dil\n" EXIT);
GUEST(no_deadline,
      INTERRUPTS WRITE("0x32", "0x61") "sti\nmov $0x6e0, %ecx\nmov $1, %eax\nxor %edx, %edx\nwrmsr\nnop\nnop\ncli\n"
                                       "rdmsr\nmov %eax, %edi\nshl $8, %edi\nmovb 0x9061, %dil\n" EXIT);
GUEST(read_back,
      INTERRUPTS WRITE("0x32",
                       "0x40061") "mov $0x6e0, %ecx\nmov $0x7fffffff, %edx\nmov $0x12345678, %eax\nwrmsr\nrdmsr\n"
                                  "shl $32, %rdx\nor %rdx, %rax\nmov %rax, %rdi\n" EXIT);

TEST(timer_deadline, "hv.timer.deadline", NEEDS_HV, "SDM 3A 11.5.4.1")
{
	struct hv_vm *vm = GUEST_VM(past, 0);

	EXPECT_EQ(1, guest_exit_status(vm));
	GUEST_LOAD(vm, no_deadline, 0);
	EXPECT_EQ(0, guest_exit_status(vm));
	GUEST_LOAD(vm, read_back, 0);
	EXPECT_EQ(UINT64_C(0x7fffffff12345678), guest_exit_status(vm));
}

/* Two timers of which the nearer one is asked for later: the APIC has one, so the second replaces the first. */
GUEST(replaced,
      INTERRUPTS WRITE("0x32", "0x40061") "mov $0x6e0, %ecx\nmov $0x7fffffff, %edx\nxor %eax, %eax\nwrmsr\n" SOON
                                          "mov $0x6e0, %ecx\nwrmsr\nsti\nhlt\ncli\nmovzbl 0x9061, %edi\n" EXIT);

TEST(timer_replaced, "hv.timer.replaced", NEEDS_HV, "SDM 3A 11.5.4.1")
{
	EXPECT_EQ(1, guest_exit_status(GUEST_VM(replaced, ticks_of_us(500))));
}

/* A loop without exits is interrupted by the guest's own timer. */
GUEST(loops, INTERRUPTS WRITE("0x32", "0x40061") SOON
      "mov $0x6e0, %ecx\nwrmsr\nsti\n1: cmpb $0, 0x9061\nje 1b\nxor %edi, %edi\n" EXIT);

TEST(timer_loop, "hv.timer.into_a_loop", NEEDS_HV, "APM 2 15.13.1")
{
	EXPECT_EQ(0, guest_exit_status(GUEST_VM(loops, ticks_of_us(500))));
}
