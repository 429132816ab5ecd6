/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the verdict stands on: a test that crashes and one that hangs are ended, told apart, and the run goes on. Each
 * test here must end badly, and passes if it is seen to.
 */
#include "kernel/cpu.h"
#include "kernel/irq.h"
#include "kernel/panic.h"
#include "tests/test.h"

#define UD 6
#define GP 13

TEST(guard_crash, "kernel.guard.crash_is_told", NEEDS_NOTHING, "Adit")
{
	test_must_crash(UD, 0);
	__asm__ volatile("ud2");
}

TEST(guard_crash_irq_off, "kernel.guard.crash_with_interrupts_off", NEEDS_NOTHING, "Adit")
{
	test_must_crash(GP, 0);
	irq_save();
	/* Not canonical. */
	*(volatile char *)(uintptr_t)UINT64_C(0x8000000000000000) = 0;
}

TEST(guard_hang, "kernel.guard.hang_is_told", NEEDS_NOTHING, "Adit")
{
	test_must_hang(50);
	for (;;)
		cpu_pause();
}

/* Only another processor's NMI can end this one. */
TEST(guard_hang_irq_off, "kernel.guard.hang_with_interrupts_off", NEEDS_SMP, "Adit")
{
	test_must_hang(50);
	irq_save();
	for (;;)
		cpu_pause();
}

static volatile unsigned deepest = UINT32_MAX, depth;

static void recurse(unsigned level)
{
	volatile char room[256];

	room[0] = (char)level;
	depth = level;
	if (level < deepest)
		recurse(level + 1);
	depth -= (unsigned)room[0];
}

TEST(guard_stack_overflow, "kernel.guard.stack_overflow_is_a_crash", NEEDS_NOTHING, "Adit")
{
	volatile char here;

	/* Where exactly it ends depends on the frames: some page below. */
	test_must_crash_near((uint64_t)(uintptr_t)&here, UINT64_C(1) << 20);
	recurse(0);
}
