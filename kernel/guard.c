/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guarded function ends in one of three ways: it returns; an exception finds guard_crash(); or its time is over,
 * which this processor's timer finds out or, if interrupts are off, another processor's, by an NMI. In the last two the
 * trap frame is turned so that the interrupt return goes to guard_landing, which is guard_enter()'s second return.
 */
#include <stddef.h>
#include <string.h>

#include "kernel/apic.h"
#include "kernel/console.h"
#include "kernel/guard.h"
#include "kernel/guard_internal.h"
#include "kernel/irq.h"
#include "kernel/lock.h"
#include "kernel/panic.h"
#include "kernel/percpu.h"
#include "kernel/smp.h"
#include "kernel/smp_internal.h"
#include "kernel/time.h"

#define RFLAGS_ALWAYS UINT64_C(0x2)
#define RFLAGS_IF     UINT64_C(0x200)
/* How late a processor's own timer may be before another one sends it an NMI. */
#define NMI_GRACE_NS  UINT64_C(200000000)

int guard_enter(void (*fn)(void *), void *arg, struct guard_context *save);
extern const char guard_landing[];

static volatile uint8_t nmi_sent[SMP_MAX_CPUS];

enum guard_outcome guard_run(void (*fn)(void *), void *arg, unsigned timeout_ms, struct guard_report *report)
{
	struct percpu *cpu = percpu_self();
	struct guard_state *guard = &cpu->guard;
	int interrupts_on;

	if (guard->active)
		panic("guard_run: called within guard_run");
	interrupts_on = irq_save();
	irq_restore(interrupts_on);
	guard->interrupts_on = interrupts_on != 0;
	guard->outcome = GUARD_DONE;
	memset(&guard->report, 0, sizeof(guard->report));
	guard->deadline_ns = time_ns() + (uint64_t)timeout_ms * 1000000U;
	guard->active = true;
	apic_timer_arm((uint64_t)timeout_ms * 1000000U);
	if (guard_enter(fn, arg, &guard->context))
		lock_drop_all();
	guard->active = false;
	/* The other processors' watch has a timer of its own that must go on. */
	smp_timer_default();
	if (report)
		*report = guard->report;
	return guard->outcome;
}

void guard_extend(unsigned timeout_ms)
{
	percpu_self()->guard.deadline_ns = time_ns() + (uint64_t)timeout_ms * 1000000U;
	apic_timer_arm((uint64_t)timeout_ms * 1000000U);
}

int guard_expired(void)
{
	struct guard_state *guard = &percpu_self()->guard;

	return guard->active && time_ns() >= guard->deadline_ns;
}

uint64_t guard_left_ns(void)
{
	const struct guard_state *guard = &percpu_self()->guard;
	uint64_t now = time_ns();

	if (!guard->active)
		return UINT64_MAX;
	return guard->deadline_ns > now ? guard->deadline_ns - now : 1;
}

static void recover(struct trap_frame *frame, enum guard_outcome outcome)
{
	struct percpu *cpu = percpu_self();
	struct guard_state *guard = &cpu->guard;

	guard->outcome = outcome;
	guard->report.vector = (uint8_t)frame->vector;
	guard->report.rip = frame->rip;
	panic_symbol(frame->rip, guard->report.where, sizeof(guard->report.where));
	/* What was cut off inside an interrupt handler still owes the local APIC its EOI. */
	for (; cpu->irq_depth; cpu->irq_depth--)
		apic_eoi();
	frame->rip = (uint64_t)(uintptr_t)guard_landing;
	frame->rdi = (uint64_t)(uintptr_t)&guard->context;
	frame->rsp = guard->context.rsp;
	frame->cs = GDT_CODE;
	frame->ss = GDT_DATA;
	frame->rflags = RFLAGS_ALWAYS | (guard->interrupts_on ? RFLAGS_IF : 0);
}

bool guard_crash(struct trap_frame *frame, uint64_t address)
{
	struct guard_state *guard = &percpu_self()->guard;

	if (!guard->active)
		return false;
	guard->active = false;
	recover(frame, GUARD_CRASH);
	guard->report.address = frame->vector == TRAP_PF ? address : 0;
	return true;
}

static void hang(struct trap_frame *frame, const char *how)
{
	console_printf("\n# HANG: the time is over%s, on processor %u\n", how, percpu_self()->id);
	trap_dump(frame);
	percpu_self()->guard.active = false;
	recover(frame, GUARD_HANG);
}

void guard_timer(struct trap_frame *frame)
{
	struct guard_state *guard = &percpu_self()->guard;
	uint64_t now = time_ns();

	if (!guard->active)
		smp_timer_default();
	else if (now < guard->deadline_ns)
		apic_timer_arm(guard->deadline_ns - now);
	else
		hang(frame, "");
}

bool guard_nmi(struct trap_frame *frame)
{
	uint32_t id = percpu_self()->id;

	if (!nmi_sent[id])
		return false;
	nmi_sent[id] = 0;
	/* It may have come to an end meanwhile. */
	if (guard_expired())
		hang(frame, ", with interrupts off");
	return true;
}

void guard_watch_others(void)
{
	uint64_t now = time_ns();

	for (unsigned i = 0; i < smp_count(); i++) {
		struct percpu *cpu = smp_percpu(i);

		if (cpu == percpu_self() || !cpu->guard.active || now < cpu->guard.deadline_ns + NMI_GRACE_NS ||
		    nmi_sent[i])
			continue;
		nmi_sent[i] = 1;
		apic_send_nmi(cpu->apic_id);
	}
}
