/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A host of the composition layer that is made of software: registers in memory, portal pages in memory, an engine that
 * knows No-op and Memory Move. So a vDSA runs in a real guest on a machine without a DSA, and its configuration space,
 * registers, commands, portal mapping and interrupts are tested with the hypervisor of whatever processor that is.
 *
 * The engine works when the guest looks at BAR0, or when another processor calls soft_poll().
 *
 * The guest is a program of few steps that a test writes down (soft_read(), soft_write(), ...) and then runs.
 */
#ifndef TESTS_SUITES_VDSA_SOFT_H
#define TESTS_SUITES_VDSA_SOFT_H

#include <linux/pci_regs.h>

#include "drivers/dsa/dsa.h"
#include "kernel/bits.h"
#include "tests/suites/hv.h"
#include "tests/test.h"
#include "vdsa/bind.h"

#define SOFT_WQ     3U
#define SOFT_SLOT   0x1234U /* its IMS entry, and so the guest's interrupt handle */
#define SOFT_PASID  0x12345U
#define SOFT_NOBODY 0x54321U

/* What the layer asked of its host, in order. */
enum soft_op {
	SOFT_ENABLE,
	SOFT_DISABLE,
	SOFT_DRAIN,
	SOFT_ABORT,
	SOFT_SET_PASID,
	SOFT_ATTACH,
	SOFT_DETACH,
	SOFT_IMS_ALLOC,
	SOFT_IMS_FREE,
};
#define SOFT_OPS_MAX 64U

struct soft {
	struct vdsa v;
	struct hv_vm *vm;
	uint8_t *page[VDSA_PORTALS]; /* what BAR2's pages are mapped to */
	bool wq_on, attached;
	uint32_t wq_pasid;
	bool ims_taken, ims_pending, ims_due;
	uint32_t ims_control;
	struct vdsa_window_state window[VDSA_WINDOW_COUNT];
	bool on_bus, busy;
	enum soft_op ops[SOFT_OPS_MAX];
	unsigned op_count;
	uint64_t portal_traps; /* accesses to portals while they were not mapped */
	uint64_t executed;     /* descriptors */
	uint64_t dropped;      /* descriptors for a WQ that was off */
	const char *wrong;     /* what the layer asked for and should not have */
	uint64_t steps;        /* of the guest's program so far */
};

/* A guest with such a vDSA at 00:01.0, its BARs assigned, memory decode on; gone after the test. At most two a test. */
struct soft *soft_open(void);
/* The same for a guest that is there; its memory must outlive the vDSA. */
struct soft *soft_attach(struct hv_vm *vm);
/* Take the vDSA from its guest. */
int soft_close(struct soft *s);
/* What a driver does, done by the guest: MSI-X with both vectors unmasked, device and WQ enabled, handle requested. */
void soft_start(struct soft *s);
/* The engine takes what is in the portal pages. From any processor. */
void soft_poll(struct soft *s);
/* From now to the test's end the engine runs beside the guest, on processor 1. */
void soft_engine_start(struct soft *s);
/* What must hold between any two accesses of the guest. */
void soft_invariants(const struct soft *s);

/* struct vdsa_host_ops: excludes the layer and its interrupts. */
uint64_t soft_lock(void *s);
void soft_unlock(void *s, uint64_t state);

/* Where things are for the guest. */
#define SOFT_CONFIG    (HV_ECAM_BASE + ((uint64_t)VDSA_BIND_DEVFN << 12))
#define SOFT_BAR0      VDSA_BIND_BAR0
#define SOFT_BAR2      VDSA_BIND_BAR2
#define SOFT_VECTOR    0x50U      /* of MSI-X entry 0; entry 1 has the next */
#define SOFT_PROGRAM   GUEST_DATA /* the steps, up to SOFT_DESC */
#define SOFT_STEPS_MAX 8000U
#define SOFT_DESC      UINT64_C(0x100000) /* descriptors, for the test's own use from here on */
#define SOFT_SRC       UINT64_C(0x110000)
#define SOFT_DST       UINT64_C(0x120000)
#define SOFT_CR        UINT64_C(0x130000)

/* Steps of the guest's program. A read's result is soft_result() of the number that it returned. */
unsigned soft_read(struct soft *s, uint64_t address, unsigned width);
void soft_write(struct soft *s, uint64_t address, unsigned width, uint64_t value);
/* 32 bits of configuration space through ports CF8 and CFC. */
unsigned soft_port_read(struct soft *s, unsigned offset);
/* 64 bytes from one address to another: by MOVDIR64B, or in eight stores of which the lowest address comes last. */
void soft_movdir64b(struct soft *s, uint64_t to, uint64_t from);
void soft_store64(struct soft *s, uint64_t to, uint64_t from);
/* With interrupts on, until the byte at address is at least value. */
void soft_await(struct soft *s, uint64_t address, uint8_t value);
/* Write CMD, asking for an interrupt if it says so, and read CMDSTS. */
unsigned soft_command(struct soft *s, uint32_t code, uint32_t operand);
/* Run the program from its start; it is then empty. */
void soft_run(struct soft *s);
uint64_t soft_result(const struct soft *s, unsigned step);
/* The value that one read gives, or one command: a program of its own. */
uint64_t soft_get(struct soft *s, uint64_t address, unsigned width);
uint32_t soft_do(struct soft *s, uint32_t code, uint32_t operand);

/* A descriptor at SOFT_DESC, its record at SOFT_CR zeroed; the guest's program then submits it to a page of BAR2. */
void soft_submit(struct soft *s, unsigned page, const struct dsa_hw_desc *desc);
const struct dsa_completion_record *soft_record(const struct soft *s);

#endif
