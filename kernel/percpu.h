/* SPDX-License-Identifier: BSD-2-Clause */
/* What each processor has for itself; GS points to it. For the kernel only. */
#ifndef KERNEL_PERCPU_H
#define KERNEL_PERCPU_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/guard.h"

#define GDT_CODE 0x08
#define GDT_DATA 0x10
#define GDT_TSS  0x18

/* Stacks of their own for what must be reported even when the stack in use is bad. IST numbers. */
enum {
	IST_DOUBLE_FAULT = 1,
	IST_NMI,
	IST_MACHINE_CHECK,
	IST_PAGE_FAULT,
	IST_COUNT = IST_PAGE_FAULT,
};

#define IST_STACK_SIZE 8192U

/* SDM vol. 3, 8.7 (Task management in 64-bit mode). */
struct tss {
	uint32_t rsvd0;
	uint64_t rsp[3];
	uint64_t rsvd1;
	uint64_t ist[7];
	uint64_t rsvd2;
	uint16_t rsvd3;
	uint16_t io_map;
} __attribute__((packed));
_Static_assert(sizeof(struct tss) == 104, "TSS");

/* Callee-saved registers of guard_run(), in the order that isr.S stores them. */
struct guard_context {
	uint64_t rbx, rbp, r12, r13, r14, r15, rsp;
};

struct guard_state {
	volatile bool active;
	bool interrupts_on;
	volatile uint64_t deadline_ns;
	enum guard_outcome outcome;
	struct guard_report report;
	struct guard_context context;
};

enum work_state {
	WORK_NONE,
	WORK_GIVEN,
	WORK_DONE,
	WORK_LOST, /* did not end in time: no more work for this processor */
};

struct percpu {
	struct percpu *self; /* first: gs:0 */
	uint32_t id;         /* second: gs:8 */
	uint32_t apic_id;
	unsigned irq_depth;
	uint8_t irq_vector; /* whose handler runs, while irq_depth is not 0 */
	unsigned dump_depth;
	uint64_t panic_rip; /* who called panic(), which has said all: its trap is not reported again */
	struct guard_state guard;
	struct tss tss;
	uint64_t gdt[5];
	/* smp.c */
	volatile uint32_t online;
	volatile uint32_t work; /* enum work_state */
	void (*work_fn)(void *);
	void *work_arg;
};

static inline struct percpu *percpu_self(void)
{
	struct percpu *self;

	__asm__("mov %%gs:0, %0" : "=r"(self));
	return self;
}

/* The boot processor's, before anything else runs. */
void percpu_init_boot(void);
/* Load GDT, TSS, IDT and GS for the processor that calls. cpu->tss must have its stacks. */
void percpu_load(struct percpu *cpu);
/* Interrupt stacks from mapped memory with guard pages. Returns 0 or -ENOMEM. */
int percpu_alloc_stacks(struct percpu *cpu);

#endif
