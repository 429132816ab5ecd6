/* SPDX-License-Identifier: BSD-2-Clause */
/* Creation, opening, and the way back: what was taken last is given back first. */
#include <errno.h>
#include <string.h>

#include "vdsa/internal.h"

/* Why the host's WQ cannot become a vDSA of that type, or NULL. */
static const char *misfit(const struct vdsa_type *type, const struct vdsa_host_info *host)
{
	bool dedicated = host->wqcfg[2] & DSA_WQCFG2_DEDICATED;

	if (FIELD_GET(DSA_GENCAP_IMS_SIZE, host->gencap) == 0)
		return "the device has no interrupt message storage";
	if (FIELD_GET(DSA_WQCFG0_SIZE, host->wqcfg[0]) == 0)
		return "the host's WQ has size 0";
	if (dedicated != type->dedicated)
		return type->dedicated ? "the host's WQ is shared, the type is dedicated"
		                       : "the host's WQ is dedicated, the type is shared";
	if (type->exclusive && FIELD_GET(DSA_WQCFG6_STATE, host->wqcfg[6]) != DSA_WQ_DISABLED)
		return "the host's WQ is not disabled";
	/* Every guest WQ has a PASID but no privilege: without this no guest gets a completion interrupt (DSA 9.2.8).
	 */
	if (!(host->gencfg & DSA_GENCFG_USER_INT))
		return "GENCFG of the device does not allow user-mode interrupts";
	return NULL;
}

int vdsa_create(struct vdsa *v, const struct vdsa_type *type, const struct vdsa_host_ops *ops, void *ctx,
                const char **why)
{
	const char *reason;
	int rc;

	memset(v, 0, sizeof(*v));
	v->type = type;
	v->ops = ops;
	v->ctx = ctx;
	rc = ops->info(ctx, &v->host);
	reason = rc != 0 ? "the host does not tell its configuration" : misfit(type, &v->host);
	if (reason != NULL) {
		if (why != NULL)
			*why = reason;
		return rc != 0 ? rc : -EINVAL;
	}
	vdsa_caps_build(v);
	vdsa_config_reset(v);
	vdsa_vectors_reset(v, true);
	vdsa_registers_reset(v);
	return 0;
}

int vdsa_open(struct vdsa *v)
{
	int rc;

	if (v->open || v->busy || v->quarantined)
		return -EBUSY;
	rc = v->ops->pasid_attach(v->ctx, &v->hpasid);
	if (rc != 0)
		return rc;
	rc = v->ops->ims_alloc(v->ctx, &v->ims_slot);
	if (rc != 0) {
		v->ops->pasid_detach(v->ctx, v->hpasid);
		v->hpasid = v->host.pasid_nobody;
		return rc;
	}
	vdsa_lock(v);
	v->ims_bound = true;
	v->ims_control = 0; /* not what the masked entry holds: it gets written */
	v->open = true;
	vdsa_vectors_update(v);
	vdsa_unlock(v);
	return 0;
}

int vdsa_close(struct vdsa *v)
{
	uint16_t slot;
	bool stuck;

	vdsa_lock(v);
	if (!v->open || v->busy) {
		int rc = v->open ? -EBUSY : -EINVAL;

		vdsa_unlock(v);
		return rc;
	}
	vdsa_request(v, VDSA_REQ_RESET, 0);
	v->open = false;
	vdsa_windows_update(v);
	v->ims_bound = false;
	slot = v->ims_slot;
	stuck = v->quarantined || v->window_lost;
	v->quarantined = stuck;
	vdsa_unlock(v);

	v->ops->ims_free(v->ctx, slot);
	v->ims_slot = 0;
	v->ims_control = 0;
	if (stuck)
		return -EIO;
	v->ops->pasid_detach(v->ctx, v->hpasid);
	v->hpasid = v->host.pasid_nobody;
	return 0;
}

int vdsa_destroy(struct vdsa *v)
{
	if (v->open)
		return -EBUSY;
	memset(v, 0, sizeof(*v));
	return 0;
}
