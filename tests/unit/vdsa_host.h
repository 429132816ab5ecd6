/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host that is not there, for the tests and the fuzzer of vdsa/: one WQ, one IMS entry, one guest. It does what the
 * operations of struct vdsa_host_ops ask and ends the program (host_check) when the composition layer asks for
 * something that would be wrong whatever the guest did.
 */
#ifndef TESTS_UNIT_VDSA_HOST_H
#define TESTS_UNIT_VDSA_HOST_H

#include "drivers/dsa/regs.h"
#include "vdsa/vdsa.h"

#define HOST_HPASID 0xabcdeU
#define HOST_NOBODY 0xfedcbU
#define HOST_SLOT   0x0705U
#define HOST_WQ     3U

#define HOST_RAM_SIZE UINT64_C(0x4000000)
#define HOST_GPA_BITS 40
#define HOST_BAR0     UINT64_C(0xc0000000)
#define HOST_BAR2     UINT64_C(0xc0002000)
#define HOST_MSG_ADDR UINT64_C(0xfee00000)
#define HOST_MSG_DATA 0x0041U
#define HOST_LOG      64

enum host_op {
	HOST_OP_NONE,
	HOST_OP_ENABLE,
	HOST_OP_DISABLE,
	HOST_OP_DRAIN,
	HOST_OP_ABORT,
	HOST_OP_SET_PASID,
	HOST_OP_PASID_ATTACH,
	HOST_OP_PASID_DETACH,
	HOST_OP_PASID_DRAIN,
	HOST_OP_PASID_ABORT,
	HOST_OP_IMS_ALLOC,
	HOST_OP_IMS_FREE,
	HOST_OP_COUNT
};

struct host_message {
	uint64_t address;
	uint32_t data;
};

struct host {
	struct vdsa v;
	struct vdsa_host_info info;
	struct vdsa_host_ops ops;

	bool locked;
	bool wq_on;
	uint32_t wq_pasid; /* as programmed; 0: never */
	bool wq_priv;
	bool pasid_attached;
	uint32_t vpasid; /* the one guest PASID that means something, if ops.pasid_translate is set */
	uint32_t translated;

	bool ims_taken;
	uint32_t ims_control;
	bool ims_pending;
	bool ims_due; /* an interrupt waits for the lock */
	unsigned ims_writes;

	struct vdsa_window_state window[VDSA_WINDOW_COUNT];
	uint64_t portal[VDSA_WINDOW_COUNT];

	/* Slow operations in their order, and how they go. */
	enum host_op log[HOST_LOG];
	unsigned logged;
	int fail[HOST_OP_COUNT]; /* errno that an operation returns from now on */
	void (*during)(struct host *h,
	               enum host_op op); /* called inside each slow operation, as other processors would */
	bool window_remove_fails;

	struct host_message message[HOST_LOG];
	unsigned messages;
};

#define host_check(condition) host_check_(condition, #condition, __FILE__, __LINE__)
void host_check_(bool ok, const char *what, const char *file, int line);

/* A host like Sapphire Rapids with a WQ of 16 entries; nothing created yet. */
void host_init(struct host *h);
/* host_init(), vdsa_create(), vdsa_open(). */
void host_start(struct host *h);
/* And what firmware and driver do: BARs, memory decode and bus master; MSI-X with both vectors unmasked. */
void host_boot(struct host *h);
/* vdsa_close() and vdsa_destroy(); everything must have been given back. */
void host_stop(struct host *h);
/* What must hold between any two accesses. */
void host_invariants(const struct host *h);

/* A descriptor of the guest completes with interrupt requested by handle. Returns the completion status (idxd.h). */
unsigned host_completion(struct host *h, uint16_t handle);

/* Guest accesses in short. */
uint32_t cfg_read(struct host *h, uint32_t offset, unsigned width);
void cfg_write(struct host *h, uint32_t offset, unsigned width, uint32_t value);
uint64_t reg_read(struct host *h, uint64_t offset, unsigned width);
void reg_write(struct host *h, uint64_t offset, unsigned width, uint64_t value);
/* Write CMD and return CMDSTS. */
uint32_t command(struct host *h, enum dsa_command code, uint32_t operand);
void msix_entry(struct host *h, unsigned vector, uint64_t address, uint32_t data, uint32_t control);
/* How often the guest got the message with that data. */
unsigned messages_with(const struct host *h, uint32_t data);
/* How often a slow operation was called since the log was last emptied (h->logged = 0). */
unsigned logged(const struct host *h, enum host_op op);
void config_enable(struct host *h);

#endif
