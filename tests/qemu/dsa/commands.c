/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Administrative commands (3.15, 9.2.12 to 9.2.14); what Enable Device and Enable WQ look at is in enable.c. A command
 * is checked when it is written, takes its modelled time, waits for the descriptors it has to wait for, and then
 * changes states and reports.
 */
#include <string.h>

#include "tests/qemu/dsa/model.h"

/* ---- commands on a set of WQs ---- */

static uint32_t wq_set(uint32_t operand)
{
	uint32_t group = FIELD_GET(DSA_CMD_WQ_GROUP, operand);
	uint32_t bitmap = FIELD_GET(DSA_CMD_WQ_BITMAP, operand);

	/* Whatever lies beyond the last WQ is shown as one bit that no WQ has. */
	if (group)
		return bitmap ? BIT32(31) : 0;
	return (bitmap & DSA_MODEL_ALL_WQS) | (bitmap & ~DSA_MODEL_ALL_WQS ? BIT32(31) : 0);
}

static uint8_t check_wq_set(const struct dsa_model *m, uint32_t operand, bool must_be_enabled)
{
	uint32_t set = wq_set(operand);

	if ((set & BIT32(31)) && !dsa_is_wrong(m, DSA_FAULT_WQ_SET_UNCHECKED))
		return DSA_CMDERR_INVALID_WQ;
	for (unsigned w = 0; w < DSA_MODEL_WQS && must_be_enabled; w++) {
		if ((set & BIT32(w)) && m->wqs[w].state != DSA_WQ_ENABLED)
			return DSA_CMDERR_WQ_NOT_ENABLED;
	}
	return 0;
}

/*
 * What is released is named by its entry's number or by the handle itself: the specification says the one, and Linux
 * does the other.
 */
static uint8_t check_handle(const struct dsa_model *m, uint32_t code, uint32_t operand, unsigned *entry)
{
	const bool ims = (operand & DSA_CMD_HANDLE_IMS) != 0;

	if (code == DSA_CMD_RELEASE_INT_HANDLE &&
	    dsa_handle_entry(m, ims, (uint16_t)FIELD_GET(DSA_CMD_HANDLE_INDEX, operand), entry))
		return 0;
	*entry = FIELD_GET(DSA_CMD_HANDLE_INDEX, operand);
	return *entry < (ims ? DSA_MODEL_IMS : DSA_MODEL_VECTORS) ? 0 : DSA_CMDERR_INT_INDEX;
}

/* The highest code that there is. */
static uint32_t last_command(const struct dsa_model *m)
{
	if (!m->config.cmdcap)
		return DSA_CMD_ABORT_PASID;
	return m->config.version2 ? DSA_CMD_INVALIDATE_BITMAP : DSA_CMD_RELEASE_INT_HANDLE;
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
	case DSA_CMD_INVALIDATE_BITMAP:
		return always | GENMASK32(19, 17);
	case DSA_CMD_REQUEST_IDPT_HANDLE:
	case DSA_CMD_RELEASE_IDPT_HANDLE:
		return always | GENMASK32(19, 16);
	default:
		return always | DSA_CMD_OPERAND;
	}
}

static uint8_t check(const struct dsa_model *m, uint32_t value)
{
	const uint32_t code = FIELD_GET(DSA_CMD_CODE, value);
	const uint32_t operand = FIELD_GET(DSA_CMD_OPERAND, value);
	unsigned entry;

	if (dsa_is_wrong(m, DSA_FAULT_COMMAND_UNKNOWN) && code > DSA_CMD_INVALIDATE_BITMAP)
		return 0;
	if (!code || code > last_command(m))
		return DSA_CMDERR_INVALID_CMD;
	if (m->state == DSA_STATE_HALT && !dsa_is_wrong(m, DSA_FAULT_HALT_COMMANDS) &&
	    (code != DSA_CMD_RESET_DEVICE || m->reset_type != DSA_RESET_SOFTWARE))
		return DSA_CMDERR_HALTED;
	if (value & reserved_bits(code))
		return DSA_CMDERR_RESERVED;
	switch (code) {
	case DSA_CMD_ENABLE_DEVICE:
		if (dsa_is_wrong(m, DSA_FAULT_CONFIG_UNCHECKED) && m->state == DSA_STATE_DISABLED)
			return 0;
		return dsa_check_enable_device(m);
	case DSA_CMD_DISABLE_DEVICE:
		return m->state == DSA_STATE_ENABLED ? 0 : DSA_CMDERR_DISABLE_DEV;
	case DSA_CMD_ENABLE_WQ:
		if (dsa_is_wrong(m, DSA_FAULT_WQ_CONFIG_UNCHECKED) && operand < DSA_MODEL_WQS &&
		    m->state == DSA_STATE_ENABLED && m->wqs[operand].state == DSA_WQ_DISABLED)
			return 0;
		return dsa_check_enable_wq(m, operand);
	case DSA_CMD_DISABLE_WQ:
	case DSA_CMD_DRAIN_WQ:
	case DSA_CMD_ABORT_WQ:
		return check_wq_set(m, operand, true);
	case DSA_CMD_RESET_WQ:
		return check_wq_set(m, operand, false);
	case DSA_CMD_REQUEST_INT_HANDLE:
	case DSA_CMD_RELEASE_INT_HANDLE:
		return check_handle(m, code, operand, &entry);
	case DSA_CMD_REQUEST_IDPT_HANDLE:
	case DSA_CMD_RELEASE_IDPT_HANDLE:
		return operand < DSA_MODEL_IDPT ? 0 : DSA_CMDERR_IDPT_INDEX;
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
		return DSA_MODEL_ALL_WQS;
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
		return !dsa_is_wrong(m, DSA_FAULT_ABORT_IGNORED);
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
		if (!abandons(m, code))
			continue;
		dsa_wq_drop(m, w, pasid_filter(code, operand));
		dsa_pages_abort(m, w, pasid_filter(code, operand));
	}
	if (code == DSA_CMD_DISABLE_DEVICE || code == DSA_CMD_RESET_DEVICE)
		m->state = DSA_STATE_DRAIN;
}

/* The states after the command. Returns the result field. */
static uint32_t finish(struct dsa_model *m, uint32_t code, uint32_t operand)
{
	const uint32_t set = targets(code, operand);
	unsigned entry, handle;
	const bool stays = dsa_is_wrong(m, DSA_FAULT_WQ_STAYS_ENABLED) && code == DSA_CMD_DISABLE_WQ;

	for (unsigned w = 0; w < DSA_MODEL_WQS && disables(code); w++) {
		if (set & BIT32(w))
			m->wqs[w].state = stays ? DSA_WQ_ENABLED : DSA_WQ_DISABLED;
	}
	switch (code) {
	case DSA_CMD_ENABLE_DEVICE:
		m->state = DSA_STATE_ENABLED;
		dsa_evl_start(m);
		break;
	case DSA_CMD_DISABLE_DEVICE:
		m->state = dsa_is_wrong(m, DSA_FAULT_DEVICE_STAYS_ENABLED) ? DSA_STATE_ENABLED : DSA_STATE_DISABLED;
		break;
	case DSA_CMD_RESET_DEVICE:
		if (dsa_is_wrong(m, DSA_FAULT_RESET_SWERROR))
			memset(m->swerror, 0, sizeof(m->swerror));
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
				dsa_wqcfg_reset(m, w, !dsa_is_wrong(m, DSA_FAULT_RESET_WQ_SIZE));
		}
		break;
	case DSA_CMD_REQUEST_INT_HANDLE:
	case DSA_CMD_RELEASE_INT_HANDLE:
		(void)check_handle(m, code, operand, &entry);
		handle = dsa_handle_grant(m, (operand & DSA_CMD_HANDLE_IMS) != 0, entry,
		                          code == DSA_CMD_REQUEST_INT_HANDLE);
		return code == DSA_CMD_REQUEST_INT_HANDLE ? handle : 0;
	case DSA_CMD_REQUEST_IDPT_HANDLE:
		return dsa_idpt_grant(m, operand, true);
	case DSA_CMD_RELEASE_IDPT_HANDLE:
		(void)dsa_idpt_grant(m, operand, false);
		break;
	case DSA_CMD_INVALIDATE_BITMAP:
		dsa_bitmap_invalidate(m, m->cmdparam, operand);
		break;
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
		if (!dsa_is_wrong(m, DSA_FAULT_COMMAND_ACTIVE_SILENT))
			dsa_report_error(m, &(struct dsa_error){.code = DSA_SWERR_CMD_ACTIVE});
		return;
	}
	m->cmd_injection = dsa_inject(m, DSA_MOMENT_COMMAND);
	error = m->cmd_injection == DSA_INJECT_COMMAND_ERROR ? (uint8_t)DSA_CMDERR_INTERNAL : check(m, value);
	m->cmd = value;
	m->cmdsts = DSA_CMDSTS_ACTIVE | error;
	m->cmd_seq = m->next_seq;
	m->cmd_ready_at = dsa_now(m) + m->config.command_ns;
	if (m->cmd_injection == DSA_INJECT_COMMAND_LATE)
		m->cmd_ready_at += m->config.late_ns;
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
	if (dsa_is_wrong(m, DSA_FAULT_ABORT_IGNORED) && (code == DSA_CMD_ABORT_ALL || code == DSA_CMD_ABORT_WQ))
		return false;
	if (dsa_is_wrong(m, DSA_FAULT_DRAIN_PASID_EARLY) && code == DSA_CMD_DRAIN_PASID)
		return false;
	return set && dsa_outstanding(m, set, pasid_filter(code, operand), m->cmd_seq);
}

static bool interrupts(const struct dsa_model *m)
{
	if (dsa_is_wrong(m, DSA_FAULT_COMMAND_ERROR_SILENT) && (m->cmdsts & DSA_CMDSTS_ERROR))
		return false;
	if (!(m->cmd & DSA_CMD_REQ_INT))
		return dsa_is_wrong(m, DSA_FAULT_COMMAND_INTERRUPT_UNASKED);
	return !dsa_is_wrong(m, DSA_FAULT_COMMAND_INTERRUPT_LOST);
}

static void end(struct dsa_model *m, uint32_t cmdsts)
{
	m->cmdsts = cmdsts;
	if (dsa_is_wrong(m, DSA_FAULT_CMDSTS_RESULT))
		m->cmdsts |= FIELD_PREP(DSA_CMDSTS_RESULT, FIELD_GET(DSA_CMD_CODE, m->cmd));
	if (interrupts(m))
		dsa_raise_cause(m, DSA_INTCAUSE_COMMAND);
}

void dsa_command_progress(struct dsa_model *m)
{
	const uint32_t code = FIELD_GET(DSA_CMD_CODE, m->cmd);
	const uint32_t operand = FIELD_GET(DSA_CMD_OPERAND, m->cmd);
	uint32_t error = FIELD_GET(DSA_CMDSTS_ERROR, m->cmdsts);
	uint32_t result = 0;

	if (!(m->cmdsts & DSA_CMDSTS_ACTIVE) || dsa_now(m) < m->cmd_ready_at)
		return;
	m->cmd_ready_at = 0; /* from now on it waits for engines alone */
	if (m->cmd_injection == DSA_INJECT_COMMAND_HUNG)
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
	if (!(dsa_gencap(m) & DSA_GENCAP_CMDCAP))
		return 0;
	return GENMASK64(last_command(m), DSA_CMD_ENABLE_DEVICE);
}
