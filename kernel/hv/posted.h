/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The posted-interrupt descriptor, which the processor, an IOMMU (Intel VT-d 9.11) and other processors share: Intel
 * SDM vol. 3, 29.6. Who posts sets the vector's bit and, unless that was suppressed or done already, notifies the
 * processor where the guest runs. If the guest executes there the processor delivers without an exit; else the bits
 * wait for the next entry. Pure: whoever posts sends the notification himself.
 */
#ifndef KERNEL_HV_POSTED_H
#define KERNEL_HV_POSTED_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/bits.h"

/* All of it changes by locked instructions alone. */
struct hv_posted {
	uint64_t pir[4]; /* the requests, a bit a vector */
	uint64_t control;
#define POSTED_ON   BIT64(0) /* a notification is on its way: no second one */
#define POSTED_SN   BIT64(1) /* the guest runs nowhere: none at all */
#define POSTED_NV   GENMASK64(23, 16)
#define POSTED_NDST GENMASK64(63, 32) /* x2APIC id; an xAPIC's is in bits 47:40 */
	uint64_t rsvd[3];
} __attribute__((aligned(64)));
_Static_assert(sizeof(struct hv_posted) == 64, "SDM 3C, table 29-1");

/* An empty one for a guest that runs nowhere. vector: the notification's. */
void hv_posted_init(struct hv_posted *d, uint8_t vector);
/*
 * Post, as an IOMMU does (VT-d 5.2.3). *merged: the vector was waiting already. Returns whether the notification is to
 * be sent to hv_posted_target(). urgent: even where that is suppressed, to wake who waits for it.
 */
bool hv_posted_post(struct hv_posted *d, uint8_t vector, bool urgent, bool *merged);
/* Local APIC id of the processor to notify, and the vector. */
uint32_t hv_posted_target(const struct hv_posted *d, bool x2apic);
uint8_t hv_posted_vector(const struct hv_posted *d);
/*
 * The guest is to run on that processor: notifications go there. What was posted before came without one: drain after
 * it, and before each entry.
 */
void hv_posted_run(struct hv_posted *d, uint32_t apic_id, bool x2apic);
/* It runs nowhere: from now on posting makes no noise. */
void hv_posted_rest(struct hv_posted *d);
/* Move what was posted into irr, which is changed atomically. Returns how many vectors were new there. */
unsigned hv_posted_drain(struct hv_posted *d, uint32_t irr[8]);
/* How many vectors wait. */
unsigned hv_posted_count(const struct hv_posted *d);

#endif
