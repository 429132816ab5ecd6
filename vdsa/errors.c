/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * SWERROR (DSA 9.2.15): one record, kept until the guest clears it. Later errors only set overflow and interrupt
 * nobody, which bounds what a guest that causes errors can make the host do.
 *
 * A record of the physical device speaks of physical WQs, PASIDs and addresses, perhaps another guest's. It is never
 * copied: a new one is composed of the fields that are this guest's business, in its own numbers.
 */
#include <string.h>

#include <linux/idxd.h>

#include "vdsa/internal.h"

void vdsa_error(struct vdsa *v, const uint64_t record[4])
{
	if (v->swerror[0] & DSA_SWERROR_VALID) {
		v->swerror[0] |= DSA_SWERROR_OVERFLOW;
		return;
	}
	uint64_t overflow = v->swerror[0] & DSA_SWERROR_OVERFLOW; /* stays until it is cleared by itself */

	memcpy(v->swerror, record, sizeof(v->swerror));
	v->swerror[0] |= DSA_SWERROR_VALID | overflow;
	if (v->genctrl & DSA_GENCTRL_SWERR_INT)
		vdsa_raise(v, DSA_INTCAUSE_SWERR);
}

void vdsa_error_code(struct vdsa *v, uint8_t code)
{
	const uint64_t record[4] = {FIELD_PREP(DSA_SWERROR_CODE, code)};

	vdsa_error(v, record);
}

/* The page faults, whose fault address is defined. Only these say whether the access was a write. */
static bool is_page_fault(unsigned code)
{
	return code == DSA_COMP_PAGE_FAULT_NOBOF || code == DSA_COMP_PAGE_FAULT_IR ||
	       code == DSA_COMP_BATCH_PAGE_FAULT || code == DSA_COMP_CRA_XLAT || code == DSA_COMP_PFAULT_RDBA;
}

bool vdsa_host_error(struct vdsa *v, const uint64_t record[4])
{
	const uint64_t about_descriptor =
	        DSA_SWERROR_DESC_VALID | DSA_SWERROR_BATCH | DSA_SWERROR_PRIV | DSA_SWERROR_OPCODE;
	unsigned code = (unsigned)FIELD_GET(DSA_SWERROR_CODE, record[0]);
	uint64_t mine[4] = {0};
	bool descriptor = record[0] & DSA_SWERROR_DESC_VALID, my_pasid;

	/* The WQ is this vDSA's alone, so the WQ decides. Without one the error is the host's. */
	if (!(record[0] & DSA_SWERROR_VALID) || !(record[0] & DSA_SWERROR_WQ_VALID) ||
	    FIELD_GET(DSA_SWERROR_WQ, record[0]) != v->host.wq)
		return false;

	vdsa_lock(v);
	if (!v->open) {
		vdsa_unlock(v);
		return false;
	}
	my_pasid = descriptor && FIELD_GET(DSA_SWERROR_PASID, record[0]) == v->hpasid;
	mine[0] = DSA_SWERROR_WQ_VALID | (record[0] & DSA_SWERROR_CODE); /* WQ 0, PASID 0 */
	if (descriptor) {
		mine[0] |= record[0] & about_descriptor;
		mine[1] |= record[1] & DSA_SWERROR_BATCH_INDEX;
	}
	if (code == DSA_COMP_INVALID_FLAGS)
		mine[1] |= record[1] & DSA_SWERROR_INFO;
	if (my_pasid && is_page_fault(code)) {
		mine[0] |= record[0] & DSA_SWERROR_WRITE;
		mine[2] = record[2];
	}
	v->stats.errors_forwarded++;
	vdsa_error(v, mine);
	vdsa_unlock(v);
	return true;
}
