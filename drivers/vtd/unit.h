/* SPDX-License-Identifier: BSD-2-Clause */
/* What the files of drivers/vtd share; not for others. */
#ifndef DRIVERS_VTD_UNIT_H
#define DRIVERS_VTD_UNIT_H

#include "drivers/vtd/vtd.h"
#include "kernel/acpi.h"
#include "kernel/bits.h"
#include "kernel/cpu.h"
#include "kernel/irq.h"
#include "kernel/mem.h"
#include "kernel/mmio.h"

#define VTD_COMMAND_TIMEOUT_US 1000000U /* one bit of GSTS */
#define VTD_QUEUE_TIMEOUT_US   2000000U /* a wait descriptor; drains wait for devices */

/* Domain ids (4.5): 0 stays unused, 1 is shared by all first-level and pass-through entries. */
#define VTD_DID_SHARED        1
#define VTD_DID_FIRST_PRIVATE 2
#define VTD_MAX_DIDS          256

#define VTD_PDTS       2 /* a directory of one page */
#define VTD_MAX_PASIDS VTD_CTX_PASIDS(VTD_PDTS)

#define VTD_IRTES 4096U

/* Source ids whose requests a unit translates: functions, and what bridges put in their place. */
struct vtd_source {
	struct vtd_source *next;
	uint16_t sid;
	bool pasids;         /* may send requests with PASID: has a directory of its own */
	uint64_t *directory; /* PASID directory */
};

struct vtd_attachment {
	struct vtd_attachment *next;
	const struct pci_function *function;
	uint32_t pasid;
};

struct vtd_domain {
	struct vtd_domain *next; /* of the unit */
	struct vtd_unit *unit;
	enum vtd_stage stage;
	uint16_t did;
	unsigned levels;
	unsigned bits; /* addresses are below 2^bits */
	uint64_t *root;
	struct vtd_attachment *attached;
};

struct vtd_unit {
	unsigned index;
	const struct acpi_drhd *drhd;
	volatile void *regs;
	size_t regs_size;
	uint32_t ver;
	uint64_t cap, ecap;
	unsigned haw;
	unsigned aw; /* VTD_AW_*, of the second level */
	bool running, interrupts, eim;
	bool flush_tables; /* root to IRTE are not snooped */
	bool flush_pages;  /* page-table walks are not snooped */
	char why[128];

	uint64_t *queue;
	volatile uint32_t *status;
	unsigned queue_tail; /* descriptors */
	uint32_t queue_sequence;
	uint16_t enable_steps; /* how far the take-over came: see unit.c */

	uint64_t *root;
	struct vtd_domain *domains;
	struct vtd_source *sources;
	uint64_t *common_directory;  /* for sources without PASIDs: only RID_PASID */
	struct vtd_domain *identity; /* if there is no pass-through */
	uint64_t dids[VTD_MAX_DIDS / 64];
	uint64_t *pasids; /* bitmap of VTD_MAX_PASIDS bits */

	uint64_t *irt;
	uint64_t irtes[VTD_IRTES / 64];

	struct irq fault_irq;
	bool fault_irq_valid;
};

static inline uint64_t vtd_read64(const struct vtd_unit *u, uint64_t offset)
{
	return mmio_read64(u->regs, offset);
}

static inline uint32_t vtd_read32(const struct vtd_unit *u, uint64_t offset)
{
	return mmio_read32(u->regs, offset);
}

static inline void vtd_write64(struct vtd_unit *u, uint64_t offset, uint64_t value)
{
	mmio_write64(u->regs, offset, value);
}

static inline void vtd_write32(struct vtd_unit *u, uint64_t offset, uint32_t value)
{
	mmio_write32(u->regs, offset, value);
}

/* The lines of [p, p + size) to memory, if needed. */
static inline void vtd_flush(bool needed, const volatile void *p, size_t size)
{
	uintptr_t line = (uintptr_t)p & ~(uintptr_t)63;

	if (needed) {
		for (; line < (uintptr_t)p + size; line += 64)
			cpu_clflush((const volatile void *)line);
		cpu_mfence();
	}
}

/* scope.c */
extern struct acpi_dmar vtd_dmar;
const struct acpi_drhd *vtd_drhd_of(const struct pci_function *f);

/* unit.c: 0, or an error with u->why */
int vtd_unit_probe(struct vtd_unit *u);
int vtd_unit_start(struct vtd_unit *u);
int vtd_unit_stop(struct vtd_unit *u);
int vtd_fail(struct vtd_unit *u, int err, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* queue.c */
struct vtd_descriptor {
	uint64_t q0, q1;
};
int vtd_queue_start(struct vtd_unit *u);
int vtd_queue_stop(struct vtd_unit *u);
/* Submit count (at most 8) descriptors and a wait, and wait for it. 0, -EIO (the unit refused one) or -ETIMEDOUT. */
int vtd_queue_run(struct vtd_unit *u, const struct vtd_descriptor *d, unsigned count);
int vtd_flush_all(struct vtd_unit *u);

/* tables.c */
int vtd_tables_build(struct vtd_unit *u);
void vtd_tables_free(struct vtd_unit *u);
struct vtd_source *vtd_source_find(const struct vtd_unit *u, uint16_t sid);

/* pasid.c */
/* PASIDs below this can be used; 0: none. */
uint32_t vtd_pasid_limit(const struct vtd_unit *u);
void vtd_pasid_fill(struct vtd_unit *u, volatile uint64_t *entry, const struct vtd_domain *domain);
int vtd_pasid_invalidate(struct vtd_unit *u, uint16_t sid, uint32_t pasid, uint16_t did, bool second);
/* Device TLB of f, if its ATS is on: appends to d. */
unsigned vtd_device_tlb(const struct vtd_unit *u, const struct pci_function *f, uint32_t pasid,
                        struct vtd_descriptor *d);

/* domain.c */
/* Drop the domain's attachments, whose tables are gone. */
void vtd_domain_forget(struct vtd_domain *domain);
int vtd_domain_identity(struct vtd_unit *u, struct vtd_domain **domain);

/* irte.c */
int vtd_interrupts_start(struct vtd_unit *u);

/* fault.c */
void vtd_faults_start(struct vtd_unit *u);
void vtd_faults_stop(struct vtd_unit *u);

#endif
