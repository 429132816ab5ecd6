/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's local APIC: an x2APIC with id 0, reached by MSRs (Intel SDM vol. 3, 11.12). Pure; time is the time-stamp
 * counter, given by the caller, and the APIC timer counts at the counter's rate over the divider.
 */
#ifndef KERNEL_HV_APIC_H
#define KERNEL_HV_APIC_H

#include <stdbool.h>
#include <stdint.h>

#define HV_APIC_MSR_FIRST   0x800U
#define HV_APIC_MSR_LAST    0x8ffU
#define HV_MSR_TSC_DEADLINE 0x6e0U
#define HV_APIC_LVT_COUNT   7
#define HV_APIC_TIMER_NEVER UINT64_MAX

struct hv_apic {
	uint32_t irr[8]; /* written atomically: interrupt handlers and other processors set bits */
	uint32_t isr[8];
	uint32_t svr;
	uint32_t esr;
	uint8_t tpr;
	uint32_t lvt[HV_APIC_LVT_COUNT];
	uint32_t divide;
	uint32_t initial;   /* count; 0: stopped */
	uint64_t timer_end; /* TSC of the next expiry, or HV_APIC_TIMER_NEVER */
	uint64_t tsc_deadline;
	uint64_t merged; /* interrupts that found their vector pending already */
};

void hv_apic_reset(struct hv_apic *apic);
/*
 * RDMSR and WRMSR of the MSRs of the APIC and of IA32_TSC_DEADLINE. Return 0, or -EPERM for what the processor answers
 * with #GP.
 */
int hv_apic_read(struct hv_apic *apic, uint32_t msr, uint64_t now, uint64_t *value);
int hv_apic_write(struct hv_apic *apic, uint32_t msr, uint64_t now, uint64_t value);
/* An interrupt message: see hv_msi(). From any context. */
int hv_apic_message(struct hv_apic *apic, uint64_t address, uint32_t data);
/* The vector that such a message would raise, or -EINVAL. */
int hv_apic_vector(const struct hv_apic *apic, uint64_t address, uint32_t data);
/* Let the timer expire if its time has come. */
void hv_apic_timer(struct hv_apic *apic, uint64_t now);
/* The vector to be delivered next, or -1 if none is pending or the priority forbids it. */
int hv_apic_pending(const struct hv_apic *apic);
/* Whether one is pending that a lower task priority would let through. */
bool hv_apic_blocked(const struct hv_apic *apic);
/* The processor has taken that vector. */
void hv_apic_accept(struct hv_apic *apic, unsigned vector);

#endif
