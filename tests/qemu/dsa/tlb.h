/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The device TLB: what translation requests gave, until it is invalidated. */
#ifndef TESTS_QEMU_DSA_TLB_H
#define TESTS_QEMU_DSA_TLB_H

#include "tests/qemu/dsa/exec.h"

#define DSA_TLB_ENTRIES 1024

struct dsa_tlb {
	struct dsa_tlb_entry {
		bool valid, priv, read, write;
		uint32_t pasid; /* or DSA_NO_PASID */
		uint64_t page;  /* in units of 4 KiB, as output */
		uint64_t output;
	} entries[DSA_TLB_ENTRIES];
};

/* Where an address lies in memory, for a read or a write. Returns whether that is known. */
bool dsa_tlb_lookup(const struct dsa_tlb *tlb, const struct dsa_requester *who, uint64_t address, bool write,
                    uint64_t *output);
/* The 4 KiB page of address lies at that of output; it may be part of a larger one. */
void dsa_tlb_insert(struct dsa_tlb *tlb, const struct dsa_requester *who, uint64_t address, uint64_t output, bool read,
                    bool write);
/* Forgets a range of one PASID (or of DSA_NO_PASID), or of every PASID. bytes UINT64_MAX: everything. */
void dsa_tlb_invalidate(struct dsa_tlb *tlb, bool all_pasids, uint32_t pasid, uint64_t first, uint64_t bytes);
void dsa_tlb_flush(struct dsa_tlb *tlb);

#endif
