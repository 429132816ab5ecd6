/* SPDX-License-Identifier: BSD-2-Clause */
/* Processors, for the kernel itself; others use kernel/smp.h. */
#ifndef KERNEL_SMP_INTERNAL_H
#define KERNEL_SMP_INTERNAL_H

#include "kernel/acpi.h"
#include "kernel/percpu.h"

/*
 * Start the processors of the MADT. Those that do not start are named on the console and left out. Returns how many did
 * not start, or -ENOMEM.
 */
int smp_start(const struct acpi_madt *madt);
/* Data of processor i, below smp_count(). */
struct percpu *smp_percpu(unsigned i);
/* Set this processor's timer as it is when no guard runs: on the one that watches the others it ticks. */
void smp_timer_default(void);

#endif
