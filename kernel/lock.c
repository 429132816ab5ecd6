/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "kernel/smp.h"

/* Counted in turns, not in time: locks are needed before there is a clock. Some seconds on any machine. */
#define LOCK_PATIENCE 50000000U

void lock_acquire(struct lock *lock)
{
	uint32_t self = smp_id() + 1, expected = 0;

	if (__atomic_load_n(&lock->owner, __ATOMIC_RELAXED) == self) {
		lock->depth++;
		return;
	}
	for (uint32_t turns = 0; turns < LOCK_PATIENCE; turns++) {
		expected = 0;
		if (__atomic_compare_exchange_n(&lock->owner, &expected, self, 0, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			break;
		cpu_pause();
	}
	if (expected != 0)
		__atomic_store_n(&lock->owner, self, __ATOMIC_SEQ_CST);
	lock->depth = 1;
}

void lock_release(struct lock *lock)
{
	/* Taken away in the meantime: then it is not this processor's to give back. */
	if (__atomic_load_n(&lock->owner, __ATOMIC_RELAXED) != smp_id() + 1)
		return;
	if (--lock->depth == 0)
		__atomic_store_n(&lock->owner, 0, __ATOMIC_RELEASE);
}

void lock_drop(struct lock *lock)
{
	if (__atomic_load_n(&lock->owner, __ATOMIC_RELAXED) != smp_id() + 1)
		return;
	lock->depth = 0;
	__atomic_store_n(&lock->owner, 0, __ATOMIC_RELEASE);
}
