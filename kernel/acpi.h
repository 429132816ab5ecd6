/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ACPI static tables. Finding them (acpi.c) needs the machine; taking them apart (acpi_parse.c) is pure, because tables
 * lie and the parsers are tested on the developer's machine with hostile bytes. A parser returns 0 or -EINVAL and then
 * says in *why (a constant string) what is wrong; what it found before the fault stays in the result.
 */
#ifndef KERNEL_ACPI_H
#define KERNEL_ACPI_H

#include <stddef.h>
#include <stdint.h>

struct acpi_header {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char oem_id[6];
	char oem_table_id[8];
	uint32_t oem_revision;
	char creator_id[4];
	uint32_t creator_revision;
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_header) == 36, "ACPI 5.2.6");

/* The root pointer: read on the host, composed for a guest (ACPI 6.5, 5.2.5.3). */
struct acpi_rsdp {
	char signature[8];
	uint8_t checksum;
	char oem_id[6];
	uint8_t revision;
	uint32_t rsdt;
	/* from revision 2 on */
	uint32_t length;
	uint64_t xsdt;
	uint8_t extended_checksum;
	uint8_t rsvd[3];
} __attribute__((packed));
_Static_assert(sizeof(struct acpi_rsdp) == 36, "ACPI 5.2.5.3");
#define ACPI_RSDP_V1_SIZE 20U

/*
 * Find the tables from the RSDP at physical address rsdp; 0 means search the legacy BIOS areas (PVH). Returns 0,
 * -ENOENT (no RSDP) or -EINVAL (RSDP, XSDT or RSDT damaged: then what to say is printed as a console warning).
 */
int acpi_init(uint64_t rsdp);
/* The n-th table with that signature and a good checksum and mapping, or NULL. */
const struct acpi_header *acpi_find(const char *signature, unsigned n);

#define ACPI_MAX_CPUS       512
#define ACPI_MAX_IOAPICS    32
#define ACPI_MAX_SEGMENTS   64
#define ACPI_MAX_DRHD       64
#define ACPI_MAX_SCOPES     256
#define ACPI_SCOPE_PATH_MAX 8

struct acpi_cpu {
	uint32_t apic_id;
};

struct acpi_ioapic {
	uint8_t id;
	uint32_t address;
	uint32_t gsi_base;
};

struct acpi_madt {
	uint64_t lapic_address;
	unsigned cpu_count; /* enabled ones; each APIC id once, although x2APIC and APIC entries may both name it */
	struct acpi_cpu cpus[ACPI_MAX_CPUS];
	unsigned ioapic_count;
	struct acpi_ioapic ioapics[ACPI_MAX_IOAPICS];
};

struct acpi_segment {
	uint64_t base; /* of the ECAM window, for bus 0 even if start_bus is not */
	uint16_t segment;
	uint8_t start_bus;
	uint8_t end_bus;
};

struct acpi_mcfg {
	unsigned count;
	struct acpi_segment segments[ACPI_MAX_SEGMENTS];
};

enum acpi_scope_type {
	ACPI_SCOPE_ENDPOINT = 1,
	ACPI_SCOPE_BRIDGE = 2,
	ACPI_SCOPE_IOAPIC = 3,
	ACPI_SCOPE_HPET = 4,
	ACPI_SCOPE_NAMESPACE = 5,
};

struct acpi_scope {
	uint8_t type; /* enum acpi_scope_type */
	uint8_t enumeration_id;
	uint8_t start_bus;
	uint8_t hops;
	struct {
		uint8_t device;
		uint8_t function;
	} path[ACPI_SCOPE_PATH_MAX];
};

struct acpi_drhd {
	uint64_t base;
	uint64_t size; /* bytes of the register set */
	uint16_t segment;
	uint8_t include_all;
	unsigned scope_first; /* into acpi_dmar.scopes */
	unsigned scope_count;
};

struct acpi_rmrr {
	uint64_t base;
	uint64_t limit; /* last byte */
	uint16_t segment;
	unsigned scope_first;
	unsigned scope_count;
};

struct acpi_dmar {
	unsigned haw; /* host address width, bits */
	uint8_t intr_remap;
	uint8_t x2apic_opt_out;
	unsigned drhd_count;
	struct acpi_drhd drhds[ACPI_MAX_DRHD];
	unsigned rmrr_count;
	struct acpi_rmrr rmrrs[ACPI_MAX_DRHD];
	unsigned scope_count;
	struct acpi_scope scopes[ACPI_MAX_SCOPES];
};

/* Each takes a whole table of size bytes, header included. */
int acpi_parse_madt(const void *table, size_t size, struct acpi_madt *out, const char **why);
int acpi_parse_mcfg(const void *table, size_t size, struct acpi_mcfg *out, const char **why);
int acpi_parse_dmar(const void *table, size_t size, struct acpi_dmar *out, const char **why);

#endif
