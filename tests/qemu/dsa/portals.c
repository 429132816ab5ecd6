/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The portals: which 64-byte writes become descriptors (3.3, 9.3). */
#include <string.h>

#include "tests/qemu/dsa/model.h"

/* Entries that the portal may fill. */
static unsigned portal_limit(const struct dsa_wq *wq, uint64_t page)
{
	unsigned size = FIELD_GET(DSA_WQCFG0_SIZE, wq->cfg[0]);
	unsigned threshold = FIELD_GET(DSA_WQCFG1_THRESHOLD, wq->cfg[1]);

	if (size > DSA_MODEL_ENTRIES)
		size = DSA_MODEL_ENTRIES;
	return !dsa_wq_dedicated(wq) && (page & DSA_PORTAL_LIMITED) && threshold < size ? threshold : size;
}

static bool accepts(const struct dsa_model *m, const struct dsa_wq *wq)
{
	if (m->state == DSA_STATE_HALT)
		return false;
	if (dsa_is_wrong(m, DSA_FAULT_PORTAL_ACCEPTS_DISABLED) && wq->state != DSA_WQ_ENABLED)
		return m->state == DSA_STATE_ENABLED && FIELD_GET(DSA_WQCFG0_SIZE, wq->cfg[0]);
	return m->state == DSA_STATE_ENABLED && wq->state == DSA_WQ_ENABLED;
}

static bool dead(const struct dsa_model *m, const struct dsa_wq *wq, uint64_t offset)
{
	if (dsa_is_wrong(m, DSA_FAULT_PORTAL_SLOTS))
		return offset % DSA_PORTAL_SIZE >= DSA_DESC_SIZE;
	if (dsa_is_wrong(m, DSA_FAULT_PORTAL_LIMITED_DEAD))
		return dsa_wq_dedicated(wq) && (offset & DSA_PORTAL_LIMITED);
	return false;
}

/* Whose the descriptor is. */
static void identify(const struct dsa_model *m, const struct dsa_wq *wq, struct dsa_entry *entry)
{
	if (!dsa_wq_dedicated(wq) ? !dsa_is_wrong(m, DSA_FAULT_SHARED_PASID)
	                          : dsa_is_wrong(m, DSA_FAULT_DESCRIPTOR_PASID)) {
		entry->pasid = (uint32_t)entry->desc.field[0] & 0xfffffU;
		entry->priv = (entry->desc.field[0] >> 31) & 1;
	} else if (wq->cfg[2] & DSA_WQCFG2_PASID_EN) {
		entry->pasid = FIELD_GET(DSA_WQCFG2_PASID, wq->cfg[2]);
		entry->priv = (wq->cfg[2] & DSA_WQCFG2_PRIV) != 0;
	}
}

/* DMWr to a dedicated WQ: Retry. A posted write to a shared one: ignored. */
static bool of_its_kind(const struct dsa_model *m, const struct dsa_wq *wq, bool deferrable)
{
	return deferrable != dsa_wq_dedicated(wq) ||
	       dsa_is_wrong(m, deferrable ? DSA_FAULT_DEDICATED_TAKES_DEFERRABLE : DSA_FAULT_SHARED_TAKES_POSTED);
}

bool dsa_model_portal(struct dsa_model *m, uint64_t offset, const uint8_t bytes[DSA_DESC_SIZE], bool deferrable)
{
	const uint64_t page = offset % DSA_PORTAL_WQ_STRIDE & ~(uint64_t)(DSA_PORTAL_SIZE - 1);
	const unsigned index = (unsigned)(offset / DSA_PORTAL_WQ_STRIDE);
	const bool limited = (page & DSA_PORTAL_LIMITED) != 0;
	struct dsa_entry entry = {.ims = (page & DSA_PORTAL_IMS) != 0, .pasid = DSA_NO_PASID, .page = (uint16_t)page};
	struct dsa_wq *wq;

	if (index >= DSA_MODEL_WQS)
		return true;
	wq = &m->wqs[index];
	memcpy(&entry.desc, bytes, DSA_DESC_SIZE);
	identify(m, wq, &entry);
	if (!accepts(m, wq) || dead(m, wq, offset) || !of_its_kind(m, wq, deferrable)) {
		if (!deferrable)
			dsa_perfmon_portal(m, index, limited, DSA_PORTAL_DISCARDED, entry.pasid);
		return true;
	}
	if (wq->count >= portal_limit(wq, page)) {
		dsa_perfmon_portal(m, index, limited, DSA_PORTAL_FULL, entry.pasid);
		if (!deferrable && !dsa_is_wrong(m, DSA_FAULT_OVERFLOW_SILENT))
			dsa_report_error(m, &(struct dsa_error){.code = DSA_SWERR_DWQ_FULL,
			                                        .wq_valid = true,
			                                        .wq = (uint8_t)index});
		return !dsa_is_wrong(m, DSA_FAULT_SHARED_DROPS);
	}
	dsa_perfmon_portal(m, index, limited, DSA_PORTAL_ACCEPTED, entry.pasid);
	dsa_wq_push(m, index, &entry);
	return false;
}
