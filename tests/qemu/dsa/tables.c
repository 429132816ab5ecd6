/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of BAR0 (9.2.22 to 9.2.29), where OFFSETS puts them, and who may write what when. */
#include <string.h>

#include "tests/qemu/dsa/model.h"

static uint32_t half(uint64_t value, uint32_t offset)
{
	return (uint32_t)(offset & 4 ? value >> 32 : value);
}

/* ---- reset ---- */

void dsa_wqcfg_reset(struct dsa_model *m, unsigned index, bool keep_size)
{
	struct dsa_wq *wq = &m->wqs[index];
	uint32_t size = wq->cfg[0];

	memset(wq->cfg, 0, sizeof(wq->cfg));
	if (keep_size)
		wq->cfg[0] = size;
	for (unsigned i = DSA_WQCFG_OPCFG; i < DSA_WQCFG_DWORDS_MAX; i++)
		wq->cfg[i] = dsa_is_wrong(m, DSA_FAULT_OPCFG_RESET)
		                     ? 0
		                     : half(dsa_opcap(m, (i - DSA_WQCFG_OPCFG) / 2), i % 2 * 4);
	wq->occupancy_generated = false;
	wq->credit = 0;
}

void dsa_groups_reset(struct dsa_model *m)
{
	memset(m->groups, 0, sizeof(m->groups));
	for (unsigned g = 0; g < DSA_MODEL_GROUPS; g++)
		m->groups[g].flags = FIELD_PREP(DSA_GRPFLAGS_RB_ALLOWED, DSA_MODEL_READ_BUFFERS);
}

/* ---- tables: where an offset falls ---- */

struct slot {
	unsigned index;
	uint32_t at; /* offset in the entry */
};

static bool in_table(uint32_t offset, uint32_t base, uint32_t stride, unsigned count, struct slot *slot)
{
	if (offset < base || offset >= base + stride * count)
		return false;
	slot->index = (offset - base) / stride;
	slot->at = (offset - base) % stride;
	return true;
}

static bool in_idpt(const struct dsa_model *m, uint32_t offset, struct slot *slot)
{
	return m->config.version2 &&
	       in_table(offset, DSA_MODEL_IDPT_TABLE, DSA_IDPT_STRIDE(dsa_idcap(m)), DSA_MODEL_IDPT, slot);
}

/* ---- read ---- */

static uint32_t read_wqcfg(const struct dsa_wq *wq, uint32_t dword)
{
	if (dword != 6)
		return wq->cfg[dword];
	return FIELD_PREP(DSA_WQCFG6_OCCUPANCY, wq->count) | (wq->occupancy_generated ? DSA_WQCFG6_OCC_GENERATED : 0) |
	       FIELD_PREP(DSA_WQCFG6_STATE, wq->state);
}

uint32_t dsa_table_read(const struct dsa_model *m, uint32_t offset)
{
	struct slot s;

	if (in_table(offset, DSA_MODEL_PERFMON, DSA_MODEL_PERFMON_SIZE, 1, &s))
		return dsa_perfmon_read(m, s.at);
	if (in_table(offset, DSA_MODEL_MSIXPERM, DSA_MSIXPERM_STRIDE, DSA_MODEL_VECTORS, &s))
		return s.at ? 0 : m->msixperm[s.index];
	if (in_table(offset, DSA_MODEL_WQCFG, (uint32_t)DSA_WQCFG_STRIDE(dsa_wqcap(m)), DSA_MODEL_WQS, &s))
		return read_wqcfg(&m->wqs[s.index], s.at / 4);
	if (in_table(offset, DSA_MODEL_GRPCFG, DSA_GRPCFG_STRIDE, DSA_MODEL_GROUPS, &s)) {
		const struct dsa_group *group = &m->groups[s.index];

		if (s.at < DSA_GRPCFG_ENGINES)
			return half(group->wqs[s.at / 8], s.at);
		return s.at < DSA_GRPCFG_FLAGS       ? half(group->engines, s.at)
		       : s.at < DSA_GRPCFG_FLAGS + 8 ? half(group->flags, s.at)
		                                     : 0;
	}
	if (in_table(offset, DSA_MODEL_IMS_TABLE, DSA_IMS_STRIDE, DSA_MODEL_IMS, &s)) {
		const struct dsa_ims_entry *entry = &m->ims[s.index];

		return s.at < DSA_IMS_DATA    ? half(entry->address, s.at)
		       : s.at == DSA_IMS_DATA ? entry->data
		                              : entry->ctrl;
	}
	if (in_idpt(m, offset, &s))
		return dsa_idpt_read(m, s.index, s.at);
	return 0;
}

/* ---- write: *reg takes the bits of value that are in mask ---- */

static void merge32(uint32_t *reg, uint32_t value, uint32_t mask)
{
	*reg = (*reg & ~mask) | (value & mask);
}

static void merge64(uint64_t *reg, uint32_t offset, uint32_t value, uint32_t mask)
{
	unsigned shift = offset & 4 ? 32 : 0;

	*reg = (*reg & ~((uint64_t)mask << shift)) | ((uint64_t)(value & mask) << shift);
}

/* 9.2.24: locked fields ignore writes. */
static void write_wqcfg(struct dsa_model *m, unsigned index, uint32_t dword, uint32_t value, uint32_t mask)
{
	const uint32_t mode_fields = DSA_WQCFG2_DEDICATED | DSA_WQCFG2_BOF | DSA_WQCFG2_ATS_DISABLE |
	                             DSA_WQCFG2_PRIORITY | DSA_WQCFG2_PASID | DSA_WQCFG2_PASID_EN | DSA_WQCFG2_PRIV |
	                             (dsa_wqcap(m) & DSA_WQCAP_PRS_DISABLE ? DSA_WQCFG2_PRS_DISABLE : 0);
	struct dsa_wq *wq = &m->wqs[index];
	const bool wq_open = wq->state == DSA_WQ_DISABLED || dsa_is_wrong(m, DSA_FAULT_WQCFG_UNLOCKED);
	const bool device_open = m->state == DSA_STATE_DISABLED || dsa_is_wrong(m, DSA_FAULT_WQCFG_UNLOCKED);
	uint32_t writable = 0;

	switch (dword) {
	case 0:
		writable = device_open ? DSA_WQCFG0_SIZE : 0;
		break;
	case 1:
		writable = DSA_WQCFG1_THRESHOLD;
		break;
	case 2:
		writable = wq_open ? mode_fields : 0;
		break;
	case 3:
		writable = wq_open ? DSA_WQCFG3_MAX_XFER | DSA_WQCFG3_MAX_BATCH : 0;
		break;
	case 4:
		writable = wq_open ? DSA_WQCFG4_INT_HANDLE | DSA_WQCFG4_INT_IMS : 0;
		break;
	case 5:
		writable = DSA_WQCFG5_LIMIT_INT;
		if (!(wq->cfg[5] & DSA_WQCFG5_LIMIT_INT))
			writable |= DSA_WQCFG5_LIMIT;
		break;
	case 6:
		if (value & mask & DSA_WQCFG6_OCC_GENERATED)
			wq->occupancy_generated = false;
		break;
	default:
		writable = dword >= DSA_WQCFG_OPCFG && wq_open ? UINT32_MAX : 0;
		break;
	}
	merge32(&wq->cfg[dword], value, mask & writable);
	if (dword == 5 || dword == 6)
		dsa_occupancy_check(m, index);
}

static bool ims_address_ok(const struct dsa_model *m, uint64_t address)
{
	return FIELD_GET(DSA_IMS_ADDR_FIXED, address) == DSA_IMS_ADDR_RESET >> 20 ||
	       dsa_is_wrong(m, DSA_FAULT_IMS_ADDRESS_FREE);
}

static void write_ims(struct dsa_model *m, unsigned index, uint32_t at, uint32_t value, uint32_t mask)
{
	struct dsa_ims_entry *entry = &m->ims[index];
	uint64_t address = entry->address;
	uint32_t ctrl = entry->ctrl;

	switch (at) {
	case DSA_IMS_ADDR:
	case DSA_IMS_ADDR + 4:
		merge64(&address, at, value, mask);
		if (ims_address_ok(m, address))
			entry->address = address & ~UINT64_C(3);
		break;
	case DSA_IMS_DATA:
		merge32(&entry->data, value, mask);
		break;
	default:
		merge32(&ctrl, value, mask);
		dsa_ims_write_ctrl(m, index, ctrl);
	}
}

bool dsa_table_write64(struct dsa_model *m, uint32_t offset, uint64_t value)
{
	struct slot s;

	/* A counter's configuration: its upper half is not locked by the enable bit in the lower. */
	if (in_table(offset, DSA_MODEL_PERFMON, DSA_MODEL_PERFMON_SIZE, 1, &s)) {
		dsa_perfmon_write(m, s.at, value, UINT64_MAX);
		return true;
	}
	/* The switches of an entry do not lock the rest of the write that throws them. */
	if (in_idpt(m, offset, &s)) {
		dsa_idpt_write(m, s.index, s.at, value, UINT64_MAX);
		return true;
	}
	/* An address: it is taken or not as a whole, whatever its lower half alone would be. */
	if (!in_table(offset, DSA_MODEL_IMS_TABLE, DSA_IMS_STRIDE, DSA_MODEL_IMS, &s) || s.at != DSA_IMS_ADDR)
		return false;
	if (ims_address_ok(m, value))
		m->ims[s.index].address = value & ~UINT64_C(3);
	return true;
}

void dsa_table_write(struct dsa_model *m, uint32_t offset, uint32_t value, uint32_t mask)
{
	const bool disabled = m->state == DSA_STATE_DISABLED || dsa_is_wrong(m, DSA_FAULT_GRPCFG_UNLOCKED);
	struct slot s;

	if (in_table(offset, DSA_MODEL_MSIXPERM, DSA_MSIXPERM_STRIDE, DSA_MODEL_VECTORS, &s)) {
		if (!s.at)
			merge32(&m->msixperm[s.index], value,
			        mask & (DSA_INTPERM_IGNORE | DSA_INTPERM_PASID_EN | DSA_INTPERM_PASID));
	} else if (in_table(offset, DSA_MODEL_WQCFG, (uint32_t)DSA_WQCFG_STRIDE(dsa_wqcap(m)), DSA_MODEL_WQS, &s)) {
		write_wqcfg(m, s.index, s.at / 4, value, mask);
	} else if (in_table(offset, DSA_MODEL_GRPCFG, DSA_GRPCFG_STRIDE, DSA_MODEL_GROUPS, &s)) {
		struct dsa_group *group = &m->groups[s.index];

		if (!disabled)
			return;
		if (s.at < DSA_GRPCFG_ENGINES)
			merge64(&group->wqs[s.at / 8], s.at, value, mask);
		else if (s.at < DSA_GRPCFG_FLAGS)
			merge64(&group->engines, s.at, value, mask);
		else if (s.at < DSA_GRPCFG_FLAGS + 8)
			merge64(&group->flags, s.at, value, mask);
	} else if (in_table(offset, DSA_MODEL_IMS_TABLE, DSA_IMS_STRIDE, DSA_MODEL_IMS, &s)) {
		write_ims(m, s.index, s.at, value, mask);
	} else if (in_idpt(m, offset, &s)) {
		dsa_idpt_write(m, s.index, s.at, (uint64_t)value << (s.at % 8 * 8), (uint64_t)mask << (s.at % 8 * 8));
	} else if (in_table(offset, DSA_MODEL_PERFMON, DSA_MODEL_PERFMON_SIZE, 1, &s)) {
		dsa_perfmon_write(m, s.at & ~7U, (uint64_t)value << (s.at % 8 * 8), (uint64_t)mask << (s.at % 8 * 8));
	}
}
