/* SPDX-License-Identifier: BSD-2-Clause */
/* SWERROR (9.2.15), and how the driver itself says what went wrong. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdarg.h>
#include <stdio.h>

#include "drivers/dsa/dsa.h"
#include "kernel/mmio.h"

int dsa_fail(struct dsa *dsa, int err, uint32_t code, const char *format, ...)
{
	va_list ap;

	dsa->error.err = err;
	dsa->error.code = code;
	va_start(ap, format);
	vsnprintf(dsa->error.text, sizeof(dsa->error.text), format, ap);
	va_end(ap);
	return err;
}

int dsa_swerror_read(const struct dsa *dsa, struct dsa_swerror *e)
{
	*e = (struct dsa_swerror){0};
	for (unsigned i = 0; i < 4; i++)
		e->raw[i] = mmio_read64(dsa->regs, DSA_SWERROR + 8 * i);
	if (!(e->raw[0] & DSA_SWERROR_VALID))
		return -ENOENT;
	dsa_swerror_decode(e);
	return 0;
}

void dsa_swerror_decode(struct dsa_swerror *e)
{
	e->overflow = (e->raw[0] & DSA_SWERROR_OVERFLOW) != 0;
	e->info_valid = (e->raw[0] & DSA_SWERROR_INFO_VALID) != 0;
	e->desc_valid = (e->raw[0] & DSA_SWERROR_DESC_VALID) != 0;
	e->wq_valid = (e->raw[0] & DSA_SWERROR_WQ_VALID) != 0;
	e->batch = (e->raw[0] & DSA_SWERROR_BATCH) != 0;
	e->write = (e->raw[0] & DSA_SWERROR_WRITE) != 0;
	e->privileged = (e->raw[0] & DSA_SWERROR_PRIV) != 0;
	e->code = FIELD_GET(DSA_SWERROR_CODE, e->raw[0]);
	e->wq = FIELD_GET(DSA_SWERROR_WQ, e->raw[0]);
	e->opcode = FIELD_GET(DSA_SWERROR_OPCODE, e->raw[0]);
	e->pasid = (uint32_t)FIELD_GET(DSA_SWERROR_PASID, e->raw[0]);
	e->batch_index = FIELD_GET(DSA_SWERROR_BATCH_INDEX, e->raw[1]);
	e->info = (uint32_t)FIELD_GET(DSA_SWERROR_INFO, e->raw[1]);
	e->address = e->raw[2];
}

void dsa_swerror_clear(struct dsa *dsa)
{
	mmio_write64(dsa->regs, DSA_SWERROR, DSA_SWERROR_VALID | DSA_SWERROR_OVERFLOW);
}

const char *dsa_swerror_words(const struct dsa_swerror *e, char *text, size_t size)
{
	char where[64] = "", what[64] = "";

	if (e->wq_valid)
		snprintf(where, sizeof(where), ", WQ %u", e->wq);
	if (e->desc_valid)
		snprintf(what, sizeof(what), ", %s, PASID 0x%x", dsa_opcode_name(e->opcode), (unsigned)e->pasid);
	snprintf(text, size, "SWERROR 0x%02x: %s%s%s%s", e->code, dsa_status_name(e->code), where, what,
	         e->overflow ? ", and more were lost" : "");
	return text;
}

const char *dsa_state_words(const struct dsa *dsa, char *text, size_t size)
{
	static const char *const resets[] = {"Reset Device", "a function level reset", "a warm reset", "a cold reset"};
	uint32_t gensts = mmio_read32(dsa->regs, DSA_GENSTS);
	unsigned state = FIELD_GET(DSA_GENSTS_STATE, gensts);

	snprintf(text, size, "GENSTS 0x%x: %s%s%s", (unsigned)gensts, dsa_state_name(state),
	         state == DSA_STATE_HALT ? ", wants " : "",
	         state == DSA_STATE_HALT ? resets[FIELD_GET(DSA_GENSTS_RESET_TYPE, gensts)] : "");
	return text;
}

const char *dsa_aer_take(struct dsa *dsa, char *text, size_t size)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
	        {PCI_ERR_UNC_POISON_TLP, "poisoned TLP"},    {PCI_ERR_UNC_COMP_TIME, "completion time-out"},
	        {PCI_ERR_UNC_COMP_ABORT, "completer abort"}, {PCI_ERR_UNC_UNX_COMP, "unexpected completion"},
	        {PCI_ERR_UNC_MALF_TLP, "malformed TLP"},     {PCI_ERR_UNC_UNSUP, "unsupported request"},
	        {PCI_ERR_UNC_INTN, "internal error"},
	};
	unsigned aer = pci_ext_capability(dsa->pci, PCI_EXT_CAP_ID_ERR);
	uint32_t status = aer ? pci_read32(dsa->pci, aer + PCI_ERR_UNCOR_STATUS) : 0;

	text[0] = '\0';
	if (!status || status == UINT32_MAX)
		return text;
	pci_write32(dsa->pci, aer + PCI_ERR_UNCOR_STATUS, status);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (status & names[i].bit) {
			snprintf(text, size, "AER: %s", names[i].name);
			return text;
		}
	}
	snprintf(text, size, "AER: status 0x%08x", (unsigned)status);
	return text;
}
