/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>

#include "kernel/bits.h"
#include "kernel/hv/walk.h"

#define CR0_WP    BIT64(16)
#define CR0_PG    BIT64(31)
#define CR4_PSE   BIT64(4)
#define CR4_PAE   BIT64(5)
#define CR4_LA57  BIT64(12)
#define CR4_SMEP  BIT64(20)
#define CR4_SMAP  BIT64(21)
#define EFER_LMA  BIT64(10)
#define EFER_NXE  BIT64(11)
#define RFLAGS_AC BIT64(18)

#define PTE_P    BIT64(0)
#define PTE_W    BIT64(1)
#define PTE_U    BIT64(2)
#define PTE_PS   BIT64(7)
#define PTE_NX   BIT64(63)
#define PTE_ADDR GENMASK64(51, 12)

/* One form of paging: Intel SDM vol. 3, 4.1.1. */
struct form {
	unsigned levels;
	unsigned index_bits;
	unsigned entry_size; /* bytes */
};

static struct form form_of(const struct hv_regs *regs)
{
	if (regs->efer & EFER_LMA)
		return (struct form){regs->cr4 & CR4_LA57 ? 5 : 4, 9, 8};
	if (regs->cr4 & CR4_PAE)
		return (struct form){3, 9, 8};
	return (struct form){2, 10, 4};
}

static bool permitted(const struct hv_regs *regs, uint64_t all, uint64_t any, enum hv_access access)
{
	bool user = regs->cpl == 3, page_user = (all & PTE_U) != 0;

	if (user && !page_user)
		return false;
	if (access == HV_ACCESS_FETCH) {
		if (any & PTE_NX && regs->efer & EFER_NXE)
			return false;
		return user || !page_user || !(regs->cr4 & CR4_SMEP);
	}
	if (!user && page_user && regs->cr4 & CR4_SMAP && !(regs->rflags & RFLAGS_AC))
		return false;
	if (access == HV_ACCESS_WRITE && !(all & PTE_W))
		return !user && !(regs->cr0 & CR0_WP);
	return true;
}

/* Bytes that a leaf at that level covers, or 0 where the level has no leaves. */
static uint64_t leaf_size(const struct form *form, const struct hv_regs *regs, unsigned level, uint64_t entry)
{
	if (level == 1)
		return 4096;
	if (!(entry & PTE_PS))
		return 0;
	if (form->entry_size == 4)
		return regs->cr4 & CR4_PSE ? UINT64_C(1) << 22 : 0;
	if (level == 2)
		return UINT64_C(1) << 21;
	return level == 3 && form->levels >= 4 ? UINT64_C(1) << 30 : 0;
}

static uint64_t leaf_address(const struct form *form, uint64_t entry, uint64_t size, uint64_t linear)
{
	uint64_t base = entry & PTE_ADDR;

	if (form->entry_size == 4) {
		base = entry & GENMASK64(31, 12);
		if (size > 4096) /* PSE-36 */
			base = (entry & GENMASK64(31, 22)) | (FIELD_GET(GENMASK64(20, 13), entry) << 32);
	}
	return (base & ~(size - 1)) | (linear & (size - 1));
}

static bool canonical(const struct form *form, uint64_t linear)
{
	unsigned bits = 12 + form->index_bits * form->levels;

	return (uint64_t)((int64_t)(linear << (64 - bits)) >> (64 - bits)) == linear;
}

int hv_walk(const struct hv_regs *regs, const struct hv_walk_memory *memory, uint64_t linear, enum hv_access access,
            uint64_t *gpa, uint32_t *error)
{
	struct form form = form_of(regs);
	uint64_t table, all = UINT64_MAX, any = 0;

	if (!(regs->cr0 & CR0_PG)) {
		*gpa = linear & UINT32_MAX;
		return 0;
	}
	*error = (access == HV_ACCESS_WRITE ? HV_PF_WRITE : 0) | (regs->cpl == 3 ? HV_PF_USER : 0) |
	         (access == HV_ACCESS_FETCH && regs->efer & EFER_NXE ? HV_PF_FETCH : 0);
	if (form.levels >= 4 && !canonical(&form, linear))
		return -EFAULT;
	if (form.levels < 4)
		linear &= UINT32_MAX;
	table = regs->cr3 & (form.levels >= 4 ? PTE_ADDR : form.levels == 3 ? GENMASK64(31, 5) : GENMASK64(31, 12));
	for (unsigned level = form.levels; level > 0; level--) {
		unsigned shift = 12 + (level - 1) * form.index_bits;
		uint64_t index = (linear >> shift) & (BIT64(form.index_bits) - 1), entry, size;

		*gpa = table + index * form.entry_size;
		if (memory->read(memory->arg, *gpa, form.entry_size, &entry))
			return -ENXIO;
		if (!(entry & PTE_P))
			return -EFAULT;
		/* The PDPTEs of PAE paging have no permissions. */
		if (!(form.levels == 3 && level == 3)) {
			all &= entry;
			any |= entry;
		}
		size = leaf_size(&form, regs, level, entry);
		if (size) {
			*gpa = leaf_address(&form, entry, size, linear);
			*error |= HV_PF_PRESENT;
			return permitted(regs, all, any, access) ? 0 : -EFAULT;
		}
		table = entry & (form.entry_size == 4 ? GENMASK64(31, 12) : PTE_ADDR);
	}
	return -EFAULT; /* not reached: level 1 is a leaf */
}
