/* SPDX-License-Identifier: BSD-2-Clause */
/* Finding the static tables (ACPI 6.5, 5.2.5). Every address and length in them is doubted. */
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "kernel/acpi.h"
#include "kernel/console.h"
#include "kernel/mem.h"
#include "kernel/paging.h"

#define MAX_TABLES     128U
#define MAX_TABLE_SIZE (UINT32_C(16) << 20)

static const struct acpi_header *tables[MAX_TABLES];
static unsigned table_count;

static bool sum_is_zero(const void *data, size_t size)
{
	const uint8_t *bytes = data;
	uint8_t sum = 0;

	for (size_t i = 0; i < size; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return sum == 0;
}

static const void *map(uint64_t phys, uint64_t size)
{
	if (phys == 0 || paging_map_tables(phys, size))
		return NULL;
	return virt_of(phys);
}

/* The table at phys, whole and with a good checksum; else NULL, and the console says why. */
static const struct acpi_header *map_table(uint64_t phys, const char *role)
{
	const struct acpi_header *t = map(phys, sizeof(*t));

	if (!t) {
		console_printf("# ACPI: the %s names a table at 0x%llx, where none can be\n", role,
		               (unsigned long long)phys);
		return NULL;
	}
	if (t->length < sizeof(*t) || t->length > MAX_TABLE_SIZE || !map(phys, t->length)) {
		console_printf("# ACPI: table %.4s at 0x%llx has an impossible length of %u bytes\n", t->signature,
		               (unsigned long long)phys, t->length);
		return NULL;
	}
	if (!sum_is_zero(t, t->length)) {
		console_printf("# ACPI: table %.4s at 0x%llx has a wrong checksum and is not used\n", t->signature,
		               (unsigned long long)phys);
		return NULL;
	}
	return t;
}

static const struct acpi_rsdp *check_rsdp(uint64_t phys)
{
	const struct acpi_rsdp *r = map(phys, sizeof(*r));

	return r && memcmp(r->signature, "RSD PTR ", 8) == 0 && sum_is_zero(r, ACPI_RSDP_V1_SIZE) ? r : NULL;
}

/* Where a BIOS has it: the extended BIOS data area's usual place and the BIOS itself, at multiples of 16 bytes. */
static const struct acpi_rsdp *search_rsdp(void)
{
	static const struct {
		uint64_t from, to;
	} areas[] = {{0x80000, 0xa0000}, {0xe0000, 0x100000}};

	for (unsigned i = 0; i < sizeof(areas) / sizeof(areas[0]); i++) {
		for (uint64_t at = areas[i].from; at + sizeof(struct acpi_rsdp) <= areas[i].to; at += 16) {
			const struct acpi_rsdp *r = check_rsdp(at);

			if (r)
				return r;
		}
	}
	return NULL;
}

/* All tables that a root table with entries of width bytes names. Returns whether the root table was good. */
static bool read_root(uint64_t phys, const char *name, size_t width)
{
	const struct acpi_header *root = map_table(phys, "RSDP");
	const uint8_t *entry = (const uint8_t *)(root + 1);

	if (!root || memcmp(root->signature, name, 4) != 0)
		return false;
	for (size_t left = root->length - sizeof(*root); left >= width; left -= width, entry += width) {
		const struct acpi_header *t;
		uint64_t address = 0;

		memcpy(&address, entry, width);
		t = address ? map_table(address, name) : NULL;
		if (t && table_count < MAX_TABLES)
			tables[table_count++] = t;
	}
	return true;
}

int acpi_init(uint64_t phys)
{
	const struct acpi_rsdp *r = phys ? check_rsdp(phys) : search_rsdp();

	table_count = 0;
	if (!r && phys) {
		console_printf("# ACPI: what the loader names as RSDP, at 0x%llx, is none\n", (unsigned long long)phys);
		return -EINVAL;
	}
	if (!r)
		return -ENOENT;
	if (r->revision >= 2 && r->xsdt && read_root(r->xsdt, "XSDT", sizeof(uint64_t)))
		return 0;
	return r->rsdt && read_root(r->rsdt, "RSDT", sizeof(uint32_t)) ? 0 : -EINVAL;
}

const struct acpi_header *acpi_find(const char *signature, unsigned n)
{
	for (unsigned i = 0; i < table_count; i++) {
		if (memcmp(tables[i]->signature, signature, 4) == 0 && n-- == 0)
			return tables[i];
	}
	return NULL;
}
