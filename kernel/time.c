/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>

#include "kernel/acpi.h"
#include "kernel/bits.h"
#include "kernel/boot.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/time.h"
#include "kernel/time_internal.h"

#define NS_PER_S UINT64_C(1000000000)

/* What a time-stamp counter can run at; a measurement outside was none. */
#define TSC_LEAST_HZ UINT64_C(100000000)
#define TSC_MOST_HZ  UINT64_C(20000000000)

#define PIT_HZ                      UINT64_C(1193182)
#define PIT_CHANNEL_2               0x42
#define PIT_MODE                    0x43
#define PIT_MODE_CHANNEL_2_ONE_SHOT 0xb0
#define PIT_GATE                    0x61
#define PIT_GATE_ON                 0x01
#define PIT_GATE_SPEAKER            0x02
#define PIT_GATE_OUTPUT             0x20
#define PIT_SAMPLE                  5966U /* 5 ms */

#define PM_TIMER_HZ          UINT64_C(3579545)
#define PM_TIMER_MASK        UINT32_C(0xffffff)
#define PM_TIMER_SAMPLE      17898U /* 5 ms */
#define FADT_PM_TIMER_BLOCK  76
#define FADT_PM_TIMER_LENGTH 91

/* Cycles after which a timer that does not move is given up: 0.1 s at least, 20 s at most. */
#define GIVE_UP_CYCLES UINT64_C(2000000000)
#define SAMPLES        5U

static uint64_t tsc_hz = NS_PER_S;
static uint64_t ns_per_tick = UINT64_C(1) << 32; /* in 2^-32 ns; until it is known, 1 GHz, so that waits do end */
static uint64_t start_tsc;

/* One measurement: cycles that went by while a timer counted, and how many of them belong to its two ends. */
struct sample {
	uint64_t cycles, unsure;
};

static struct sample pit_sample(void)
{
	uint64_t before, begin, last, now;
	struct sample none = {0, 0};

	cpu_out8(PIT_GATE, (uint8_t)((cpu_in8(PIT_GATE) & ~PIT_GATE_SPEAKER) | PIT_GATE_ON));
	cpu_out8(PIT_MODE, PIT_MODE_CHANNEL_2_ONE_SHOT);
	cpu_out8(PIT_CHANNEL_2, PIT_SAMPLE & 0xff);
	before = cpu_rdtsc();
	cpu_out8(PIT_CHANNEL_2, PIT_SAMPLE >> 8); /* counts from here on */
	begin = last = cpu_rdtsc();
	while (!(cpu_in8(PIT_GATE) & PIT_GATE_OUTPUT)) {
		last = cpu_rdtsc();
		if (last - begin > GIVE_UP_CYCLES)
			return none;
	}
	now = cpu_rdtsc();
	return (struct sample){now - begin, (begin - before) + (now - last)};
}

static uint16_t pm_timer_port(void)
{
	const struct acpi_header *fadt = acpi_find("FACP", 0);
	const uint8_t *bytes = (const uint8_t *)fadt;

	if (!fadt || fadt->length <= FADT_PM_TIMER_LENGTH || bytes[FADT_PM_TIMER_LENGTH] != 4)
		return 0;
	return (uint16_t)(bytes[FADT_PM_TIMER_BLOCK] | bytes[FADT_PM_TIMER_BLOCK + 1] << 8);
}

static struct sample pm_timer_sample(uint16_t port)
{
	struct sample none = {0, 0};
	uint64_t before = cpu_rdtsc(), begin, last, now;
	uint32_t from = cpu_in32(port);

	begin = last = cpu_rdtsc();
	while (((cpu_in32(port) - from) & PM_TIMER_MASK) < PM_TIMER_SAMPLE) {
		last = cpu_rdtsc();
		if (last - begin > GIVE_UP_CYCLES)
			return none;
	}
	now = cpu_rdtsc();
	return (struct sample){now - begin, (begin - before) + (now - last)};
}

/*
 * The best of a few samples: firmware (SMM) or a hypervisor may take the processor away in the middle, and the sample
 * whose ends are known best is the one where that did not happen there.
 */
static uint64_t measure(uint16_t pm_port)
{
	struct sample best = {0, UINT64_MAX};

	for (unsigned i = 0; i < SAMPLES; i++) {
		struct sample s = pm_port ? pm_timer_sample(pm_port) : pit_sample();

		if (s.cycles == 0)
			return 0;
		if (s.unsure < best.unsure)
			best = s;
		if (best.unsure < best.cycles / 1000)
			break;
	}
	return pm_port ? best.cycles * PM_TIMER_HZ / PM_TIMER_SAMPLE : best.cycles * PIT_HZ / PIT_SAMPLE;
}

/* What the processor says itself (SDM vol. 3, 19.7.3), or 0. */
static uint64_t cpuid_hz(void)
{
	struct cpuid ratio = cpu_cpuid_checked(0x15, 0), base = cpu_cpuid_checked(0x16, 0);

	if (ratio.eax && ratio.ebx && ratio.ecx)
		return (uint64_t)ratio.ecx * ratio.ebx / ratio.eax;
	/* The crystal is not named, but the counter then runs at the base frequency. */
	return ratio.eax && ratio.ebx ? (base.eax & 0xffff) * UINT64_C(1000000) : 0;
}

static int sane(uint64_t hz)
{
	return hz >= TSC_LEAST_HZ && hz <= TSC_MOST_HZ;
}

static uint64_t find_hz(void)
{
	uint64_t hz = boot_info_get()->tsc_hz;
	uint16_t pm_port;

	if (sane(hz) || sane(hz = cpuid_hz()))
		return hz;
	if (boot_in_guest())
		return 0;
	if (sane(hz = measure(0)))
		return hz;
	pm_port = pm_timer_port();
	return pm_port && sane(hz = measure(pm_port)) ? hz : 0;
}

void time_init(void)
{
	uint64_t hz = find_hz();

	if (hz)
		tsc_hz = hz;
	else
		console_printf("# The time-stamp counter's frequency is unknown: no CPUID leaf, PIT or ACPI timer that "
		               "works. 1 GHz is assumed: times are wrong.\n");
	ns_per_tick = (uint64_t)(((unsigned __int128)NS_PER_S << 32) / tsc_hz);
	start_tsc = cpu_rdtsc();
}

static uint64_t to_ns(uint64_t ticks)
{
	return (uint64_t)(((unsigned __int128)ticks * ns_per_tick) >> 32);
}

uint64_t time_ns(void)
{
	return to_ns(cpu_rdtsc() - start_tsc);
}

uint64_t time_since_handover_ns(void)
{
	return to_ns(cpu_rdtsc() - boot_info_get()->entry_tsc);
}

uint64_t time_tsc_hz(void)
{
	return tsc_hz;
}

void time_delay_us(uint64_t us)
{
	uint64_t end = time_ns() + us * 1000;

	while (time_ns() < end)
		cpu_pause();
}
