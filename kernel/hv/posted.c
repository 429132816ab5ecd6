/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/hv/posted.h"

#include <string.h>

#define NDST_XAPIC_SHIFT 8

void hv_posted_init(struct hv_posted *d, uint8_t vector)
{
	memset(d, 0, sizeof(*d));
	d->control = POSTED_SN | FIELD_PREP(POSTED_NV, (uint64_t)vector);
}

bool hv_posted_post(struct hv_posted *d, uint8_t vector, bool urgent, bool *merged)
{
	uint64_t bit = BIT64(vector % 64), control;

	/* First the request: who is notified must find it. */
	*merged = __atomic_fetch_or(&d->pir[vector / 64], bit, __ATOMIC_SEQ_CST) & bit;
	control = __atomic_load_n(&d->control, __ATOMIC_SEQ_CST);
	do {
		if (control & POSTED_ON || (control & POSTED_SN && !urgent))
			return false;
	} while (!__atomic_compare_exchange_n(&d->control, &control, control | POSTED_ON, false, __ATOMIC_SEQ_CST,
	                                      __ATOMIC_SEQ_CST));
	return true;
}

uint32_t hv_posted_target(const struct hv_posted *d, bool x2apic)
{
	uint32_t destination = (uint32_t)FIELD_GET(POSTED_NDST, __atomic_load_n(&d->control, __ATOMIC_SEQ_CST));

	return x2apic ? destination : destination >> NDST_XAPIC_SHIFT;
}

uint8_t hv_posted_vector(const struct hv_posted *d)
{
	return (uint8_t)FIELD_GET(POSTED_NV, __atomic_load_n(&d->control, __ATOMIC_SEQ_CST));
}

void hv_posted_run(struct hv_posted *d, uint32_t apic_id, bool x2apic)
{
	uint64_t control = __atomic_load_n(&d->control, __ATOMIC_SEQ_CST), next;

	do {
		/* ON without SN would keep notifications away that the new place needs. */
		next = control & ~(POSTED_NDST | POSTED_SN | POSTED_ON);
		next |= FIELD_PREP(POSTED_NDST, (uint64_t)(x2apic ? apic_id : apic_id << NDST_XAPIC_SHIFT));
	} while (!__atomic_compare_exchange_n(&d->control, &control, next, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
}

void hv_posted_rest(struct hv_posted *d)
{
	__atomic_fetch_or(&d->control, POSTED_SN, __ATOMIC_SEQ_CST);
}

unsigned hv_posted_drain(struct hv_posted *d, uint32_t irr[8])
{
	unsigned fresh = 0;

	/* First ON: what is posted from now on notifies again, and what was posted before is found below. */
	__atomic_fetch_and(&d->control, ~POSTED_ON, __ATOMIC_SEQ_CST);
	for (unsigned i = 0; i < 4; i++) {
		uint64_t bits = __atomic_load_n(&d->pir[i], __ATOMIC_SEQ_CST);

		if (!bits)
			continue;
		bits = __atomic_exchange_n(&d->pir[i], 0, __ATOMIC_SEQ_CST);
		for (unsigned half = 0; half < 2; half++) {
			uint32_t part = (uint32_t)(bits >> (32 * half));
			uint32_t old = __atomic_fetch_or(&irr[2 * i + half], part, __ATOMIC_SEQ_CST);

			fresh += (unsigned)__builtin_popcount(part & ~old);
		}
	}
	return fresh;
}

unsigned hv_posted_count(const struct hv_posted *d)
{
	unsigned count = 0;

	for (unsigned i = 0; i < 4; i++)
		count += (unsigned)__builtin_popcountll(__atomic_load_n(&d->pir[i], __ATOMIC_SEQ_CST));
	return count;
}
