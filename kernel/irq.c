/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stddef.h>

#include "kernel/apic.h"
#include "kernel/guard_internal.h"
#include "kernel/irq.h"
#include "kernel/lock.h"
#include "kernel/percpu.h"
#include "kernel/trap.h"

/* The first sixteen are where the masked 8259s would send a spurious interrupt. */
#define VECTOR_FIRST (TRAP_IRQ_FIRST + 16)
#define VECTOR_LAST  (APIC_VECTOR_TIMER - 1)
#define RFLAGS_IF    (UINT64_C(1) << 9)

#define MSI_ADDRESS                   UINT64_C(0xfee00000)
#define MSI_ADDRESS_DESTINATION_SHIFT 12
#define MSI_MAX_DESTINATION           254

struct vector {
	irq_handler handler;
	void *arg;
	const char *name;
	uint64_t count;
};

static struct lock irq_lock = LOCK_INIT("vectors");
static struct vector vectors[256];
static uint64_t spurious_count;
static uint8_t spurious_last;
/* Handed out in turn: a late interrupt of a released vector then seldom meets a new owner. */
static unsigned next_vector = VECTOR_FIRST;

int irq_request(irq_handler handler, void *arg, const char *name, struct irq *out)
{
	int err = -ENOSPC;

	lock_acquire(&irq_lock);
	for (unsigned i = VECTOR_FIRST; i <= VECTOR_LAST && err; i++) {
		unsigned v = next_vector;

		next_vector = next_vector == VECTOR_LAST ? VECTOR_FIRST : next_vector + 1;
		if (vectors[v].handler)
			continue;
		vectors[v].arg = arg;
		vectors[v].name = name;
		vectors[v].count = 0;
		__atomic_store_n(&vectors[v].handler, handler, __ATOMIC_RELEASE);
		*out = (struct irq){.vector = (uint8_t)v, .apic_id = percpu_self()->apic_id};
		err = 0;
	}
	lock_release(&irq_lock);
	return err;
}

void irq_release(const struct irq *irq)
{
	__atomic_store_n(&vectors[irq->vector].handler, NULL, __ATOMIC_RELEASE);
}

uint64_t irq_count(const struct irq *irq)
{
	return __atomic_load_n(&vectors[irq->vector].count, __ATOMIC_ACQUIRE);
}

uint64_t irq_spurious_count(uint8_t *last_vector)
{
	if (last_vector)
		*last_vector = spurious_last;
	return __atomic_load_n(&spurious_count, __ATOMIC_ACQUIRE);
}

const char *irq_running(void)
{
	const struct percpu *cpu = percpu_self();

	return cpu->irq_depth ? vectors[cpu->irq_vector].name : NULL;
}

int irq_save(void)
{
	uint64_t flags;

	__asm__ volatile("pushfq; popq %0; cli" : "=r"(flags) : : "memory");
	return (flags & RFLAGS_IF) != 0;
}

void irq_restore(int were_on)
{
	if (were_on)
		__asm__ volatile("sti" : : : "memory");
	else
		__asm__ volatile("cli" : : : "memory");
}

int irq_msi_message(const struct irq *irq, uint64_t *address, uint32_t *data)
{
	if (irq->apic_id > MSI_MAX_DESTINATION)
		return -ERANGE;
	*address = MSI_ADDRESS | (uint64_t)irq->apic_id << MSI_ADDRESS_DESTINATION_SHIFT;
	*data = irq->vector;
	return 0;
}

void irq_dispatch(struct trap_frame *frame)
{
	struct percpu *cpu = percpu_self();
	struct vector *v = &vectors[frame->vector & 0xff];
	irq_handler handler = __atomic_load_n(&v->handler, __ATOMIC_ACQUIRE);

	if (frame->vector == APIC_VECTOR_SPURIOUS) /* has no EOI (SDM vol. 3, 11.9) */
		return;
	if (handler) {
		cpu->irq_depth++;
		cpu->irq_vector = (uint8_t)frame->vector;
		handler(v->arg);
		__atomic_fetch_add(&v->count, 1, __ATOMIC_RELEASE);
		cpu->irq_depth--;
	} else if (frame->vector < APIC_VECTOR_TIMER) {
		spurious_last = (uint8_t)frame->vector;
		__atomic_fetch_add(&spurious_count, 1, __ATOMIC_RELEASE);
	}
	apic_eoi();
	if (frame->vector == APIC_VECTOR_TIMER) {
		guard_watch_others();
		guard_timer(frame);
	}
}
