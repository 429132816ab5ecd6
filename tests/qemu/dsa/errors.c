/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SWERROR and the halt state (5.7, 9.2.15). */
#include "tests/qemu/dsa/model.h"

/* What SWERROR says beside the code: before version 2, of invalid flags alone. Returns whether it says anything. */
static bool information(const struct dsa_model *m, const struct dsa_error *error, uint32_t *info)
{
	const uint8_t code = error->code;

	*info = 0;
	if (code == DSA_COMP_INVALID_FLAGS)
		*info = FIELD_PREP(DSA_INFO_FLAGS, error->flags);
	else if (!m->config.version2)
		return false;
	else if (code == DSA_COMP_INT_HANDLE_INVAL)
		*info = FIELD_PREP(DSA_INFO_HANDLE, (uint32_t)error->handle);
	else if (code >= DSA_COMP_ID_HANDLE && code <= DSA_COMP_ID_UPDATE)
		*info = FIELD_PREP(DSA_INFO_HANDLE, (uint32_t)error->idpt_handle);
	else if (dsa_is_page_fault(code))
		*info = FIELD_PREP(DSA_INFO_OPERAND, (uint32_t)error->operand) |
		        FIELD_PREP(DSA_INFO_HANDLE, (uint32_t)error->idpt_handle);
	else
		return false;
	return true;
}

void dsa_error_words(const struct dsa_model *m, const struct dsa_error *error, uint64_t *first, uint64_t *second,
                     uint64_t *address)
{
	uint32_t info;
	const bool valid = information(m, error, &info);

	*first = DSA_SWERROR_VALID | FIELD_PREP(DSA_SWERROR_CODE, error->code);
	*second = FIELD_PREP(DSA_SWERROR_INFO, info);
	*address = error->address;
	if (m->config.version2 && valid)
		*first |= DSA_SWERROR_INFO_VALID;
	if (error->wq_valid)
		*first |= DSA_SWERROR_WQ_VALID |
		          FIELD_PREP(DSA_SWERROR_WQ, error->wq ^ dsa_is_wrong(m, DSA_FAULT_SWERROR_WQ));
	if (error->write)
		*first |= DSA_SWERROR_WRITE;
	if (!error->entry)
		return;
	*first |= DSA_SWERROR_DESC_VALID | FIELD_PREP(DSA_SWERROR_OPCODE, error->opcode);
	if (error->entry->pasid != DSA_NO_PASID)
		*first |= FIELD_PREP(DSA_SWERROR_PASID, error->entry->pasid);
	if (error->entry->priv)
		*first |= DSA_SWERROR_PRIV;
	if (error->in_batch) {
		*first |= DSA_SWERROR_BATCH;
		*second |= FIELD_PREP(DSA_SWERROR_BATCH_INDEX, error->batch_index);
	}
}

void dsa_report_error(struct dsa_model *m, const struct dsa_error *error)
{
	uint64_t first;

	if (dsa_evl_takes(m, error->code)) {
		dsa_evl_report(m, error);
		return;
	}
	if (dsa_is_wrong(m, DSA_FAULT_SWERROR_LOST))
		return;
	if ((m->swerror[0] & DSA_SWERROR_VALID) && !dsa_is_wrong(m, DSA_FAULT_SWERROR_LAST)) {
		if (!dsa_is_wrong(m, DSA_FAULT_SWERROR_OVERFLOW_LOST))
			m->swerror[0] |= DSA_SWERROR_OVERFLOW;
		return;
	}
	dsa_error_words(m, error, &first, &m->swerror[1], &m->swerror[2]);
	m->swerror[3] = 0;
	/* An overflow that software has not cleared yet stays. */
	m->swerror[0] = first | (m->swerror[0] & DSA_SWERROR_OVERFLOW);
	if ((m->genctrl & DSA_GENCTRL_SWERR_INT) && !dsa_is_wrong(m, DSA_FAULT_SWERROR_SILENT))
		dsa_raise_cause(m, DSA_INTCAUSE_SWERR);
}

void dsa_report_hardware(struct dsa_model *m, uint32_t uncorrectable)
{
	if (m->ops->hardware_error)
		m->ops->hardware_error(m->ctx, uncorrectable);
}

void dsa_halt(struct dsa_model *m, uint8_t reset_type)
{
	m->state = DSA_STATE_HALT;
	m->reset_type = reset_type;
	for (unsigned i = 0; i < DSA_MODEL_WQS; i++) {
		/* Off first: a queue that is lost is no occupancy event. */
		m->wqs[i].state = DSA_WQ_DISABLED;
		dsa_wq_drop(m, i, DSA_NO_PASID);
		m->wqs[i].in_flight = 0;
	}
	dsa_engines_clear(m);
	dsa_command_halted(m);
	if (m->genctrl & DSA_GENCTRL_HALT_INT)
		dsa_raise_cause(m, DSA_INTCAUSE_HALT);
}

void dsa_model_pci_changed(struct dsa_model *m, const struct dsa_model_pci *pci)
{
	bool differs = m->pci.bus_master != pci->bus_master || m->pci.pasid != pci->pasid ||
	               m->pci.pasid_priv != pci->pasid_priv || m->pci.ats != pci->ats || m->pci.prs != pci->prs;

	if (!pci->prs)
		m->page_requests_failed = false;
	m->pci = *pci;
	if (!differs || dsa_is_wrong(m, DSA_FAULT_HALT_MISSING) || m->state == DSA_STATE_DISABLED ||
	    m->state == DSA_STATE_HALT)
		return;
	dsa_report_error(m, &(struct dsa_error){.code = DSA_SWERR_CONFIG_CHANGED});
	dsa_halt(m, DSA_RESET_FLR);
}
