/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Root, context and PASID tables (9.1 to 9.6), built before the unit reads them. Each source id gets a context entry
 * whose requests without PASID pass through, so that devices which the firmware left running (a USB controller with a
 * boot keyboard) go on, and reserved memory regions need nothing more.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>

#include "drivers/pci/pci.h"
#include "drivers/vtd/unit.h"

struct vtd_source *vtd_source_find(const struct vtd_unit *u, uint16_t sid)
{
	for (struct vtd_source *s = u->sources; s; s = s->next)
		if (s->sid == sid)
			return s;
	return NULL;
}

/* A directory whose PASID 0, the one of requests without PASID, is filled. */
static uint64_t *new_directory(struct vtd_unit *u)
{
	uint64_t *directory = page_alloc(1), *table = page_alloc(1);

	if (!directory || !table) {
		page_free(directory, 1);
		page_free(table, 1);
		return NULL;
	}
	vtd_pasid_fill(u, table, u->identity);
	vtd_flush(u->flush_tables, table, PAGE_SIZE);
	directory[0] = phys_of(table) | VTD_PASIDDIR_PRESENT;
	vtd_flush(u->flush_tables, directory, PAGE_SIZE);
	return directory;
}

static void free_directory(uint64_t *directory)
{
	for (unsigned i = 0; directory && i < VTD_PASIDDIR_PER_PAGE; i++)
		if (directory[i] & VTD_PASIDDIR_PRESENT)
			page_free(virt_of(directory[i] & VTD_ADDRESS), 1);
	page_free(directory, 1);
}

static volatile uint64_t *context_entry(struct vtd_unit *u, uint16_t sid)
{
	uint64_t *slot = &u->root[VTD_ROOT_INDEX(VTD_BUS_OF(sid), VTD_DEVFN_OF(sid))];

	if (!(*slot & VTD_ROOT_PRESENT)) {
		void *table = page_alloc(1);

		if (!table)
			return NULL;
		vtd_flush(u->flush_tables, table, PAGE_SIZE);
		*slot = phys_of(table) | VTD_ROOT_PRESENT;
		vtd_flush(u->flush_tables, slot, sizeof(*slot));
	}
	return (volatile uint64_t *)virt_of(*slot & VTD_ADDRESS) + (size_t)(sid & 127U) * VTD_CTX_WORDS;
}

volatile uint64_t *vtd_context_entry(const struct pci_function *f)
{
	struct vtd_unit *u = vtd_unit_of(f);

	return u && u->running && vtd_source_find(u, f->sid) ? context_entry(u, f->sid) : NULL;
}

int vtd_context_flush(const struct pci_function *f)
{
	struct vtd_unit *u = vtd_unit_of(f);
	volatile uint64_t *entry = vtd_context_entry(f);

	if (!entry)
		return -ENODEV;
	vtd_flush(u->flush_tables, entry, 8 * VTD_CTX_WORDS);
	return vtd_flush_all(u);
}

static int add_source(struct vtd_unit *u, uint16_t sid, bool pasids, bool device_tlb)
{
	struct vtd_source *s;
	volatile uint64_t *entry;
	uint64_t q0;

	if (vtd_source_find(u, sid))
		return 0;
	s = calloc(1, sizeof(*s));
	entry = context_entry(u, sid);
	if (!s || !entry) {
		free(s);
		return -ENOMEM;
	}
	s->sid = sid;
	s->pasids = pasids;
	s->directory = pasids ? new_directory(u) : u->common_directory;
	if (!s->directory) {
		free(s);
		return -ENOMEM;
	}
	s->next = u->sources;
	u->sources = s;

	q0 = phys_of(s->directory) | FIELD_PREP(VTD_CTX_PDTS, (uint64_t)VTD_PDTS) | VTD_CTX_PRESENT;
	if (pasids)
		q0 |= VTD_CTX_PASIDE;
	if (device_tlb)
		q0 |= VTD_CTX_DTE;
	entry[3] = 0;
	entry[2] = 0;
	entry[1] = FIELD_PREP(VTD_CTX_RID_PASID, UINT64_C(0));
	vtd_flush(u->flush_tables, entry, 8 * VTD_CTX_WORDS);
	entry[0] = q0;
	vtd_flush(u->flush_tables, entry, 8 * VTD_CTX_WORDS);
	return 0;
}

static int add_function(struct vtd_unit *u, const struct pci_function *f)
{
	unsigned pcie = pci_capability(f, PCI_CAP_ID_EXP);
	unsigned type = pcie ? (pci_read16(f, pcie + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_TYPE) >> 4 : 0;
	bool pasids = (u->ecap & VTD_ECAP_PASID) && pci_ext_capability(f, PCI_EXT_CAP_ID_PASID);
	/* Behind a root port, whether ATS may be used would hang on the ATSR; integrated endpoints need none (8.6). */
	bool ats = (u->ecap & VTD_ECAP_DT) && pasids && type == PCI_EXP_TYPE_RC_END &&
	           pci_ext_capability(f, PCI_EXT_CAP_ID_ATS);
	int rc = add_source(u, f->sid, pasids, ats);

	/* A bridge to conventional PCI may send the requests of what is behind it as device 0 of that bus (3.6.1). */
	if (!rc && type == PCI_EXP_TYPE_PCI_BRIDGE)
		rc = add_source(u, (uint16_t)(f->secondary << 8), false, false);
	return rc;
}

int vtd_tables_build(struct vtd_unit *u)
{
	int rc = 0;

	u->root = page_alloc(1);
	u->pasids = page_alloc(VTD_MAX_PASIDS / 8 / PAGE_SIZE);
	if (!u->root || !u->pasids)
		return vtd_fail(u, -ENOMEM, "no memory for the root table");
	vtd_flush(u->flush_tables, u->root, PAGE_SIZE);
	u->dids[0] = BIT64(0) | BIT64(VTD_DID_SHARED);
	u->pasids[0] = BIT64(0);

	if (!(u->ecap & VTD_ECAP_PT)) {
		rc = vtd_domain_identity(u, &u->identity);
		if (rc)
			return vtd_fail(u, rc, "ECAP.PT=0, and no identity mapping could be made");
	}
	u->common_directory = new_directory(u);
	if (!u->common_directory)
		return vtd_fail(u, -ENOMEM, "no memory for PASID tables");
	for (unsigned i = 0; !rc && pci_at(i); i++)
		if (vtd_drhd_of(pci_at(i)) == u->drhd)
			rc = add_function(u, pci_at(i));
	return rc ? vtd_fail(u, rc, "no memory for context and PASID tables") : 0;
}

void vtd_tables_free(struct vtd_unit *u)
{
	while (u->sources) {
		struct vtd_source *s = u->sources;

		u->sources = s->next;
		if (s->directory != u->common_directory)
			free_directory(s->directory);
		free(s);
	}
	free_directory(u->common_directory);
	u->common_directory = NULL;
	for (unsigned i = 0; u->root && i < VTD_ROOT_ENTRIES * VTD_ROOT_WORDS; i++)
		if (u->root[i] & VTD_ROOT_PRESENT)
			page_free(virt_of(u->root[i] & VTD_ADDRESS), 1);
	page_free(u->root, 1);
	u->root = NULL;
	if (u->identity) {
		vtd_domain_destroy(u->identity);
		u->identity = NULL;
	}
	if (u->pasids)
		page_free(u->pasids, VTD_MAX_PASIDS / 8 / PAGE_SIZE);
	u->pasids = NULL;
}
