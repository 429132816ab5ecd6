// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/qemu/vtd/prq.h"

#include "drivers/vtd/regs.h"

#define OFFSET GENMASK64(18, 5)
#define BYTES  32U
#define SIZE   GENMASK64(2, 0)
#define PPR    BIT32(0)
#define PRO    BIT32(1)

/* The descriptor (7.4.1). */
#define Q0_TYPE  UINT64_C(1)
#define Q0_PP    BIT64(8)
#define Q0_RID   GENMASK64(31, 16)
#define Q0_PASID GENMASK64(51, 32)
#define Q0_PRIV  BIT64(53)
#define Q1_READ  BIT64(0)
#define Q1_WRITE BIT64(1)
#define Q1_LAST  BIT64(2)
#define Q1_GROUP GENMASK64(11, 3)
#define Q1_PAGE  GENMASK64(63, 12)

/* What must be 0 in a page group response; bits 11:9 are the upper part of its type. */
#define RESPONSE_RESERVED0 (GENMASK64(63, 52) | GENMASK64(8, 5))
#define RESPONSE_RESERVED1 (GENMASK64(63, 12) | GENMASK64(1, 0))

static void raise_status(struct vtd_prq *prq, uint32_t bit, struct vtd_prq_result *result)
{
	result->event = !(prq->status & (PPR | PRO));
	prq->status |= bit;
}

static int check(const struct vtd_walk_unit *unit, bool translating, const struct vtd_page_request *request,
                 struct vtd_prq_result *result)
{
	struct vtd_walk_request walk = {
	        .sid = request->sid,
	        .has_pasid = request->has_pasid,
	        .pasid = request->pasid,
	        .privileged = request->privileged,
	        .read = request->read,
	        .write = request->write,
	        .address = request->address,
	};
	bool fpd;
	int reason;

	if (!translating || FIELD_GET(VTD_RTADDR_TTM, unit->rtaddr) == VTD_TTM_LEGACY) {
		reason = VTD_FAULT_RTA_LEGACY_PRQ;
		fpd = false;
	} else {
		reason = vtd_walk_entry(unit, &walk, &result->from, &fpd);
		/* The table of the PASID may be what the request is about, its rights too: they are software's to
		 * judge. */
		if ((!reason || reason >= VTD_FAULT_PASIDDIR_ACCESS) && !(result->from.context[0] & VTD_CTX_PRE))
			reason = VTD_FAULT_CTX_PRE;
		if (reason == VTD_FAULT_PASID_SRE)
			reason = 0;
	}
	result->reason = reason;
	result->record = reason && translating && !(fpd && vtd_walk_qualified(reason));
	return reason;
}

static void answer(const struct vtd_page_request *request, struct vtd_prq_result *result,
                   enum vtd_page_response_code code)
{
	result->respond = request->last && (request->read || request->write);
	result->code = code;
}

void vtd_prq_request(const struct vtd_walk_unit *unit, bool translating, vtd_prq_write *write, struct vtd_prq *prq,
                     const struct vtd_page_request *request, struct vtd_prq_result *result)
{
	const uint64_t ring = UINT64_C(4096) << (prq->address & SIZE);
	const uint64_t tail = prq->tail & OFFSET & (ring - 1);
	const uint64_t next = (tail + BYTES) & (ring - 1);
	uint64_t q[4] = {0};

	*result = (struct vtd_prq_result){0};
	if (prq->status & PRO) {
		answer(request, result, VTD_PAGE_SUCCESS);
		return;
	}
	if (check(unit, translating, request, result)) {
		answer(request, result, VTD_PAGE_INVALID);
		return;
	}
	if (next == (prq->head & OFFSET & (ring - 1))) {
		raise_status(prq, PRO, result);
		answer(request, result, VTD_PAGE_SUCCESS);
		return;
	}
	q[0] = Q0_TYPE | FIELD_PREP(Q0_RID, request->sid);
	if (request->has_pasid)
		q[0] |= Q0_PP | FIELD_PREP(Q0_PASID, request->pasid) | (request->privileged ? Q0_PRIV : 0);
	q[1] = (request->address & Q1_PAGE) | FIELD_PREP(Q1_GROUP, request->group) | (request->read ? Q1_READ : 0) |
	       (request->write ? Q1_WRITE : 0) | (request->last ? Q1_LAST : 0);
	/* A queue that lies nowhere takes no request: as if it were full. */
	if (write(unit->opaque, (prq->address & VTD_ADDRESS) + tail, q, 4)) {
		raise_status(prq, PRO, result);
		answer(request, result, VTD_PAGE_SUCCESS);
		return;
	}
	prq->tail = next;
	result->queued = true;
	raise_status(prq, PPR, result);
}

bool vtd_prq_response(const uint64_t q[4], struct vtd_page_response *response)
{
	if ((q[0] & RESPONSE_RESERVED0) || (q[1] & RESPONSE_RESERVED1) || q[2] || q[3])
		return false;
	*response = (struct vtd_page_response){
	        .sid = (uint16_t)FIELD_GET(VTD_QI_PAGE_RESPONSE_RID, q[0]),
	        .has_pasid = (q[0] & VTD_QI_PAGE_RESPONSE_PP) != 0,
	        .pasid = (uint32_t)FIELD_GET(VTD_QI_PASID, q[0]),
	        .group = (uint16_t)FIELD_GET(VTD_QI_PAGE_RESPONSE_PRGI, q[1]),
	        .code = (unsigned)FIELD_GET(VTD_QI_PAGE_RESPONSE_RC, q[0]),
	};
	return true;
}

void vtd_devtlb_range(uint64_t q1, bool several, uint64_t *first, uint64_t *bytes)
{
	uint64_t address = q1 & VTD_QI_ADDRESS;
	unsigned bit = 12;

	*first = address;
	*bytes = UINT64_C(1) << 12;
	if (!several)
		return;
	while (bit < 63 && (address & BIT64(bit)))
		bit++;
	/* The lowest zero bit n: 2^(n + 1) bytes; bit 63: all there is. */
	*bytes = bit == 63 ? UINT64_MAX : BIT64(bit + 1);
	*first = bit == 63 ? 0 : address & ~(*bytes - 1);
}
