/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests on all processors: one anywhere, several at a time. What is done to a guest from another processor is in force
 * when the call returns, not when the guest next happens to exit: these guests do not exit.
 */
#include <errno.h>
#include <string.h>

#include "kernel/apic.h"
#include "kernel/mem.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "tests/suites/hv_far.h"
#include "tests/test.h"

#define WINDOW   HV_BAR_WINDOW_BASE /* 0xc0000000 */
#define COUNTER  GUEST_DATA         /* 0x30000 */
#define MSI      UINT64_C(0xfee00000)
#define SLICES   12U
#define SLICE_MS 4U

/* ---- anywhere ---- */

GUEST(id, "mov $1, %eax\ncpuid\nshr $24, %ebx\nshl $32, %rdi\nlea 5(%rdi,%rbx), %rdi\n" EXIT);

TEST(smp_every, "hv.smp.every_processor", NEEDS_FAR, "APM 2 15.5")
{
	struct hv_vm *vm = GUEST_VM(id, 0);

	for (unsigned cpu = 0; cpu < smp_count(); cpu++) {
		test_context("processor %u", cpu);
		GUEST_LOAD(vm, id, cpu + 1);
		/* Its own processor has the same number wherever it is. */
		EXPECT_EQ((uint64_t)(cpu + 1) << 32 | 5, far_exit_status(vm, cpu));
	}
}

/*
 * Two guests that share a page, the only thing between them: each waits for the other's number. RDI is odd for one and
 * even for the other. No exit is needed, and neither gets on unless the other runs at the same time.
 */
GUEST(ping, "mov $0xc0000000, %ebx\n"
            "1: mov (%rbx), %eax\nmov %eax, %ecx\nxor %edi, %ecx\ntest $1, %ecx\njz 2f\npause\njmp 1b\n"
            "2: inc %eax\nmov %eax, (%rbx)\ncmp $200, %eax\njb 1b\nmov %eax, %edi\n" EXIT);

TEST(smp_at_once, "hv.smp.two_at_once", NEEDS_FAR, "kernel/hv/hv.h")
{
	uint32_t *page = test_pages(1);
	struct hv_vm *vm[2];
	struct hv_stats stats;
	uint64_t exits = 0;

	for (unsigned i = 0; i < 2; i++) {
		vm[i] = GUEST_VM(ping, i);
		EXPECT_OK(hv_map_device(vm[i], WINDOW, phys_of(page), PAGE_SIZE));
	}
	far_start(vm[1], FAR_CPU, FAR_LIMIT_MS);
	EXPECT_LE(201, far_exit_status(vm[0], 0));
	EXPECT_LE(201, far_end(FAR_CPU, HV_END_EXIT).status);
	EXPECT_GE(200, *page);
	for (unsigned i = 0; i < 2; i++) {
		hv_stats_get(vm[i], &stats);
		exits += stats.total - stats.exits[HV_CAUSE_INTERRUPT];
	}
	EXPECT_EQ(2, exits); /* the two ends */
}

/* The same two on one processor, a slice each: whose translations are in the TLB must not matter. */
GUEST(own, "mov $0xc0000000, %ebx\n1: mov (%rbx), %eax\ncmp %edi, %eax\njne 2f\nincl 0x30000\njmp 1b\n"
           "2: mov %eax, %edi\n" EXIT);

TEST(smp_in_turn, "hv.smp.two_in_turn", NEEDS_FAR, "APM 2 15.16")
{
	struct hv_vm *vm[2];

	for (unsigned i = 0; i < 2; i++) {
		uint32_t *page = test_pages(1);

		*page = 100 + i;
		vm[i] = GUEST_VM(own, 100 + i);
		EXPECT_OK(hv_map_device(vm[i], WINDOW, phys_of(page), PAGE_SIZE));
	}
	for (unsigned n = 0; n < SLICES; n++) {
		uint32_t before = far_u32(vm[n % 2], COUNTER);

		test_context("slice %u", n);
		for (unsigned tries = 0; before == far_u32(vm[n % 2], COUNTER) && tries < 100; tries++)
			far_slice(vm[n % 2], FAR_CPU, SLICE_MS);
		EXPECT_NE(before, far_u32(vm[n % 2], COUNTER));
	}
}

/* ---- from another processor ---- */

/* Writes to the page until that is no longer possible. The host looks at the page. */
GUEST(writer, INTERRUPTS "sti\nmov $0xc0000000, %ebx\nmovl $1, 0x30000\n1: incl (%rbx)\njmp 1b\n");

TEST(smp_unmap, "hv.smp.unmap_while_it_runs", NEEDS_FAR, "APM 2 15.16.1")
{
	for (unsigned n = 0; n < 8; n++) {
		volatile uint32_t *page = test_pages(1);
		struct hv_vm *vm = GUEST_VM(writer, 0);
		struct hv_result result;
		uint32_t at_return;

		EXPECT_OK(hv_map_device(vm, WINDOW, phys_of((const void *)(uintptr_t)page), PAGE_SIZE));
		far_start(vm, FAR_CPU, FAR_LIMIT_MS);
		far_wait_u32(vm, COUNTER, 1);
		if (!WAIT_FOR(*page > 100, 1000000))
			FAIL("the guest does not reach its page");
		EXPECT_OK(hv_unmap(vm, WINDOW, PAGE_SIZE));
		at_return = *page;
		result = far_end(FAR_CPU, HV_END_BAD_ACCESS);
		EXPECT_EQ(at_return, *page);
		EXPECT_EQ(WINDOW, result.address);
	}
}

/* An empty bus reads as all ones, until there is a page. */
GUEST(waits_for_page, "mov $0xc0000000, %ebx\n1: incl 0x30000\nmov (%rbx), %edi\ncmp $-1, %edi\nje 1b\n" EXIT);

TEST(smp_map, "hv.smp.map_while_it_runs", NEEDS_FAR, "APM 2 15.25")
{
	uint32_t *page = test_pages(1);
	struct hv_vm *vm = GUEST_VM(waits_for_page, 0);

	*page = 77;
	hv_mmio_open_bus(vm);
	far_start(vm, FAR_CPU, FAR_LIMIT_MS);
	far_wait_change(vm, COUNTER, 0);
	EXPECT_OK(hv_map_device(vm, WINDOW, phys_of(page), PAGE_SIZE));
	EXPECT_EQ(77, far_end(FAR_CPU, HV_END_EXIT).status);
}

static size_t pages_least, pages_most;

/* As a guest that moves its BAR: from one 2 MiB to the next, through all of the window. */
static uint64_t move_page(void *arg, uint64_t offset, unsigned width)
{
	static uint8_t page[PAGE_SIZE] __attribute__((aligned(4096)));
	struct hv_vm *vm = arg;
	size_t before = page_free_count();
	uint64_t failed = 0;

	(void)offset, (void)width;
	pages_least = pages_most = before;
	for (uint64_t at = UINT64_C(0x200000); at < HV_BAR_WINDOW_SIZE - 2 * PAGE_SIZE; at += UINT64_C(0x200000)) {
		uint64_t gpa = HV_BAR_WINDOW_BASE + at - PAGE_SIZE; /* two tables */
		size_t now;

		failed |= (uint64_t)(hv_map_device(vm, gpa, phys_of(page), 2 * PAGE_SIZE) != 0);
		now = page_free_count();
		pages_least = now < pages_least ? now : pages_least;
		failed |= (uint64_t)(hv_unmap(vm, gpa, 2 * PAGE_SIZE) != 0);
		now = page_free_count();
		pages_most = now > pages_most ? now : pages_most;
	}
	return failed;
}

static void no_effect(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)arg, (void)offset, (void)width, (void)value;
}

GUEST(one_read, "mov $0xc0000000, %ebx\nmov (%rbx), %edi\n" EXIT);

TEST(smp_no_allocation, "hv.smp.exits_allocate_nothing", NEEDS_HV, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(one_read, 0);
	const struct hv_mmio region = {WINDOW, 8, move_page, no_effect, vm, "moves"};

	EXPECT_OK(hv_mmio_add(vm, &region));
	EXPECT_EQ(0, guest_exit_status(vm));
	EXPECT_NE(0, pages_least);
	EXPECT_EQ(pages_most, pages_least);
}

static volatile uint32_t entered, left;

static uint64_t slow_read(void *arg, uint64_t offset, unsigned width)
{
	(void)arg, (void)offset, (void)width;
	entered++;
	time_delay_us(20000);
	left++;
	return UINT32_MAX;
}

static void no_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)arg, (void)offset, (void)width, (void)value;
}

/* A device's owner frees it after hv_mmio_remove(): no callback may be in it then. */
TEST(smp_remove, "hv.smp.remove_waits_for_callback", NEEDS_FAR, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(waits_for_page, 0);
	const struct hv_mmio slow = {WINDOW, PAGE_SIZE, slow_read, no_write, NULL, "slow"};

	entered = left = 0;
	hv_mmio_open_bus(vm);
	EXPECT_OK(hv_mmio_add(vm, &slow));
	far_start(vm, FAR_CPU, FAR_LIMIT_MS);
	if (!WAIT_FOR(entered != 0, 1000000))
		FAIL("no access came");
	EXPECT_OK(hv_mmio_remove(vm, WINDOW));
	EXPECT_EQ(entered, left);
	far_wait_change(vm, COUNTER, far_u32(vm, COUNTER));
	EXPECT_EQ(entered, left);
	hv_stop(vm);
	far_end(FAR_CPU, HV_END_STOPPED);
}

GUEST(runaway, INTERRUPTS "sti\nmovl $1, 0x30000\n1: inc %r15\njmp 1b\n");

TEST(smp_stop, "hv.smp.stop", NEEDS_FAR, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(runaway, 0);
	uint64_t before = 0;

	for (unsigned n = 0; n < 10; n++) {
		struct hv_result result;

		far_start(vm, FAR_CPU, FAR_LIMIT_MS);
		if (n % 2 == 0) /* its loop, or sometimes the way there */
			time_delay_us(2000);
		hv_stop(vm);
		result = far_end(FAR_CPU, HV_END_STOPPED);
		/* It goes on where it was, or has not begun when the stop came first. */
		EXPECT_GE(before, result.regs.gpr[HV_R15]);
		before = result.regs.gpr[HV_R15];
	}
	EXPECT_NE(0, before);
	hv_stop(vm);
	far_start(vm, FAR_CPU, FAR_LIMIT_MS);
	EXPECT_EQ(before, far_end(FAR_CPU, HV_END_STOPPED).regs.gpr[HV_R15]);
}

/* From outside, as a machine does that resets one of its processors: the guest is at its end, the processor is not. */
TEST(smp_init, "hv.smp.init_signal", NEEDS_FAR, "SDM 3C 25.2")
{
	struct hv_vm *vm = GUEST_VM(runaway, 0);
	struct hv_result result;

	if (strcmp(hv_vendor_name(), "VMX") != 0)
		SKIP("%s keeps an INIT pending, and the processor resets when it leaves the guest", hv_vendor_name());
	far_start(vm, FAR_CPU, FAR_LIMIT_MS);
	far_wait_u32(vm, COUNTER, 1);
	apic_send_init(smp_apic_id(FAR_CPU));
	result = far_end(FAR_CPU, HV_END_ERROR);
	EXPECT_TRUE(strstr(result.text, "INIT") != NULL);
	EXPECT_ERRNO(EINVAL, hv_run(vm, 10, &result));
	GUEST_LOAD(vm, id, 1);
	EXPECT_EQ(UINT64_C(1) << 32 | 5, far_exit_status(vm, FAR_CPU));
}

GUEST(deaf, "cli\nmovl $1, 0x30000\n1: jmp 1b\n");

/* A guest cannot hide behind its interrupt flag. Runs are short, so that one that does not hear ends by its time. */
TEST(smp_stop_deaf, "hv.smp.stop_with_interrupts_off", NEEDS_FAR, "APM 2 15.13.1; SDM 3C 26.2")
{
	struct hv_vm *vm = GUEST_VM(deaf, 0);
	struct hv_result result = {.end = HV_END_TIMEOUT};

	for (unsigned n = 0; n < 6 && result.end == HV_END_TIMEOUT; n++) {
		far_put_u32(vm, COUNTER, 0);
		GUEST_LOAD(vm, deaf, 0);
		far_start(vm, FAR_CPU, 50);
		(void)WAIT_FOR(far_u32(vm, COUNTER) == 1, 50000);
		hv_stop(vm);
		result = far_any_end(FAR_CPU);
	}
	EXPECT_STR_EQ(hv_end_name(HV_END_STOPPED), hv_end_name(result.end));
}

/* The guest makes no exit: only the other processor's kick lets the interrupt in. RDI: HLT in between, or not. */
GUEST(counts, INTERRUPTS "movl $1, 0x30000\nsti\n1: test %edi, %edi\njz 2f\nhlt\n2: incl 0x30004\njmp 1b\n");

static void message_storm(unsigned halting)
{
	struct hv_vm *vm = GUEST_VM(counts, halting);
	struct hv_stats stats;

	far_start(vm, FAR_CPU, FAR_LIMIT_MS);
	far_wait_u32(vm, COUNTER, 1);
	for (unsigned n = 0; n < 60; n++) {
		test_context("message %u, the guest %s", n, halting ? "halts" : "computes");
		EXPECT_OK(hv_msi(vm, MSI, 0x40 + n % 2));
		if (!WAIT_FOR(guest_interrupts(vm, 0x40 + n % 2) == n / 2 + 1, 2000000))
			FAIL("the guest took %u of %u interrupts", guest_interrupts(vm, 0x40 + n % 2), n / 2 + 1);
	}
	hv_stop(vm);
	far_end(FAR_CPU, HV_END_STOPPED);
	hv_stats_get(vm, &stats);
	EXPECT_EQ(60, stats.injected);
	EXPECT_EQ(0, stats.merged);
}

TEST(smp_message, "hv.smp.interrupt.while_it_computes", NEEDS_FAR, "APM 2 15.21")
{
	message_storm(0);
}

TEST(smp_message_halted, "hv.smp.interrupt.while_it_halts", NEEDS_FAR, "APM 2 15.21")
{
	message_storm(1);
}

TEST(smp_busy, "hv.smp.one_processor_a_guest", NEEDS_FAR, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(runaway, 0);
	struct hv_result result;

	far_start(vm, FAR_CPU, FAR_LIMIT_MS);
	far_wait_u32(vm, COUNTER, 1);
	EXPECT_ERRNO(EBUSY, hv_run(vm, 10, &result));
	EXPECT_ERRNO(EBUSY, hv_load_flat(vm, HV_FLAT_CODE, runaway_first, 16, 0));
	EXPECT_ERRNO(EBUSY, hv_ram_add(vm, GUEST_RAM, PAGE_SIZE));
	hv_stop(vm);
	far_end(FAR_CPU, HV_END_STOPPED);
	EXPECT_OK(hv_ram_add(vm, GUEST_RAM, PAGE_SIZE));
	EXPECT_OK(hv_run(vm, 10, &result));
	EXPECT_EQ(HV_END_TIMEOUT, result.end);
}

/* ---- ends ---- */

GUEST(end_triple, "ud2\n");
GUEST(end_halt, "cli\nhlt\n");
GUEST(end_access, "mov $0xd0000000, %ebx\nmov (%rbx), %eax\n");
GUEST(end_spin, "1: jmp 1b\n");
GUEST(end_exits, "1: xor %eax, %eax\ncpuid\njmp 1b\n");
GUEST(end_mode, "mov %cr0, %rax\nand $0x7fffffff, %eax\nmov %rax, %cr0\nud2\n");
GUEST(end_status, "mov $9, %edi\n" EXIT);

/* A neighbour that computes meanwhile, and whose result is known. */
GUEST(neighbour, "xor %edi, %edi\nmov $1, %eax\n1: add %rax, %rdi\nadd %rax, 0x30010\ninc %rax\n"
                 "cmpl $0, 0x30000\nje 1b\nmov %rax, 0x30008\nsub 0x30010, %rdi\n" EXIT);

TEST(smp_ends, "hv.smp.ends_are_the_guests_own", NEEDS_FAR, "APM 2 15.5")
{
	static const struct {
		const uint8_t *first, *end;
		enum hv_end how;
		unsigned timeout_ms;
	} ends[] = {
	        {end_triple_first, end_triple_end, HV_END_SHUTDOWN, FAR_LIMIT_MS},
	        {end_halt_first, end_halt_end, HV_END_HALT, FAR_LIMIT_MS},
	        {end_access_first, end_access_end, HV_END_BAD_ACCESS, FAR_LIMIT_MS},
	        {end_spin_first, end_spin_end, HV_END_TIMEOUT, 20},
	        {end_exits_first, end_exits_end, HV_END_TIMEOUT, 20},
	        {end_mode_first, end_mode_end, HV_END_SHUTDOWN, FAR_LIMIT_MS},
	        {end_status_first, end_status_end, HV_END_EXIT, FAR_LIMIT_MS},
	};
	struct hv_vm *good = GUEST_VM(neighbour, 0), *bad = GUEST_VM(end_status, 0);
	struct hv_result result = {0};

	far_start(good, FAR_CPU, 20000);
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		test_context("guest %u", i);
		guest_load(bad, ends[i].first, ends[i].end, 0);
		EXPECT_OK(hv_run(bad, ends[i].timeout_ms, &result));
		EXPECT_STR_EQ(hv_end_name(ends[i].how), hv_end_name(result.end));
		EXPECT_TRUE(result.text[0] != '\0');
	}
	test_context("");
	far_put_u32(good, COUNTER, 1);
	EXPECT_EQ(0, far_end(FAR_CPU, HV_END_EXIT).status);
	EXPECT_TRUE(guest_u64(good, COUNTER + 8) > 2);
	/* And the other way round: the bad ones over there. */
	for (unsigned i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		test_context("guest %u on processor %u", i, FAR_CPU);
		guest_load(bad, ends[i].first, ends[i].end, 0);
		far_run(bad, FAR_CPU, ends[i].timeout_ms, &result);
		EXPECT_STR_EQ(hv_end_name(ends[i].how), hv_end_name(result.end));
	}
}
