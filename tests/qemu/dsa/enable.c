/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What Enable Device and Enable WQ check (5.1, 5.2): a configuration with one thing wrong has one error code. Not here
 * are the codes that a part of these capabilities cannot give: platform demands on ATS (0x1a), modes and switches that
 * all exist or have no bit (0x24, 0x2c).
 */
#include "tests/qemu/dsa/model.h"

/* ---- Enable Device (5.1) ---- */

static uint8_t check_groups(const struct dsa_model *m)
{
	uint32_t wqs_seen = 0;
	uint64_t engines_seen = 0;

	for (unsigned g = 0; g < DSA_MODEL_GROUPS; g++) {
		const struct dsa_group *group = &m->groups[g];
		const uint64_t wqs = group->wqs[0];

		if ((wqs & ~(uint64_t)DSA_MODEL_ALL_WQS) || group->wqs[1] || group->wqs[2] || group->wqs[3])
			return DSA_CMDERR_GROUP_WQ;
		if (group->engines >> DSA_MODEL_ENGINES)
			return DSA_CMDERR_GROUP_ENGINE;
		if (!wqs != !group->engines)
			return DSA_CMDERR_GROUP;
		if (wqs & wqs_seen)
			return DSA_CMDERR_GROUP_WQ;
		if (group->engines & engines_seen)
			return DSA_CMDERR_GROUP_ENGINE;
		wqs_seen |= (uint32_t)wqs;
		engines_seen |= group->engines;
	}
	for (unsigned w = 0; w < DSA_MODEL_WQS; w++) {
		if (!(wqs_seen & BIT32(w)) != !FIELD_GET(DSA_WQCFG0_SIZE, m->wqs[w].cfg[0]))
			return DSA_CMDERR_GROUP_WQ;
	}
	return 0;
}

static uint8_t check_group_flags(const struct dsa_model *m)
{
	const uint64_t known =
	        DSA_GRPFLAGS_TC_A | DSA_GRPFLAGS_TC_B | DSA_GRPFLAGS_RB_GLOBAL | DSA_GRPFLAGS_RB_RESERVED |
	        DSA_GRPFLAGS_RB_ALLOWED |
	        (dsa_grpcap(m) & DSA_GRPCAP_PROGRESS_LIMIT ? DSA_GRPFLAGS_DESC_LIMIT | DSA_GRPFLAGS_BATCH_LIMIT : 0);

	for (unsigned g = 0; g < DSA_MODEL_GROUPS; g++) {
		if (m->groups[g].flags & ~known)
			return DSA_CMDERR_CONFIG;
	}
	return 0;
}

static uint8_t check_read_buffers(const struct dsa_model *m)
{
	const uint64_t limit = FIELD_GET(DSA_GENCFG_RB_LIMIT, m->gencfg);
	uint64_t reserved_sum = 0, limited_engines = 0;

	for (unsigned g = 0; g < DSA_MODEL_GROUPS; g++)
		reserved_sum += FIELD_GET(DSA_GRPFLAGS_RB_RESERVED, m->groups[g].flags);
	if (reserved_sum > DSA_MODEL_READ_BUFFERS)
		return DSA_CMDERR_READ_BUFFERS;
	for (unsigned g = 0; g < DSA_MODEL_GROUPS; g++) {
		const struct dsa_group *group = &m->groups[g];
		uint64_t allowed = FIELD_GET(DSA_GRPFLAGS_RB_ALLOWED, group->flags);
		uint64_t reserved = FIELD_GET(DSA_GRPFLAGS_RB_RESERVED, group->flags);
		uint64_t engines = (uint64_t)__builtin_popcountll(group->engines);

		if (!engines)
			continue;
		if (allowed < 4 * engines || allowed < reserved ||
		    allowed > reserved + (DSA_MODEL_READ_BUFFERS - reserved_sum))
			return DSA_CMDERR_READ_BUFFERS;
		if (group->flags & DSA_GRPFLAGS_RB_GLOBAL)
			limited_engines += engines;
	}
	/* The groups with the flag share what the limit leaves: it has to feed all of their engines. */
	if (limited_engines && (limit > DSA_MODEL_READ_BUFFERS || limit < 4 * limited_engines))
		return DSA_CMDERR_READ_BUFFERS;
	return 0;
}

static uint8_t check_event_log(const struct dsa_model *m)
{
	const uint64_t base = m->evlcfg[0] & DSA_EVLCFG_BASE;
	const uint64_t entries = FIELD_GET(DSA_EVLCFG_SIZE, m->evlcfg[1]);

	if (dsa_is_wrong(m, DSA_FAULT_EVL_CONFIG_UNCHECKED))
		return 0;
	if (m->gencfg & DSA_GENCFG_EVL) {
		if (entries < DSA_EVL_MIN_SIZE || base + entries * DSA_EVL_ENTRY_SIZE(dsa_gencap(m)) - 1 < base)
			return DSA_CMDERR_EVL;
	}
	if (m->evlcfg[0] & DSA_EVLCFG_PASID_EN ? !m->pci.pasid : (m->evlcfg[0] & DSA_EVLCFG_PRIV) != 0)
		return DSA_CMDERR_EVL_PASID;
	return m->evlcfg[0] & DSA_EVLCFG_PRIV && !m->pci.pasid_priv ? DSA_CMDERR_EVL_PASID : 0;
}

/* How bitmaps of submitters are read. */
static uint8_t check_bitmap_pasid(const struct dsa_model *m)
{
	const bool pasid = (m->idbr & DSA_IDBR_PASID_EN) != 0, priv = (m->idbr & DSA_IDBR_PRIV) != 0;

	if (dsa_is_wrong(m, DSA_FAULT_IDBR_UNCHECKED))
		return 0;
	return (pasid && !m->pci.pasid) || (priv && !(pasid && m->pci.pasid_priv)) ? DSA_CMDERR_EVL_PASID : 0;
}

uint8_t dsa_check_enable_device(const struct dsa_model *m)
{
	unsigned sum = 0;
	uint8_t error;

	if (m->state != DSA_STATE_DISABLED)
		return DSA_CMDERR_DEV_NOT_DISABLED;
	if (!m->pci.bus_master)
		return DSA_CMDERR_BUS_MASTER;
	if (m->pci.prs && (!m->pci.prs_allocation || m->pci.prs_allocation > m->pci.prs_capacity))
		return DSA_CMDERR_PRS_ALLOC;
	for (unsigned w = 0; w < DSA_MODEL_WQS; w++)
		sum += FIELD_GET(DSA_WQCFG0_SIZE, m->wqs[w].cfg[0]);
	if (sum > DSA_MODEL_ENTRIES)
		return DSA_CMDERR_WQ_SIZES;
	error = check_groups(m);
	if (!error)
		error = check_group_flags(m);
	if (!error)
		error = check_event_log(m);
	if (!error)
		error = check_bitmap_pasid(m);
	return error ? error : check_read_buffers(m);
}

/* ---- Enable WQ (5.2) ---- */

static uint8_t check_occupancy_handle(const struct dsa_model *m, const struct dsa_wq *wq)
{
	uint32_t handle = FIELD_GET(DSA_WQCFG4_INT_HANDLE, wq->cfg[4]);
	bool ims = (wq->cfg[4] & DSA_WQCFG4_INT_IMS) != 0;

	unsigned entry;

	/* Handle 0 is what reset leaves, and says nothing: a WQ without occupancy interrupts needs no handle. */
	return !handle || dsa_handle_entry(m, ims, (uint16_t)handle, &entry) ? 0 : DSA_CMDERR_WQ_OCC_INT;
}

/* Switches of version 2: page requests off for the WQ, and the operations that it allows. */
static uint8_t check_version2(const struct dsa_model *m, unsigned index)
{
	const uint32_t mode = m->wqs[index].cfg[2];

	for (unsigned i = 0; i < 4; i++) {
		if (dsa_wq_opcodes(m, index, i) & ~dsa_opcap(m, i) && !dsa_is_wrong(m, DSA_FAULT_OPCFG_UNCHECKED))
			return DSA_CMDERR_WQ_OPCFG;
	}
	if (mode & DSA_WQCFG2_PRS_DISABLE && !dsa_is_wrong(m, DSA_FAULT_PRS_DISABLE_UNCHECKED) &&
	    (mode & DSA_WQCFG2_BOF || !(m->gencfg & DSA_GENCFG_EVL)))
		return DSA_CMDERR_WQ_PRS;
	return 0;
}

uint8_t dsa_check_enable_wq(const struct dsa_model *m, uint32_t index)
{
	const uint64_t gencap = dsa_gencap(m);
	uint64_t max_xfer = FIELD_GET(DSA_GENCAP_MAX_XFER, gencap);
	const struct dsa_wq *wq;
	uint32_t mode;
	bool grouped = false;
	uint8_t error;

	if (index >= DSA_MODEL_WQS)
		return DSA_CMDERR_INVALID_WQ;
	wq = &m->wqs[index];
	mode = wq->cfg[2];
	for (unsigned g = 0; g < DSA_MODEL_GROUPS; g++)
		grouped |= (m->groups[g].wqs[0] & BIT64(index)) != 0;
	if (dsa_is_wrong(m, DSA_FAULT_GENCAP_XFER))
		max_xfer--;
	if (m->state != DSA_STATE_ENABLED)
		return DSA_CMDERR_DEV_NOT_ENABLED;
	if (wq->state != DSA_WQ_DISABLED)
		return DSA_CMDERR_WQ_NOT_DISABLED;
	if (!FIELD_GET(DSA_WQCFG0_SIZE, wq->cfg[0]))
		return DSA_CMDERR_WQ_SIZE;
	if (!FIELD_GET(DSA_WQCFG2_PRIORITY, mode))
		return DSA_CMDERR_WQ_PRIORITY;
	if ((mode & DSA_WQCFG2_BOF) && !m->pci.prs)
		return DSA_CMDERR_WQ_BOF;
	if (!(mode & DSA_WQCFG2_PASID_EN) ? !(mode & DSA_WQCFG2_DEDICATED) : !m->pci.pasid)
		return DSA_CMDERR_WQ_PASID;
	if (!FIELD_GET(DSA_WQCFG3_MAX_BATCH, wq->cfg[3]) ||
	    FIELD_GET(DSA_WQCFG3_MAX_BATCH, wq->cfg[3]) > FIELD_GET(DSA_GENCAP_MAX_BATCH, gencap))
		return DSA_CMDERR_WQ_MAX_BATCH;
	if (FIELD_GET(DSA_WQCFG3_MAX_XFER, wq->cfg[3]) > max_xfer)
		return DSA_CMDERR_WQ_MAX_XFER;
	if (!grouped)
		return DSA_CMDERR_WQ_NO_GROUP;
	if ((mode & DSA_WQCFG2_DEDICATED) && (mode & DSA_WQCFG2_PASID_EN) && (mode & DSA_WQCFG2_PRIV) &&
	    !m->pci.pasid_priv)
		return DSA_CMDERR_WQ_PRIV;
	error = check_version2(m, index);
	return error ? error : check_occupancy_handle(m, wq);
}
