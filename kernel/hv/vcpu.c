/* SPDX-License-Identifier: BSD-2-Clause */
/* Running the guest: entry, exit, interrupts, time. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kernel/apic.h"
#include "kernel/cpu.h"
#include "kernel/guard.h"
#include "kernel/hv/vm.h"
#include "kernel/irq.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "kernel/trap.h"

#define TIMEOUT_MAX_MS UINT64_C(3600000)
#define NS_PER_S       UINT64_C(1000000000)
/* The host's timer is the guard's, too, and that of who watches others (kernel/guard.c): it is never kept longer. */
#define TIMER_MAX_NS   NS_PER_S
#define RFLAGS_IF      (UINT64_C(1) << 9)

/* A guest leaves within microseconds of an interrupt: this is for a processor that does not come back at all. */
#define LEAVE_TIMEOUT_US 1000000U

bool hv_runs_elsewhere(const struct hv_vm *vm)
{
	uint32_t running = __atomic_load_n(&vm->running, __ATOMIC_SEQ_CST);

	return running && running - 1 != smp_id();
}

/*
 * Something has changed that the processor which runs the guest must look at before the guest goes on. It says that it
 * is inside before it looks: so either it finds the change, or it is found inside here, and leaves by the interrupt.
 */
static bool kick(const struct hv_vm *vm)
{
	uint32_t running;

	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	running = __atomic_load_n(&vm->running, __ATOMIC_SEQ_CST);
	if (!running || running - 1 == smp_id() || !__atomic_load_n(&vm->inside, __ATOMIC_SEQ_CST))
		return false;
	apic_send_vector(smp_apic_id(running - 1), APIC_VECTOR_WAKE);
	return true;
}

int hv_synchronize(const struct hv_vm *vm)
{
	uint64_t leaves = __atomic_load_n(&vm->leaves, __ATOMIC_SEQ_CST);

	if (!kick(vm))
		return 0;
	return WAIT_FOR(__atomic_load_n(&vm->leaves, __ATOMIC_SEQ_CST) != leaves, LEAVE_TIMEOUT_US) ? 0 : -ETIMEDOUT;
}

void hv_stop(struct hv_vm *vm)
{
	__atomic_store_n(&vm->stop, 1, __ATOMIC_SEQ_CST);
	kick(vm);
}

static void count_injected(struct hv_vm *vm, unsigned n)
{
	__atomic_fetch_add(&vm->stats.injected, n, __ATOMIC_RELAXED);
}

/* The notification lets the processor deliver without an exit, and wakes it where the guest halts. */
static int post(struct hv_vm *vm, uint64_t address, uint32_t data)
{
	int vector = hv_apic_vector(&vm->apic, address, data);
	uint32_t target;
	bool merged, notify;

	if (vector < 0)
		return vector;
	notify = hv_posted_post(vm->posted, (uint8_t)vector, false, &merged);
	if (merged)
		__atomic_fetch_add(&vm->apic.merged, 1, __ATOMIC_RELAXED);
	else
		count_injected(vm, 1);
	target = hv_posted_target(vm->posted, apic_is_x2apic());
	if (notify && target != smp_apic_id(smp_id()))
		apic_send_vector(target, hv_posted_vector(vm->posted));
	return 0;
}

/* What was posted, with the rest. */
static void drain(struct hv_vm *vm)
{
	uint32_t bits[8] = {0};

	if (!vm->posted)
		return;
	hv_posted_drain(vm->posted, bits);
	for (unsigned i = 0; i < 8; i++) {
		uint32_t old = __atomic_fetch_or(&vm->apic.irr[i], bits[i], __ATOMIC_SEQ_CST) & bits[i];

		/* One that was pending already was counted when it was posted. */
		__atomic_fetch_add(&vm->apic.merged, (unsigned)__builtin_popcount(old), __ATOMIC_RELAXED);
		__atomic_fetch_sub(&vm->stats.injected, (unsigned)__builtin_popcount(old & vm->counted[i]),
		                   __ATOMIC_RELAXED);
		vm->counted[i] |= bits[i];
	}
}

int hv_msi(struct hv_vm *vm, uint64_t address, uint32_t data)
{
	int rc;

	if (vm->posted)
		return post(vm, address, data);
	rc = hv_apic_message(&vm->apic, address, data);
	if (!rc)
		kick(vm);
	return rc;
}

/*
 * Nanoseconds until the guest's timer, the end of its time or the guard's, whichever is first, in 1..TIMER_MAX_NS.
 */
static uint64_t time_left(const struct hv_vm *vm, uint64_t deadline_ns)
{
	uint64_t now = time_ns(), left = deadline_ns > now ? deadline_ns - now : 1, tsc = cpu_rdtsc();
	uint64_t hz = time_tsc_hz(), guard = guard_left_ns();

	left = guard < left ? guard : left;
	left = left < TIMER_MAX_NS ? left : TIMER_MAX_NS;
	if (vm->apic.timer_end <= tsc)
		return 1;
	if (vm->apic.timer_end - tsc < hz) { /* within a second: the product fits for any counter below 18 GHz */
		uint64_t ns = (vm->apic.timer_end - tsc) * NS_PER_S / hz + 1;

		left = ns < left ? ns : left;
	}
	return left;
}

/* With interrupts off: what the guest is to find at its next entry. */
static void prepare(struct hv_vm *vm)
{
	const struct hv_ops *ops = vm->ops;
	int vector;

	if (vm->event.kind != HV_EVENT_NONE) {
		ops->inject(vm->vcpu, &vm->event);
		vm->event = (struct hv_event){0};
	}
	if (vm->posted) {
		for (unsigned i = 0; i < 8; i++) {
			uint32_t irr = __atomic_load_n(&vm->apic.irr[i], __ATOMIC_RELAXED);

			count_injected(vm, (unsigned)__builtin_popcount(irr & ~vm->counted[i]));
			vm->counted[i] = irr;
		}
		ops->load_apic(vm->vcpu, &vm->apic);
		return;
	}
	vector = hv_apic_pending(&vm->apic);
	if (vector >= 0 && ops->interruptible(vm->vcpu)) {
		const struct hv_event event = {.kind = HV_EVENT_INTERRUPT, .vector = (uint8_t)vector};

		hv_apic_accept(&vm->apic, (unsigned)vector);
		ops->inject(vm->vcpu, &event);
		count_injected(vm, 1);
		vector = hv_apic_pending(&vm->apic);
	}
	ops->set_window(vm->vcpu, vector >= 0);
	ops->set_tpr(vm->vcpu, vm->apic.tpr >> 4, hv_apic_blocked(&vm->apic));
}

/* CR8 moves without an exit. */
static void read_back_tpr(struct hv_vm *vm)
{
	uint8_t tpr = vm->ops->get_tpr(vm->vcpu);

	if (tpr != vm->apic.tpr >> 4)
		vm->apic.tpr = (uint8_t)(tpr << 4);
}

/* Nothing to do until an interrupt. Called and left with interrupts off; between, one may come. */
static void wait_for_interrupt(const struct hv_vm *vm, uint64_t deadline_ns)
{
	if (apic_has_timer()) {
		apic_timer_arm(time_left(vm, deadline_ns));
		__asm__ volatile("sti; hlt; cli" : : : "memory");
	} else {
		__asm__ volatile("sti; pause; cli" : : : "memory");
	}
}

enum step {
	STEP_EXIT, /* with the reason in *exit */
	STEP_WAITED,
	STEP_OVER,
};

/* With interrupts off: the guest, until it exits. */
static enum step enter(struct hv_vm *vm, uint64_t deadline_ns, struct hv_exit *exit, struct hv_result *result)
{
	uint64_t left;

	if (__atomic_exchange_n(&vm->stop, 0, __ATOMIC_SEQ_CST)) {
		result->end = HV_END_STOPPED;
		snprintf(result->text, sizeof(result->text), "stopped by the host");
		return STEP_OVER;
	}
	if (time_ns() >= deadline_ns) {
		result->end = HV_END_TIMEOUT;
		return STEP_OVER;
	}
	hv_apic_timer(&vm->apic, cpu_rdtsc());
	drain(vm);
	if (vm->halted && hv_apic_pending(&vm->apic) < 0) {
		wait_for_interrupt(vm, deadline_ns);
		return STEP_WAITED;
	}
	vm->halted = false;
	prepare(vm);
	left = time_left(vm, deadline_ns);
	apic_timer_arm(left);
	if (vm->ops->set_limit)
		vm->ops->set_limit(vm->vcpu, left);
	hv_state_enter(&vm->state, hv_pasid_real(vm));
	vm->ops->run(vm->vcpu, exit);
	hv_state_leave(&vm->state);
	read_back_tpr(vm);
	if (vm->posted) {
		vm->ops->store_apic(vm->vcpu, &vm->apic);
		for (unsigned i = 0; i < 8; i++)
			vm->counted[i] = __atomic_load_n(&vm->apic.irr[i], __ATOMIC_RELAXED);
	}
	return STEP_EXIT;
}

/* With interrupts off. Returns true when the run is over. */
static bool step(struct hv_vm *vm, uint64_t deadline_ns, struct hv_result *result)
{
	struct hv_exit exit;
	enum step how;

	__atomic_store_n(&vm->inside, 1, __ATOMIC_SEQ_CST);
	how = enter(vm, deadline_ns, &exit, result);
	__atomic_store_n(&vm->inside, 0, __ATOMIC_SEQ_CST);
	__atomic_fetch_add(&vm->leaves, 1, __ATOMIC_SEQ_CST);
	if (how != STEP_EXIT)
		return how == STEP_OVER;
	if (exit.acknowledged)
		trap_interrupt(exit.vector);
	/* Here comes the interrupt that made the exit, if one did; callbacks run with interrupts on. */
	irq_restore(1);
	return hv_handle_exit(vm, &exit, result);
}

/* ---- the end ---- */

/* The chain of frame pointers, in guest memory that may hold anything. */
static void backtrace(struct hv_vm *vm, struct hv_result *result)
{
	uint64_t frame = result->regs.gpr[HV_RBP];

	while (result->backtrace_count < HV_BACKTRACE_MAX) {
		uint64_t next, caller;

		if (!frame || hv_peek(vm, &result->regs, frame, &next) ||
		    hv_peek(vm, &result->regs, frame + 8, &caller))
			return;
		result->backtrace[result->backtrace_count++] = caller;
		if (next <= frame)
			return;
		frame = next;
	}
}

static void finish(struct hv_vm *vm, unsigned timeout_ms, struct hv_result *result)
{
	vm->ops->get_regs(vm->vcpu, &result->regs);
	if (result->end == HV_END_TIMEOUT)
		snprintf(result->text, sizeof(result->text), "%u ms passed, %s 0x%" PRIx64, timeout_ms,
		         vm->halted ? "waiting for an interrupt at" : "at", result->regs.rip);
	if (result->end != HV_END_ERROR)
		backtrace(vm, result);
	if (result->end != HV_END_TIMEOUT && result->end != HV_END_STOPPED)
		vm->loaded = false;
}

int hv_run(struct hv_vm *vm, unsigned timeout_ms, struct hv_result *result)
{
	uint32_t idle = 0, own = smp_id() + 1;
	uint64_t deadline_ns;
	int interrupts_on, rc;
	bool over;

	memset(result, 0, sizeof(*result));
	result->end = HV_END_ERROR;
	if (!vm->loaded || timeout_ms > TIMEOUT_MAX_MS)
		return -EINVAL;
	if (!__atomic_compare_exchange_n(&vm->running, &idle, own, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST))
		return -EBUSY;
	rc = vm->ops->enable();
	if (rc) {
		__atomic_store_n(&vm->running, 0, __ATOMIC_SEQ_CST);
		return rc == -EPERM ? -ENODEV : rc;
	}
	deadline_ns = time_ns() + (uint64_t)timeout_ms * 1000000U;
	interrupts_on = irq_save();
	hv_state_load(&vm->state);
	vm->ops->attach(vm->vcpu);
	if (vm->posted)
		hv_posted_run(vm->posted, smp_apic_id(smp_id()), apic_is_x2apic());
	do {
		irq_restore(0);
		over = step(vm, deadline_ns, result);
	} while (!over);
	finish(vm, timeout_ms, result);
	if (vm->posted)
		hv_posted_rest(vm->posted);
	vm->ops->detach(vm->vcpu);
	hv_state_save(&vm->state);
	irq_restore(interrupts_on);
	hv_console_flush(vm);
	__atomic_store_n(&vm->running, 0, __ATOMIC_SEQ_CST);
	return 0;
}
