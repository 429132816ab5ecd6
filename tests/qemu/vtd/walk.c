// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the request to the PASID table entry. The page-table walks are in stages.c.
 */
#include "tests/qemu/vtd/walk.h"
#include "tests/qemu/vtd/fault.h"
#include "tests/qemu/vtd/stages.h"

#define SUPPORTED_PASIDS(ecap) (UINT64_C(2) << FIELD_GET(VTD_ECAP_PSS, ecap))

bool vtd_walk_qualified(int reason)
{
	switch (reason) {
	case VTD_FAULT_RTA_TTM:
	case VTD_FAULT_RTA_LEGACY_PASID:
	case VTD_FAULT_RTA_LEGACY_PRQ:
	case VTD_FAULT_RTA_ABORT:
	case VTD_FAULT_RTA_EXECUTE:
	case VTD_FAULT_ROOT_ACCESS:
	case VTD_FAULT_ROOT_P:
	case VTD_FAULT_ROOT_RSVD:
	case VTD_FAULT_CTX_ACCESS:
	case VTD_FAULT_PASIDDIR_ACCESS:
	case VTD_FAULT_PASID_ACCESS:
		return false;
	default:
		return true;
	}
}

/* The bits of a pointer that the host address width does not reach. */
static uint64_t beyond_haw(const struct vtd_walk_unit *unit)
{
	return ~GENMASK64(unit->haw - 1, 0);
}

/* The mask if the unit lacks a capability and so reserves a field, else nothing. */
static uint64_t reserved_without(const struct vtd_walk_unit *unit, uint64_t capability, uint64_t mask)
{
	return unit->ecap & capability ? 0 : mask;
}

static int check_mode(const struct vtd_walk_unit *unit, const struct vtd_walk_request *request)
{
	switch (FIELD_GET(VTD_RTADDR_TTM, unit->rtaddr)) {
	case VTD_TTM_LEGACY:
		return request->has_pasid ? VTD_FAULT_RTA_LEGACY_PASID : VTD_FAULT_RTA_TTM;
	case VTD_TTM_SCALABLE:
		return unit->ecap & VTD_ECAP_SMTS ? 0 : VTD_FAULT_RTA_TTM;
	case VTD_TTM_ABORT:
		return unit->ecap & VTD_ECAP_ADMS ? VTD_FAULT_RTA_ABORT : VTD_FAULT_RTA_TTM;
	default:
		return VTD_FAULT_RTA_TTM;
	}
}

static int read_root(const struct vtd_walk_unit *unit, uint16_t sid, uint64_t *table)
{
	unsigned index = VTD_ROOT_INDEX(VTD_BUS_OF(sid), VTD_DEVFN_OF(sid));
	uint64_t root;

	if (unit->memory->read(unit->opaque, (unit->rtaddr & VTD_RTADDR_RTA) + index * 8U, &root, 1))
		return VTD_FAULT_ROOT_ACCESS;
	if (!(root & VTD_ROOT_PRESENT))
		return VTD_FAULT_ROOT_P;
	if (root & (VTD_ROOT_RESERVED | beyond_haw(unit)))
		return VTD_FAULT_ROOT_RSVD;
	*table = root & VTD_ADDRESS;
	return 0;
}

static bool context_reserved(const struct vtd_walk_unit *unit, const uint64_t *q)
{
	uint64_t q0 = VTD_CTX_RESERVED0 | beyond_haw(unit) | reserved_without(unit, VTD_ECAP_DT, VTD_CTX_DTE) |
	              reserved_without(unit, VTD_ECAP_PASID, VTD_CTX_PASIDE) |
	              reserved_without(unit, VTD_ECAP_PRS, VTD_CTX_PRE) |
	              reserved_without(unit, VTD_ECAP_HPTS, VTD_CTX_HPTE) |
	              reserved_without(unit, VTD_ECAP_PTRS, VTD_CTX_EPTR);
	uint64_t q1 = VTD_CTX_RESERVED1 | reserved_without(unit, VTD_ECAP_RPS, VTD_CTX_RID_PASID) |
	              reserved_without(unit, VTD_ECAP_RPRIVS, VTD_CTX_RID_PRIV);

	return (q[0] & q0) || (q[1] & q1) || q[2] || q[3];
}

static int read_context(const struct vtd_walk_unit *unit, const struct vtd_walk_request *request, uint64_t table,
                        struct vtd_walk_entry *entry, bool *fpd)
{
	uint64_t *q = entry->context, pasids, rid_pasid;

	table += (VTD_DEVFN_OF(request->sid) & 127U) * sizeof(entry->context);
	if (unit->memory->read(unit->opaque, table, q, VTD_CTX_WORDS))
		return VTD_FAULT_CTX_ACCESS;
	*fpd |= (q[0] & VTD_CTX_FPD) != 0;
	if (!(q[0] & VTD_CTX_PRESENT))
		return VTD_FAULT_CTX_P;
	if (context_reserved(unit, q))
		return VTD_FAULT_CTX_RSVD;

	pasids = VTD_CTX_PASIDS(FIELD_GET(VTD_CTX_PDTS, q[0]));
	rid_pasid = FIELD_GET(VTD_CTX_RID_PASID, q[1]);
	if (((q[0] & VTD_CTX_PRE) && !(q[0] & VTD_CTX_DTE)) || ((q[0] & VTD_CTX_EPTR) && !(q[0] & VTD_CTX_PASIDE)) ||
	    rid_pasid >= pasids)
		return VTD_FAULT_CTX_INVALID;

	entry->pasid = (uint32_t)rid_pasid;
	entry->privileged = (q[1] & VTD_CTX_RID_PRIV) != 0;
	if (!request->has_pasid)
		return 0;
	if (!(q[0] & VTD_CTX_PASIDE))
		return VTD_FAULT_CTX_PASIDE;
	if (request->pasid >= SUPPORTED_PASIDS(unit->ecap))
		return VTD_FAULT_PSS;
	if (request->pasid >= pasids)
		return VTD_FAULT_CTX_PDTS;
	if (request->pasid == rid_pasid && !(unit->wrong & VTD_WRONG(RID_PASID_NAMED)))
		return VTD_FAULT_CTX_RID_PASID;
	if (!(unit->wrong & VTD_WRONG(PASID_IGNORED)))
		entry->pasid = request->pasid;
	entry->privileged = request->privileged;
	return 0;
}

static int read_directory(const struct vtd_walk_unit *unit, const struct vtd_walk_entry *entry, uint64_t *table,
                          bool *fpd)
{
	uint64_t at = (entry->context[0] & VTD_ADDRESS) + VTD_PASIDDIR_INDEX_OF(entry->pasid) * UINT64_C(8);
	uint64_t q;

	if (unit->memory->read(unit->opaque, at, &q, 1))
		return VTD_FAULT_PASIDDIR_ACCESS;
	*fpd |= (q & VTD_PASIDDIR_FPD) != 0;
	if (!(q & VTD_PASIDDIR_PRESENT))
		return VTD_FAULT_PASIDDIR_P;
	if (q & (VTD_PASIDDIR_RESERVED | beyond_haw(unit)))
		return VTD_FAULT_PASIDDIR_RSVD;
	*table = q & VTD_ADDRESS;
	return 0;
}

static bool pasid_entry_reserved(const struct vtd_walk_unit *unit, const uint64_t *q)
{
	unsigned pgtt = (unsigned)FIELD_GET(VTD_PASID0_PGTT, q[0]);
	unsigned did_bits = 4 + 2 * (unsigned)FIELD_GET(VTD_CAP_ND, unit->cap);
	uint64_t q0 = VTD_PASID0_RESERVED | reserved_without(unit, VTD_ECAP_SSADS, VTD_PASID0_SSADE) |
	              reserved_without(unit, VTD_ECAP_SSTS, VTD_PASID0_SSPTPTR);
	uint64_t q1 = VTD_PASID1_RESERVED | (VTD_PASID1_DID & ~(BIT64(did_bits) - 1)) |
	              reserved_without(unit, VTD_ECAP_SMPWC, VTD_PASID1_PWSNP) |
	              reserved_without(unit, VTD_ECAP_SC, VTD_PASID1_PGSNP) |
	              reserved_without(unit, VTD_ECAP_MTS, VTD_PASID1_CD | VTD_PASID1_EMTE | VTD_PASID1_PAT);
	uint64_t q2 = VTD_PASID2_RESERVED | reserved_without(unit, VTD_ECAP_SRS, VTD_PASID2_SRE) |
	              reserved_without(unit, VTD_ECAP_EAFS, VTD_PASID2_EAFE) |
	              reserved_without(unit, VTD_ECAP_FSTS, VTD_PASID2_FSPM | VTD_PASID2_WPE | VTD_PASID2_FSPTPTR);

	if (pgtt == VTD_PGTT_SECOND || pgtt == VTD_PGTT_NESTED)
		q0 |= beyond_haw(unit);
	if (pgtt == VTD_PGTT_FIRST)
		q2 |= beyond_haw(unit);
	if ((unit->cap & VTD_CAP_CM) && !FIELD_GET(VTD_PASID1_DID, q[1]))
		return true;
	return (q[0] & q0) || (q[1] & q1) || (q[2] & q2) || q[3] || q[4] || q[5] || q[6] || q[7];
}

/* Whether the translation type, the widths and the nested root make sense (SPT.4). */
static bool pasid_entry_valid(const struct vtd_walk_unit *unit, const uint64_t *q)
{
	static const uint64_t needs[] = {
	        [VTD_PGTT_FIRST] = VTD_ECAP_FSTS,
	        [VTD_PGTT_SECOND] = VTD_ECAP_SSTS,
	        [VTD_PGTT_NESTED] = VTD_ECAP_NEST,
	        [VTD_PGTT_PASS_THROUGH] = VTD_ECAP_PT,
	};
	uint64_t pgtt = FIELD_GET(VTD_PASID0_PGTT, q[0]);
	uint64_t aw = FIELD_GET(VTD_PASID0_AW, q[0]);
	uint64_t fspm = FIELD_GET(VTD_PASID2_FSPM, q[2]);

	if (pgtt >= ARRAY_SIZE(needs) || !(unit->ecap & needs[pgtt]))
		return false;
	if (pgtt == VTD_PGTT_SECOND || pgtt == VTD_PGTT_NESTED) {
		if (aw < VTD_AW_39BIT || aw > VTD_AW_57BIT || !(FIELD_GET(VTD_CAP_SAGAW, unit->cap) & BIT64(aw)))
			return false;
	}
	if (pgtt == VTD_PGTT_FIRST || pgtt == VTD_PGTT_NESTED) {
		if (fspm != VTD_FSPM_4LEVEL && !(fspm == VTD_FSPM_5LEVEL && (unit->cap & VTD_CAP_FS5LP)))
			return false;
	}
	return pgtt != VTD_PGTT_NESTED || !vtd_second_stage_beyond(unit, q, q[2] & VTD_PASID2_FSPTPTR);
}

static int read_pasid_entry(const struct vtd_walk_unit *unit, uint64_t table, struct vtd_walk_entry *entry, bool *fpd)
{
	uint64_t *q = entry->entry;

	table += VTD_PASID_TABLE_INDEX_OF(entry->pasid) * sizeof(entry->entry);
	if (unit->memory->read(unit->opaque, table, q, VTD_PASID_WORDS))
		return VTD_FAULT_PASID_ACCESS;
	*fpd |= (q[0] & VTD_PASID0_FPD) != 0;
	if (!(q[0] & VTD_PASID0_PRESENT) && !(unit->wrong & VTD_WRONG(PASID_ABSENT)))
		return VTD_FAULT_PASID_P;
	if (pasid_entry_reserved(unit, q) && !(unit->wrong & VTD_WRONG(PASID_RESERVED)))
		return VTD_FAULT_PASID_RSVD;
	if (!pasid_entry_valid(unit, q))
		return VTD_FAULT_PASID_INVALID;
	if (entry->privileged && !(q[2] & VTD_PASID2_SRE))
		return VTD_FAULT_PASID_SRE;
	entry->pgtt = (unsigned)FIELD_GET(VTD_PASID0_PGTT, q[0]);
	entry->did = (uint16_t)FIELD_GET(VTD_PASID1_DID, q[1]);
	return 0;
}

int vtd_walk_context(const struct vtd_walk_unit *unit, const struct vtd_walk_request *request,
                     struct vtd_walk_entry *entry, bool *fpd)
{
	uint64_t table;
	int reason;

	*entry = (struct vtd_walk_entry){0};
	*fpd = false;
	reason = check_mode(unit, request);
	if (!reason)
		reason = read_root(unit, request->sid, &table);
	if (!reason)
		reason = read_context(unit, request, table, entry, fpd);
	return reason;
}

int vtd_walk_entry(const struct vtd_walk_unit *unit, const struct vtd_walk_request *request,
                   struct vtd_walk_entry *entry, bool *fpd)
{
	uint64_t table;
	int reason;

	reason = vtd_walk_context(unit, request, entry, fpd);
	if (!reason)
		reason = read_directory(unit, entry, &table, fpd);
	if (!reason)
		reason = read_pasid_entry(unit, table, entry, fpd);
	return reason;
}

static bool in_msi_window(uint64_t first, uint64_t last)
{
	return first <= VTD_MSI_WINDOW_LAST && last >= VTD_MSI_WINDOW_FIRST;
}

void vtd_walk(const struct vtd_walk_unit *unit, const struct vtd_walk_request *request, struct vtd_walk_result *result)
{
	uint64_t exact;
	bool fpd;

	*result = (struct vtd_walk_result){0};
	result->reason = vtd_walk_entry(unit, request, &result->from, &fpd);
	if (!result->reason)
		result->reason = vtd_walk_stages(unit, request, result);
	if (!result->reason) {
		exact = result->output + (request->address - result->input);
		if (in_msi_window(exact, exact)) {
			result->reason = VTD_FAULT_MSI_OUTPUT;
		} else if (in_msi_window(result->output, result->output + result->bytes - 1)) {
			/* A page that holds the interrupt window is good only for what lies beside the window. */
			result->bytes = VTD_PT_PAGE_BYTES(1);
			result->input = ALIGN_DOWN(request->address, result->bytes);
			result->output = ALIGN_DOWN(exact, result->bytes);
		}
	}
	result->no_record = fpd && vtd_walk_qualified(result->reason) && !(unit->wrong & VTD_WRONG(FPD_IGNORED));
}
