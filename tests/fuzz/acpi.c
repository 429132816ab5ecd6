/* SPDX-License-Identifier: BSD-2-Clause */
/* The ACPI parsers on any bytes: no access outside the table, no count above its array, always a reason for -EINVAL. */
#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/acpi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_result(int err, const char *why)
{
	assert(err == 0 || err == -EINVAL);
	assert((err == 0) == (why == NULL));
}

static void fuzz_madt(const uint8_t *table, size_t size)
{
	static struct acpi_madt madt;
	const char *why = NULL;

	check_result(acpi_parse_madt(table, size, &madt, &why), why);
	assert(madt.cpu_count <= ACPI_MAX_CPUS && madt.ioapic_count <= ACPI_MAX_IOAPICS);
}

static void fuzz_mcfg(const uint8_t *table, size_t size)
{
	static struct acpi_mcfg mcfg;
	const char *why = NULL;

	check_result(acpi_parse_mcfg(table, size, &mcfg, &why), why);
	assert(mcfg.count <= ACPI_MAX_SEGMENTS);
	for (unsigned i = 0; i < mcfg.count; i++)
		assert(mcfg.segments[i].start_bus <= mcfg.segments[i].end_bus);
}

static void check_scopes(const struct acpi_dmar *dmar, unsigned first, unsigned count)
{
	assert(first + count <= dmar->scope_count);
	for (unsigned i = first; i < first + count; i++)
		assert(dmar->scopes[i].hops >= 1 && dmar->scopes[i].hops <= ACPI_SCOPE_PATH_MAX);
}

static void fuzz_dmar(const uint8_t *table, size_t size)
{
	static struct acpi_dmar dmar;
	const char *why = NULL;

	check_result(acpi_parse_dmar(table, size, &dmar, &why), why);
	assert(dmar.drhd_count <= ACPI_MAX_DRHD && dmar.rmrr_count <= ACPI_MAX_DRHD);
	assert(dmar.scope_count <= ACPI_MAX_SCOPES);
	for (unsigned i = 0; i < dmar.drhd_count; i++)
		check_scopes(&dmar, dmar.drhds[i].scope_first, dmar.drhds[i].scope_count);
	for (unsigned i = 0; i < dmar.rmrr_count; i++)
		check_scopes(&dmar, dmar.rmrrs[i].scope_first, dmar.rmrrs[i].scope_count);
}

/* The first byte chooses the parser; signature and length are put right for most inputs, so that the entries get read.
 */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct {
		const char *signature;
		void (*run)(const uint8_t *table, size_t size);
	} parsers[] = {{"APIC", fuzz_madt}, {"MCFG", fuzz_mcfg}, {"DMAR", fuzz_dmar}};
	uint8_t *table; /* of exactly its size, so that the sanitizer sees one byte too far */
	uint32_t length;
	unsigned which;

	if (size < 1)
		return 0;
	which = data[0] % 3;
	length = (uint32_t)--size;
	table = malloc(size ? size : 1);
	if (!table)
		return 0;
	memcpy(table, data + 1, size);
	if (!(data[0] & 0x80) && size >= sizeof(struct acpi_header)) {
		memcpy(table, parsers[which].signature, 4);
		memcpy(table + offsetof(struct acpi_header, length), &length, sizeof(length));
	}
	parsers[which].run(table, size);
	free(table);
	return 0;
}
