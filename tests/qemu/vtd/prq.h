/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page request queue of a unit (7.4 to 7.10): what happens to a page request of a device, and what a page group
 * response says. Plain C, as walk.h.
 *
 * Section numbers are those of the Intel VT-d Architecture Specification, D51397-018.
 */
#ifndef TESTS_QEMU_VTD_PRQ_H
#define TESTS_QEMU_VTD_PRQ_H

#include "tests/qemu/vtd/walk.h"

struct vtd_page_request {
	uint16_t sid;
	bool has_pasid;
	uint32_t pasid;
	bool privileged;
	bool read, write; /* neither, and last: a stop marker */
	bool last;        /* the last of its group: wants a response */
	uint16_t group;   /* PRGI */
	uint64_t address;
};

/* Response codes, those of PCI Express. */
enum vtd_page_response_code {
	VTD_PAGE_SUCCESS = 0,
	VTD_PAGE_INVALID = 1,
	VTD_PAGE_FAILURE = 15,
};

struct vtd_page_response {
	uint16_t sid;
	bool has_pasid;
	uint32_t pasid;
	uint16_t group;
	unsigned code; /* enum vtd_page_response_code, or nonsense of software's */
};

/* The registers of the queue, as they are read (11.4.11). */
struct vtd_prq {
	uint64_t head, tail, address; /* PQH, PQT, PQA */
	uint32_t status;              /* PRS */
};

struct vtd_prq_result {
	bool queued;  /* written, the tail advanced. IOTLB entries of its page are to be dropped (7.10) */
	bool event;   /* a status bit was set and none was before */
	bool respond; /* the unit answers by itself, with code */
	enum vtd_page_response_code code;
	int reason; /* of the fault, 0 if there is none */
	bool record;
	struct vtd_walk_entry from; /* while there is no fault */
};

/* Writes count 64-bit words of the unit's queue; 0, or negative if nothing answers there. */
typedef int vtd_prq_write(void *opaque, uint64_t pa, const uint64_t *words, unsigned count);

/* Takes in a request; changes *prq's tail and status. `translating`: GSTS.TES. */
void vtd_prq_request(const struct vtd_walk_unit *unit, bool translating, vtd_prq_write *write, struct vtd_prq *prq,
                     const struct vtd_page_request *request, struct vtd_prq_result *result);

/* Decodes a page group response descriptor (6.5.2.10). Whether it is well formed. */
bool vtd_prq_response(const uint64_t q[4], struct vtd_page_response *response);

/* Range of a device-TLB invalidation descriptor: its address (q1) and whether S is set (6.5.2.5, 6.5.2.6). */
void vtd_devtlb_range(uint64_t q1, bool several, uint64_t *first, uint64_t *bytes);

#endif
