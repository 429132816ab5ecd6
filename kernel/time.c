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
#define PIT_MODE_CHANNEL_2_LATCH    0x80
#define PIT_GATE                    0x61
#define PIT_GATE_ON                 0x01
#define PIT_GATE_SPEAKER            0x02
#define PIT_GATE_OUTPUT             0x20

#define PM_TIMER_HZ          UINT64_C(3579545)
#define PM_TIMER_MASK        UINT32_C(0xffffff)
#define FADT_PM_TIMER_BLOCK  76
#define FADT_PM_TIMER_LENGTH 91

/* A measurement takes a two-hundredth of a second. */
#define SAMPLES_PER_S  200U
/* Cycles after which a timer that does not get there is given up: 40 ms at 5 GHz, 2 s at 100 MHz. */
#define GIVE_UP_CYCLES UINT64_C(200000000)
#define ATTEMPTS       3U
#define READS          8U

static uint64_t tsc_hz = NS_PER_S;
static uint64_t ns_per_tick = UINT64_C(1) << 32; /* in 2^-32 ns; until it is known, 1 GHz, so that waits do end */
static uint64_t start_tsc;

/* A timer to measure against: counts up, in ticks of hz. */
struct reference {
	uint64_t hz;
	uint16_t port; /* of the ACPI timer; 0: the PIT */
};

/* What the reference said at a point of time-stamp time that is known to within unsure cycles. */
struct reading {
	uint64_t tsc, unsure;
	uint32_t ticks;
};

static void pit_start(void)
{
	cpu_out8(PIT_GATE, (uint8_t)((cpu_in8(PIT_GATE) & ~PIT_GATE_SPEAKER) | PIT_GATE_ON));
	cpu_out8(PIT_MODE, PIT_MODE_CHANNEL_2_ONE_SHOT);
	cpu_out8(PIT_CHANNEL_2, 0xff);
	cpu_out8(PIT_CHANNEL_2, 0xff);
}

static struct reading read_once(const struct reference *ref)
{
	struct reading r;
	uint64_t before = cpu_rdtsc(), after;

	if (ref->port) {
		r.ticks = cpu_in32(ref->port) & PM_TIMER_MASK;
		after = cpu_rdtsc();
	} else {
		cpu_out8(PIT_MODE, PIT_MODE_CHANNEL_2_LATCH);
		after = cpu_rdtsc();
		r.ticks = cpu_in8(PIT_CHANNEL_2);
		r.ticks = UINT16_MAX - (r.ticks | (uint32_t)cpu_in8(PIT_CHANNEL_2) << 8);
	}
	r.unsure = after - before;
	r.tsc = before + r.unsure / 2;
	return r;
}

/*
 * Firmware (SMM) or a hypervisor may take the processor away in the middle of a reading, for longer than the whole
 * measurement. Of a few readings, the one that took least time is the one where that did not happen.
 */
static struct reading read_well(const struct reference *ref)
{
	struct reading best = read_once(ref);

	for (unsigned i = 1; i < READS; i++) {
		struct reading r = read_once(ref);

		if (r.unsure < best.unsure)
			best = r;
	}
	return best;
}

static uint32_t ticks_between(const struct reference *ref, const struct reading *from, const struct reading *to)
{
	return (to->ticks - from->ticks) & (ref->port ? PM_TIMER_MASK : UINT16_MAX);
}

/* The time-stamp counter's frequency; 0 if the reference does not count. */
static uint64_t measure_once(const struct reference *ref)
{
	struct reading from, to;

	if (!ref->port)
		pit_start();
	from = read_well(ref);
	do {
		to = read_once(ref);
		if (to.tsc - from.tsc > GIVE_UP_CYCLES)
			return 0;
	} while (ticks_between(ref, &from, &to) < ref->hz / SAMPLES_PER_S);
	to = read_well(ref);
	/* The PIT has come to its end, 55 ms after its start, and so says nothing of the time since. */
	if (!ref->port && (cpu_in8(PIT_GATE) & PIT_GATE_OUTPUT))
		return 0;
	return (to.tsc - from.tsc) * ref->hz / ticks_between(ref, &from, &to);
}

static int sane(uint64_t hz)
{
	return hz >= TSC_LEAST_HZ && hz <= TSC_MOST_HZ;
}

static uint64_t measure(const struct reference *ref)
{
	uint64_t hz = 0;

	for (unsigned i = 0; i < ATTEMPTS && !sane(hz); i++)
		hz = measure_once(ref);
	return hz;
}

static uint16_t pm_timer_port(void)
{
	const struct acpi_header *fadt = acpi_find("FACP", 0);
	const uint8_t *bytes = (const uint8_t *)fadt;

	if (!fadt || fadt->length <= FADT_PM_TIMER_LENGTH || bytes[FADT_PM_TIMER_LENGTH] != 4)
		return 0;
	return (uint16_t)(bytes[FADT_PM_TIMER_BLOCK] | bytes[FADT_PM_TIMER_BLOCK + 1] << 8);
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

static uint64_t find_hz(void)
{
	uint64_t hz = boot_info_get()->tsc_hz;
	const struct reference pit = {PIT_HZ, 0}, pm_timer = {PM_TIMER_HZ, pm_timer_port()};

	if (sane(hz) || sane(hz = cpuid_hz()))
		return hz;
	if (boot_in_guest())
		return 0;
	if (sane(hz = measure(&pit)))
		return hz;
	return pm_timer.port && sane(hz = measure(&pm_timer)) ? hz : 0;
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
