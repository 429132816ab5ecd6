/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The composition layer: a virtual DSA (vDSA) made of one work queue of a physical DSA.
 *
 * A guest sees a PCI function of its own: configuration space and BAR0 are emulated here, access by access; the portals
 * in BAR2 are mapped straight to the physical WQ's, so that a submission costs nothing. Isolation is by PASID, which
 * only the host sees and sets; the guest's completion interrupts come through an entry of the device's interrupt
 * message storage (IMS), which the guest sees only as a number to put into descriptors (the interrupt handle).
 *
 * The layer is plain C over struct vdsa_host_ops, so it runs on the developer's machine as well as in the firmware; it
 * allocates nothing. The guest is hostile: every value from it is checked or masked here, and what it does wrong
 * changes nothing, at most its own device.
 *
 * Sections "DSA x.y" are of the Intel DSA Architecture Specification; "PCIe" of the PCI Express Base Specification.
 */
#ifndef VDSA_VDSA_H
#define VDSA_VDSA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What the first generation of types ever shows: no-op to dual-cast, CRC to DIF update, cache flush (DSA 8.3). */
#define VDSA_OPCAP0 UINT64_C(0x1003f03ff)

/* What a guest finds, all types alike: BAR sizes in bytes, vectors, and where the tables are in BAR0. */
#define VDSA_BAR0_SIZE   0x2000U
#define VDSA_BAR2_SIZE   0x2000U
#define VDSA_CONFIG_SIZE 0x1000U
#define VDSA_VECTORS     2U /* 0 is emulated, 1 is the IMS entry */
#define VDSA_PORTALS     2U /* pages of BAR2 */
#define VDSA_MSIXPERM    0x300U
#define VDSA_GRPCFG      0x400U
#define VDSA_WQCFG       0x500U
#define VDSA_MSIX_TABLE  0x600U
#define VDSA_MSIX_PBA    0x700U
/* Where its capabilities are in configuration space. */
#define VDSA_CAP_MSIX    0x40U
#define VDSA_CAP_EXP     0x50U

/* What the layer must know of the host's device and WQ; read at creation. */
struct vdsa_host_info {
	uint16_t device_id; /* PCI ids of the physical function; the vendor is Intel */
	uint16_t subsystem_vendor;
	uint16_t subsystem_id;
	uint64_t gencap; /* registers of the physical device, drivers/dsa/regs.h */
	uint64_t wqcap;
	uint64_t opcap0; /* opcodes 0 to 63 */
	uint32_t gencfg;
	uint64_t grpflags;     /* GRPCFG flags of the WQ's group */
	uint32_t wqcfg[16];    /* of the WQ; dwords 8 to 15 (OPCFG) count only if WQCAP.OPCFG is set */
	uint8_t wq;            /* its index */
	uint32_t pasid_nobody; /* a PASID that no WQ and no address space uses: an interrupt entry with it is dead */
};

/* Guest-physical ranges that the layer asks the host to make decode. */
enum vdsa_window {
	VDSA_WINDOW_BAR0,    /* VDSA_BAR0_SIZE bytes */
	VDSA_WINDOW_PORTAL0, /* one page each: BAR2 page 0, unlimited */
	VDSA_WINDOW_PORTAL1, /* BAR2 page 1, limited */
	VDSA_WINDOW_COUNT
};

enum vdsa_placement {
	VDSA_ABSENT,  /* does not decode */
	VDSA_TRAPPED, /* accesses come to the host. BAR0: vdsa_mmio_*(); portals: read as all ones, writes are dropped
	               */
	VDSA_MAPPED,  /* a portal, mapped to the physical one */
};

/*
 * What the layer asks of the host; the first argument is always the host's own context. All return 0 or a negative
 * errno unless they say otherwise. "Slow" ones may take as long as a device command, must have a time limit of their
 * own (-ETIMEDOUT) and are called without the lock; all others are called with it and must not wait.
 */
struct vdsa_host_ops {
	/* One lock a vDSA, held for moments; excludes vdsa_ims_interrupt() too, so it also holds interrupts off. */
	uint64_t (*lock)(void *ctx);
	void (*unlock)(void *ctx, uint64_t state);

	/* Fill *out. Slow. */
	int (*info)(void *ctx, struct vdsa_host_info *out);

	/* The physical WQ; it is this vDSA's alone. Slow. There is no reset: that would lose the host's configuration.
	 */
	int (*wq_enable)(void *ctx);
	int (*wq_disable)(void *ctx); /* finishes all work in it */
	int (*wq_drain)(void *ctx);
	int (*wq_abort)(void *ctx);
	/* Program PASID (with PASID enable) and privilege into the disabled WQ. */
	int (*wq_set_pasid)(void *ctx, uint32_t hpasid, bool priv);

	/* A fresh PASID whose address space is the guest's memory and nothing else; and its end. Slow. */
	int (*pasid_attach)(void *ctx, uint32_t *hpasid);
	void (*pasid_detach)(void *ctx, uint32_t hpasid);
	/*
	 * The host's PASID for one that the guest uses, -ENOENT for one that means nothing in this guest. And Drain and
	 * Abort PASID on the device (slow). NULL where the type has no guest PASIDs.
	 */
	int (*pasid_translate)(void *ctx, uint32_t vpasid, uint32_t *hpasid);
	int (*pasid_drain)(void *ctx, uint32_t hpasid);
	int (*pasid_abort)(void *ctx, uint32_t hpasid);

	/*
	 * A free IMS entry, with the host's own interrupt message in it, masked; each of its interrupts calls
	 * vdsa_ims_interrupt(). ims_free() masks it, waits for an interrupt on its way and gives all back. Slow.
	 */
	int (*ims_alloc)(void *ctx, uint16_t *slot);
	void (*ims_free)(void *ctx, uint16_t slot);
	/* Write the entry's control dword (DSA_IMS_CTRL_*, DSA_INTPERM_*) and read it back, so that it has arrived. */
	void (*ims_write)(void *ctx, uint16_t slot, uint32_t control);
	/* The entry's pending bit. */
	bool (*ims_pending)(void *ctx, uint16_t slot);
	/* Unmask the entry until its pending interrupt has been taken, then mask it. The WQ is disabled. Slow. */
	void (*ims_flush)(void *ctx, uint16_t slot);

	/*
	 * Make a window decode at gpa; portal is the offset of the page in the physical BAR2, for VDSA_MAPPED. An error
	 * (it would shadow the guest's memory, or is beyond its address width) leaves it absent. After window_remove()
	 * no store of the guest is on its way to a portal any more: mapping gone from all processors, stores fenced, a
	 * register of the device read.
	 */
	int (*window_place)(void *ctx, enum vdsa_window window, enum vdsa_placement how, uint64_t gpa, uint64_t portal);
	int (*window_remove)(void *ctx, enum vdsa_window window);

	/*
	 * Raise the message (address, data) in the guest. Both are the guest's own and mean nothing outside it; an
	 * error is a message that raises nothing.
	 */
	int (*guest_msi)(void *ctx, uint64_t address, uint32_t data);
};

/* A kind of vDSA (vdsa/types.c). */
struct vdsa_type;
extern const struct vdsa_type vdsa_type_1dwq_v1;
const char *vdsa_type_name(const struct vdsa_type *type);

struct vdsa_stats {
	uint64_t config_reads, config_writes;
	uint64_t mmio_reads, mmio_writes;
	uint64_t commands;               /* accepted or refused with a code */
	uint64_t messages[VDSA_VECTORS]; /* raised in the guest, by vector */
	uint64_t refused[VDSA_VECTORS];  /* ... and those that raise nothing there */
	uint64_t ims_interrupts;         /* host interrupts of the IMS entry */
	uint64_t errors_forwarded;
	uint64_t resets; /* function level resets */
	uint64_t halts;
};

/* One MSI-X table entry (PCIe 7.7.2). */
struct vdsa_vector {
	uint32_t reg[4]; /* address low, high, data, control */
	bool pending;    /* known here; an IMS entry has a pending bit of its own */
};

struct vdsa_window_state {
	enum vdsa_placement how;
	uint64_t gpa;
};

#define VDSA_CONFIG_IMAGE 0x140U /* bytes of configuration space that are not all zero in some type */

/* A vDSA. Storage is the caller's; the fields are this layer's. */
struct vdsa {
	const struct vdsa_type *type;
	const struct vdsa_host_ops *ops;
	void *ctx;
	struct vdsa_host_info host;
	uint64_t lock_state;

	/* What the guest sees. */
	uint8_t config[VDSA_CONFIG_IMAGE];
	uint8_t config_rw[VDSA_CONFIG_IMAGE]; /* bits that a write changes */
	uint64_t gencap, wqcap, opcap0, cmdcap, grpflags;
	uint32_t gencfg, genctrl, gensts, intcause, cmd, cmdsts;
	uint64_t swerror[4];
	uint32_t msixperm[VDSA_VECTORS];
	uint32_t wqcfg[8];
	struct vdsa_vector vector[VDSA_VECTORS];

	/* What it does not see. */
	bool open;
	bool busy;         /* a command or reset is using slow operations; only one does */
	bool held;         /* portals are kept away from the guest meanwhile */
	bool host_on;      /* the physical WQ may be enabled */
	bool quarantined;  /* it did not stop, or its portal did not go: nobody may use it */
	bool window_lost;  /* a window that could not be removed */
	bool discard;      /* interrupts of the IMS entry mean nothing now */
	unsigned requests; /* VDSA_REQ_*: what is to be done as soon as it is no longer busy */
	uint8_t halt_code; /* SWERROR code of a requested halt, 0: none */
	uint32_t hpasid;   /* the guest's address space */
	bool ims_bound;    /* ims_slot is ours */
	bool handle_out;   /* the guest has the interrupt handle */
	uint16_t ims_slot;
	uint32_t ims_control; /* as last written */
	struct vdsa_window_state window[VDSA_WINDOW_COUNT];
	struct vdsa_stats stats;
};

/* ---- life cycle ---- */

/*
 * Compose a vDSA of that type from the host's WQ, which is configured and disabled. ctx goes to every operation; both
 * must live on. Returns 0; -EINVAL when the WQ or the device does not fit the type, with the reason in *why; or what
 * ops->info() returned.
 */
int vdsa_create(struct vdsa *v, const struct vdsa_type *type, const struct vdsa_host_ops *ops, void *ctx,
                const char **why);
/*
 * Take the guest's resources (PASID, IMS entry) and start to answer. Returns 0, -EBUSY (it is open), or the error of
 * the operation that failed, with everything undone.
 */
int vdsa_open(struct vdsa *v);
/*
 * The guest has gone: stop its work, take its windows away, give its resources back; the vDSA is then as created.
 * The guest's processors must have stopped. Returns 0, -EINVAL (not open), or -EIO when the physical WQ could not be
 * stopped: it is quarantined then, nobody may use it, and its PASID stays taken.
 */
int vdsa_close(struct vdsa *v);
/* Returns 0, or -EBUSY while it is open. */
int vdsa_destroy(struct vdsa *v);
/* Reset as by function level reset: for a reset of the virtual machine. */
void vdsa_reset(struct vdsa *v);

/* ---- the guest's accesses ---- */

/*
 * Configuration space: width 1, 2 or 4, aligned. Reads have no side effect; what is not there reads as all ones; writes
 * of read-only bits, of no such offset or of another width are dropped.
 */
uint32_t vdsa_config_read(struct vdsa *v, uint32_t offset, unsigned width);
void vdsa_config_write(struct vdsa *v, uint32_t offset, unsigned width, uint32_t value);
/* BAR0: width 1, 2, 4 or 8, aligned; the rest as above. A write may take as long as a device command. */
uint64_t vdsa_mmio_read(struct vdsa *v, uint64_t offset, unsigned width);
void vdsa_mmio_write(struct vdsa *v, uint64_t offset, unsigned width, uint64_t value);

/* ---- events from the host ---- */

/* An interrupt of the IMS entry. From interrupt context. */
void vdsa_ims_interrupt(struct vdsa *v);
/*
 * A SWERROR record of the physical device (four quadwords). What concerns this guest is translated and recorded for it,
 * everything else ignored. From any context. Returns whether it was this guest's.
 */
bool vdsa_host_error(struct vdsa *v, const uint64_t record[4]);
/* The physical device halted: the vDSA does the same. Not from interrupt context. */
void vdsa_host_halted(struct vdsa *v);

#endif
