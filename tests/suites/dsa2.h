/* SPDX-License-Identifier: BSD-2-Clause */
/* What the suites of DSA 2.0 share: a device with an event log, or with translation requests. */
#ifndef TESTS_SUITES_DSA2_H
#define TESTS_SUITES_DSA2_H

#include <linux/pci_regs.h>

#include "tests/suites/dsa.h"

/* An address that nobody maps, for faults. With its 47 bits any page table can have it. */
#define DSA2_HOLE UINT64_C(0x7e0000000000)

/* ATS of the function on or off. The device must be Disabled. */
static inline void dsa2_set_ats(bool on)
{
	struct dsa *dsa = test_dsa();
	const unsigned at = pci_ext_capability(dsa->pci, PCI_EXT_CAP_ID_ATS);

	if (!at)
		return;
	pci_write16(dsa->pci, at + PCI_ATS_CTRL, on ? PCI_ATS_CTRL_ENABLE : 0);
	dsa->ats_on = on;
}

static inline void dsa2_quiet(void *arg)
{
	(void)arg;
	dsa_reset(test_dsa());
	dsa2_set_ats(false);
}

/*
 * Disabled and as after a reset, and again so after the test: with ATS if asked for, so that pages that are not there
 * are found before they are used.
 */
static inline void dsa2_disabled(bool ats)
{
	if (ats && !test_dsa()->pasid_on)
		SKIP("without an IOMMU in scalable mode there are no pages that could be missing");
	if (ats && !pci_ext_capability(test_dsa()->pci, PCI_EXT_CAP_ID_ATS))
		SKIP("the DSA has no ATS capability");
	EXPECT_DSA(dsa_reset(test_dsa()));
	test_cleanup(dsa2_quiet, NULL);
	dsa2_set_ats(ats);
}

/* From there to an enabled WQ; config NULL: the default. */
static inline void dsa2_start(const struct dsa_wq_config *config)
{
	EXPECT_DSA(dsa_start_wq(test_dsa(), TEST_WQ, config));
}

#endif
