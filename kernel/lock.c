/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/cpu.h"
#include "kernel/lock.h"
#include "kernel/smp.h"

/* Counted in turns, not in time: locks are needed before there is a clock. Some seconds on any machine. */
#define LOCK_PATIENCE 50000000U

static struct lock *all_locks;

static void make_known(struct lock *lock)
{
	if (__atomic_exchange_n(&lock->known, 1, __ATOMIC_RELAXED))
		return;
	lock->next = __atomic_load_n(&all_locks, __ATOMIC_RELAXED);
	while (!__atomic_compare_exchange_n(&all_locks, &lock->next, lock, 0, __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

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
	make_known(lock);
}

void lock_release(struct lock *lock)
{
	/* Taken away in the meantime: then it is not this processor's to give back. */
	if (__atomic_load_n(&lock->owner, __ATOMIC_RELAXED) != smp_id() + 1)
		return;
	if (--lock->depth == 0)
		__atomic_store_n(&lock->owner, 0, __ATOMIC_RELEASE);
}

void lock_drop_all(void)
{
	uint32_t self = smp_id() + 1;

	for (struct lock *l = __atomic_load_n(&all_locks, __ATOMIC_ACQUIRE); l; l = l->next) {
		if (__atomic_load_n(&l->owner, __ATOMIC_RELAXED) != self)
			continue;
		l->depth = 0;
		__atomic_store_n(&l->owner, 0, __ATOMIC_RELEASE);
	}
}
