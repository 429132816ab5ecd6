/* SPDX-License-Identifier: BSD-2-Clause */
/* The local APIC, for the kernel; drivers use kernel/irq.h. */
#ifndef KERNEL_APIC_H
#define KERNEL_APIC_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/acpi.h"

/* Vectors that are not handed out. */
#define APIC_VECTOR_TIMER    0xf0
#define APIC_VECTOR_WAKE     0xf1
#define APIC_VECTOR_SPURIOUS 0xff

/* On the boot processor: choose between xAPIC and x2APIC. x2apic_opt_out: the DMAR's wish. Returns 0 or -ENOMEM. */
int apic_init(bool x2apic_opt_out);
/* On every processor, the boot processor included. */
void apic_init_cpu(void);
/* Measure the timer against the time-stamp counter; 1 ms. */
void apic_calibrate_timer(void);
/* Mask the 8259s and every pin of the IOAPICs: this project uses messages alone. */
void apic_mask_legacy(const struct acpi_madt *madt);

bool apic_is_x2apic(void);
uint32_t apic_id(void);
void apic_eoi(void);
void apic_send_nmi(uint32_t apic_id);
void apic_send_init(uint32_t apic_id);
/* page: physical address of the first instruction, divided by 4096. */
void apic_send_startup(uint32_t apic_id, uint8_t page);
void apic_send_vector(uint32_t apic_id, uint8_t vector);

/* One interrupt on APIC_VECTOR_TIMER after ns or somewhat earlier; 0 stops the timer. */
void apic_timer_arm(uint64_t ns);
/* Whether there is a timer: a hypervisor may leave it out. */
bool apic_has_timer(void);

#endif
