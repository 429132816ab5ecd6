/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BAR0 (9.2): values of a Sapphire Rapids part, access rules, and who may write what when (2.9 of the same chapter).
 * Everything is done in double words with a mask of the bytes that are really written.
 */
#include <string.h>

#include "tests/qemu/dsa/model.h"

#define GENCAP_SPR UINT64_C(0x00000040915f010f)
#define WQCAP_SPR  UINT64_C(0x003f000000080080)
#define GRPCAP_SPR UINT64_C(0x0000000000036004)
#define ENGCAP_SPR UINT64_C(0x0000000000000004)
#define OPCAP_SPR  UINT64_C(0x00000001003f03ff)

_Static_assert((WQCAP_SPR & 0xffff) == DSA_MODEL_ENTRIES, "total size");
_Static_assert(((WQCAP_SPR >> 16) & 0xff) == DSA_MODEL_WQS, "WQs");
_Static_assert((GRPCAP_SPR & 0xff) == DSA_MODEL_GROUPS, "groups");
_Static_assert(((GRPCAP_SPR >> 8) & 0xff) == DSA_MODEL_READ_BUFFERS, "read buffers");
_Static_assert(ENGCAP_SPR == DSA_MODEL_ENGINES, "engines");

#define WQCFG_SIZE 32U

/* An offset without a register, for DSA_FAULT_UNLISTED_SCRATCH. */
#define UNLISTED 0x18

uint64_t dsa_gencap(const struct dsa_model *m)
{
	return GENCAP_SPR | (m->config.cmdcap ? DSA_GENCAP_CMDCAP : 0);
}

uint64_t dsa_opcap(unsigned word)
{
	return word ? 0 : OPCAP_SPR;
}

uint64_t dsa_wqcap(const struct dsa_model *m)
{
	return dsa_is_wrong(m, DSA_FAULT_WQCAP_SIZE) ? WQCAP_SPR + DSA_MODEL_ENTRIES : WQCAP_SPR;
}

/* ---- reset ---- */

void dsa_wqcfg_reset(struct dsa_model *m, unsigned index, bool keep_size)
{
	struct dsa_wq *wq = &m->wqs[index];
	uint32_t size = wq->cfg[0];

	memset(wq->cfg, 0, sizeof(wq->cfg));
	if (keep_size)
		wq->cfg[0] = size;
	wq->occupancy_generated = false;
	wq->credit = 0;
}

static void groups_reset(struct dsa_model *m)
{
	memset(m->groups, 0, sizeof(m->groups));
	for (unsigned g = 0; g < DSA_MODEL_GROUPS; g++)
		m->groups[g].flags = FIELD_PREP(DSA_GRPFLAGS_RB_ALLOWED, DSA_MODEL_READ_BUFFERS);
}

void dsa_config_reset(struct dsa_model *m)
{
	m->genctrl = 0;
	m->intcause = 0;
	m->gencfg = FIELD_PREP(DSA_GENCFG_RB_LIMIT, DSA_MODEL_READ_BUFFERS);
	dsa_interrupts_reset(m);
	dsa_perfmon_reset(m);
	if (dsa_is_wrong(m, DSA_FAULT_RESET_KEEPS))
		return;
	groups_reset(m);
	for (unsigned w = 0; w < DSA_MODEL_WQS; w++)
		dsa_wqcfg_reset(m, w, false);
}

void dsa_model_reset(struct dsa_model *m)
{
	m->cmd = 0;
	m->cmdsts = 0;
	m->state = DSA_STATE_DISABLED;
	m->reset_type = 0;
	memset(m->swerror, 0, sizeof(m->swerror));
	memset(m->wqs, 0, sizeof(m->wqs));
	dsa_engines_clear(m);
	m->page_requests_failed = false;
	groups_reset(m);
	dsa_config_reset(m);
}

void dsa_model_init(struct dsa_model *m, const struct dsa_model_ops *ops, void *ctx,
                    const struct dsa_model_config *config)
{
	memset(m, 0, sizeof(*m));
	m->ops = ops;
	m->ctx = ctx;
	m->config = *config;
	dsa_model_reset(m);
}

void dsa_model_flr(struct dsa_model *m)
{
	const uint8_t state = m->state, reset_type = m->reset_type;

	if (dsa_is_wrong(m, DSA_FAULT_FLR_IGNORED))
		return;
	dsa_model_reset(m);
	/* What only the platform's reset can mend stays broken (5.9). */
	if (state == DSA_STATE_HALT && reset_type > DSA_RESET_FLR) {
		m->state = state;
		m->reset_type = reset_type;
	}
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

/* ---- read ---- */

static uint32_t half(uint64_t value, uint32_t offset)
{
	return (uint32_t)(offset & 4 ? value >> 32 : value);
}

static uint32_t read_wqcfg(const struct dsa_wq *wq, uint32_t dword)
{
	if (dword != 6)
		return wq->cfg[dword];
	return FIELD_PREP(DSA_WQCFG6_OCCUPANCY, wq->count) | (wq->occupancy_generated ? DSA_WQCFG6_OCC_GENERATED : 0) |
	       FIELD_PREP(DSA_WQCFG6_STATE, wq->state);
}

static uint32_t read_table(const struct dsa_model *m, uint32_t offset)
{
	struct slot s;

	if (in_table(offset, DSA_MODEL_PERFMON, DSA_MODEL_PERFMON_SIZE, 1, &s))
		return dsa_perfmon_read(m, s.at);
	if (in_table(offset, DSA_MODEL_MSIXPERM, DSA_MSIXPERM_STRIDE, DSA_MODEL_VECTORS, &s))
		return s.at ? 0 : m->msixperm[s.index];
	if (in_table(offset, DSA_MODEL_WQCFG, WQCFG_SIZE, DSA_MODEL_WQS, &s))
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
	return 0;
}

static uint32_t read32(const struct dsa_model *m, uint32_t offset)
{
	const uint64_t msixperm = dsa_is_wrong(m, DSA_FAULT_OFFSETS_OVERLAP) ? DSA_MODEL_GRPCFG : DSA_MODEL_MSIXPERM;
	const uint64_t offsets = FIELD_PREP(DSA_OFFSETS_GRPCFG, DSA_MODEL_GRPCFG / DSA_OFFSETS_UNIT) |
	                         FIELD_PREP(DSA_OFFSETS_WQCFG, DSA_MODEL_WQCFG / DSA_OFFSETS_UNIT) |
	                         FIELD_PREP(DSA_OFFSETS_MSIXPERM, msixperm / DSA_OFFSETS_UNIT) |
	                         FIELD_PREP(DSA_OFFSETS_IMS, DSA_MODEL_IMS_TABLE / DSA_OFFSETS_UNIT);

	switch (offset) {
	case DSA_VERSION:
		return DSA_VERSION_1_0 | (dsa_is_wrong(m, DSA_FAULT_VERSION_RESERVED) ? BIT32(31) : 0);
	case DSA_GENCAP:
	case DSA_GENCAP + 4:
		return half(dsa_gencap(m), offset);
	case DSA_WQCAP:
	case DSA_WQCAP + 4:
		return half(dsa_wqcap(m), offset);
	case DSA_GRPCAP:
	case DSA_GRPCAP + 4:
		return half(GRPCAP_SPR, offset);
	case DSA_ENGCAP:
	case DSA_ENGCAP + 4:
		return half(ENGCAP_SPR, offset);
	case DSA_OPCAP:
	case DSA_OPCAP + 4:
		return half(dsa_opcap(0) | (dsa_is_wrong(m, DSA_FAULT_OPCAP_EXTRA) ? BIT64(0x0a) : 0), offset);
	case DSA_OFFSETS:
	case DSA_OFFSETS + 4:
		return half(offsets, offset);
	case DSA_OFFSETS + 8:
		return (uint32_t)FIELD_PREP(DSA_OFFSETS_PERFMON, DSA_MODEL_PERFMON / DSA_OFFSETS_UNIT);
	case DSA_GENCFG:
		return m->gencfg;
	case DSA_GENCTRL:
		return m->genctrl;
	case DSA_GENSTS:
		return FIELD_PREP(DSA_GENSTS_STATE, m->state) | FIELD_PREP(DSA_GENSTS_RESET_TYPE, m->reset_type);
	case DSA_INTCAUSE:
		return m->intcause;
	case DSA_CMDSTS:
		return m->cmdsts & DSA_CMDSTS_ACTIVE ? DSA_CMDSTS_ACTIVE : m->cmdsts;
	case DSA_CMDCAP:
		return (uint32_t)dsa_command_capability(m);
	case UNLISTED:
		return m->scratch;
	default:
		if (offset >= DSA_SWERROR && offset < DSA_SWERROR + 32)
			return half(m->swerror[(offset - DSA_SWERROR) / 8], offset);
		return read_table(m, offset);
	}
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

/* 9.2.26: locked fields ignore writes. */
static void write_wqcfg(struct dsa_model *m, unsigned index, uint32_t dword, uint32_t value, uint32_t mask)
{
	const uint32_t mode_fields = DSA_WQCFG2_DEDICATED | DSA_WQCFG2_BOF | DSA_WQCFG2_ATS_DISABLE |
	                             DSA_WQCFG2_PRIORITY | DSA_WQCFG2_PASID | DSA_WQCFG2_PASID_EN | DSA_WQCFG2_PRIV;
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

/* A whole counter configuration at once: its upper half is not locked by the enable bit in the lower. */
static bool write_perfmon(struct dsa_model *m, uint32_t offset, uint64_t value)
{
	struct slot s;

	if (!in_table(offset, DSA_MODEL_PERFMON, DSA_MODEL_PERFMON_SIZE, 1, &s))
		return false;
	dsa_perfmon_write(m, s.at, value, UINT64_MAX);
	return true;
}

/* A whole address at once: it is taken or not as a whole, whatever its lower half alone would be. */
static bool write_ims_address(struct dsa_model *m, uint32_t offset, uint64_t value)
{
	struct slot s;

	if (!in_table(offset, DSA_MODEL_IMS_TABLE, DSA_IMS_STRIDE, DSA_MODEL_IMS, &s) || s.at != DSA_IMS_ADDR)
		return false;
	if (ims_address_ok(m, value))
		m->ims[s.index].address = value & ~UINT64_C(3);
	return true;
}

static void write_table(struct dsa_model *m, uint32_t offset, uint32_t value, uint32_t mask)
{
	const bool disabled = m->state == DSA_STATE_DISABLED || dsa_is_wrong(m, DSA_FAULT_GRPCFG_UNLOCKED);
	struct slot s;

	if (in_table(offset, DSA_MODEL_MSIXPERM, DSA_MSIXPERM_STRIDE, DSA_MODEL_VECTORS, &s)) {
		if (!s.at)
			merge32(&m->msixperm[s.index], value,
			        mask & (DSA_INTPERM_IGNORE | DSA_INTPERM_PASID_EN | DSA_INTPERM_PASID));
	} else if (in_table(offset, DSA_MODEL_WQCFG, WQCFG_SIZE, DSA_MODEL_WQS, &s)) {
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
	} else if (in_table(offset, DSA_MODEL_PERFMON, DSA_MODEL_PERFMON_SIZE, 1, &s)) {
		dsa_perfmon_write(m, s.at & ~7U, (uint64_t)value << (s.at % 8 * 8), (uint64_t)mask << (s.at % 8 * 8));
	}
}

static void write32(struct dsa_model *m, uint32_t offset, uint32_t value, uint32_t mask)
{
	switch (offset) {
	case DSA_GENCFG:
		if (m->state == DSA_STATE_DISABLED || dsa_is_wrong(m, DSA_FAULT_GENCFG_UNLOCKED))
			merge32(&m->gencfg, value, mask & (DSA_GENCFG_RB_LIMIT | DSA_GENCFG_USER_INT));
		break;
	case DSA_GENCTRL:
		if (dsa_is_wrong(m, DSA_FAULT_GENCTRL_STICKY))
			mask &= value;
		merge32(&m->genctrl, value, mask & (DSA_GENCTRL_SWERR_INT | DSA_GENCTRL_HALT_INT));
		break;
	case DSA_INTCAUSE:
		if (!dsa_is_wrong(m, DSA_FAULT_INTCAUSE_STICKY))
			m->intcause &= ~(value & mask);
		break;
	case DSA_CMD:
		if (mask == UINT32_MAX)
			dsa_command(m, value);
		break;
	case DSA_CMDSTS:
		if (dsa_is_wrong(m, DSA_FAULT_CMDSTS_WRITABLE))
			merge32(&m->cmdsts, value, mask & (uint32_t)DSA_CMDSTS_ERROR);
		break;
	case UNLISTED:
		if (dsa_is_wrong(m, DSA_FAULT_UNLISTED_SCRATCH))
			merge32(&m->scratch, value, mask);
		break;
	case DSA_SWERROR:
		m->swerror[0] &= ~(uint64_t)(value & mask & (uint32_t)(DSA_SWERROR_VALID | DSA_SWERROR_OVERFLOW));
		break;
	default:
		write_table(m, offset, value, mask);
	}
}

/* ---- any width ---- */

static bool legal(uint64_t offset, unsigned width)
{
	return (width == 1 || width == 2 || width == 4 || width == 8) && offset % width == 0 &&
	       offset < DSA_MODEL_BAR0_SIZE;
}

uint64_t dsa_model_read(struct dsa_model *m, uint64_t offset, unsigned width)
{
	uint32_t at = (uint32_t)offset;

	if (!legal(offset, width))
		return 0;
	if (width == 8)
		return read32(m, at) | (uint64_t)read32(m, at + 4) << 32;
	if (dsa_is_wrong(m, DSA_FAULT_READ_WIDTH) && width == 1)
		return read32(m, at & ~3U) & 0xff;
	return (read32(m, at & ~3U) >> (at % 4 * 8)) & (UINT32_MAX >> (32 - 8 * width));
}

void dsa_model_write(struct dsa_model *m, uint64_t offset, unsigned width, uint64_t value)
{
	uint32_t at = (uint32_t)offset;
	uint32_t mask;

	if (!legal(offset, width))
		return;
	if (width == 8) {
		if (write_ims_address(m, at, value) || write_perfmon(m, at, value))
			return;
		write32(m, at, (uint32_t)value, UINT32_MAX);
		write32(m, at + 4, (uint32_t)(value >> 32), UINT32_MAX);
		return;
	}
	mask = (UINT32_MAX >> (32 - 8 * width)) << (at % 4 * 8);
	write32(m, at & ~3U, (uint32_t)value << (at % 4 * 8), mask);
}
