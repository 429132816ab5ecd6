/* SPDX-License-Identifier: BSD-2-Clause */
/* Which unit translates for which function: the DMAR's device scopes (8.3). */
#include <linux/pci_regs.h>

#include "drivers/pci/pci.h"
#include "drivers/vtd/unit.h"

struct acpi_dmar vtd_dmar;

/* The function a scope's path leads to, or NULL: each further hop is on the bus behind the bridge before. */
static const struct pci_function *walk(uint16_t segment, const struct acpi_scope *s)
{
	const struct pci_function *f = NULL;
	unsigned bus = s->start_bus;

	for (unsigned i = 0; i < s->hops; i++) {
		f = pci_lookup(segment,
		               (uint16_t)(bus << 8 | (s->path[i].device & 31U) << 3 | (s->path[i].function & 7U)));
		if (!f)
			return NULL;
		bus = f->secondary;
	}
	return f;
}

static bool in_scope(const struct acpi_drhd *drhd, const struct pci_function *f)
{
	for (unsigned i = 0; i < drhd->scope_count; i++) {
		const struct acpi_scope *s = &vtd_dmar.scopes[drhd->scope_first + i];
		const struct pci_function *found;

		if (s->type != ACPI_SCOPE_ENDPOINT && s->type != ACPI_SCOPE_BRIDGE)
			continue;
		found = walk(drhd->segment, s);
		if (!found)
			continue;
		if (found == f)
			return true;
		if (s->type == ACPI_SCOPE_BRIDGE && found->header_type == PCI_HEADER_TYPE_BRIDGE &&
		    pci_bus(f) >= found->secondary && pci_bus(f) <= found->subordinate)
			return true;
	}
	return false;
}

/* Explicit scopes come before a unit that takes the rest. */
const struct acpi_drhd *vtd_drhd_of(const struct pci_function *f)
{
	const struct acpi_drhd *rest = NULL;

	for (unsigned i = 0; i < vtd_dmar.drhd_count; i++) {
		const struct acpi_drhd *drhd = &vtd_dmar.drhds[i];

		if (drhd->segment != f->segment)
			continue;
		if (in_scope(drhd, f))
			return drhd;
		if (drhd->include_all && !rest)
			rest = drhd;
	}
	return rest;
}
