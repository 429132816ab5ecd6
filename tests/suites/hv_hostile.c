/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests that mean harm, or are only noise: whatever they execute ends within its time with a name, and the host, its
 * memory included, is as before.
 */
#include <string.h>

#include "kernel/mem.h"
#include "kernel/time.h"
#include "tests/suites/hv.h"
#include "tests/test.h"

#define DEVICE HV_BAR_WINDOW_BASE
#define GUESTS 64 /* other seeds, other guests */

static uint64_t any_read(void *arg, uint64_t offset, unsigned width)
{
	(void)arg, (void)offset, (void)width;
	return test_random();
}

static void any_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)offset, (void)width;
	hv_msi(arg, UINT64_C(0xfee00000), (uint32_t)value);
}

/* Instructions that reach the hypervisor, with whatever is in the registers; and noise. */
static unsigned put_instruction(uint8_t *at)
{
	static const uint8_t list[][4] = {
	        {2, 0x0f, 0xa2},       /* cpuid */
	        {2, 0x0f, 0x32},       /* rdmsr */
	        {2, 0x0f, 0x30},       /* wrmsr */
	        {3, 0x0f, 0x01, 0xd9}, /* vmmcall */
	        {1, 0xf4},             /* hlt */
	        {1, 0xec},             /* in al, dx */
	        {1, 0xef},             /* out dx, eax */
	        {2, 0x89, 0x03},       /* mov [rbx], eax */
	        {2, 0x8b, 0x0b},       /* mov ecx, [rbx] */
	        {2, 0xf3, 0xab},       /* rep stosd */
	        {2, 0x87, 0x13},       /* xchg [rbx], edx */
	        {1, 0xfb},             /* sti */
	        {3, 0x0f, 0x22, 0xd8}, /* mov cr3, rax */
	        {3, 0x0f, 0x22, 0xc0}, /* mov cr0, rax */
	        {3, 0x0f, 0x01, 0xd8}, /* vmrun */
	        {2, 0xcd, 0x80},       /* int 0x80 */
	};
	unsigned pick = (unsigned)(test_random() % 24);

	if (pick < sizeof(list) / sizeof(list[0])) {
		memcpy(at, &list[pick][1], 3);
		return list[pick][0];
	}
	if (pick < 20) { /* mov r32, something that may be an address or a number of the hypervisor's */
		static const uint32_t values[] = {0xc0000000, 0xc0000ffe, 0x1b,       0x80f,     0x830, 0x6e0,
		                                  0x832,      0x838,      0xc0000080, 0x277,     1,     3,
		                                  0xcf8,      0x10000,    0x1ffffe,   0xb0000000};
		uint32_t value = values[test_random() % 16];

		at[0] = (uint8_t)(0xb8 + test_random() % 8);
		memcpy(at + 1, &value, sizeof(value));
		return 5;
	}
	for (unsigned i = 0; i < 3; i++)
		at[i] = (uint8_t)test_random();
	return 3;
}

GUEST(prologue, INTERRUPTS "mov $0xc0000000, %ebx\nsti\n");

/* The tables are loaded, then comes noise, again and again in whatever state the last round left. */
static void make_code(uint8_t *code, unsigned size)
{
	const int32_t back = -(int32_t)(size - 3);
	unsigned at = (unsigned)(prologue_end - prologue_first);

	memset(code, 0xf4, size);
	memcpy(code, prologue_first, at);
	while (at < size - 16)
		at += put_instruction(code + at);
	code[size - 8] = 0xe9; /* jmp */
	memcpy(code + size - 7, &back, sizeof(back));
}

/* An exception begins the noise anew: mov $0xf000, %esp; jmp HV_FLAT_CODE. */
static void go_on_after_exceptions(struct hv_vm *vm)
{
	static const uint8_t begin[] = {0xbc, 0x00, 0xf0, 0x00, 0x00, 0xe9};

	for (unsigned v = 0; v < 32; v++) {
		const uint64_t stub = GUEST_STUBS + v * GUEST_STUB_SIZE;
		const int32_t to = (int32_t)HV_FLAT_CODE - (int32_t)(stub + 10);
		uint8_t *at = guest_at(vm, stub);

		memcpy(at, begin, sizeof(begin));
		memcpy(at + sizeof(begin), &to, sizeof(to));
	}
}

GUEST(nothing, "hlt\n");

TEST(hv_hostile_code, "hv.hostile.random_code", NEEDS_HV, "kernel/hv/hv.h")
{
	static uint8_t code[256];
	struct hv_vm *vm = GUEST_VM(nothing, 0);
	const struct hv_mmio region = {DEVICE, 0x1800, any_read, any_write, vm, "any"};
	unsigned ends[HV_END_ERROR + 1] = {0};
	struct hv_result result;
	struct hv_stats stats;
	size_t pages;

	guest_run(vm, HV_END_HALT); /* the first run takes pages for this processor */
	pages = page_free_count();
	EXPECT_OK(hv_mmio_add(vm, &region));
	for (unsigned i = 0; i < GUESTS; i++) {
		uint64_t start = time_ns();

		test_context("guest %u", i);
		test_limit(GUEST_LIMIT_MS);
		make_code(code, sizeof(code));
		guest_load(vm, code, code + sizeof(code), test_random());
		go_on_after_exceptions(vm);
		EXPECT_OK(hv_run(vm, 1, &result));
		EXPECT_LE(HV_END_ERROR, result.end);
		EXPECT_TRUE(result.text[0] != '\0');
		EXPECT_LE(5000000000, time_ns() - start);
		ends[result.end]++;
	}
	EXPECT_EQ(pages, page_free_count());
	hv_stats_get(vm, &stats);
	test_note("%u exits; ends: %u time-outs, %u shutdowns, %u bad accesses, %u other", (unsigned)stats.total,
	          ends[HV_END_TIMEOUT], ends[HV_END_SHUTDOWN], ends[HV_END_BAD_ACCESS],
	          ends[HV_END_EXIT] + ends[HV_END_HALT] + ends[HV_END_STOPPED] + ends[HV_END_ERROR]);
}

/* #DB after each instruction: it is caught on its way and given back. */
GUEST(single_step, "lgdt 0x7100\nlidt 0x7110\n"
                   "pushf\norl $0x100, (%rsp)\npopf\n1: nop\njmp 1b\n");

TEST(hv_hostile_debug, "hv.hostile.single_step_storm", NEEDS_HV, "APM 2 15.12")
{
	EXPECT_EQ(GUEST_EXCEPTION + 1, guest_exit_status(GUEST_VM(single_step, 0)));
}

/* The APIC timer at its shortest period: the guest gets little done, the host's time limit holds. */
GUEST(timer_storm, INTERRUPTS "mov $0x832, %ecx\nmov $0x20061, %eax\nxor %edx, %edx\nwrmsr\n"
                              "mov $0x83e, %ecx\nmov $0xb, %eax\nwrmsr\nmov $0x838, %ecx\nmov $1, %eax\nwrmsr\nsti\n"
                              "1: inc %r15\njmp 1b\n");

TEST(hv_hostile_timer, "hv.hostile.timer_storm", NEEDS_HV, "SDM 3A 11.5.4")
{
	struct hv_vm *vm = GUEST_VM(timer_storm, 0);
	uint64_t start = time_ns();
	struct hv_result result;

	EXPECT_OK(hv_run(vm, 10, &result));
	EXPECT_EQ(HV_END_TIMEOUT, result.end);
	EXPECT_LE(5000000000, time_ns() - start);
}
