/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Locks between processors. The processor that holds one may take it again: a dump must be able to print although what
 * crashed was printing. Not for use between a processor and its own interrupt handlers.
 */
#ifndef KERNEL_LOCK_H
#define KERNEL_LOCK_H

#include <stdint.h>

struct lock {
	uint32_t owner; /* smp_id() + 1, 0: free */
	uint32_t depth;
	uint32_t known; /* in the list of locks that lock_drop_all() looks at */
	const char *name;
	struct lock *next;
};

#define LOCK_INIT(lock_name)        \
	{                           \
		.name = (lock_name) \
	}

/*
 * Take the lock. If its owner keeps it for some seconds, the lock is taken away from it: its owner hangs, and the run
 * has to report that.
 */
void lock_acquire(struct lock *lock);
void lock_release(struct lock *lock);
/* Give back every lock that this processor holds, after guard_run() cut their holder off. */
void lock_drop_all(void);

#endif
