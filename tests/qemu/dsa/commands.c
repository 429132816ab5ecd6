/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Administrative commands (3.15, 9.2.12 to 9.2.14). A command is checked when it is written, takes its modelled time,
 * waits for the descriptors it has to wait for, and then changes states and reports.
 */
#include <string.h>

#include "tests/qemu/dsa/model.h"

#define ALL_WQS ((UINT32_C(1) << DSA_MODEL_WQS) - 1)

static bool has_handle_commands(const struct dsa_model *m)
{
	return m->config.cmdcap;
}

/* ---- Enable Device (3.4) ---- */

static uint8_t check_groups(const struct dsa_model *m)
{
	uint32_t wqs_seen = 0;
	uint64_t engines_seen = 0;

	for (unsigned g = 0; g < DSA_MODEL_GROUPS; g++) {
		const struct dsa_group *group = &m->groups[g];
		const uint64_t wqs = group->wqs[0];

		if ((wqs & ~(uint64_t)ALL_WQS) || group->wqs[1] || group->wqs[2] || group->wqs[3])
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
	const uint64_t known = DSA_GRPFLAGS_TC_A | DSA_GRPFLAGS_TC_B | DSA_GRPFLAGS_RB_GLOBAL |
	                       DSA_GRPFLAGS_RB_RESERVED | DSA_GRPFLAGS_RB_ALLOWED;

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

static uint8_t check_enable_device(const struct dsa_model *m)
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
	return error ? error : check_read_buffers(m);
}

/* ---- Enable WQ (3.5) ---- */

static uint8_t check_occupancy_handle(const struct dsa_model *m, const struct dsa_wq *wq)
{
	uint32_t handle = FIELD_GET(DSA_WQCFG4_INT_HANDLE, wq->cfg[4]);
	bool ims = (wq->cfg[4] & DSA_WQCFG4_INT_IMS) != 0;

	if (handle >= (ims ? DSA_MODEL_IMS : DSA_MODEL_VECTORS))
		return DSA_CMDERR_WQ_OCC_INT;
	if (has_handle_commands(m) && handle && !(ims ? m->ims_granted[handle] : m->msix_granted[handle]))
		return DSA_CMDERR_WQ_OCC_INT;
	return 0;
}

static uint8_t check_enable_wq(const struct dsa_model *m, uint32_t index)
{
	const uint64_t gencap = dsa_gencap(m);
	uint64_t max_xfer = FIELD_GET(DSA_GENCAP_MAX_XFER, gencap);
	const struct dsa_wq *wq;
	uint32_t mode;
	bool grouped = false;

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
	return check_occupancy_handle(m, wq);
}

/* ---- commands on a set of WQs ---- */

static uint32_t wq_set(uint32_t operand)
{
	uint32_t group = FIELD_GET(DSA_CMD_WQ_GROUP, operand);
	uint32_t bitmap = FIELD_GET(DSA_CMD_WQ_BITMAP, operand);

	/* Whatever lies beyond the last WQ is shown as one bit that no WQ has. */
	if (group)
		return bitmap ? BIT32(31) : 0;
	return (bitmap & ALL_WQS) | (bitmap & ~ALL_WQS ? BIT32(31) : 0);
}

static uint8_t check_wq_set(const struct dsa_model *m, uint32_t operand, bool must_be_enabled)
{
	uint32_t set = wq_set(operand);

	if (set & BIT32(31))
		return DSA_CMDERR_INVALID_WQ;
	for (unsigned w = 0; w < DSA_MODEL_WQS && must_be_enabled; w++) {
		if ((set & BIT32(w)) && m->wqs[w].state != DSA_WQ_ENABLED)
			return DSA_CMDERR_WQ_NOT_ENABLED;
	}
	return 0;
}

static uint8_t check_handle(uint32_t operand)
{
	uint32_t index = FIELD_GET(DSA_CMD_HANDLE_INDEX, operand);

	return index < (operand & DSA_CMD_HANDLE_IMS ? DSA_MODEL_IMS : DSA_MODEL_VECTORS) ? 0 : DSA_CMDERR_INT_INDEX;
}

/* The bits of CMD that mean nothing for this command (3.15, 9.2.12). */
static uint32_t reserved_bits(uint32_t code)
{
	const uint32_t always = ~(DSA_CMD_REQ_INT | DSA_CMD_CODE | DSA_CMD_OPERAND);

	switch (code) {
	case DSA_CMD_ENABLE_WQ:
		return always | GENMASK32(19, 8);
	case DSA_CMD_DISABLE_WQ:
	case DSA_CMD_DRAIN_WQ:
	case DSA_CMD_ABORT_WQ:
	case DSA_CMD_RESET_WQ:
	case DSA_CMD_DRAIN_PASID:
	case DSA_CMD_ABORT_PASID:
		return always;
	case DSA_CMD_REQUEST_INT_HANDLE:
	case DSA_CMD_RELEASE_INT_HANDLE:
		return always | GENMASK32(19, 17);
	default:
		return always | DSA_CMD_OPERAND;
	}
}

static uint8_t check(const struct dsa_model *m, uint32_t value)
{
	const uint32_t code = FIELD_GET(DSA_CMD_CODE, value);
	const uint32_t operand = FIELD_GET(DSA_CMD_OPERAND, value);

	if (!code || code > DSA_CMD_RELEASE_INT_HANDLE ||
	    (code >= DSA_CMD_REQUEST_INT_HANDLE && !has_handle_commands(m)))
		return DSA_CMDERR_INVALID_CMD;
	if (m->state == DSA_STATE_HALT && (code != DSA_CMD_RESET_DEVICE || m->reset_type != DSA_RESET_SOFTWARE))
		return DSA_CMDERR_HALTED;
	if (value & reserved_bits(code))
		return DSA_CMDERR_RESERVED;
	switch (code) {
	case DSA_CMD_ENABLE_DEVICE:
		return check_enable_device(m);
	case DSA_CMD_DISABLE_DEVICE:
		return m->state == DSA_STATE_ENABLED ? 0 : DSA_CMDERR_DISABLE_DEV;
	case DSA_CMD_ENABLE_WQ:
		return check_enable_wq(m, operand);
	case DSA_CMD_DISABLE_WQ:
	case DSA_CMD_DRAIN_WQ:
	case DSA_CMD_ABORT_WQ:
		return check_wq_set(m, operand, true);
	case DSA_CMD_RESET_WQ:
		return check_wq_set(m, operand, false);
	case DSA_CMD_REQUEST_INT_HANDLE:
	case DSA_CMD_RELEASE_INT_HANDLE:
		return check_handle(operand);
	default:
		return 0;
	}
}

/* ---- what a command works on ---- */

static uint32_t targets(uint32_t code, uint32_t operand)
{
	switch (code) {
	case DSA_CMD_DISABLE_WQ:
	case DSA_CMD_DRAIN_WQ:
	case DSA_CMD_ABORT_WQ:
	case DSA_CMD_RESET_WQ:
		return wq_set(operand);
	case DSA_CMD_DISABLE_DEVICE:
	case DSA_CMD_DRAIN_ALL:
	case DSA_CMD_ABORT_ALL:
	case DSA_CMD_RESET_DEVICE:
	case DSA_CMD_DRAIN_PASID:
	case DSA_CMD_ABORT_PASID:
		return ALL_WQS;
	default:
		return 0;
	}
}

static uint32_t pasid_filter(uint32_t code, uint32_t operand)
{
	return code == DSA_CMD_DRAIN_PASID || code == DSA_CMD_ABORT_PASID ? operand : DSA_NO_PASID;
}

static bool abandons(const struct dsa_model *m, uint32_t code)
{
	switch (code) {
	case DSA_CMD_ABORT_ALL:
	case DSA_CMD_ABORT_WQ:
	case DSA_CMD_ABORT_PASID:
	case DSA_CMD_RESET_WQ:
	case DSA_CMD_RESET_DEVICE:
		return true;
	case DSA_CMD_DISABLE_DEVICE:
	case DSA_CMD_DISABLE_WQ:
		return dsa_is_wrong(m, DSA_FAULT_DISABLE_DROPS);
	default:
		return false;
	}
}

static bool disables(uint32_t code)
{
	return code == DSA_CMD_DISABLE_DEVICE || code == DSA_CMD_DISABLE_WQ || code == DSA_CMD_RESET_WQ ||
	       code == DSA_CMD_RESET_DEVICE;
}

static void begin(struct dsa_model *m, uint32_t code, uint32_t operand)
{
	const uint32_t set = targets(code, operand);

	for (unsigned w = 0; w < DSA_MODEL_WQS; w++) {
		if (!(set & BIT32(w)))
			continue;
		if (disables(code) && m->wqs[w].state == DSA_WQ_ENABLED)
			m->wqs[w].state = DSA_WQ_BUSY;
		if (abandons(m, code))
			dsa_wq_drop(m, w, pasid_filter(code, operand));
	}
	if (code == DSA_CMD_DISABLE_DEVICE || code == DSA_CMD_RESET_DEVICE)
		m->state = DSA_STATE_DRAIN;
}

/* The states after the command. Returns the result field. */
static uint32_t finish(struct dsa_model *m, uint32_t code, uint32_t operand)
{
	const uint32_t set = targets(code, operand);
	const uint32_t index = FIELD_GET(DSA_CMD_HANDLE_INDEX, operand);

	for (unsigned w = 0; w < DSA_MODEL_WQS && disables(code); w++) {
		if (set & BIT32(w))
			m->wqs[w].state = DSA_WQ_DISABLED;
	}
	switch (code) {
	case DSA_CMD_ENABLE_DEVICE:
		m->state = DSA_STATE_ENABLED;
		break;
	case DSA_CMD_DISABLE_DEVICE:
		m->state = DSA_STATE_DISABLED;
		break;
	case DSA_CMD_RESET_DEVICE:
		m->state = DSA_STATE_DISABLED;
		m->reset_type = 0;
		dsa_config_reset(m);
		m->ops->msix_forget(m->ctx);
		break;
	case DSA_CMD_ENABLE_WQ:
		if (!dsa_is_wrong(m, DSA_FAULT_WQ_STAYS_DISABLED))
			m->wqs[operand].state = DSA_WQ_ENABLED;
		dsa_occupancy_check(m, operand);
		break;
	case DSA_CMD_RESET_WQ:
		for (unsigned w = 0; w < DSA_MODEL_WQS; w++) {
			if (set & BIT32(w))
				dsa_wqcfg_reset(m, w, true);
		}
		break;
	case DSA_CMD_REQUEST_INT_HANDLE:
	case DSA_CMD_RELEASE_INT_HANDLE:
		*(operand & DSA_CMD_HANDLE_IMS ? &m->ims_granted[index] : &m->msix_granted[index]) =
		        code == DSA_CMD_REQUEST_INT_HANDLE;
		return code == DSA_CMD_REQUEST_INT_HANDLE ? index : 0;
	default:
		break;
	}
	return 0;
}

void dsa_command(struct dsa_model *m, uint32_t value)
{
	const uint32_t code = FIELD_GET(DSA_CMD_CODE, value);
	const uint32_t operand = FIELD_GET(DSA_CMD_OPERAND, value);
	uint8_t error;

	if (m->cmdsts & DSA_CMDSTS_ACTIVE) {
		dsa_report_error(m, &(struct dsa_error){.code = DSA_SWERR_CMD_ACTIVE});
		return;
	}
	error = check(m, value);
	m->cmd = value;
	m->cmdsts = DSA_CMDSTS_ACTIVE | error;
	m->cmd_seq = m->next_seq;
	m->cmd_ready_at = m->ops->now(m->ctx) + m->config.command_ns;
	if (!error)
		begin(m, code, operand);
	dsa_kick(m);
}

static bool waits(const struct dsa_model *m, uint32_t code, uint32_t operand)
{
	const uint32_t set = targets(code, operand);

	if (dsa_is_wrong(m, DSA_FAULT_COMMAND_HANGS) && code == DSA_CMD_DRAIN_WQ)
		return true;
	if (dsa_is_wrong(m, DSA_FAULT_DRAIN_EARLY) && !abandons(m, code))
		return false;
	return set && dsa_outstanding(m, set, pasid_filter(code, operand), m->cmd_seq);
}

static void end(struct dsa_model *m, uint32_t cmdsts)
{
	m->cmdsts = cmdsts;
	if ((m->cmd & DSA_CMD_REQ_INT) && !dsa_is_wrong(m, DSA_FAULT_COMMAND_INTERRUPT_LOST))
		dsa_raise_cause(m, DSA_INTCAUSE_COMMAND);
}

void dsa_command_progress(struct dsa_model *m)
{
	const uint32_t code = FIELD_GET(DSA_CMD_CODE, m->cmd);
	const uint32_t operand = FIELD_GET(DSA_CMD_OPERAND, m->cmd);
	uint32_t error = FIELD_GET(DSA_CMDSTS_ERROR, m->cmdsts);
	uint32_t result = 0;

	if (!(m->cmdsts & DSA_CMDSTS_ACTIVE) || m->ops->now(m->ctx) < m->cmd_ready_at)
		return;
	if (!error) {
		if (waits(m, code, operand))
			return;
		result = finish(m, code, operand);
	} else if (dsa_is_wrong(m, DSA_FAULT_COMMAND_ERROR)) {
		error = 0;
	}
	end(m, FIELD_PREP(DSA_CMDSTS_ERROR, error) | FIELD_PREP(DSA_CMDSTS_RESULT, result));
}

void dsa_command_halted(struct dsa_model *m)
{
	if (m->cmdsts & DSA_CMDSTS_ACTIVE)
		end(m, DSA_CMDERR_HALTED);
}

uint64_t dsa_command_capability(const struct dsa_model *m)
{
	return has_handle_commands(m) ? GENMASK64(DSA_CMD_RELEASE_INT_HANDLE, DSA_CMD_ENABLE_DEVICE) : 0;
}
