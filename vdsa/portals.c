/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where BAR0 and the portals are in the guest's address space.
 *
 * BAR0 decodes while memory decode is on. A portal is mapped to the physical page while the vDSA also is open, not
 * halted and not held back by a command that must not race with submissions (DSA 3.15); at other times its page is
 * trapped, so that the guest finds a device there that ignores it. The physical WQ is enabled only while the guest's
 * is, and ignores stores to its portals otherwise.
 */
#include "vdsa/internal.h"

static struct vdsa_window_state wanted(const struct vdsa *v, unsigned window)
{
	struct vdsa_window_state w = {.how = VDSA_ABSENT};

	if (!v->open || !vdsa_memory_decode(v))
		return w;
	if (window == VDSA_WINDOW_BAR0) {
		w.gpa = vdsa_bar(v, 0);
		w.how = VDSA_TRAPPED;
		return w;
	}
	unsigned page = window - VDSA_WINDOW_PORTAL0;
	bool away = v->held || v->quarantined || vdsa_state(v) == DSA_STATE_HALT;

	w.gpa = vdsa_bar(v, 2) + (uint64_t)page * DSA_PORTAL_SIZE;
	w.how = away || v->type->portal[page] == VDSA_PORTAL_NONE ? VDSA_TRAPPED : VDSA_MAPPED;
	return w;
}

static uint64_t physical_portal(const struct vdsa *v, unsigned window)
{
	return (uint64_t)v->host.wq * DSA_PORTAL_WQ_STRIDE + v->type->portal[window - VDSA_WINDOW_PORTAL0];
}

void vdsa_windows_update(struct vdsa *v)
{
	struct vdsa_window_state w[VDSA_WINDOW_COUNT];

	v->window_lost = false;
	/* All old ones go before any new one comes: the BARs may have changed places. */
	for (unsigned i = 0; i < VDSA_WINDOW_COUNT; i++) {
		struct vdsa_window_state *now = &v->window[i];

		w[i] = wanted(v, i);
		if (now->how == VDSA_ABSENT || (now->how == w[i].how && now->gpa == w[i].gpa))
			continue;
		if (v->ops->window_remove(v->ctx, (enum vdsa_window)i) != 0) {
			v->quarantined = v->window_lost = true; /* the guest may still reach it: the WQ is lost */
			continue;
		}
		*now = (struct vdsa_window_state){.how = VDSA_ABSENT};
	}
	/* In this order BAR0 wins an overlap, and what lost one comes back when the winner moves on. */
	for (unsigned i = 0; i < VDSA_WINDOW_COUNT; i++) {
		if (w[i].how == VDSA_ABSENT || v->window[i].how != VDSA_ABSENT)
			continue;
		uint64_t portal = w[i].how == VDSA_MAPPED ? physical_portal(v, i) : 0;

		if (v->ops->window_place(v->ctx, (enum vdsa_window)i, w[i].how, w[i].gpa, portal) == 0)
			v->window[i] = w[i];
	}
}
