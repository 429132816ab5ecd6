/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/runner/needs.h"

#include <stdbool.h>
#include <stdio.h>

#include "kernel/bits.h"
#include "kernel/boot.h"
#include "kernel/cpu.h"
#include "kernel/smp.h"
#include "tests/runner/fixture.h"

static const char *of_world(const struct world *world, uint32_t need)
{
	return world->absent(need);
}

static const char *dsa_absent(const struct world *world, uint32_t need)
{
	static char text[96];
	int rc = pci_init();

	(void)need;
	/* Behind an IOMMU that translates, the device reaches memory with a PASID or not at all. */
	if (dsa_find(0))
		return world->absent(NEEDS_IOMMU) ? NULL : world->absent(NEEDS_PASID);
	if (rc == 0)
		return "no DSA (8086:0b25) on any PCI bus";
	snprintf(text, sizeof(text), "no DSA, for there is no PCI: %s", pci_init_why());
	return text;
}

static const char *movdir64b_absent(const struct world *world, uint32_t need)
{
	(void)world;
	(void)need;
	return cpu_has_movdir64b() ? NULL : "the processor lacks MOVDIR64B (CPUID.7.0:ECX.28 = 0)";
}

static const char *enqcmd_absent(const struct world *world, uint32_t need)
{
	(void)world;
	(void)need;
	return cpu_cpuid_checked(7, 0).ecx & BIT32(29) ? NULL : "the processor lacks ENQCMD (CPUID.7.0:ECX.29 = 0)";
}

static const char *xsaves_absent(const struct world *world, uint32_t need)
{
	(void)world;
	(void)need;
	/* Leaf 0Dh tells of XSAVE's whole family, if that is there. */
	if (cpu_cpuid(1, 0).ecx & BIT32(26) && cpu_cpuid_checked(0xd, 1).eax & BIT32(3))
		return NULL;
	return "the processor lacks XSAVES (CPUID.0Dh.1:EAX.3 = 0)";
}

static const char *smp_absent(const struct world *world, uint32_t need)
{
	(void)world;
	(void)need;
	return smp_count() > 1 ? NULL : "only one processor runs";
}

static const char *guest_absent(const struct world *world, uint32_t need)
{
	(void)world;
	(void)need;
	return boot_in_guest() ? NULL : "this is not a guest";
}

/* What the DSA itself says that it has. A DSA that cannot be opened lacks nothing: the test then says what is wrong. */
static const char *dsa_feature_absent(const struct world *world, uint32_t need)
{
	const char *absent = dsa_absent(world, need);
	const struct dsa *dsa;

	if (absent)
		return absent;
	dsa = fixture_dsa(world);
	if (!dsa)
		return NULL;
	switch (need) {
	case NEEDS_IMS:
		return dsa->caps.ims_entries ? NULL : "the DSA has no IMS (GENCAP.IMS size = 0)";
	case NEEDS_MSIX:
		return dsa->caps.msix_entries > 1 ? NULL : "the DSA has no MSI-X entry besides entry 0";
	case NEEDS_BATCH:
		return dsa_has_opcode(dsa, DSA_OPCODE_BATCH) ? NULL : "the DSA has no Batch operation (OPCAP.1 = 0)";
	case NEEDS_HANDLES:
		return dsa->caps.request_handles ? NULL : "the DSA does not hand out interrupt handles (CMDCAP.13 = 0)";
	case NEEDS_CONFIG:
		return dsa->caps.configurable ? NULL : "the DSA's configuration is fixed (GENCAP.31 = 0)";
	case NEEDS_EVL:
		return dsa_has_evl(dsa) ? NULL : "the DSA has no event log (VERSION < 2.0 or GENCAP.14:13 = 0)";
	case NEEDS_OPCFG:
		return dsa->caps.wqcap & DSA_WQCAP_OPCFG ? NULL : "the DSA's WQs have no OPCFG (WQCAP.54 = 0)";
	case NEEDS_PASID:
		if (!dsa->iommu)
			return world->absent(NEEDS_IOMMU) ? world->absent(NEEDS_IOMMU) : world->absent(need);
		return dsa->pasid_on ? NULL : "the DSA's PASID capability is off";
	default:
		return NULL;
	}
}

static const struct {
	const char *name;
	const char *(*absent)(const struct world *world, uint32_t need);
} table[NEEDS_COUNT] = {
        {"dsa", dsa_absent},
        {"iommu", of_world},
        {"ir", of_world},
        {"movdir64b", movdir64b_absent},
        {"hv", of_world},
        {"smp", smp_absent},
        {"pasid", dsa_feature_absent},
        {"first", of_world},
        {"second", of_world},
        {"ims", dsa_feature_absent},
        {"msix", dsa_feature_absent},
        {"batch", dsa_feature_absent},
        {"handles", dsa_feature_absent},
        {"config", dsa_feature_absent},
        {"guest", guest_absent},
        {"enqcmd", enqcmd_absent},
        {"xsaves", xsaves_absent},
        {"evl", dsa_feature_absent},
        {"opcfg", dsa_feature_absent},
};

const char *needs_absent(const struct world *world, uint32_t needs, const char **which)
{
	static const char *reasons[NEEDS_COUNT];
	static bool asked[NEEDS_COUNT];

	for (unsigned n = 0; n < NEEDS_COUNT; n++) {
		if (!(needs & BIT32(n)))
			continue;
		if (!asked[n]) {
			reasons[n] = table[n].absent(world, BIT32(n));
			asked[n] = true;
		}
		if (reasons[n]) {
			*which = table[n].name;
			return reasons[n];
		}
	}
	return NULL;
}
