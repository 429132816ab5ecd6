/* SPDX-License-Identifier: BSD-2-Clause */
/* PASID translation (Intel SDM vol. 3, 25.5.8): which PASID goes out with a guest's ENQCMD or ENQCMDS. */
#include <errno.h>

#include "kernel/hv/vmx.h"
#include "kernel/mem.h"

#define PASID_HIGH      BIT32(19)
#define DIRECTORY_INDEX GENMASK32(18, 10)
#define TABLE_INDEX     GENMASK32(9, 0)
#define ENTRIES         512U /* of a directory */

#define DIRECTORY_PRESENT BIT64(0)
#define DIRECTORY_TABLE   GENMASK64(51, 12)
#define TABLE_VALID       BIT32(31)

int vmx_pasid_init(struct vmx_vcpu *v)
{
	if (!(vmx_caps.proc2 & PROC2_PASID_TRANSLATION))
		return 0;
	v->pasids[0] = page_alloc(1);
	v->pasids[1] = page_alloc(1);
	return v->pasids[0] && v->pasids[1] ? 0 : -ENOMEM;
}

void vmx_pasid_destroy(struct vmx_vcpu *v)
{
	for (unsigned i = 0; i < 2; i++) {
		for (unsigned n = 0; v->pasids[i] && n < ENTRIES; n++)
			if (v->pasids[i][n] & DIRECTORY_PRESENT)
				page_free(virt_of(v->pasids[i][n] & DIRECTORY_TABLE), 1);
		page_free(v->pasids[i], 1);
	}
}

int vmx_set_pasid(void *vcpu, uint32_t guest, uint32_t host, bool valid)
{
	struct vmx_vcpu *v = vcpu;
	uint64_t *entry = &v->pasids[guest & PASID_HIGH ? 1 : 0][FIELD_GET(DIRECTORY_INDEX, guest)];
	uint32_t *table;

	if (!(*entry & DIRECTORY_PRESENT)) {
		table = page_alloc(1);
		if (!table)
			return -ENOMEM;
		/* The processor of a running guest must not see the entry before the empty table. */
		__atomic_store_n(entry, phys_of(table) | DIRECTORY_PRESENT, __ATOMIC_RELEASE);
	}
	table = virt_of(*entry & DIRECTORY_TABLE);
	__atomic_store_n(&table[FIELD_GET(TABLE_INDEX, guest)], valid ? TABLE_VALID | host : 0, __ATOMIC_RELEASE);
	return 0;
}
