/* SPDX-License-Identifier: BSD-2-Clause */
/* The processors: all are started, and wait for work. */
#ifndef KERNEL_SMP_H
#define KERNEL_SMP_H

#include <stdint.h>

#define SMP_MAX_CPUS 512

/* Processors that run (1 before smp_start()). */
unsigned smp_count(void);
/* Processors that the MADT names as enabled; more than smp_count() if some did not start. */
unsigned smp_present(void);
/* Index of the processor that calls: 0 is the one that booted. */
unsigned smp_id(void);
/* Local APIC id of processor cpu. */
uint32_t smp_apic_id(unsigned cpu);
/*
 * Run fn(arg) on processor cpu and wait for its end. Returns 0, -EINVAL (no such processor), -EBUSY (it has work) or
 * -ETIMEDOUT after timeout_ms (the processor is then given no more work).
 */
int smp_run(unsigned cpu, void (*fn)(void *), void *arg, unsigned timeout_ms);
/* The same without waiting; smp_wait() collects. */
int smp_start_work(unsigned cpu, void (*fn)(void *), void *arg);
int smp_wait(unsigned cpu, unsigned timeout_ms);

#endif
