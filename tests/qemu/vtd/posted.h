/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of the interrupt remapping table that post: the interrupt becomes a bit of a descriptor in memory, and one
 * notification tells of many (5.2). Plain C, as walk.h.
 *
 * Section numbers are those of the Intel VT-d Architecture Specification, D51397-018.
 */
#ifndef TESTS_QEMU_VTD_POSTED_H
#define TESTS_QEMU_VTD_POSTED_H

#include "tests/qemu/vtd/walk.h"

/* Whether the unit posts what comes by this entry: without posted interrupts (CAP.PI) no unit does. */
bool vtd_irte_posts(const struct vtd_walk_unit *unit, const uint64_t irte[VTD_IRTE_WORDS]);

/* Whether an entry has reserved bits set, in the format that it has on this unit (9.9, 9.10). */
bool vtd_irte_reserved(const struct vtd_walk_unit *unit, const uint64_t irte[VTD_IRTE_WORDS]);

/* What is left to do for a posted interrupt. */
struct vtd_post_result {
	int reason;  /* 0, or one of enum vtd_fault_reason: nothing is to be sent */
	bool notify; /* send this, fixed, edge and physical: */
	uint8_t vector;
	uint32_t destination; /* APIC id */
};

/*
 * Posts the interrupt of a good entry (5.2.3). eime: APIC ids have 32 bits (IRTA.EIME). The descriptor's bit, then its
 * ON and what goes with it are changed by two atomic steps, in this order.
 */
void vtd_post(const struct vtd_walk_unit *unit, bool eime, const uint64_t irte[VTD_IRTE_WORDS],
              struct vtd_post_result *result);

#endif
