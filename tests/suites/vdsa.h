/* SPDX-License-Identifier: BSD-2-Clause */
/* What the vDSA suites share: a guest that never runs, bound to the real device, and the test in its place. */
#ifndef TESTS_SUITES_VDSA_H
#define TESTS_SUITES_VDSA_H

#include "drivers/vtd/vtd.h"
#include "kernel/hv/hv.h"
#include "tests/runner/fixture.h"
#include "vdsa/bind.h"

#define NEEDS_VDSA \
	(NEEDS_DSA | NEEDS_CONFIG | NEEDS_IOMMU | NEEDS_IR | NEEDS_SECOND | NEEDS_PASID | NEEDS_IMS | NEEDS_HV)

#define BOUND_WQ          0U
#define BOUND_RAM_SIZE    UINT64_C(0x200000)
/* Where the guest would have its things. */
#define BOUND_SRC         UINT64_C(0x10000)
#define BOUND_DST         UINT64_C(0x20000)
#define BOUND_CR          UINT64_C(0x30000)
/* What its MSI-X table says: vectors 0 and 1. */
#define BOUND_MSI_ADDRESS UINT64_C(0xfee00000)
#define BOUND_MSI_DATA    0x50U

struct bound {
	struct hv_vm *vm;
	struct vdsa_binding *binding;
	struct vdsa *v;
};

/* The device and wq made ready for a vDSA (vdsa_bind_prepare()). */
void bound_prepare(unsigned wq);
/* The same with the WQs 0 and 1, of one size and in one group; a skip where the device has only one.
 */
void bound_prepare_two(void);
/* A guest with BOUND_RAM_SIZE bytes of RAM and a vDSA of wq; taken away after the test. At most two a test. */
struct bound *bound_open(unsigned wq);
/* Both. */
struct bound *bound_fresh(void);
/* Take it away now. */
void bound_close(struct bound *bound);
/* As a driver leaves it: bus master, MSI-X with both vectors unmasked, device and WQ enabled, handle requested. */
struct bound *bound_running(void);
void bound_start(struct bound *bound);

uint32_t bound_config_read(struct bound *bound, uint32_t offset, unsigned width);
void bound_config_write(struct bound *bound, uint32_t offset, unsigned width, uint32_t value);
uint64_t bound_read(struct bound *bound, uint64_t offset, unsigned width);
void bound_write(struct bound *bound, uint64_t offset, unsigned width, uint64_t value);
/* Run a virtual command; returns CMDSTS. */
uint32_t bound_command(struct bound *bound, enum dsa_command code, uint32_t operand);
struct vdsa_bind_info bound_info(struct bound *bound);
/* The guest's memory. */
void *bound_ram(struct bound *bound, uint64_t gpa);

/*
 * Submit through the portal page that the guest's page 1 is mapped to, and wait for the record at BOUND_CR, which the
 * descriptor names. Returns its status.
 */
unsigned bound_execute(struct bound *bound, const struct dsa_hw_desc *desc);
/* A fault of the device that was expected; none is a failed test. */
struct vtd_fault bound_fault(void);

/* What of the physical device must be the same after anything a guest does to its vDSA. */
struct bound_physical {
	uint32_t config[256 / 4];
	uint64_t caps[DSA_GENCFG / 8];
	uint32_t gencfg, genctrl, state;
	uint64_t grpcfg[16];
	uint32_t wqcfg[16][4]; /* of WQs other than the bound one, dwords 0 to 3 */
	uint32_t msix[16][4];
	uint32_t ims[64][4]; /* the lower end of the table, where the guest's entry is not */
};
void bound_physical_read(struct bound_physical *out);
/* Compare with what is now. */
void bound_physical_same(const struct bound_physical *before);

#endif
