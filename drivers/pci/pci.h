/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PCI Express functions through ECAM: configuration space, BARs, capabilities, MSI-X, function level reset. Nothing is
 * assigned here: bus numbers and BARs are the firmware's (or the hypervisor's).
 *
 * Register names are those of <linux/pci_regs.h>; section numbers those of the PCI Express Base Specification 5.0.
 */
#ifndef DRIVERS_PCI_PCI_H
#define DRIVERS_PCI_PCI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PCI_MAX_FUNCTIONS 1024
#define PCI_BARS          6

struct pci_function {
	uint16_t segment;
	uint16_t sid; /* bus 15:8, device 7:3, function 2:0: the source id of its requests */
	uint16_t vendor;
	uint16_t device;
	uint32_t class_code;   /* base class 23:16, sub-class 15:8, interface 7:0 */
	uint8_t header_type;   /* PCI_HEADER_TYPE_*, without the multi-function bit */
	uint8_t secondary;     /* bridges: first bus behind it */
	uint8_t subordinate;   /* bridges: last bus behind it */
	volatile void *config; /* 4 KiB */
};

static inline unsigned pci_bus(const struct pci_function *f)
{
	return f->sid >> 8;
}

static inline unsigned pci_slot(const struct pci_function *f)
{
	return (f->sid >> 3) & 31U;
}

static inline unsigned pci_func(const struct pci_function *f)
{
	return f->sid & 7U;
}

/* "0000:6a:01.0": name in text, which has room for PCI_NAME_SIZE bytes; returns text. */
#define PCI_NAME_SIZE 16
const char *pci_name(const struct pci_function *f, char text[PCI_NAME_SIZE]);

/*
 * Find all functions of all segments in the MCFG, once; later calls return the first one's result. Returns 0, -ENODEV
 * (no MCFG), -EINVAL (MCFG damaged), -ENOMEM (ECAM cannot be mapped) or -ENOSPC (more than PCI_MAX_FUNCTIONS: those
 * found before are usable). pci_init_why() says it in words.
 */
int pci_init(void);
const char *pci_init_why(void);
/* The n-th function in order of segment, bus, device, function; NULL behind the last. */
struct pci_function *pci_at(unsigned n);
/* The n-th function with that vendor and device. */
struct pci_function *pci_find(uint16_t vendor, uint16_t device, unsigned n);
/* The n-th function whose class code, under mask, is class_code. */
struct pci_function *pci_find_class(uint32_t class_code, uint32_t mask, unsigned n);
/* The function at that place, or NULL. */
struct pci_function *pci_lookup(uint16_t segment, uint16_t sid);

/* Configuration space: aligned accesses of exactly that width. */
uint8_t pci_read8(const struct pci_function *f, unsigned offset);
uint16_t pci_read16(const struct pci_function *f, unsigned offset);
uint32_t pci_read32(const struct pci_function *f, unsigned offset);
void pci_write8(struct pci_function *f, unsigned offset, uint8_t value);
void pci_write16(struct pci_function *f, unsigned offset, uint16_t value);
void pci_write32(struct pci_function *f, unsigned offset, uint32_t value);

/* Offset of the capability (7.5.1.1.11) or extended capability (7.6.3) with that id, or 0. Loops in the list end. */
unsigned pci_capability(const struct pci_function *f, uint8_t id);
unsigned pci_ext_capability(const struct pci_function *f, uint16_t id);
/* Offset of the DVSEC (7.9.6) with that vendor and DVSEC id, or 0. */
unsigned pci_dvsec(const struct pci_function *f, uint16_t vendor, uint16_t id);

struct pci_bar {
	uint64_t base; /* bus address */
	uint64_t size; /* bytes, a power of two */
	bool is_64bit;
	bool prefetchable;
	bool is_io;
};

/*
 * Read BAR n (0 to 5, the lower half of a 64-bit one) and its size; decoding is off meanwhile. Returns 0, -EINVAL (no
 * such BAR in this header type, or the upper half of one), -ENOENT (not implemented) or -ENXIO (implemented but without
 * an address: the firmware assigned none). bar->size is right for -ENXIO too.
 */
int pci_bar(struct pci_function *f, unsigned n, struct pci_bar *bar);

/* Set and clear bits of the command register (PCI_COMMAND_*). Returns the old value. */
uint16_t pci_command(struct pci_function *f, uint16_t set, uint16_t clear);
/* To D0, from whatever low-power state somebody left the function in. Returns whether it was in one. */
bool pci_power_on(struct pci_function *f);

/*
 * Function level reset (6.6.2): waits for pending transactions (100 ms), resets, waits 100 ms and then at most 1 s
 * until the function answers, and restores BARs, interrupt line, cache line size, command, PCIe device control and
 * MSI-X control. Returns 0, -ENOTSUP (no FLR) or -ETIMEDOUT (function does not answer).
 */
int pci_flr(struct pci_function *f);

struct pci_msix {
	struct pci_function *function;
	unsigned capability;
	unsigned count; /* entries */
	volatile void *table;
	volatile void *pba;
	size_t table_size, pba_size;
};

/*
 * Map the MSI-X table (7.7.2), mask every entry, switch MSI-X on. Returns 0, -ENOENT (no such capability), or
 * pci_bar()'s and mmio_map()'s errors; -EINVAL if table or PBA lie outside their BAR.
 */
int pci_msix_enable(struct pci_function *f, struct pci_msix *msix);
void pci_msix_disable(struct pci_msix *msix);
/* Program an entry, masked. Returns 0, or -EINVAL for an entry that does not exist. */
int pci_msix_set(struct pci_msix *msix, unsigned entry, uint64_t address, uint32_t data);
int pci_msix_mask(struct pci_msix *msix, unsigned entry, bool masked);
bool pci_msix_pending(const struct pci_msix *msix, unsigned entry);

#endif
