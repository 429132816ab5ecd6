/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the binding share: bind_host.c (the physical side), bind_guest.c (the guest's side) and bind.c. */
#ifndef VDSA_BIND_INTERNAL_H
#define VDSA_BIND_INTERNAL_H

#include "drivers/dsa/dsa.h"
#include "kernel/hv/hv.h"
#include "vdsa/bind.h"

struct vtd_domain;
struct vtd_unit;

struct vdsa_binding {
	struct vdsa vdsa;
	struct hv_vm *vm;
	struct dsa *dsa;
	unsigned wq;
	struct vtd_unit *unit;
	struct vtd_domain *domain; /* the guest's RAM */
	uint32_t pasid_nobody;
	struct dsa_irq ims;
	struct {
		uint64_t gpa, hpa;
		enum vdsa_placement how;
	} window[VDSA_WINDOW_COUNT];
	uint64_t portal_traps;
	uint64_t errors_not_ours;
	bool halted; /* the physical device halted; seen in an interrupt, dealt with outside */
	bool on_bus;
};

/* All bindings, by the place of their IMS entry from the end of the table. */
extern struct vdsa_binding *bind_all[VDSA_BIND_MAX];

/* The driver has closed the device, after a reset: nothing of the guest is in it, and it must not be touched. */
static inline bool bind_gone(const struct vdsa_binding *b)
{
	return b->dsa->regs == NULL;
}

/* struct vdsa_host_ops; ctx is the binding. The work queue and the address space: */
int bind_host_info(void *ctx, struct vdsa_host_info *out);
int bind_wq_enable(void *ctx);
int bind_wq_disable(void *ctx);
int bind_wq_drain(void *ctx);
int bind_wq_abort(void *ctx);
int bind_wq_set_pasid(void *ctx, uint32_t hpasid, bool priv);
int bind_pasid_attach(void *ctx, uint32_t *hpasid);
void bind_pasid_detach(void *ctx, uint32_t hpasid);
int bind_map_ram(const struct vdsa_binding *b);
/* The interrupt: */
int bind_slot_of(const struct vdsa_binding *b);
int bind_ims_alloc(void *ctx, uint16_t *slot);
void bind_ims_free(void *ctx, uint16_t slot);
uint64_t bind_ims_entry(const struct vdsa_binding *b);
void bind_ims_write(void *ctx, uint16_t slot, uint32_t control);
bool bind_ims_pending(void *ctx, uint16_t slot);
void bind_ims_flush(void *ctx, uint16_t slot);
int bind_guest_msi(void *ctx, uint64_t address, uint32_t data);
/* The guest's side: */
uint32_t bind_config_read(void *arg, uint16_t offset, unsigned width);
void bind_config_write(void *arg, uint16_t offset, unsigned width, uint32_t value);
int bind_window_place(void *ctx, enum vdsa_window window, enum vdsa_placement how, uint64_t gpa, uint64_t portal);
int bind_window_remove(void *ctx, enum vdsa_window window);

#endif
