/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A vDSA in a real guest on a real device: struct vdsa_host_ops over drivers/dsa, drivers/vtd and kernel/hv.
 *
 * A binding is for use from one processor at a time, with interrupts on: where it is made and taken away, and between
 * these where its guest runs. Bindings of one device may have their guests on several processors; they are made and
 * taken away while none of these runs.
 */
#ifndef VDSA_BIND_H
#define VDSA_BIND_H

#include <stdint.h>

#include "vdsa/vdsa.h"

struct dsa;
struct hv_vm;
struct vdsa_binding;

/* Where the guest finds the function, and where its BARs are when it starts: the hypervisor is the guest's firmware. */
#define VDSA_BIND_DEVFN 0x08U /* 00:01.0 */
#define VDSA_BIND_BAR0  UINT64_C(0xc0000000)
#define VDSA_BIND_BAR2  UINT64_C(0xc0010000)

/* WQs of one device that can be bound at once: each has an IMS entry of its own, counted from the table's end. */
#define VDSA_BIND_MAX 8U

/*
 * Reset the open device host and configure it for a vDSA made of wq: dedicated, in a group with all engines, user-mode
 * interrupts allowed; the device Enabled, the WQ disabled. For who has no configuration of his own. Returns 0 or the
 * driver's error; host->error has it in words.
 */
int vdsa_bind_prepare(struct dsa *host, unsigned wq);

/*
 * Give vm, whose RAM has been added, a vDSA made of wq of host. wq is configured as dedicated and disabled; GENCFG
 * allows user-mode interrupts; the device is Enabled. Takes an address space with just the guest's RAM in it, two
 * PASIDs, an IMS entry with its IRTE and vector, and the place 00:01.0 on the guest's bus. Returns 0, or a negative
 * errno with everything undone and the reason in *why: -ENOTSUP (no IOMMU, PASID, second level or IMS), -EINVAL (no
 * RAM, or the WQ does not fit), -EEXIST (the guest has a vDSA), -EBUSY (the WQ is bound), -ENOSPC, -ENOMEM or
 * -ETIMEDOUT.
 */
int vdsa_bind_create(struct hv_vm *vm, struct dsa *host, unsigned wq, struct vdsa_binding **out, const char **why);
/*
 * Take it away again and give back all that was taken, in reverse order; before hv_vm_destroy(). The WQ is disabled
 * afterwards. A WQ that does not stop is stopped by a function level reset of the whole device, which the caller sees
 * as the device being Disabled. Returns 0, or -EIO when even that failed: then the binding and the guest's memory must
 * stay as they are, because the device may still write to it.
 */
int vdsa_bind_destroy(struct vdsa_binding *b);

/* The vDSA inside, for whoever plays the guest: vdsa_config_*(), vdsa_mmio_*(). */
struct vdsa *vdsa_bind_vdsa(struct vdsa_binding *b);

/*
 * Do what could not be done in an interrupt: errors and halt of the physical device. Each access of the guest does so
 * too.
 */
void vdsa_bind_poll(struct vdsa_binding *b);

/* What the host sees of it. */
struct vdsa_bind_info {
	struct vdsa_stats vdsa;
	uint32_t hpasid, pasid_nobody;
	unsigned wq;
	unsigned ims_index;   /* the entry */
	uint16_t handle;      /* what descriptors call it */
	uint32_t ims_control; /* as it is in the device now */
	uint64_t ims_address;
	uint32_t ims_data;
	uint8_t ims_vector; /* where its interrupt arrives on the host... */
	uint32_t ims_apic_id;
	uint64_t ims_interrupts;  /* ... and how often it did */
	void *ims_token;          /* the IRTE (struct vtd_irte), or NULL when interrupts are not remapped */
	uint64_t portal_hpa[2];   /* what BAR2's pages are mapped to now; 0: not mapped */
	uint64_t portal_traps;    /* accesses to portal pages while they were not mapped */
	uint64_t errors_not_ours; /* SWERROR records that concerned no vDSA */
};

void vdsa_bind_info(const struct vdsa_binding *b, struct vdsa_bind_info *out);

#endif
