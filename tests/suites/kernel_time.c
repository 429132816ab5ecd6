/* SPDX-License-Identifier: BSD-2-Clause */
/* Time-outs are only worth what the clock is: it goes forward, at the speed that an independent clock says. */
#include "kernel/acpi.h"
#include "kernel/cpu.h"
#include "kernel/time.h"
#include "tests/test.h"

#define MS UINT64_C(1000000)

TEST(time_forward, "kernel.time.goes_forward", NEEDS_NOTHING, "SDM 3B 18.17")
{
	uint64_t before = time_ns();

	for (unsigned i = 0; i < 10000; i++) {
		uint64_t now = time_ns();

		EXPECT_GE(before, now);
		before = now;
	}
	EXPECT_GE(UINT64_C(100000000), time_tsc_hz());
	EXPECT_LE(UINT64_C(20000000000), time_tsc_hz());
}

TEST(time_delay, "kernel.time.delay_is_at_least_as_long", NEEDS_NOTHING, "kernel/time.h")
{
	static const unsigned delays[] = {1, 50, 1000, 10000};

	for (unsigned i = 0; i < 4; i++) {
		uint64_t start = time_ns();

		test_context("%u us", delays[i]);
		time_delay_us(delays[i]);
		EXPECT_GE(delays[i] * UINT64_C(1000), time_ns() - start);
	}
}

TEST(time_wait_for, "kernel.time.wait_ends", NEEDS_NOTHING, "kernel/time.h")
{
	uint64_t start = time_ns();

	EXPECT_FALSE(WAIT_FOR(0, 2000));
	EXPECT_GE(2 * MS, time_ns() - start);
	EXPECT_TRUE(WAIT_FOR(1, 0));
}

/* ACPI's timer has a crystal of its own and runs at 3.579545 MHz everywhere (ACPI 4.8.3.3). */
#define PM_TIMER_HZ     UINT64_C(3579545)
#define FADT_PM_TMR_BLK 76
#define FADT_FLAGS      112
#define FADT_HW_REDUCED (1U << 20)

static uint32_t fadt32(const struct acpi_header *fadt, unsigned offset)
{
	uint32_t value = 0;

	if (offset + sizeof(value) <= fadt->length)
		memcpy(&value, (const char *)fadt + offset, sizeof(value));
	return value;
}

TEST(time_pm_timer, "kernel.time.agrees_with_the_acpi_timer", NEEDS_NOTHING, "ACPI 4.8.3.3")
{
	const struct acpi_header *fadt = acpi_find("FACP", 0);
	uint32_t port = fadt && !(fadt32(fadt, FADT_FLAGS) & FADT_HW_REDUCED) ? fadt32(fadt, FADT_PM_TMR_BLK) : 0;
	uint64_t start_ns, ns, best = UINT64_MAX;

	if (!port || port > UINT16_MAX - 4)
		SKIP("ACPI names no PM timer");
	/* The best of five: an emulator's host may be busy between two reads. */
	for (unsigned i = 0; i < 5; i++) {
		uint32_t start = cpu_in32((uint16_t)port), ticks;
		uint64_t expected, off;

		start_ns = time_ns();
		time_delay_us(20000);
		ticks = (cpu_in32((uint16_t)port) - start) & 0xffffff;
		ns = time_ns() - start_ns;
		expected = ticks * UINT64_C(1000000000) / PM_TIMER_HZ;
		off = (ns > expected ? ns - expected : expected - ns) * 1000 / (expected + 1);
		best = off < best ? off : best;
	}
	/* Thousandths: calibration over a few milliseconds is no better than about one in a hundred. */
	EXPECT_LE(20, best);
}
