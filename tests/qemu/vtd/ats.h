/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a unit answers to the translation requests of a device TLB (4.1, and the column for translation requests of the
 * table of fault reasons in 7.1.3). Plain C, as walk.h.
 *
 * Section numbers are those of the Intel VT-d Architecture Specification, D51397-018.
 */
#ifndef TESTS_QEMU_VTD_ATS_H
#define TESTS_QEMU_VTD_ATS_H

#include "tests/qemu/vtd/walk.h"

struct vtd_ats_request {
	uint16_t sid;
	bool has_pasid;
	uint32_t pasid;
	bool privileged; /* only with a PASID */
	bool no_write;   /* NW: no right to write is asked for, and no dirty bit is to be set */
	uint64_t address;
};

enum vtd_ats_status {
	VTD_ATS_SUCCESS, /* with the rights given, which may be none: then the device may ask for the page */
	VTD_ATS_UNSUPPORTED,
	VTD_ATS_ABORTED,
};

struct vtd_ats_result {
	enum vtd_ats_status status;
	bool read, write;
	bool untranslated; /* U: only untranslated requests may go there */
	uint64_t input;    /* first address of the page, */
	uint64_t output;   /* where it lies in memory, */
	uint64_t bytes;    /* and its size */
	int reason;        /* of the fault, 0 if there is none */
	bool record;       /* whether the fault is to be recorded, as one of a translation request */
};

/*
 * Answers one request. `translating`: translation is on (GSTS.TES). The caller must not be in legacy mode, for which
 * there is no walk.
 */
void vtd_ats_translate(const struct vtd_walk_unit *unit, bool translating, const struct vtd_ats_request *request,
                       struct vtd_ats_result *result);

/* Whether a translated request is let through (4.2.3): 0, or the fault reason. *record as above. */
int vtd_ats_translated(const struct vtd_walk_unit *unit, bool translating, uint16_t sid, uint64_t address,
                       bool *record);

#endif
