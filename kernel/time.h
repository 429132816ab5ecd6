/* SPDX-License-Identifier: BSD-2-Clause */
/* Time from the calibrated time-stamp counter, and waits that always end. */
#ifndef KERNEL_TIME_H
#define KERNEL_TIME_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/cpu.h"

/* Nanoseconds since the kernel's clock was set up. */
uint64_t time_ns(void);
/* Nanoseconds since the loader handed over (boot_info.entry_tsc). */
uint64_t time_since_handover_ns(void);
/* The counter's frequency in hertz. */
uint64_t time_tsc_hz(void);
void time_delay_us(uint64_t us);

/*
 * The pause between two polls: hardly any at first, then up to 10 us, so that polling does not keep whoever is polled
 * from answering.
 */
static inline void time_relax(unsigned round)
{
	uint64_t end = time_ns() + (round < 200 ? round * 50U : 10000U);

	cpu_pause();
	while (time_ns() < end)
		;
}

/*
 * Spin until cond is true or timeout_us have passed; the value is whether cond came true. cond is looked at once more
 * after the time-out, so a long pause of the processor is not taken for the device's.
 */
#define WAIT_FOR(cond, timeout_us)                                             \
	__extension__({                                                        \
		uint64_t wait_end_ = time_ns() + (uint64_t)(timeout_us)*1000U; \
		unsigned wait_round_ = 0;                                      \
		bool wait_ok_;                                                 \
		while (!(wait_ok_ = (cond)) && time_ns() < wait_end_)          \
			time_relax(wait_round_++);                             \
		wait_ok_ || (cond);                                            \
	})

#endif
