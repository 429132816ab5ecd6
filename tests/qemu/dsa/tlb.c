/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tests/qemu/dsa/tlb.h"

#include <string.h>

#define SHIFT 12

static size_t slot_of(const struct dsa_requester *who, uint64_t page)
{
	return (size_t)((page ^ who->pasid * UINT64_C(0x9e3779b1)) % DSA_TLB_ENTRIES);
}

bool dsa_tlb_lookup(const struct dsa_tlb *tlb, const struct dsa_requester *who, uint64_t address, bool write,
                    uint64_t *output)
{
	const uint64_t page = address >> SHIFT;
	const struct dsa_tlb_entry *entry = &tlb->entries[slot_of(who, page)];

	if (!entry->valid || entry->page != page || entry->pasid != who->pasid || entry->priv != who->priv ||
	    !(write ? entry->write : entry->read))
		return false;
	*output = entry->output << SHIFT | (address & (BIT64(SHIFT) - 1));
	return true;
}

void dsa_tlb_insert(struct dsa_tlb *tlb, const struct dsa_requester *who, uint64_t address, uint64_t output, bool read,
                    bool write)
{
	const uint64_t page = address >> SHIFT;

	tlb->entries[slot_of(who, page)] = (struct dsa_tlb_entry){
	        .valid = true,
	        .priv = who->priv,
	        .read = read,
	        .write = write,
	        .pasid = who->pasid,
	        .page = page,
	        .output = output >> SHIFT,
	};
}

void dsa_tlb_invalidate(struct dsa_tlb *tlb, bool all_pasids, uint32_t pasid, uint64_t first, uint64_t bytes)
{
	for (size_t i = 0; i < DSA_TLB_ENTRIES; i++) {
		struct dsa_tlb_entry *entry = &tlb->entries[i];

		if (all_pasids ? entry->pasid == DSA_NO_PASID : entry->pasid != pasid)
			continue;
		if (bytes == UINT64_MAX || (entry->page << SHIFT) - first < bytes)
			entry->valid = false;
	}
}

void dsa_tlb_flush(struct dsa_tlb *tlb)
{
	memset(tlb, 0, sizeof(*tlb));
}
