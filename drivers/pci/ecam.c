/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding functions. Each bus number of each segment is looked at, whatever the bridges say: server parts have several
 * root buses in a segment that only AML names, and a loop of misprogrammed bridges then leads nowhere.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>

#include "drivers/pci/pci.h"
#include "kernel/acpi.h"
#include "kernel/mem.h"
#include "kernel/mmio.h"

#define ECAM_FUNCTION 4096U
#define ECAM_BUS      (256U * ECAM_FUNCTION)

static struct pci_function functions[PCI_MAX_FUNCTIONS];
static unsigned count;
static bool done;
static int result;
static char why[96];

static bool present(const volatile void *config)
{
	uint16_t vendor = mmio_read16(config, PCI_VENDOR_ID);

	/* 0001h: the function asks to be read again later (2.3.2); nothing here waits for such late ones */
	return vendor != 0xffff && vendor != 0 && vendor != 1;
}

static int add(uint16_t segment, uint16_t sid, volatile void *config)
{
	struct pci_function *f;
	uint32_t class_rev;

	if (count == PCI_MAX_FUNCTIONS) {
		snprintf(why, sizeof(why), "more than %u PCI functions: the rest is ignored", PCI_MAX_FUNCTIONS);
		return -ENOSPC;
	}
	f = &functions[count++];
	f->segment = segment;
	f->sid = sid;
	f->config = config;
	f->vendor = mmio_read16(config, PCI_VENDOR_ID);
	f->device = mmio_read16(config, PCI_DEVICE_ID);
	class_rev = mmio_read32(config, PCI_CLASS_REVISION);
	f->class_code = class_rev >> 8;
	f->header_type = mmio_read8(config, PCI_HEADER_TYPE) & 0x7fU;
	if (f->header_type == PCI_HEADER_TYPE_BRIDGE) {
		f->secondary = mmio_read8(config, PCI_SECONDARY_BUS);
		f->subordinate = mmio_read8(config, PCI_SUBORDINATE_BUS);
	}
	return 0;
}

/* All functions of one bus, whose ECAM is at window. */
static int scan_bus(uint16_t segment, unsigned bus, volatile uint8_t *window)
{
	int rc = 0;

	for (unsigned slot = 0; slot < 32 && !rc; slot++) {
		for (unsigned func = 0; func < 8 && !rc; func++) {
			unsigned devfn = slot << 3 | func;
			volatile void *config = window + devfn * ECAM_FUNCTION;

			if (present(config))
				rc = add(segment, (uint16_t)(bus << 8 | devfn), config);
			else if (func == 0)
				break;
			if (func == 0 && !(mmio_read8(config, PCI_HEADER_TYPE) & 0x80U))
				break;
		}
	}
	return rc;
}

/* The window of a segment is mapped once and as a whole: that takes large pages, so it is cheaper than bus by bus. */
static int scan_segment(const struct acpi_segment *s)
{
	uint64_t base = s->base + (uint64_t)s->start_bus * ECAM_BUS;
	volatile uint8_t *window = mmio_map(base, (s->end_bus - s->start_bus + 1UL) * ECAM_BUS);
	int rc = 0;

	if (!window) {
		snprintf(why, sizeof(why), "segment %u: ECAM of buses %u to %u at 0x%llx cannot be mapped", s->segment,
		         s->start_bus, s->end_bus, (unsigned long long)base);
		return -ENOMEM;
	}
	for (unsigned bus = s->start_bus; bus <= s->end_bus && !rc; bus++)
		rc = scan_bus(s->segment, bus, window + (bus - s->start_bus) * (size_t)ECAM_BUS);
	return rc;
}

static int init(void)
{
	static struct acpi_mcfg mcfg;
	const struct acpi_header *table = acpi_find("MCFG", 0);
	const char *problem = "";
	int rc;

	if (!table) {
		snprintf(why, sizeof(why), "no ACPI MCFG table: no PCI Express configuration space");
		return -ENODEV;
	}
	rc = acpi_parse_mcfg(table, table->length, &mcfg, &problem);
	if (rc) {
		snprintf(why, sizeof(why), "ACPI MCFG: %s", problem);
		return rc;
	}
	for (unsigned i = 0; i < mcfg.count && rc != -ENOSPC; i++) {
		int segment_rc = scan_segment(&mcfg.segments[i]);

		if (segment_rc)
			rc = segment_rc; /* the next segment may be better */
	}
	return rc;
}

int pci_init(void)
{
	if (!done) {
		result = init();
		done = true;
	}
	return result;
}

const char *pci_init_why(void)
{
	return why;
}

const char *pci_name(const struct pci_function *f, char text[PCI_NAME_SIZE])
{
	snprintf(text, PCI_NAME_SIZE, "%04x:%02x:%02x.%x", f->segment, pci_bus(f), pci_slot(f), pci_func(f));
	return text;
}

struct pci_function *pci_at(unsigned n)
{
	return n < count ? &functions[n] : NULL;
}

struct pci_function *pci_find(uint16_t vendor, uint16_t device, unsigned n)
{
	for (unsigned i = 0; i < count; i++)
		if (functions[i].vendor == vendor && functions[i].device == device && n-- == 0)
			return &functions[i];
	return NULL;
}

struct pci_function *pci_find_class(uint32_t class_code, uint32_t mask, unsigned n)
{
	for (unsigned i = 0; i < count; i++)
		if ((functions[i].class_code & mask) == class_code && n-- == 0)
			return &functions[i];
	return NULL;
}

struct pci_function *pci_lookup(uint16_t segment, uint16_t sid)
{
	for (unsigned i = 0; i < count; i++)
		if (functions[i].segment == segment && functions[i].sid == sid)
			return &functions[i];
	return NULL;
}

uint8_t pci_read8(const struct pci_function *f, unsigned offset)
{
	return mmio_read8(f->config, offset);
}

uint16_t pci_read16(const struct pci_function *f, unsigned offset)
{
	return mmio_read16(f->config, offset);
}

uint32_t pci_read32(const struct pci_function *f, unsigned offset)
{
	return mmio_read32(f->config, offset);
}

void pci_write8(struct pci_function *f, unsigned offset, uint8_t value)
{
	mmio_write8(f->config, offset, value);
}

void pci_write16(struct pci_function *f, unsigned offset, uint16_t value)
{
	mmio_write16(f->config, offset, value);
}

void pci_write32(struct pci_function *f, unsigned offset, uint32_t value)
{
	mmio_write32(f->config, offset, value);
}

uint16_t pci_command(struct pci_function *f, uint16_t set, uint16_t clear)
{
	uint16_t old = pci_read16(f, PCI_COMMAND);
	uint16_t new = (uint16_t)((old & ~clear) | set);

	if (new != old)
		pci_write16(f, PCI_COMMAND, new);
	return old;
}
