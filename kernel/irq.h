/* SPDX-License-Identifier: BSD-2-Clause */
/* Interrupt vectors of this processor's local APIC, handed out to device drivers. */
#ifndef KERNEL_IRQ_H
#define KERNEL_IRQ_H

#include <stdint.h>

/* Runs with interrupts off, after which the local APIC gets its EOI. Must not allocate or print. */
typedef void (*irq_handler)(void *arg);

struct irq {
	uint8_t vector;
	uint32_t apic_id; /* the processor that takes it: the one that called irq_request() */
};

/*
 * Take a free vector and call handler(arg) for each of its interrupts. name appears in dumps and must live on.
 * Returns 0, or -ENOSPC when all vectors are taken.
 */
int irq_request(irq_handler handler, void *arg, const char *name, struct irq *out);
/* Give the vector back. An interrupt still on its way is then counted as spurious. */
void irq_release(const struct irq *irq);
/* How often the vector fired since it was requested. */
uint64_t irq_count(const struct irq *irq);
/* The name of the vector whose handler runs on this processor, NULL while none does. For dumps. */
const char *irq_running(void);
/* Interrupts on vectors nobody had requested since start-up, and the latest such vector. */
uint64_t irq_spurious_count(uint8_t *last_vector);

/* Interrupts off; returns whether they were on. irq_restore() takes that value. */
int irq_save(void);
void irq_restore(int were_on);

/*
 * The message of a plain (not remapped) MSI to irq: address and data as PCI wants them (Intel SDM vol. 3, 11.11).
 * Returns 0, or -ERANGE when the APIC id needs interrupt remapping (above 254).
 */
int irq_msi_message(const struct irq *irq, uint64_t *address, uint32_t *data);

#endif
