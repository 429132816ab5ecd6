/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Device and WQ state, and what ends it: halt and reset.
 *
 * The lock is held for moments only, so it is dropped while the physical device works; struct vdsa.busy then keeps
 * other processors' commands out. A halt or function level reset that is asked for meanwhile is noted, and done by who
 * is busy, after the command: a reset discards the command's completion, a halt lets it complete first (a driver that
 * sees the halt would look at nothing else).
 */
#include <errno.h>
#include <string.h>

#include "vdsa/internal.h"

void vdsa_lock(struct vdsa *v)
{
	uint64_t state = v->ops->lock(v->ctx);

	v->lock_state = state;
}

void vdsa_unlock(struct vdsa *v)
{
	v->ops->unlock(v->ctx, v->lock_state);
}

unsigned vdsa_state(const struct vdsa *v)
{
	return FIELD_GET(DSA_GENSTS_STATE, v->gensts);
}

void vdsa_set_state(struct vdsa *v, unsigned state, unsigned reset_type)
{
	v->gensts = FIELD_PREP(DSA_GENSTS_STATE, state) | FIELD_PREP(DSA_GENSTS_RESET_TYPE, reset_type);
}

unsigned vdsa_wq_state(const struct vdsa *v)
{
	return FIELD_GET(DSA_WQCFG6_STATE, v->wqcfg[6]);
}

void vdsa_set_wq_state(struct vdsa *v, unsigned state)
{
	v->wqcfg[6] = (v->wqcfg[6] & ~DSA_WQCFG6_STATE) | FIELD_PREP(DSA_WQCFG6_STATE, state);
}

int vdsa_host_call(struct vdsa *v, int (*op)(void *ctx), bool hold)
{
	bool was_held = v->held;

	if (hold) {
		v->held = true;
		vdsa_windows_update(v);
	}
	vdsa_unlock(v);
	int rc = op(v->ctx);

	vdsa_lock(v);
	if (rc == -ETIMEDOUT)
		v->requests |= VDSA_REQ_HALT; /* nobody knows what the device still does */
	if (hold) {
		v->held = was_held;
		vdsa_windows_update(v);
	}
	return rc;
}

int vdsa_stop_wq(struct vdsa *v)
{
	bool was_held = v->held;
	int rc;

	if (!v->host_on)
		return 0;
	vdsa_set_wq_state(v, DSA_WQ_BUSY);
	v->held = true;
	/* The abort only makes it quick: disabling waits for whatever is left. */
	(void)vdsa_host_call(v, v->ops->wq_abort, true);
	rc = vdsa_host_call(v, v->ops->wq_disable, true);
	v->held = was_held;
	if (rc == 0) {
		v->host_on = false;
	} else {
		v->quarantined = true;
		v->requests |= VDSA_REQ_HALT;
	}
	vdsa_set_wq_state(v, DSA_WQ_DISABLED);
	vdsa_windows_update(v);
	return rc;
}

static void do_halt(struct vdsa *v, uint8_t code)
{
	if (vdsa_state(v) == DSA_STATE_HALT)
		return;
	v->stats.halts++;
	if (code != 0)
		vdsa_error_code(v, code);
	vdsa_set_state(v, DSA_STATE_HALT, DSA_RESET_FLR);
	vdsa_windows_update(v);
	(void)vdsa_stop_wq(v); /* an error quarantines the WQ; the vDSA is halted already */
	if (v->genctrl & DSA_GENCTRL_HALT_INT)
		vdsa_raise(v, DSA_INTCAUSE_HALT);
}

static void do_reset(struct vdsa *v)
{
	int rc;

	v->stats.resets++;
	vdsa_config_reset(v); /* decode off: all windows go */
	vdsa_windows_update(v);
	v->handle_out = false;
	vdsa_vectors_reset(v, true);
	rc = vdsa_stop_wq(v);
	if (rc == 0) /* else the WQ may still make it pending */
		vdsa_vectors_flush(v);
	vdsa_registers_reset(v);
	memset(v->swerror, 0, sizeof(v->swerror));
	v->cmd = 0;
	v->cmdsts = 0;
	v->quarantined = rc != 0 || v->window_lost;
	if (v->quarantined)
		vdsa_set_state(v, DSA_STATE_HALT, DSA_RESET_FLR); /* the next reset tries again */
	else
		vdsa_set_state(v, DSA_STATE_DISABLED, DSA_RESET_SOFTWARE);
}

void vdsa_not_busy(struct vdsa *v)
{
	while (v->requests != 0) {
		if (v->requests & VDSA_REQ_RESET) {
			v->requests = 0;
			v->halt_code = 0;
			do_reset(v);
		} else {
			uint8_t code = v->halt_code;

			v->requests = 0;
			v->halt_code = 0;
			do_halt(v, code);
		}
	}
	v->busy = false;
}

void vdsa_request(struct vdsa *v, unsigned request, uint8_t halt_code)
{
	v->requests |= request;
	if (halt_code != 0)
		v->halt_code = halt_code;
	if (v->busy)
		return;
	v->busy = true;
	vdsa_not_busy(v);
}

void vdsa_reset(struct vdsa *v)
{
	vdsa_lock(v);
	if (v->open)
		vdsa_request(v, VDSA_REQ_RESET, 0);
	vdsa_unlock(v);
}

void vdsa_host_halted(struct vdsa *v)
{
	vdsa_lock(v);
	if (v->open)
		vdsa_request(v, VDSA_REQ_HALT, 0);
	vdsa_unlock(v);
}
