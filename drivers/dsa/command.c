/* SPDX-License-Identifier: BSD-2-Clause */
/* Administrative commands (3.15, 9.2.12, 9.2.13): one at a time, and each wait has an end. */
#include <errno.h>

#include "drivers/dsa/dsa.h"
#include "kernel/mmio.h"
#include "kernel/time.h"

bool dsa_command_active(const struct dsa *dsa)
{
	return (mmio_read32(dsa->regs, DSA_CMDSTS) & DSA_CMDSTS_ACTIVE) != 0;
}

bool dsa_has_command(const struct dsa *dsa, enum dsa_command command)
{
	return (dsa->caps.cmdcap >> command) & 1U;
}

int dsa_command_start(struct dsa *dsa, enum dsa_command command, uint32_t operand, bool interrupt)
{
	uint32_t cmdsts = mmio_read32(dsa->regs, DSA_CMDSTS);

	if (cmdsts & DSA_CMDSTS_ACTIVE)
		return dsa_fail(dsa, -EBUSY, cmdsts, "CMDSTS 0x%08x: a command is active, %s not started",
		                (unsigned)cmdsts, dsa_command_name(command));
	mmio_write32(dsa->regs, DSA_CMD,
	             FIELD_PREP(DSA_CMD_CODE, (uint32_t)command) | FIELD_PREP(DSA_CMD_OPERAND, operand) |
	                     (interrupt ? DSA_CMD_REQ_INT : 0));
	return 0;
}

int dsa_command_finish(struct dsa *dsa, enum dsa_command command, unsigned timeout_us, uint32_t *result)
{
	bool ended = WAIT_FOR(!dsa_command_active(dsa), timeout_us);
	uint32_t cmdsts = mmio_read32(dsa->regs, DSA_CMDSTS);
	unsigned code = FIELD_GET(DSA_CMDSTS_ERROR, cmdsts);

	if (!ended)
		return dsa_fail(dsa, -ETIMEDOUT, cmdsts, "CMDSTS 0x%08x: still active after %u us (%s)",
		                (unsigned)cmdsts, timeout_us, dsa_command_name(command));
	if (code)
		return dsa_fail(dsa, -EIO, cmdsts, "CMDSTS 0x%08x: %s (%s)", (unsigned)cmdsts, dsa_cmd_error_name(code),
		                dsa_command_name(command));
	if (result)
		*result = FIELD_GET(DSA_CMDSTS_RESULT, cmdsts);
	return 0;
}

int dsa_command(struct dsa *dsa, enum dsa_command command, uint32_t operand, uint32_t *result)
{
	int rc = dsa_command_start(dsa, command, operand, false);

	return rc ? rc : dsa_command_finish(dsa, command, DSA_COMMAND_TIMEOUT_US, result);
}

/* What Reset Device and FLR take away and a running device needs: reports of errors. */
static void report_errors(struct dsa *dsa)
{
	mmio_write32(dsa->regs, DSA_GENCTRL,
	             DSA_GENCTRL_SWERR_INT | DSA_GENCTRL_HALT_INT | (dsa_has_evl(dsa) ? DSA_GENCTRL_EVL_INT : 0));
}

int dsa_enable(struct dsa *dsa)
{
	report_errors(dsa);
	/* Without it, WQs with a PASID may not ask for completion interrupts (9.2.8). Locked unless Disabled. */
	if (dsa->caps.configurable)
		mmio_write32(dsa->regs, DSA_GENCFG, mmio_read32(dsa->regs, DSA_GENCFG) | DSA_GENCFG_USER_INT);
	return dsa_command(dsa, DSA_CMD_ENABLE_DEVICE, 0, NULL);
}

int dsa_disable(struct dsa *dsa)
{
	return dsa_command(dsa, DSA_CMD_DISABLE_DEVICE, 0, NULL);
}

int dsa_reset(struct dsa *dsa)
{
	int rc = dsa_command(dsa, DSA_CMD_RESET_DEVICE, 0, NULL);

	if (!rc)
		report_errors(dsa);
	return rc;
}

int dsa_wq_enable(struct dsa *dsa, unsigned wq)
{
	return dsa_command(dsa, DSA_CMD_ENABLE_WQ, wq, NULL);
}

int dsa_wq_disable(struct dsa *dsa, unsigned wq)
{
	return dsa_command(dsa, DSA_CMD_DISABLE_WQ, DSA_WQ_SET(wq), NULL);
}

int dsa_wq_drain(struct dsa *dsa, unsigned wq)
{
	return dsa_command(dsa, DSA_CMD_DRAIN_WQ, DSA_WQ_SET(wq), NULL);
}

int dsa_wq_abort(struct dsa *dsa, unsigned wq)
{
	return dsa_command(dsa, DSA_CMD_ABORT_WQ, DSA_WQ_SET(wq), NULL);
}

int dsa_wq_reset(struct dsa *dsa, unsigned wq)
{
	return dsa_command(dsa, DSA_CMD_RESET_WQ, DSA_WQ_SET(wq), NULL);
}
