// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/qemu/vtd/ats.h"

#include "drivers/vtd/regs.h"

/* What a fault means for the completion (7.1.3). */
enum answer {
	UNSUPPORTED,
	ABORTED,
	NO_RIGHTS,
};

static enum answer answer_of(int reason)
{
	switch (reason) {
	case VTD_FAULT_RTA_LEGACY_PASID:
	case VTD_FAULT_RTA_ABORT:
	case VTD_FAULT_RTA_EXECUTE:
	case VTD_FAULT_ROOT_P:
	case VTD_FAULT_CTX_P:
	case VTD_FAULT_CTX_DTE:
	case VTD_FAULT_CTX_PASIDE:
	case VTD_FAULT_CTX_PDTS:
	case VTD_FAULT_CTX_RID_PASID:
	case VTD_FAULT_PSS:
		return UNSUPPORTED;
	case VTD_FAULT_RTA_TTM:
	case VTD_FAULT_ROOT_ACCESS:
	case VTD_FAULT_ROOT_RSVD:
	case VTD_FAULT_CTX_ACCESS:
	case VTD_FAULT_CTX_RSVD:
	case VTD_FAULT_CTX_INVALID:
	case VTD_FAULT_PASIDDIR_ACCESS:
	case VTD_FAULT_PASIDDIR_RSVD:
	case VTD_FAULT_PASID_ACCESS:
	case VTD_FAULT_PASID_RSVD:
	case VTD_FAULT_PASID_INVALID:
	case VTD_FAULT_SS_ACCESS:
	case VTD_FAULT_SS_RSVD:
	case VTD_FAULT_SS_TOP_ACCESS:
	case VTD_FAULT_SS_UPDATE_SNOOP:
	case VTD_FAULT_SS_UPDATE:
	case VTD_FAULT_MSI_OUTPUT:
		return ABORTED;
	default:
		return NO_RIGHTS;
	}
}

static void refuse(struct vtd_ats_result *result, int reason, bool no_record)
{
	switch (answer_of(reason)) {
	case UNSUPPORTED:
		result->status = VTD_ATS_UNSUPPORTED;
		break;
	case ABORTED:
		result->status = VTD_ATS_ABORTED;
		break;
	case NO_RIGHTS:
		result->status = VTD_ATS_SUCCESS;
		break;
	}
	result->reason = reason;
	/* A page that is not there is no error; a failed update of its entry is both (7.1.3). */
	result->record = !no_record && (result->status != VTD_ATS_SUCCESS || reason == VTD_FAULT_FS_UPDATE);
}

/* DTE belongs between the context entry's own checks and those of the PASID, which vtd_walk_context() makes. */
static bool checked_after_dte(int reason)
{
	switch (reason) {
	case VTD_FAULT_RTA_TTM:
	case VTD_FAULT_RTA_LEGACY_PASID:
	case VTD_FAULT_RTA_ABORT:
	case VTD_FAULT_RTA_EXECUTE:
	case VTD_FAULT_ROOT_ACCESS:
	case VTD_FAULT_ROOT_P:
	case VTD_FAULT_ROOT_RSVD:
	case VTD_FAULT_CTX_ACCESS:
	case VTD_FAULT_CTX_P:
	case VTD_FAULT_CTX_RSVD:
	case VTD_FAULT_CTX_INVALID:
		return false;
	default:
		return true;
	}
}

void vtd_ats_translate(const struct vtd_walk_unit *unit, bool translating, const struct vtd_ats_request *request,
                       struct vtd_ats_result *result)
{
	struct vtd_walk_request walk = {
	        .sid = request->sid,
	        .has_pasid = request->has_pasid,
	        .pasid = request->pasid,
	        .privileged = request->privileged,
	        .read = true,
	        .write = !(request->no_write && (unit->ecap & VTD_ECAP_NWFS)),
	        .address = request->address,
	};
	struct vtd_walk_result page;
	bool fpd;
	int reason;

	*result = (struct vtd_ats_result){.status = VTD_ATS_UNSUPPORTED};
	if (!translating)
		return;
	reason = vtd_walk_context(unit, &walk, &page.from, &fpd);
	if ((!reason || checked_after_dte(reason)) && !(page.from.context[0] & VTD_CTX_DTE))
		reason = VTD_FAULT_CTX_DTE;
	if (reason) {
		refuse(result, reason, fpd && vtd_walk_qualified(reason));
		return;
	}
	result->status = VTD_ATS_SUCCESS;
	if (!request->has_pasid && request->address >= VTD_MSI_WINDOW_FIRST &&
	    request->address <= VTD_MSI_WINDOW_LAST) {
		result->write = result->untranslated = !request->no_write;
		result->input = result->output = ALIGN_DOWN(request->address, VTD_PT_PAGE_BYTES(1));
		result->bytes = VTD_PT_PAGE_BYTES(1);
		return;
	}

	/* A right that is not there is not given; the others are (5.1.4.1). */
	vtd_walk(unit, &walk, &page);
	if (page.reason == VTD_FAULT_WRITE) {
		walk.write = false;
		vtd_walk(unit, &walk, &page);
	} else if (page.reason == VTD_FAULT_READ && walk.write) {
		walk.read = false;
		vtd_walk(unit, &walk, &page);
	}
	if (page.reason) {
		refuse(result, page.reason, page.no_record);
		return;
	}
	result->read = page.read && walk.read;
	result->write = page.write && walk.write;
	result->input = page.input;
	result->output = page.output;
	result->bytes = page.bytes;
}

int vtd_ats_translated(const struct vtd_walk_unit *unit, bool translating, uint16_t sid, uint64_t address, bool *record)
{
	struct vtd_walk_request walk = {.sid = sid, .address = address};
	struct vtd_walk_entry from;
	bool fpd;
	int reason;

	*record = false;
	if (!translating)
		return VTD_FAULT_CTX_DTE;
	reason = vtd_walk_context(unit, &walk, &from, &fpd);
	if (!reason && !(from.context[0] & VTD_CTX_DTE))
		reason = VTD_FAULT_CTX_DTE;
	if (!reason && unit->haw < 64 && (address >> unit->haw) != 0)
		reason = VTD_FAULT_HOST_ADDRESS;
	if (!reason && address >= VTD_MSI_WINDOW_FIRST && address <= VTD_MSI_WINDOW_LAST)
		reason = VTD_FAULT_MSI_OUTPUT;
	*record = reason && !(fpd && vtd_walk_qualified(reason));
	return reason;
}
