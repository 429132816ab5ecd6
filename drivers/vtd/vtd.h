/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * VT-d in scalable mode: units, address spaces, PASIDs, interrupt remapping, faults.
 *
 * All units are taken over at once (vtd_init). Then each function that was found has a context entry whose requests
 * without PASID pass through unchanged, so that what the firmware left running goes on; a driver attaches address
 * spaces to PASIDs of its own function. Not for use from interrupt handlers, and from one processor at a time.
 */
#ifndef DRIVERS_VTD_VTD_H
#define DRIVERS_VTD_VTD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "drivers/iommu.h"
#include "drivers/vtd/regs.h"

struct irq;
struct pci_function;
struct vtd_unit;
struct vtd_domain;
struct vtd_irte;

/*
 * Find the units (ACPI DMAR) and bring up those in scalable mode that can (3.4.4, 6.5, 5.1). Once; later calls return
 * the first one's result until vtd_shutdown(). Needs pci_init(). Returns 0 (at least one unit runs), -ENODEV (no DMAR
 * or no unit), -EINVAL (DMAR damaged), -ENOTSUP (no unit has scalable mode, or what it needs), -ETIMEDOUT (a unit does
 * not answer) or -ENOMEM. vtd_init_why() says in words what lacked or failed; it is "" after success.
 */
int vtd_init(void);
const char *vtd_init_why(void);
/* Remapping off, tables given back, pass through as before. Safe to call at any time. */
void vtd_shutdown(void);

/* The n-th unit of the DMAR, running or not; NULL behind the last. */
struct vtd_unit *vtd_unit_at(unsigned n);
/* The unit whose scope has function f, or NULL. */
struct vtd_unit *vtd_unit_of(const struct pci_function *f);

struct vtd_unit_info {
	uint64_t base; /* physical address of the registers */
	uint16_t segment;
	unsigned version_major, version_minor;
	uint64_t cap, ecap;   /* VTD_CAP_*, VTD_ECAP_* */
	bool running;         /* scalable mode, DMA remapping on */
	bool interrupts;      /* interrupt remapping on */
	bool compat_blocked;  /* messages in compatibility format are refused */
	bool first_level;     /* first-level domains possible */
	bool second_level;    /* second-level domains possible */
	bool pass_through;    /* PGTT 100 is used for requests without PASID */
	uint32_t pasids;      /* PASIDs below this can be attached; 0: no requests with PASID */
	unsigned first_bits;  /* a first-level domain's addresses are below 2^this */
	unsigned second_bits; /* the same for second-level domains */
	unsigned fault_records;
	const char *why; /* not running: which capability lacks, or what failed */
};
void vtd_unit_info(const struct vtd_unit *unit, struct vtd_unit_info *info);
/* The registers, for tests that look at them. */
volatile void *vtd_unit_registers(const struct vtd_unit *unit);
/* One line in words: version, stages, widths, interrupt remapping. Returns text. */
const char *vtd_unit_words(const struct vtd_unit *unit, char *text, size_t size);

/* ---- Address spaces ---- */

enum vtd_stage {
	VTD_STAGE_FIRST,  /* PGTT 001: IA-32e paging */
	VTD_STAGE_SECOND, /* PGTT 010: EPT-like; a guest's physical addresses */
};

#define VTD_READ  IOMMU_READ
#define VTD_WRITE IOMMU_WRITE

/* An empty address space of that unit. Returns 0, -ENOTSUP (the unit lacks that stage), -ENOSPC (domain ids) or
 * -ENOMEM. */
int vtd_domain_create(struct vtd_unit *unit, enum vtd_stage stage, struct vtd_domain **domain);
/* Returns 0, or -EBUSY while a PASID is attached to it. */
int vtd_domain_destroy(struct vtd_domain *domain);

/*
 * Map size bytes from iova to phys. All three are multiples of 4 KiB; 2 MiB pages are used where alignment allows. prot
 * is VTD_READ or VTD_READ | VTD_WRITE. Returns 0, -EINVAL (alignment, rights), -ERANGE (iova beyond the address width,
 * phys beyond the host's, or phys in the interrupt window), -EEXIST (part of it is mapped; nothing was changed) or
 * -ENOMEM (nothing stays mapped).
 */
int vtd_map(struct vtd_domain *domain, uint64_t iova, uint64_t phys, uint64_t size, unsigned prot);
/*
 * Unmap, invalidate the caches and wait for that: when it returns, the memory can be reused. Parts that are not mapped
 * are passed over. Returns 0, -EINVAL, -ERANGE, -EBUSY (the range would split a 2 MiB page; nothing was changed) or
 * -ETIMEDOUT.
 */
int vtd_unmap(struct vtd_domain *domain, uint64_t iova, uint64_t size);
/* What iova is mapped to. Returns 0 or -ENOENT. */
int vtd_lookup(const struct vtd_domain *domain, uint64_t iova, uint64_t *phys, unsigned *prot);

/* ---- PASIDs ---- */

/* A PASID that no function of the unit uses. 0 is never given out: it is RID_PASID. Returns 0 or -ENOSPC. */
int vtd_pasid_alloc(struct vtd_unit *unit, uint32_t *pasid);
void vtd_pasid_free(struct vtd_unit *unit, uint32_t pasid);
/*
 * Requests of f with pasid are translated by domain. Returns 0, -EINVAL (PASID 0 or out of range, other unit's domain),
 * -EBUSY (pasid has a domain), -ENOTSUP (f has no PASID capability), -ENODEV (no running unit has f), -ENOMEM or
 * -ETIMEDOUT.
 */
int vtd_pasid_attach(const struct pci_function *f, uint32_t pasid, struct vtd_domain *domain);
/* The way back: returns when no request with that translation is under way. Returns 0, -ENOENT or -ETIMEDOUT. */
int vtd_pasid_detach(const struct pci_function *f, uint32_t pasid);
/* The PASID table entry (VTD_PASID_WORDS words), for tests that look or break; NULL if there is no table for it. */
volatile uint64_t *vtd_pasid_entry(const struct pci_function *f, uint32_t pasid);
/* The same for the function's context entry (VTD_CTX_WORDS words); NULL if its unit does not run. */
volatile uint64_t *vtd_context_entry(const struct pci_function *f);
/* Make the unit forget what it cached of pasid and its domain, after such a test changed the entry. 0 or -ETIMEDOUT. */
int vtd_pasid_flush(const struct pci_function *f, uint32_t pasid, uint16_t did);
/* The same after a change of the context entry. */
int vtd_context_flush(const struct pci_function *f);

/* ---- Interrupt remapping ---- */

/*
 * Bind an IRTE to source id sid and irq. *address and *data are the message for the device. Returns 0, -ENOTSUP (no
 * interrupt remapping: use irq_msi_message()), -ENOSPC or -ETIMEDOUT.
 */
int vtd_irq_message(struct vtd_unit *unit, uint16_t sid, const struct irq *irq, uint64_t *address, uint32_t *data,
                    struct vtd_irte **irte);
/* Take it back; a message that still arrives is a fault (22h). NULL is ignored. */
void vtd_irq_free(struct vtd_irte *irte);
/*
 * From now on the entry's message is posted as vector to the posted-interrupt descriptor at physical address descriptor
 * (64-byte aligned; 5.2.3), or again remapped to irq. What arrives meanwhile goes either way, never astray. Returns 0,
 * -ENOTSUP (the unit does not post: CAP.PI), -EINVAL (alignment), -ERANGE (as vtd_irq_message()) or the queue's error.
 */
int vtd_irq_post(struct vtd_irte *irte, uint64_t descriptor, uint8_t vector);
int vtd_irq_remap(struct vtd_irte *irte, const struct irq *irq);
/* Index of the entry in the table, and the entry itself (VTD_IRTE_WORDS words). */
unsigned vtd_irte_index(const struct vtd_irte *irte);
volatile uint64_t *vtd_irte_entry(const struct vtd_irte *irte);
/* Make the unit forget what it cached of the entry. 0 or -ETIMEDOUT. */
int vtd_irte_flush(const struct vtd_irte *irte);

/* ---- Faults ---- */

struct vtd_fault {
	struct vtd_unit *unit;
	uint64_t address; /* page of the access; interrupt faults: 0 */
	uint64_t time_ns; /* when the record was read */
	uint32_t pasid;   /* valid if has_pasid */
	uint16_t sid;
	uint16_t index; /* interrupt faults: the entry */
	uint8_t reason; /* enum vtd_fault_reason */
	bool has_pasid;
	bool is_interrupt;
	bool write;
	bool privileged;
	uint8_t at; /* 0 untranslated, 1 translation request, 2 translated */
};

/*
 * Take the oldest fault not yet read, of all units; looks at the hardware first, so it does not depend on the fault
 * interrupt. Returns 0, or -ENOENT when there is none.
 */
int vtd_fault_next(struct vtd_fault *fault);
/* The same for faults of one function; those of others stay. */
int vtd_fault_next_of(uint16_t segment, uint16_t sid, struct vtd_fault *fault);
/* Faults that a unit could not record, or that the ring here had no room for; those of a unit are counted once a time.
 */
uint64_t vtd_fault_lost(void);
/* Fault event interrupts taken. */
uint64_t vtd_fault_interrupts(void);
/* What a reason means; "unknown fault reason" for others. */
const char *vtd_fault_name(uint8_t reason);
/* One line: who, what, where, why. Returns text. */
const char *vtd_fault_words(const struct vtd_fault *fault, char *text, size_t size);

/* ---- The IOMMU as a driver of f sees it ---- */

/*
 * A first-level domain (second-level where the unit has only that) under a PASID of its own, whose addresses differ
 * from physical ones. Returns 0 or what the calls above return; -ENODEV: no running unit has f in its scope.
 */
int vtd_iommu_open(struct pci_function *f, struct iommu **iommu);

#endif
