/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/runner/host_world.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "drivers/dsa/dsa.h"
#include "drivers/pci/pci.h"
#include "drivers/vtd/vtd.h"
#include "kernel/hv/hv.h"
#include "tests/test.h"

/* The unit in front of the DSA; without a DSA the first one, whose own tests need no device. */
static struct vtd_unit *unit(void)
{
	struct pci_function *pci = dsa_find(0);
	struct vtd_unit *of_dsa = pci ? vtd_unit_of(pci) : NULL;

	return of_dsa ? of_dsa : vtd_unit_at(0);
}

static const char *unit_absent(uint32_t need)
{
	static char text[128];
	struct vtd_unit_info info;

	vtd_unit_info(unit(), &info);
	if (!info.running)
		snprintf(text, sizeof(text), "IOMMU at 0x%" PRIx64 ": %s", info.base,
		         info.why ? info.why : "does not run");
	else if (need == NEEDS_IR && !info.interrupts)
		return "the IOMMU lacks interrupt remapping (ECAP.IR = 0)";
	else if (need == NEEDS_FIRST && !info.first_level)
		return "the IOMMU lacks first-level translation (ECAP.FSTS = 0)";
	else if (need == NEEDS_SECOND && !info.second_level)
		return "the IOMMU lacks second-level translation (ECAP.SSTS = 0)";
	else if (need == NEEDS_PASID && !info.pasids)
		return "the IOMMU takes no requests with PASID (ECAP.PASID = 0)";
	else
		return NULL;
	return text;
}

static const char *iommu_absent(uint32_t need)
{
	int rc;

	pci_init();
	rc = vtd_init();
	if (rc == -ENODEV || rc == -ENOTSUP)
		return unit() && rc == -ENOTSUP ? unit_absent(need) : vtd_init_why();
	/* Present and wrong is not absent: the tests will say what fails. */
	if (rc < 0 || !unit())
		return rc < 0 ? NULL : "no IOMMU";
	return unit_absent(need);
}

static const char *hv_absent(void)
{
	const char *why = "";
	int rc = hv_init(&why);

	return rc == -ENODEV || rc == -EPERM ? why : NULL;
}

static const char *absent(uint32_t need)
{
	return need == NEEDS_HV ? hv_absent() : iommu_absent(need);
}

static int open_iommu(struct pci_function *f, struct iommu **out, const char **why)
{
	int rc = vtd_init();

	*out = NULL;
	if (rc == -ENODEV || rc == -ENOTSUP)
		return 0;
	if (rc < 0) {
		*why = vtd_init_why();
		return rc;
	}
	rc = vtd_iommu_open(f, out);
	*why = "vtd_iommu_open() failed";
	return rc == -ENODEV ? 0 : rc;
}

static int stray(char *text, size_t size)
{
	struct vtd_fault fault;

	if (vtd_fault_next(&fault) < 0)
		return 0;
	vtd_fault_words(&fault, text, size);
	return 1;
}

const struct world host_world = {
        .name = "host",
        .select = "tests=",
        .iommu = open_iommu,
        .absent = absent,
        .stray = stray,
};
