/* SPDX-License-Identifier: BSD-2-Clause */
/* The processors: every one that ACPI names runs, does work, and only its own. */
#include <errno.h>

#include "kernel/acpi.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "tests/test.h"

static void who(void *arg)
{
	*(volatile unsigned *)arg = smp_id() + 1;
}

TEST(smp_all_run, "kernel.smp.all_processors_run", NEEDS_NOTHING, "ACPI 5.2.12")
{
	EXPECT_EQ(smp_present(), smp_count());
	EXPECT_EQ(0, smp_id());
	for (unsigned cpu = 1; cpu < smp_count(); cpu++) {
		static volatile unsigned seen;

		test_context("processor %u", cpu);
		seen = 0;
		EXPECT_OK(smp_run(cpu, who, (void *)(uintptr_t)&seen, 1000));
		EXPECT_EQ(cpu + 1, seen);
	}
}

TEST(smp_apic_ids, "kernel.smp.apic_ids_differ", NEEDS_SMP, "SDM 3A 11.4.6")
{
	for (unsigned a = 0; a < smp_count(); a++) {
		for (unsigned b = a + 1; b < smp_count(); b++)
			EXPECT_NE(smp_apic_id(a), smp_apic_id(b));
	}
}

TEST(smp_no_such_cpu, "kernel.smp.no_such_processor", NEEDS_NOTHING, "kernel/smp.h")
{
	static volatile unsigned seen;

	EXPECT_ERRNO(EINVAL, smp_run(smp_count(), who, (void *)(uintptr_t)&seen, 10));
	EXPECT_EQ(0, seen);
}

static volatile unsigned together;

/* Each adds one and waits for the others: only if they really run at once does it end in time. */
static void meet(void *arg)
{
	(void)arg;
	__atomic_fetch_add(&together, 1, __ATOMIC_SEQ_CST);
	(void)WAIT_FOR(together == smp_count() - 1, 1000000);
}

TEST(smp_at_once, "kernel.smp.processors_run_at_once", NEEDS_SMP, "kernel/smp.h")
{
	together = 0;
	for (unsigned cpu = 1; cpu < smp_count(); cpu++)
		EXPECT_OK(smp_start_work(cpu, meet, NULL));
	for (unsigned cpu = 1; cpu < smp_count(); cpu++)
		EXPECT_OK(smp_wait(cpu, 2000));
	EXPECT_EQ(smp_count() - 1, together);
}
