// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/qemu/vtd/queue.h"

#include "drivers/vtd/regs.h"
#include "tests/qemu/vtd/prq.h"

/* Bits 3:0 of the type, and its upper three. */
#define TYPE_HIGH GENMASK64(11, 9)

/* What is 0 in a descriptor's first two words. The device-TLB kinds: without DIT there is no PFSID. */
#define PFSID          (GENMASK64(63, 52) | GENMASK64(15, 12))
#define CONTEXT0       (GENMASK64(63, 50) | GENMASK64(15, 12) | GENMASK64(8, 6))
#define IOTLB0         (GENMASK64(63, 32) | GENMASK64(15, 12) | BIT64(8))
#define PASID_KINDS0   (GENMASK64(63, 52) | GENMASK64(15, 12) | GENMASK64(8, 6))
#define DEVTLB0        (GENMASK64(51, 48) | GENMASK64(31, 21) | GENMASK64(8, 4))
#define IEC0           (GENMASK64(63, 48) | GENMASK64(26, 12) | GENMASK64(8, 5))
#define WAIT0          (GENMASK64(31, 12) | BIT64(8))
#define ADDRESS_KINDS1 GENMASK64(11, 7)
#define DEVTLB1        GENMASK64(11, 1)
#define PDEVTLB1       GENMASK64(10, 1)
#define WAIT1          GENMASK64(1, 0)

static bool iotlb_reserved(const struct vtd_walk_unit *unit, const uint64_t *q)
{
	switch (FIELD_GET(VTD_QI_GRANULARITY, q[0])) {
	case VTD_QI_IOTLB_GLOBAL:
	case VTD_QI_IOTLB_DOMAIN:
		break;
	case VTD_QI_IOTLB_PAGE:
		if (FIELD_GET(VTD_QI_AM, q[1]) > FIELD_GET(VTD_CAP_MAMV, unit->cap))
			return true;
		break;
	default:
		return true;
	}
	return (q[0] & IOTLB0) || (q[1] & ADDRESS_KINDS1);
}

/* Whether a field of a descriptor of that type holds what none may hold. */
static bool reserved(const struct vtd_walk_unit *unit, unsigned type, const uint64_t *q)
{
	uint64_t granularity = FIELD_GET(VTD_QI_GRANULARITY, q[0]);
	uint64_t pfsid = unit->ecap & VTD_ECAP_DIT ? 0 : PFSID;
	struct vtd_page_response response;
	const uint64_t whole[4] = {q[0], q[1], 0, 0};

	switch (type) {
	case VTD_QI_CONTEXT:
		return granularity == 0 || (q[0] & CONTEXT0) || q[1];
	case VTD_QI_IOTLB:
		return iotlb_reserved(unit, q);
	case VTD_QI_DEVTLB:
		return (q[0] & (DEVTLB0 | pfsid)) || (q[1] & DEVTLB1);
	case VTD_QI_IEC:
		return (q[0] & IEC0) || q[1] || FIELD_GET(VTD_QI_IEC_IM, q[0]) > FIELD_GET(VTD_ECAP_MHMV, unit->ecap);
	case VTD_QI_WAIT:
		return (q[0] & (WAIT0 | (unit->ecap & VTD_ECAP_PDS ? 0 : VTD_QI_WAIT_PD))) || (q[1] & WAIT1);
	case VTD_QI_PIOTLB:
		return granularity < VTD_QI_PIOTLB_ALL || (q[0] & PASID_KINDS0) || (q[1] & ADDRESS_KINDS1);
	case VTD_QI_PASID_CACHE:
		return granularity == 2 || (q[0] & PASID_KINDS0) || q[1];
	case VTD_QI_PDEVTLB:
		return (q[0] & pfsid) || (q[1] & PDEVTLB1);
	default:
		return !vtd_prq_response(whole, &response);
	}
}

/* Legacy mode knows the first five kinds, and a unit without device TLBs or page requests none that serve them. */
static bool known(const struct vtd_walk_unit *unit, bool legacy, unsigned type)
{
	switch (type) {
	case VTD_QI_CONTEXT:
	case VTD_QI_IOTLB:
	case VTD_QI_IEC:
	case VTD_QI_WAIT:
		return true;
	case VTD_QI_DEVTLB:
		return unit->ecap & VTD_ECAP_DT;
	case VTD_QI_PIOTLB:
	case VTD_QI_PASID_CACHE:
		return !legacy;
	case VTD_QI_PDEVTLB:
		return !legacy && (unit->ecap & VTD_ECAP_DT);
	case VTD_QI_PAGE_RESPONSE:
		return !legacy && (unit->ecap & VTD_ECAP_PRS);
	default:
		return false;
	}
}

enum vtd_iq_error vtd_queue_check(const struct vtd_walk_unit *unit, bool wide, const uint64_t q[4])
{
	unsigned type = (unsigned)(FIELD_GET(VTD_QI_TYPE, q[0]) | FIELD_GET(TYPE_HIGH, q[0]) << 4);
	bool legacy = true;

	/* Without scalable and abort-DMA mode there is no such field. */
	if (unit->ecap & (VTD_ECAP_SMTS | VTD_ECAP_ADMS)) {
		uint64_t ttm = FIELD_GET(VTD_RTADDR_TTM, unit->rtaddr);

		legacy = ttm == VTD_TTM_LEGACY;
		if (!legacy && !(ttm == VTD_TTM_SCALABLE && (unit->ecap & VTD_ECAP_SMTS)) &&
		    !(ttm == VTD_TTM_ABORT && (unit->ecap & VTD_ECAP_ADMS)))
			return VTD_IQE_TTM;
		if (!legacy && !wide)
			return VTD_IQE_WIDTH;
	} else if (wide) {
		return VTD_IQE_WIDTH;
	}
	if (!known(unit, legacy, type))
		return VTD_IQE_TYPE;
	if (wide && (q[2] || q[3]))
		return VTD_IQE_RESERVED;
	return reserved(unit, type, q) ? VTD_IQE_RESERVED : VTD_IQE_NONE;
}
