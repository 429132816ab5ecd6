/* SPDX-License-Identifier: BSD-2-Clause */
/* PASIDs: handing them out, and tying them to address spaces (9.5, 9.6; what to invalidate: 6.5.3.3). */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>

#include "drivers/pci/pci.h"
#include "drivers/vtd/unit.h"

/*
 * Memory types by PAT index as the processor has them after reset. They matter only to devices within the processor's
 * coherency domain; zeros would make all their accesses uncached.
 */
#define DEFAULT_PAT UINT64_C(0x07460746)

/*
 * Fill an entry, not present before, for domain; NULL: pass through. P is written last. Requests with supervisor
 * privilege obey the same rights as others (WPE).
 */
void vtd_pasid_fill(struct vtd_unit *u, volatile uint64_t *entry, const struct vtd_domain *domain)
{
	/* AW also where only the first level walks: some units take the input's width from it. */
	uint64_t q0 = VTD_PASID0_PRESENT | FIELD_PREP(VTD_PASID0_AW, (uint64_t)u->aw);
	uint64_t q1 = FIELD_PREP(VTD_PASID1_DID, (uint64_t)(domain ? domain->did : VTD_DID_SHARED));
	uint64_t q2 = 0;

	if (!domain) {
		q0 |= FIELD_PREP(VTD_PASID0_PGTT, (uint64_t)VTD_PGTT_PASS_THROUGH);
	} else if (domain->stage == VTD_STAGE_FIRST) {
		q0 |= FIELD_PREP(VTD_PASID0_PGTT, (uint64_t)VTD_PGTT_FIRST);
		q2 |= phys_of(domain->root) | FIELD_PREP(VTD_PASID2_FSPM, (uint64_t)VTD_FSPM_4LEVEL);
		if (u->ecap & VTD_ECAP_SRS)
			q2 |= VTD_PASID2_SRE | VTD_PASID2_WPE;
		if (u->ecap & VTD_ECAP_MTS)
			q1 |= FIELD_PREP(VTD_PASID1_PAT, DEFAULT_PAT);
	} else {
		q0 |= FIELD_PREP(VTD_PASID0_PGTT, (uint64_t)VTD_PGTT_SECOND) | phys_of(domain->root);
		if (u->ecap & VTD_ECAP_SRS)
			q2 |= VTD_PASID2_SRE;
	}
	if (domain && u->ecap & VTD_ECAP_SMPWC)
		q1 |= VTD_PASID1_PWSNP;
	if (domain && domain != u->identity && u->ecap & VTD_ECAP_SC)
		q1 |= VTD_PASID1_PGSNP;

	for (unsigned i = 3; i < VTD_PASID_WORDS; i++)
		entry[i] = 0;
	entry[2] = q2;
	entry[1] = q1;
	vtd_flush(u->flush_tables, entry, 8 * VTD_PASID_WORDS);
	entry[0] = q0;
	vtd_flush(u->flush_tables, entry, 8 * VTD_PASID_WORDS);
}

uint32_t vtd_pasid_limit(const struct vtd_unit *u)
{
	uint32_t width = (uint32_t)FIELD_GET(VTD_ECAP_PSS, u->ecap) + 1;

	if (!(u->ecap & VTD_ECAP_PASID))
		return 0;
	return width >= 15 ? VTD_MAX_PASIDS : UINT32_C(1) << width;
}

int vtd_pasid_alloc(struct vtd_unit *u, uint32_t *pasid)
{
	for (uint32_t i = 1; u->running && i < vtd_pasid_limit(u); i++) {
		if (!(u->pasids[i / 64] & BIT64(i % 64))) {
			u->pasids[i / 64] |= BIT64(i % 64);
			*pasid = i;
			return 0;
		}
	}
	return -ENOSPC;
}

void vtd_pasid_free(struct vtd_unit *u, uint32_t pasid)
{
	if (u->pasids && pasid && pasid < VTD_MAX_PASIDS)
		u->pasids[pasid / 64] &= ~BIT64(pasid % 64);
}

volatile uint64_t *vtd_pasid_entry(const struct pci_function *f, uint32_t pasid)
{
	struct vtd_unit *u = vtd_unit_of(f);
	struct vtd_source *s = u && u->running ? vtd_source_find(u, f->sid) : NULL;
	uint64_t slot;

	if (!s || pasid >= VTD_MAX_PASIDS)
		return NULL;
	slot = s->directory[VTD_PASIDDIR_INDEX_OF(pasid)];
	if (!(slot & VTD_PASIDDIR_PRESENT))
		return NULL;
	return (volatile uint64_t *)virt_of(slot & VTD_ADDRESS) +
	       (size_t)VTD_PASID_TABLE_INDEX_OF(pasid) * VTD_PASID_WORDS;
}

unsigned vtd_device_tlb(const struct vtd_unit *u, const struct pci_function *f, uint32_t pasid,
                        struct vtd_descriptor *d)
{
	unsigned ats = u->ecap & VTD_ECAP_DT && f ? pci_ext_capability(f, PCI_EXT_CAP_ID_ATS) : 0;
	uint64_t depth, pfsid;

	if (!ats || !(pci_read16(f, ats + PCI_ATS_CTRL) & PCI_ATS_CTRL_ENABLE))
		return 0;
	depth = PCI_ATS_CAP_QDEP(pci_read16(f, ats + PCI_ATS_CAP));
	pfsid = u->ecap & VTD_ECAP_DIT ? f->sid : 0;
	d->q0 = VTD_QI_PDEVTLB | FIELD_PREP(VTD_QI_PDEVTLB_MIP, depth) |
	        FIELD_PREP(VTD_QI_PDEVTLB_SID, (uint64_t)f->sid) | FIELD_PREP(VTD_QI_PASID, (uint64_t)pasid) |
	        FIELD_PREP(VTD_QI_DEVTLB_PFSID_LOW, pfsid & 15U) | FIELD_PREP(VTD_QI_DEVTLB_PFSID_HIGH, pfsid >> 4);
	d->q1 = VTD_QI_PDEVTLB_ALL;
	return 1;
}

/* Forget a PASID table entry and what was reached through it. */
int vtd_pasid_invalidate(struct vtd_unit *u, uint16_t sid, uint32_t pasid, uint16_t did, bool second)
{
	struct vtd_descriptor d[4];
	unsigned n = 0;

	/* Not needed by the letter, but there are units that cache what they found by way of the context entry. */
	d[n++] = (struct vtd_descriptor){
	        VTD_QI_CONTEXT | FIELD_PREP(VTD_QI_GRANULARITY, (uint64_t)VTD_QI_CONTEXT_DEVICE) |
	                FIELD_PREP(VTD_QI_DID, (uint64_t)did) | FIELD_PREP(VTD_QI_CONTEXT_SID, (uint64_t)sid),
	        0};
	d[n++] = (struct vtd_descriptor){
	        VTD_QI_PASID_CACHE | FIELD_PREP(VTD_QI_GRANULARITY, (uint64_t)VTD_QI_PASID_CACHE_SELECTIVE) |
	                FIELD_PREP(VTD_QI_DID, (uint64_t)did) | FIELD_PREP(VTD_QI_PASID, (uint64_t)pasid),
	        0};
	if (second)
		d[n++] = (struct vtd_descriptor){
		        VTD_QI_IOTLB | FIELD_PREP(VTD_QI_GRANULARITY, (uint64_t)VTD_QI_IOTLB_DOMAIN) | VTD_QI_IOTLB_DW |
		                VTD_QI_IOTLB_DR | FIELD_PREP(VTD_QI_DID, (uint64_t)did),
		        0};
	else
		d[n++] = (struct vtd_descriptor){
		        VTD_QI_PIOTLB | FIELD_PREP(VTD_QI_GRANULARITY, (uint64_t)VTD_QI_PIOTLB_ALL) |
		                FIELD_PREP(VTD_QI_DID, (uint64_t)did) | FIELD_PREP(VTD_QI_PASID, (uint64_t)pasid),
		        0};
	n += vtd_device_tlb(u, pci_lookup(u->drhd->segment, sid), pasid, &d[n]);
	return vtd_queue_run(u, d, n);
}

int vtd_pasid_attach(const struct pci_function *f, uint32_t pasid, struct vtd_domain *domain)
{
	struct vtd_unit *u = vtd_unit_of(f);
	struct vtd_source *s = u && u->running ? vtd_source_find(u, f->sid) : NULL;
	struct vtd_attachment *a;
	volatile uint64_t *entry;
	uint64_t *slot;
	int rc;

	if (!s)
		return -ENODEV;
	if (domain->unit != u || pasid == 0 || pasid >= vtd_pasid_limit(u))
		return -EINVAL;
	if (!s->pasids)
		return -ENOTSUP;
	slot = &s->directory[VTD_PASIDDIR_INDEX_OF(pasid)];
	if (!(*slot & VTD_PASIDDIR_PRESENT)) {
		void *table = page_alloc(1);

		if (!table)
			return -ENOMEM;
		vtd_flush(u->flush_tables, table, PAGE_SIZE);
		*slot = phys_of(table) | VTD_PASIDDIR_PRESENT;
		vtd_flush(u->flush_tables, slot, sizeof(*slot));
	}
	entry = vtd_pasid_entry(f, pasid);
	if (entry[0] & VTD_PASID0_PRESENT)
		return -EBUSY;
	a = calloc(1, sizeof(*a));
	if (!a)
		return -ENOMEM;
	vtd_pasid_fill(u, entry, domain);
	a->function = f;
	a->pasid = pasid;
	a->next = domain->attached;
	domain->attached = a;
	if (!(u->cap & VTD_CAP_CM))
		return 0; /* nothing of an absent entry is cached */
	rc = vtd_pasid_invalidate(u, f->sid, pasid, domain->did, domain->stage == VTD_STAGE_SECOND);
	if (rc)
		vtd_pasid_detach(f, pasid);
	return rc;
}

/* The domain that pasid of f was attached to, and the link to its attachment. */
static struct vtd_attachment **attachment_in(struct vtd_domain *domain, const struct pci_function *f, uint32_t pasid)
{
	for (struct vtd_attachment **a = &domain->attached; *a; a = &(*a)->next)
		if ((*a)->function == f && (*a)->pasid == pasid)
			return a;
	return NULL;
}

int vtd_pasid_detach(const struct pci_function *f, uint32_t pasid)
{
	struct vtd_unit *u = vtd_unit_of(f);
	volatile uint64_t *entry = vtd_pasid_entry(f, pasid);
	struct vtd_domain *domain;
	struct vtd_attachment **link = NULL, *a;

	if (!u || !entry || pasid == 0)
		return -ENOENT;
	for (domain = u->domains; domain; domain = domain->next) {
		link = attachment_in(domain, f, pasid);
		if (link)
			break;
	}
	if (!domain)
		return -ENOENT;
	a = *link;
	*link = a->next;
	free(a);
	/* All of it, not only P: there are units that look at the other fields first. */
	entry[0] = 0;
	vtd_flush(u->flush_tables, entry, 8 * VTD_PASID_WORDS);
	for (unsigned i = 1; i < VTD_PASID_WORDS; i++)
		entry[i] = 0;
	vtd_flush(u->flush_tables, entry, 8 * VTD_PASID_WORDS);
	return vtd_pasid_invalidate(u, f->sid, pasid, domain->did, domain->stage == VTD_STAGE_SECOND);
}

int vtd_pasid_flush(const struct pci_function *f, uint32_t pasid, uint16_t did)
{
	struct vtd_unit *u = vtd_unit_of(f);
	int rc;

	if (!u || !u->running)
		return -ENODEV;
	vtd_flush(u->flush_tables, vtd_pasid_entry(f, pasid), 8 * VTD_PASID_WORDS);
	rc = vtd_pasid_invalidate(u, f->sid, pasid, did, false);
	return rc ? rc : vtd_pasid_invalidate(u, f->sid, pasid, did, true);
}
