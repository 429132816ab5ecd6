/* SPDX-License-Identifier: BSD-2-Clause */
/* Exceptions and interrupts, as the processor delivers them. For the kernel; drivers use kernel/irq.h. */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include <stdbool.h>
#include <stdint.h>

#define TRAP_DB        1
#define TRAP_NMI       2
#define TRAP_DF        8
#define TRAP_PF        14
#define TRAP_MC        18
#define TRAP_IRQ_FIRST 32 /* below are exceptions */

/* What isr.S pushes. */
struct trap_frame {
	uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rbp, rdi, rsi, rdx, rcx, rbx, rax;
	uint64_t vector, error;
	uint64_t rip, cs, rflags, rsp, ss;
};

void trap_load_idt(void);

/* Print registers and a backtrace as "# ..." lines. */
void trap_dump(const struct trap_frame *frame);
/* Name of an exception, as the SDM writes it. */
const char *trap_name(uint64_t vector);

/*
 * Read or write an MSR that may not exist. Returns 0, or -EIO when the processor refused with #GP.
 */
int trap_rdmsr(uint32_t msr, uint64_t *value);
int trap_wrmsr(uint32_t msr, uint64_t value);

/*
 * As though the interrupt vector came here, with interrupts off: for one that the local APIC has given out to who did
 * not want it. Off when it returns, too.
 */
void trap_interrupt(uint8_t vector);

/* For interrupt delivery (apic.c): called with interrupts off for vectors from TRAP_IRQ_FIRST on. */
void irq_dispatch(struct trap_frame *frame);

#endif
