/* SPDX-License-Identifier: BSD-2-Clause */
/* The suites of both worlds inside a guest, on its virtual DSA: the host reads this TAP stream as a subtest. */
#include <stdio.h>

#include "tests/runner/fixture.h"
#include "tests/runner/run.h"

static int no_iommu(struct pci_function *f, struct iommu **out, const char **why)
{
	(void)f;
	(void)why;
	*out = NULL;
	return 0;
}

static const char *absent(uint32_t need)
{
	return need == NEEDS_HV ? "a guest has no virtualization of its own" : "a guest sees no IOMMU";
}

static const struct world guest_world = {
        .name = "guest",
        .select = "tests=vdsa.1dwq.guest.conformance guest-tests=",
        .iommu = no_iommu,
        .absent = absent,
};

int main(void)
{
	static struct run run;

	if (run_prepare(&run, &guest_world) < 0) {
		tap_bail_out(&run.tap, "no memory for the list of tests");
		return RUN_STATUS_ERROR;
	}
	run_all(&run);
	fixture_close();
	return (int)run_status(&run);
}
