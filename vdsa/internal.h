/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of the composition layer share. All functions are called with the lock held unless they say otherwise.
 */
#ifndef VDSA_INTERNAL_H
#define VDSA_INTERNAL_H

#include "drivers/dsa/regs.h"
#include "vdsa/vdsa.h"

/* A portal page that is never mapped. */
#define VDSA_PORTAL_NONE UINT32_MAX

/* A type is data: the files below ask it, never which type it is. */
struct vdsa_type {
	const char *name;
	bool dedicated;      /* mode that the guest reads, and that the host's WQ must have */
	bool exclusive;      /* the host's WQ serves this vDSA only: WQ commands go to it one to one */
	uint64_t wqcap;      /* modes that WQCAP names */
	uint32_t cmdcap;     /* bit n: command n */
	uint32_t wqcfg2_rw;  /* bits of WQCFG dword 2 that the guest may change while the WQ is disabled */
	uint32_t wqcfg_mode; /* WQCFG dword 6 */
	/* Per page of BAR2: offset of the physical page within those of the WQ, or VDSA_PORTAL_NONE. */
	uint32_t portal[VDSA_PORTALS];
};

/* Things that wait until the vDSA is not busy (struct vdsa.requests). */
#define VDSA_REQ_HALT  1U
#define VDSA_REQ_RESET 2U

void vdsa_lock(struct vdsa *v);
void vdsa_unlock(struct vdsa *v);

/* config.c */
void vdsa_config_reset(struct vdsa *v);
uint32_t vdsa_config_get(const struct vdsa *v, unsigned offset, unsigned width);
bool vdsa_bus_master(const struct vdsa *v);
bool vdsa_memory_decode(const struct vdsa *v);
uint64_t vdsa_bar(const struct vdsa *v, unsigned bar);

/* mmio.c */
void vdsa_caps_build(struct vdsa *v);
/* GRPCFG, WQCFG, MSIXPERM and the registers that Reset Device resets too (DSA table 9-3). */
void vdsa_registers_reset(struct vdsa *v);

/* commands.c: a full write of CMD. Drops the lock while the host works. */
void vdsa_command(struct vdsa *v, uint32_t cmd);

/* interrupts.c */
void vdsa_raise(struct vdsa *v, uint32_t cause);
/* After a change of anything that masks a vector or of MSIXPERM. */
void vdsa_vectors_update(struct vdsa *v);
void vdsa_vectors_reset(struct vdsa *v, bool table_too);
uint32_t vdsa_vectors_pending(const struct vdsa *v);
/* The IMS entry's pending bit goes, with whatever it would have raised. Drops the lock. */
void vdsa_vectors_flush(struct vdsa *v);
/* Request and Release Interrupt Handle: a CMDSTS error code. */
uint8_t vdsa_handle_request(struct vdsa *v, uint32_t operand, uint16_t *handle);
uint8_t vdsa_handle_release(struct vdsa *v, uint32_t operand);

/* errors.c */
void vdsa_error(struct vdsa *v, const uint64_t record[4]);
void vdsa_error_code(struct vdsa *v, uint8_t code);

/* portals.c: make the windows what configuration space, state and host say they should be. */
void vdsa_windows_update(struct vdsa *v);

/* state.c */
unsigned vdsa_state(const struct vdsa *v);
void vdsa_set_state(struct vdsa *v, unsigned state, unsigned reset_type);
unsigned vdsa_wq_state(const struct vdsa *v);
void vdsa_set_wq_state(struct vdsa *v, unsigned state);
/* Ask for VDSA_REQ_*; done at once unless the vDSA is busy, and else when it no longer is. Drops the lock. */
void vdsa_request(struct vdsa *v, unsigned request, uint8_t halt_code);
/* Do what was asked for meanwhile, then stop being busy. Drops the lock. */
void vdsa_not_busy(struct vdsa *v);
/* Call a slow operation with the lock dropped and, if hold, the portals taken away from the guest. */
int vdsa_host_call(struct vdsa *v, int (*op)(void *ctx), bool hold);
/* Abort the guest's work and disable the WQ, if it is enabled. Drops the lock. An error quarantines the WQ. */
int vdsa_stop_wq(struct vdsa *v);

#endif
