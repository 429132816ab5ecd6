/* SPDX-License-Identifier: BSD-2-Clause */
/* Between guard.c and what ends a guarded function. */
#ifndef KERNEL_GUARD_INTERNAL_H
#define KERNEL_GUARD_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/trap.h"

/* Each returns whether a guard ran on this processor; frame then leads back into guard_run(). */
bool guard_crash(struct trap_frame *frame, uint64_t address);
/* The guard's timer fired: its time may be over. */
void guard_timer(struct trap_frame *frame);
/* An NMI came: whether it was another processor's call because the guard's time is over. */
bool guard_nmi(struct trap_frame *frame);
/* From another processor's timer: send NMIs to processors that do not notice that their time is over. */
void guard_watch_others(void);

#endif
