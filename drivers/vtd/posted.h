/* SPDX-License-Identifier: BSD-2-Clause */
/* The posted format of an interrupt remapping table entry (VT-d 9.10): the same P, FPD, IM, source fields. */
#ifndef DRIVERS_VTD_POSTED_H
#define DRIVERS_VTD_POSTED_H

#include <stdint.h>

#include "drivers/vtd/tables.h"

#define VTD_POSTED_ALIGN    64U
#define VTD_IRTE0_URGENT    BIT64(14)
#define VTD_IRTE0_PDA_LOW   GENMASK64(63, 38) /* bits 31:6 of the descriptor's address */
#define VTD_IRTE1_PDA_HIGH  GENMASK64(63, 32)
#define VTD_IRTE1_SOURCE    (VTD_IRTE1_SID | VTD_IRTE1_SQ | VTD_IRTE1_SVT)
#define VTD_POSTED_PDA_LOW  GENMASK64(31, 6)
#define VTD_POSTED_PDA_HIGH GENMASK64(63, 32)

/* An entry that posts vector to descriptor, for the source that high, the second word of either format, names. */
static inline void vtd_irte_posted(uint64_t entry[2], uint64_t high, uint64_t descriptor, uint8_t vector)
{
	entry[0] = VTD_IRTE0_PRESENT | VTD_IRTE0_POSTED | FIELD_PREP(VTD_IRTE0_VECTOR, (uint64_t)vector) |
	           FIELD_PREP(VTD_IRTE0_PDA_LOW, FIELD_GET(VTD_POSTED_PDA_LOW, descriptor));
	entry[1] =
	        (high & VTD_IRTE1_SOURCE) | FIELD_PREP(VTD_IRTE1_PDA_HIGH, FIELD_GET(VTD_POSTED_PDA_HIGH, descriptor));
}

#endif
