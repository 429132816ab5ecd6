/* SPDX-License-Identifier: BSD-2-Clause */
/* All units together: found in the DMAR, brought up, described in words, switched off. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "drivers/pci/pci.h"
#include "drivers/vtd/unit.h"

static struct vtd_unit units[ACPI_MAX_DRHD];
static unsigned unit_count;
static bool done;
static int result;
static char why[192];

struct vtd_unit *vtd_unit_at(unsigned n)
{
	return n < unit_count ? &units[n] : NULL;
}

struct vtd_unit *vtd_unit_of(const struct pci_function *f)
{
	const struct acpi_drhd *drhd = vtd_drhd_of(f);

	for (unsigned i = 0; drhd && i < unit_count; i++)
		if (units[i].drhd == drhd)
			return &units[i];
	return NULL;
}

static int find_units(void)
{
	const struct acpi_header *table = acpi_find("DMAR", 0);
	const char *problem = "";
	int rc;

	if (!table) {
		snprintf(why, sizeof(why), "no ACPI DMAR table: no VT-d, or switched off in the firmware");
		return -ENODEV;
	}
	rc = acpi_parse_dmar(table, table->length, &vtd_dmar, &problem);
	if (rc) {
		snprintf(why, sizeof(why), "ACPI DMAR: %s", problem);
		return rc;
	}
	if (vtd_dmar.drhd_count == 0) {
		snprintf(why, sizeof(why), "ACPI DMAR names no unit");
		return -ENODEV;
	}
	for (unit_count = 0; unit_count < vtd_dmar.drhd_count; unit_count++) {
		struct vtd_unit *u = &units[unit_count];

		memset(u, 0, sizeof(*u));
		u->index = unit_count;
		u->drhd = &vtd_dmar.drhds[unit_count];
		u->haw = vtd_dmar.haw;
	}
	return 0;
}

static int init(void)
{
	unsigned running = 0;
	int first_problem = 0, rc = find_units();

	if (rc)
		return rc;
	for (unsigned i = 0; i < unit_count; i++) {
		struct vtd_unit *u = &units[i];

		rc = vtd_unit_probe(u);
		if (!rc) {
			rc = vtd_unit_start(u);
			if (rc && !u->running) {
				char text[sizeof(u->why)];

				/* Half a take-over is undone; what went wrong there first is what counts. */
				memcpy(text, u->why, sizeof(text));
				vtd_unit_stop(u);
				memcpy(u->why, text, sizeof(text));
			}
		}
		if (rc && !first_problem) {
			first_problem = rc;
			snprintf(why, sizeof(why), "VT-d unit %u at 0x%llx: %s", i, (unsigned long long)u->drhd->base,
			         u->why);
		}
		running += u->running;
	}
	if (!running)
		return first_problem;
	/* One that works is enough to go on, but a unit that stopped half-way is not. */
	if (first_problem == -ENOTSUP || first_problem == -ENODEV)
		first_problem = 0;
	if (!first_problem)
		why[0] = '\0';
	return first_problem;
}

int vtd_init(void)
{
	if (!done) {
		done = true;
		why[0] = '\0';
		result = init();
	}
	return result;
}

const char *vtd_init_why(void)
{
	return why;
}

void vtd_shutdown(void)
{
	for (unsigned i = 0; i < unit_count; i++)
		(void)vtd_unit_stop(&units[i]); /* on the way out there is nobody to tell; the unit's words are kept */
	done = false;
}

void vtd_unit_info(const struct vtd_unit *u, struct vtd_unit_info *info)
{
	unsigned mgaw = (unsigned)FIELD_GET(VTD_CAP_MGAW, u->cap) + 1;
	unsigned second = u->aw == VTD_AW_48BIT ? 48 : 39;

	*info = (struct vtd_unit_info){
	        .base = u->drhd->base,
	        .segment = u->drhd->segment,
	        .version_major = FIELD_GET(VTD_VER_MAJOR, u->ver),
	        .version_minor = FIELD_GET(VTD_VER_MINOR, u->ver),
	        .cap = u->cap,
	        .ecap = u->ecap,
	        .running = u->running,
	        .interrupts = u->interrupts,
	        .compat_blocked = u->interrupts && (u->eim || !(vtd_read32(u, VTD_GSTS) & VTD_GSTS_CFIS)),
	        .first_level = (u->ecap & VTD_ECAP_FSTS) != 0,
	        .second_level = (u->ecap & VTD_ECAP_SSTS) != 0,
	        .pass_through = u->running && !u->identity,
	        .pasids = vtd_pasid_limit(u),
	        .first_bits = mgaw < 47 ? mgaw : 47,
	        .second_bits = mgaw < second ? mgaw : second,
	        .fault_records = (unsigned)FIELD_GET(VTD_CAP_NFR, u->cap) + 1,
	        .why = u->why,
	};
}

volatile void *vtd_unit_registers(const struct vtd_unit *u)
{
	return u->regs;
}

const char *vtd_unit_words(const struct vtd_unit *u, char *text, size_t size)
{
	struct vtd_unit_info i;
	char pasids[24] = "no PASIDs";

	vtd_unit_info(u, &i);
	if (i.pasids)
		snprintf(pasids, sizeof(pasids), "PASIDs of %u bits", (unsigned)FIELD_GET(VTD_ECAP_PSS, u->ecap) + 1);
	if (!i.running)
		snprintf(text, size, "VT-d unit %u at 0x%llx: not used: %s", u->index, (unsigned long long)i.base,
		         i.why);
	else
		snprintf(text, size, "VT-d %u.%u at 0x%llx: scalable mode,%s%s%s %s, %s, %s%s", i.version_major,
		         i.version_minor, (unsigned long long)i.base, i.first_level ? " first level," : "",
		         i.second_level ? " second level," : "", i.ecap & VTD_ECAP_NEST ? " nested," : "", pasids,
		         i.pass_through ? "pass-through" : "identity-mapped",
		         i.interrupts ? "interrupt remapping" : "no interrupt remapping", u->eim ? " (x2APIC)" : "");
	return text;
}
