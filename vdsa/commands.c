/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtual commands (DSA 5.8.3, 9.2.12 to 9.2.14). A command is checked against the virtual state, then forwarded where
 * it has work to do on the physical WQ. Error codes of the physical device never reach the guest: they speak of the
 * host's configuration. What fails there is an internal error (03) here.
 */
#include <errno.h>

#include "vdsa/internal.h"

static uint8_t enable_device(struct vdsa *v, uint32_t operand, uint16_t *result)
{
	(void)operand;
	(void)result;
	if (vdsa_state(v) != DSA_STATE_DISABLED)
		return DSA_CMDERR_DEV_NOT_DISABLED;
	if (!vdsa_bus_master(v))
		return DSA_CMDERR_BUS_MASTER;
	vdsa_set_state(v, DSA_STATE_ENABLED, DSA_RESET_SOFTWARE);
	return DSA_CMDERR_SUCCESS;
}

static bool wq_enabled(const struct vdsa *v)
{
	return vdsa_wq_state(v) == DSA_WQ_ENABLED;
}

/* All of the guest's work in the WQ ends, then the WQ is off. */
static uint8_t wq_off(struct vdsa *v)
{
	int rc;

	vdsa_set_wq_state(v, DSA_WQ_BUSY);
	rc = vdsa_host_call(v, v->ops->wq_disable, true);
	if (rc != 0) {
		vdsa_set_wq_state(v, DSA_WQ_ENABLED);
		return DSA_CMDERR_INTERNAL;
	}
	v->host_on = false;
	vdsa_set_wq_state(v, DSA_WQ_DISABLED);
	return DSA_CMDERR_SUCCESS;
}

static uint8_t disable_device(struct vdsa *v, uint32_t operand, uint16_t *result)
{
	uint8_t error = DSA_CMDERR_SUCCESS;

	(void)operand;
	(void)result;
	if (vdsa_state(v) == DSA_STATE_DISABLED)
		return DSA_CMDERR_DISABLE_DEV;
	if (wq_enabled(v)) {
		vdsa_set_state(v, DSA_STATE_DRAIN, DSA_RESET_SOFTWARE);
		error = wq_off(v);
	}
	vdsa_set_state(v, error == DSA_CMDERR_SUCCESS ? DSA_STATE_DISABLED : DSA_STATE_ENABLED, DSA_RESET_SOFTWARE);
	return error;
}

/* Drain or abort what the guest has in the WQ; nothing if there can be nothing. */
static uint8_t wq_work(struct vdsa *v, int (*op)(void *ctx))
{
	if (!wq_enabled(v))
		return DSA_CMDERR_SUCCESS;
	/* Submissions to a WQ that is being drained or aborted are undefined (DSA 3.15), so the portals go meanwhile.
	 */
	return vdsa_host_call(v, op, true) == 0 ? DSA_CMDERR_SUCCESS : DSA_CMDERR_INTERNAL;
}

static uint8_t drain_all(struct vdsa *v, uint32_t operand, uint16_t *result)
{
	(void)operand;
	(void)result;
	return wq_work(v, v->ops->wq_drain);
}

static uint8_t abort_all(struct vdsa *v, uint32_t operand, uint16_t *result)
{
	(void)operand;
	(void)result;
	return wq_work(v, v->ops->wq_abort);
}

static uint8_t reset_device(struct vdsa *v, uint32_t operand, uint16_t *result)
{
	(void)operand;
	(void)result;
	vdsa_set_state(v, DSA_STATE_DRAIN, DSA_RESET_SOFTWARE);
	if (vdsa_stop_wq(v) != 0)
		return DSA_CMDERR_INTERNAL; /* and halt follows */
	/* The handle's entry stays allocated, but the guest must ask for it again. */
	v->handle_out = false;
	vdsa_vectors_reset(v, false);
	vdsa_vectors_flush(v);
	vdsa_registers_reset(v); /* SWERROR, CMD and the MSI-X table survive (DSA table 9-3) */
	vdsa_set_state(v, DSA_STATE_DISABLED, DSA_RESET_SOFTWARE);
	return DSA_CMDERR_SUCCESS;
}

/* The physical PASID for a WQ so configured: 0, or a CMDSTS error. */
static uint8_t wq_pasid(const struct vdsa *v, uint32_t wqcfg2, uint32_t *hpasid)
{
	*hpasid = v->hpasid;
	if (!(wqcfg2 & DSA_WQCFG2_PASID_EN))
		return DSA_CMDERR_SUCCESS;
	if (v->ops->pasid_translate == NULL ||
	    v->ops->pasid_translate(v->ctx, FIELD_GET(DSA_WQCFG2_PASID, wqcfg2), hpasid) != 0)
		return DSA_CMDERR_WQ_PASID;
	return DSA_CMDERR_SUCCESS;
}

static uint8_t enable_wq(struct vdsa *v, uint32_t operand, uint16_t *result)
{
	uint32_t wqcfg2 = v->wqcfg[2]; /* what is checked is what is used, whatever the guest writes meanwhile */
	uint32_t hpasid;
	uint8_t error;
	int rc;

	(void)result;
	if (operand != 0)
		return DSA_CMDERR_INVALID_WQ;
	if (vdsa_state(v) != DSA_STATE_ENABLED)
		return DSA_CMDERR_DEV_NOT_ENABLED;
	if (vdsa_wq_state(v) != DSA_WQ_DISABLED)
		return DSA_CMDERR_WQ_NOT_DISABLED;
	if (FIELD_GET(DSA_WQCFG0_SIZE, v->wqcfg[0]) == 0)
		return DSA_CMDERR_WQ_SIZE;
	if (!(v->wqcap & ((wqcfg2 & DSA_WQCFG2_DEDICATED) ? DSA_WQCAP_DEDICATED : DSA_WQCAP_SHARED)))
		return DSA_CMDERR_WQ_MODE;
	error = wq_pasid(v, wqcfg2, &hpasid);
	if (error != DSA_CMDERR_SUCCESS)
		return error;

	vdsa_set_wq_state(v, DSA_WQ_BUSY);
	vdsa_unlock(v);
	rc = v->ops->wq_set_pasid(v->ctx, hpasid, wqcfg2 & DSA_WQCFG2_PRIV);
	vdsa_lock(v);
	if (rc == 0) {
		v->host_on = true;
		rc = vdsa_host_call(v, v->ops->wq_enable, false);
		if (rc != 0 && rc != -ETIMEDOUT) /* after a time-out it may be on: the halt that follows disables it */
			v->host_on = false;
	}
	if (rc != 0) {
		vdsa_set_wq_state(v, DSA_WQ_DISABLED);
		if (rc == -ETIMEDOUT) {
			v->requests |= VDSA_REQ_HALT;
			return DSA_CMDERR_INTERNAL;
		}
		vdsa_unlock(v);
		rc = v->ops->wq_set_pasid(v->ctx, v->host.pasid_nobody, false);
		vdsa_lock(v);
		if (rc != 0)
			v->requests |= VDSA_REQ_HALT;
		return DSA_CMDERR_INTERNAL;
	}
	vdsa_set_wq_state(v, DSA_WQ_ENABLED);
	return DSA_CMDERR_SUCCESS;
}

enum wq_set {
	WQ_NONE,
	WQ_OURS,
	WQ_INVALID
};

/* The operand of commands 7 to 10: a bitmap within a group of 16 WQs. */
static enum wq_set wq_set(uint32_t operand)
{
	uint32_t bitmap = FIELD_GET(DSA_CMD_WQ_BITMAP, operand);

	if (bitmap == 0)
		return WQ_NONE;
	return bitmap == 1 && FIELD_GET(DSA_CMD_WQ_GROUP, operand) == 0 ? WQ_OURS : WQ_INVALID;
}

/* The checks that Disable, Drain and Abort WQ share: whether to go on, and else the answer. */
static bool wq_checked(const struct vdsa *v, uint32_t operand, uint8_t *error)
{
	enum wq_set set = wq_set(operand);

	*error = DSA_CMDERR_SUCCESS;
	if (set == WQ_INVALID)
		*error = DSA_CMDERR_INVALID_WQ;
	else if (set == WQ_OURS && !wq_enabled(v))
		*error = DSA_CMDERR_WQ_NOT_ENABLED;
	return set == WQ_OURS && *error == DSA_CMDERR_SUCCESS;
}

static uint8_t disable_wq(struct vdsa *v, uint32_t operand, uint16_t *result)
{
	uint8_t error;

	(void)result;
	return wq_checked(v, operand, &error) ? wq_off(v) : error;
}

static uint8_t drain_wq(struct vdsa *v, uint32_t operand, uint16_t *result)
{
	uint8_t error;

	(void)result;
	return wq_checked(v, operand, &error) ? wq_work(v, v->ops->wq_drain) : error;
}

static uint8_t abort_wq(struct vdsa *v, uint32_t operand, uint16_t *result)
{
	uint8_t error;

	(void)result;
	return wq_checked(v, operand, &error) ? wq_work(v, v->ops->wq_abort) : error;
}

static uint8_t reset_wq(struct vdsa *v, uint32_t operand, uint16_t *result)
{
	enum wq_set set = wq_set(operand);

	(void)result;
	if (set != WQ_OURS)
		return set == WQ_INVALID ? DSA_CMDERR_INVALID_WQ : DSA_CMDERR_SUCCESS;
	if (wq_enabled(v) && vdsa_stop_wq(v) != 0)
		return DSA_CMDERR_INTERNAL;
	return DSA_CMDERR_SUCCESS; /* WQCFG of a type that has nothing writable there is at its reset values */
}

/* A PASID that means nothing in this guest has no work anywhere: done. */
static uint8_t pasid_work(struct vdsa *v, uint32_t vpasid, int (*op)(void *ctx, uint32_t hpasid))
{
	uint32_t hpasid;
	int rc;

	if (v->ops->pasid_translate == NULL || v->ops->pasid_translate(v->ctx, vpasid, &hpasid) != 0)
		return DSA_CMDERR_SUCCESS;
	v->held = true;
	vdsa_windows_update(v);
	vdsa_unlock(v);
	rc = op(v->ctx, hpasid);
	vdsa_lock(v);
	v->held = false;
	if (rc == -ETIMEDOUT)
		v->requests |= VDSA_REQ_HALT;
	vdsa_windows_update(v);
	return rc == 0 ? DSA_CMDERR_SUCCESS : DSA_CMDERR_INTERNAL;
}

static uint8_t drain_pasid(struct vdsa *v, uint32_t operand, uint16_t *result)
{
	(void)result;
	return pasid_work(v, operand, v->ops->pasid_drain);
}

static uint8_t abort_pasid(struct vdsa *v, uint32_t operand, uint16_t *result)
{
	(void)result;
	return pasid_work(v, operand, v->ops->pasid_abort);
}

static uint8_t request_handle(struct vdsa *v, uint32_t operand, uint16_t *result)
{
	return vdsa_handle_request(v, operand, result);
}

static uint8_t release_handle(struct vdsa *v, uint32_t operand, uint16_t *result)
{
	(void)result;
	return vdsa_handle_release(v, operand);
}

static uint8_t (*const handlers[])(struct vdsa *v, uint32_t operand, uint16_t *result) = {
        [DSA_CMD_ENABLE_DEVICE] = enable_device,
        [DSA_CMD_DISABLE_DEVICE] = disable_device,
        [DSA_CMD_DRAIN_ALL] = drain_all,
        [DSA_CMD_ABORT_ALL] = abort_all,
        [DSA_CMD_RESET_DEVICE] = reset_device,
        [DSA_CMD_ENABLE_WQ] = enable_wq,
        [DSA_CMD_DISABLE_WQ] = disable_wq,
        [DSA_CMD_DRAIN_WQ] = drain_wq,
        [DSA_CMD_ABORT_WQ] = abort_wq,
        [DSA_CMD_RESET_WQ] = reset_wq,
        [DSA_CMD_DRAIN_PASID] = drain_pasid,
        [DSA_CMD_ABORT_PASID] = abort_pasid,
        [DSA_CMD_REQUEST_INT_HANDLE] = request_handle,
        [DSA_CMD_RELEASE_INT_HANDLE] = release_handle,
};

/* Status in one store, then the cause, then the message: who polls and who waits see the same (DSA 3.15). */
static void complete(struct vdsa *v, uint32_t cmd, uint8_t error, uint16_t result)
{
	v->cmdsts = FIELD_PREP(DSA_CMDSTS_ERROR, error) | FIELD_PREP(DSA_CMDSTS_RESULT, result);
	if (cmd & DSA_CMD_REQ_INT)
		vdsa_raise(v, DSA_INTCAUSE_COMMAND);
}

void vdsa_command(struct vdsa *v, uint32_t cmd)
{
	uint32_t code = FIELD_GET(DSA_CMD_CODE, cmd);
	uint16_t result = 0;
	uint8_t error;

	if (v->cmdsts & DSA_CMDSTS_ACTIVE) {
		vdsa_error_code(v, DSA_SWERR_CMD_ACTIVE);
		return;
	}
	if (v->busy && vdsa_state(v) != DSA_STATE_HALT)
		return; /* in the middle of a function level reset nobody listens */
	v->stats.commands++;
	v->cmd = cmd;
	if (code >= ARRAY_SIZE(handlers) || !(v->cmdcap & BIT64(code)) || handlers[code] == NULL) {
		complete(v, cmd, DSA_CMDERR_INVALID_CMD, 0);
		return;
	}
	if (vdsa_state(v) == DSA_STATE_HALT) {
		complete(v, cmd, DSA_CMDERR_HALTED, 0);
		return;
	}
	v->busy = true;
	v->cmdsts = DSA_CMDSTS_ACTIVE;
	error = handlers[code](v, FIELD_GET(DSA_CMD_OPERAND, cmd), &result);
	if (!(v->requests & VDSA_REQ_RESET)) { /* a reset discards the command */
		if ((v->requests & VDSA_REQ_HALT) && error == DSA_CMDERR_SUCCESS) {
			error = DSA_CMDERR_INTERNAL;
			result = 0;
		}
		complete(v, cmd, error, result);
	}
	vdsa_not_busy(v);
}
