/* SPDX-License-Identifier: BSD-2-Clause */
/* Run something that may crash or hang, and go on after it. */
#ifndef KERNEL_GUARD_H
#define KERNEL_GUARD_H

#include <stdint.h>

enum guard_outcome {
	GUARD_DONE,  /* fn returned */
	GUARD_CRASH, /* an unexpected exception; its dump was printed */
	GUARD_HANG,  /* timeout_ms passed; a backtrace of the place was printed */
};

struct guard_report {
	uint8_t vector;   /* GUARD_CRASH: the exception */
	uint64_t rip;     /* where it was */
	uint64_t address; /* CR2 of a page fault */
	char where[96];   /* function+offset of rip */
};

/*
 * Call fn(arg) on this processor, for at most timeout_ms of time. What fn had allocated, locked or switched on is
 * not undone: callers reset their devices. Not nested. Dumps go to the console as TAP comments ("# ...").
 */
enum guard_outcome guard_run(void (*fn)(void *), void *arg, unsigned timeout_ms, struct guard_report *report);
/* From within fn: start its time-out anew with timeout_ms. */
void guard_extend(unsigned timeout_ms);
/* Whether the time-out of the running guard has passed: for loops that run with interrupts off. */
int guard_expired(void);
/* Nanoseconds until then, at least 1; UINT64_MAX without a guard: for who arms the processor's timer for himself. */
uint64_t guard_left_ns(void);

#endif
