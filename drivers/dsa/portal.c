/* SPDX-License-Identifier: BSD-2-Clause */
/* Submission (3.3, 9.3). */
#include <errno.h>

#include "drivers/dsa/dsa.h"
#include "kernel/cpu.h"

static uint64_t offset_of(unsigned wq, enum dsa_portal portal)
{
	return (uint64_t)wq * DSA_PORTAL_WQ_STRIDE + (uint64_t)portal;
}

uint64_t dsa_portal_phys(const struct dsa *dsa, unsigned wq, enum dsa_portal portal)
{
	return dsa->portals_phys + offset_of(wq, portal);
}

int dsa_submit(struct dsa *dsa, unsigned wq, enum dsa_portal portal, const struct dsa_hw_desc *desc)
{
	unsigned slot;

	if (wq >= dsa->caps.wqs)
		return dsa_fail(dsa, -EINVAL, 0, "WQ %u: the device has %u", wq, dsa->caps.wqs);
	if (offset_of(wq, portal) + DSA_PORTAL_SIZE > dsa->portals_size)
		return dsa_fail(dsa, -EINVAL, 0, "WQ %u: BAR2 has no portal page 0x%x", wq, (unsigned)portal);
	if (!dsa->can_submit)
		return dsa_fail(dsa, -ENOTSUP, 0, "CPUID.7.0:ECX[28]=0: the processor has no MOVDIR64B");
	/* All 64-byte places of a page are alike; another one each time lets several stores be under way. */
	slot = __atomic_fetch_add(&dsa->next_slot, 1, __ATOMIC_RELAXED) % (DSA_PORTAL_SIZE / DSA_DESC_SIZE);
	/* MOVDIR64B may pass older stores: descriptors' data and cleared records must be visible before. */
	cpu_sfence();
	cpu_movdir64b((volatile uint8_t *)dsa->portals + offset_of(wq, portal) + (uint64_t)slot * DSA_DESC_SIZE, desc);
	return 0;
}
