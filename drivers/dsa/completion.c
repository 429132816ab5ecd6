/* SPDX-License-Identifier: BSD-2-Clause */
/* Completion records (3.6, 8.2). */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers/dsa/dsa.h"
#include "kernel/time.h"

void dsa_cr_clear(struct dsa_completion_record *cr)
{
	memset(cr, 0, sizeof(*cr));
}

unsigned dsa_cr_status(const struct dsa_completion_record *cr)
{
	unsigned status = cr->status & DSA_COMP_STATUS_MASK;

	/* The status comes last; keep the compiler from having read the rest before. */
	__asm__ volatile("" : : : "memory");
	return status;
}

int dsa_wait(struct dsa *dsa, const struct dsa_completion_record *cr, unsigned timeout_us)
{
	unsigned us = timeout_us ? timeout_us : DSA_WAIT_TIMEOUT_US;
	char more[96] = "SWERROR is not set", state[64], aer[48];
	struct dsa_swerror e;

	if (WAIT_FOR(dsa_cr_status(cr) != DSA_COMP_NONE, us))
		return 0;
	if (dsa_swerror_read(dsa, &e) == 0)
		dsa_swerror_words(&e, more, sizeof(more));
	dsa_state_words(dsa, state, sizeof(state));
	dsa_aer_take(dsa, aer, sizeof(aer));
	return dsa_fail(dsa, -ETIMEDOUT, 0, "no completion record within %u us; %s; %s%s%s", us, state, aer,
	                aer[0] ? "; " : "", more);
}

int dsa_wait_success(struct dsa *dsa, const struct dsa_completion_record *cr, unsigned timeout_us)
{
	int rc = dsa_wait(dsa, cr, timeout_us);
	unsigned status = dsa_cr_status(cr);
	char aer[48];

	if (rc || status == DSA_COMP_SUCCESS)
		return rc;
	if (status == DSA_COMP_INVALID_FLAGS)
		return dsa_fail(dsa, -EIO, status, "completion status 0x%02x: invalid flags 0x%06x", status,
		                cr->invalid_flags);
	if (status >= DSA_COMP_HW_ERR1 && status <= DSA_COMP_TRANSLATION_FAIL) {
		dsa_aer_take(dsa, aer, sizeof(aer));
		return dsa_fail(dsa, -EIO, status, "completion status 0x%02x: %s%s%s", status, dsa_status_name(status),
		                aer[0] ? "; " : "", aer);
	}
	return dsa_fail(dsa, -EIO, status,
	                "completion status 0x%02x: %s; result %u, completed %u, fault address 0x%llx %s", status,
	                dsa_status_name(status), cr->result, (unsigned)cr->bytes_completed,
	                (unsigned long long)cr->fault_addr, cr->status & DSA_COMP_STATUS_WRITE ? "(write)" : "");
}
