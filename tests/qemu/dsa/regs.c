/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * BAR0 (9.2): the registers that are no table, access rules, reset.
 * Everything is done in double words with a mask of the bytes that are really written.
 */
#include <string.h>

#include "tests/qemu/dsa/model.h"

/* An offset without a register, for DSA_FAULT_UNLISTED_SCRATCH. */
#define UNLISTED 0x18

/* ---- reset ---- */

void dsa_config_reset(struct dsa_model *m)
{
	m->genctrl = 0;
	m->intcause = 0;
	memset(m->evlcfg, 0, sizeof(m->evlcfg));
	m->cmdparam = 0;
	dsa_idpt_reset(m);
	m->gencfg = FIELD_PREP(DSA_GENCFG_RB_LIMIT, DSA_MODEL_READ_BUFFERS);
	if (!dsa_is_wrong(m, DSA_FAULT_RESET_INTERRUPTS))
		dsa_interrupts_reset(m);
	dsa_perfmon_reset(m);
	if (dsa_is_wrong(m, DSA_FAULT_RESET_KEEPS))
		return;
	dsa_groups_reset(m);
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
	m->evl_head = 0;
	m->evl_tail = 0;
	m->evl_pending = false;
	m->evl_has_kept = false;
	dsa_groups_reset(m);
	dsa_interrupts_reset(m);
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
	/* What only the platform's reset can mend stays broken (5.7). */
	if (state == DSA_STATE_HALT && reset_type > DSA_RESET_FLR) {
		m->state = state;
		m->reset_type = reset_type;
	}
}

/* ---- read ---- */

static uint32_t half(uint64_t value, uint32_t offset)
{
	return (uint32_t)(offset & 4 ? value >> 32 : value);
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
		return dsa_version(m) | (dsa_is_wrong(m, DSA_FAULT_VERSION_RESERVED) ? BIT32(31) : 0);
	case DSA_GENCAP:
	case DSA_GENCAP + 4:
		return half(dsa_gencap(m), offset);
	case DSA_WQCAP:
	case DSA_WQCAP + 4:
		return half(dsa_wqcap(m), offset);
	case DSA_GRPCAP:
	case DSA_GRPCAP + 4:
		return half(dsa_grpcap(m), offset);
	case DSA_ENGCAP:
	case DSA_ENGCAP + 4:
		return half(dsa_engcap(m), offset);
	case DSA_OPCAP:
	case DSA_OPCAP + 4:
		return half(dsa_opcap(m, 0) | (dsa_is_wrong(m, DSA_FAULT_OPCAP_EXTRA) ? BIT64(0x16) : 0), offset);
	case DSA_OFFSETS:
	case DSA_OFFSETS + 4:
		return half(offsets, offset);
	case DSA_OFFSETS + 8:
		return (uint32_t)(FIELD_PREP(DSA_OFFSETS_PERFMON, DSA_MODEL_PERFMON / DSA_OFFSETS_UNIT) |
		                  FIELD_PREP(DSA_OFFSETS_IDPT,
		                             m->config.version2 ? DSA_MODEL_IDPT_TABLE / DSA_OFFSETS_UNIT : 0));
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
	case DSA_EVLCFG:
	case DSA_EVLCFG + 4:
	case DSA_EVLCFG + 8:
	case DSA_EVLCFG + 12:
		return half(m->evlcfg[(offset - DSA_EVLCFG) / 8], offset);
	case DSA_EVLSTATUS:
	case DSA_EVLSTATUS + 4:
		return half(dsa_evl_status(m), offset);
	case DSA_IDCAP:
	case DSA_IDCAP + 4:
		return half(dsa_idcap(m), offset);
	case DSA_IDBR:
		return m->idbr;
	case DSA_CMDPARAM:
	case DSA_CMDPARAM + 4:
		return half(m->cmdparam, offset);
	default:
		if (offset >= DSA_SWERROR && offset < DSA_SWERROR + 32)
			return half(m->swerror[(offset - DSA_SWERROR) / 8], offset);
		return dsa_table_read(m, offset);
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

/* What version 2 has more. Returns whether it is there. */
static bool write_version2(struct dsa_model *m, uint32_t offset, uint32_t value, uint32_t mask)
{
	static const uint64_t evlcfg[] = {DSA_EVLCFG_PASID_EN | DSA_EVLCFG_PRIV | DSA_EVLCFG_BASE,
	                                  DSA_EVLCFG_SIZE | DSA_EVLCFG_PASID};
	const unsigned shift = offset & 4 ? 32 : 0, word = (offset & 8) / 8;

	switch (offset & ~7U) {
	case DSA_EVLCFG:
	case DSA_EVLCFG + 8:
		if (m->state == DSA_STATE_DISABLED || dsa_is_wrong(m, DSA_FAULT_EVL_UNLOCKED))
			merge64(&m->evlcfg[word], offset, value, mask & half(evlcfg[word], offset));
		return true;
	case DSA_EVLSTATUS:
		dsa_evl_write_status(m, (uint64_t)value << shift, (uint64_t)mask << shift);
		return true;
	case DSA_IDBR:
		if (m->state == DSA_STATE_DISABLED && !shift)
			merge32(&m->idbr, value,
			        mask & (DSA_IDBR_PASID_EN | DSA_IDBR_PRIV | DSA_IDBR_TC | DSA_IDBR_PASID));
		return true;
	case DSA_CMDPARAM:
		merge64(&m->cmdparam, offset, value, mask);
		return true;
	default:
		return false;
	}
}

static void write32(struct dsa_model *m, uint32_t offset, uint32_t value, uint32_t mask)
{
	const bool evl = FIELD_GET(DSA_GENCAP_EVENT_LOG, dsa_gencap(m)) != 0;

	if (m->config.version2 && write_version2(m, offset, value, mask))
		return;
	switch (offset) {
	case DSA_GENCFG:
		if (m->state == DSA_STATE_DISABLED || dsa_is_wrong(m, DSA_FAULT_GENCFG_UNLOCKED))
			merge32(&m->gencfg, value,
			        mask & (DSA_GENCFG_RB_LIMIT | DSA_GENCFG_USER_INT | (evl ? DSA_GENCFG_EVL : 0)));
		break;
	case DSA_GENCTRL:
		if (dsa_is_wrong(m, DSA_FAULT_GENCTRL_STICKY))
			mask &= value;
		merge32(&m->genctrl, value,
		        mask & (DSA_GENCTRL_SWERR_INT | DSA_GENCTRL_HALT_INT | (evl ? DSA_GENCTRL_EVL_INT : 0)));
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
		dsa_table_write(m, offset, value, mask);
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
		if (dsa_table_write64(m, at, value))
			return;
		write32(m, at, (uint32_t)value, UINT32_MAX);
		write32(m, at + 4, (uint32_t)(value >> 32), UINT32_MAX);
		return;
	}
	mask = (UINT32_MAX >> (32 - 8 * width)) << (at % 4 * 8);
	write32(m, at & ~3U, (uint32_t)value << (at % 4 * 8), mask);
}
