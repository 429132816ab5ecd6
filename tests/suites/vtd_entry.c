/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the context entry and the PASID table entry say about requests with PASID: whether they are allowed at all, and
 * to whom. The entries are changed under the driver, for the test's time.
 */
#include <linux/pci_regs.h>

#include "drivers/pci/pci.h"
#include "tests/suites/vtd.h"

#define RW (VTD_READ | VTD_WRITE)

static uint64_t context;

static void restore_context(void *arg)
{
	volatile uint64_t *entry = vtd_context_entry(test_dsa()->pci);

	(void)arg;
	entry[0] = context;
	vtd_context_flush(test_dsa()->pci);
}

static void change_context(uint64_t clear, uint64_t set)
{
	volatile uint64_t *entry = vtd_context_entry(test_dsa()->pci);

	EXPECT_TRUE(entry != NULL);
	context = entry[0];
	test_cleanup(restore_context, NULL);
	entry[0] = (context & ~clear) | set;
	EXPECT_OK(vtd_context_flush(test_dsa()->pci));
}

/* A move between mapped pages is refused for reason, and nothing is written. */
static void expect_refused(struct space *s, enum vtd_fault_reason reason, bool privileged)
{
	uint8_t *dst = space_page(s, SPACE_DST, RW), *before = test_pages(1);
	struct vtd_fault fault;

	space_page(s, SPACE_SRC, VTD_READ);
	memcpy(before, dst, PAGE_SIZE);
	dsa_cr_clear(s->record);
	blind_move(SPACE_CR, SPACE_DST, SPACE_SRC, 64);
	fault = next_fault();
	EXPECT_EQ(reason, fault.reason);
	EXPECT_TRUE(fault.has_pasid);
	EXPECT_EQ(s->pasid, fault.pasid);
	EXPECT_EQ(SPACE_SRC, fault.address);
	EXPECT_EQ(privileged, fault.privileged);
	ignore_faults();
	EXPECT_EQ(0, s->record->status);
	EXPECT_MEM_EQ(before, dst, PAGE_SIZE);
}

TEST(vtd_entry_pasids_off, "vtd.entry.pasids_disabled", NEEDS_SPACE, "VT-d 7.1.3 (45h)")
{
	struct space *s = space_new_any();

	space_use(s, TEST_WQ);
	change_context(VTD_CTX_PASIDE, 0);
	expect_refused(s, VTD_FAULT_CTX_PASIDE, false);
}

TEST(vtd_entry_context_reserved, "vtd.entry.context_reserved_bit", NEEDS_SPACE, "VT-d 7.1.3 (42h)")
{
	struct space *s = space_new_any();

	space_use(s, TEST_WQ);
	change_context(0, BIT64(7));
	expect_refused(s, VTD_FAULT_CTX_RSVD, false);
}

TEST(vtd_entry_context_absent, "vtd.entry.context_not_present", NEEDS_SPACE, "VT-d 7.1.3 (41h)")
{
	struct space *s = space_new_any();

	space_use(s, TEST_WQ);
	change_context(VTD_CTX_PRESENT, 0);
	expect_refused(s, VTD_FAULT_CTX_P, false);
}

static unsigned control; /* of the capability that the test changes */
static uint16_t control_before;

static void restore_control(void *arg)
{
	(void)arg;
	(void)dsa_disable(test_dsa());
	pci_write16(test_dsa()->pci, control, control_before);
}

/* The device anew, with one WQ for the space, and a register of its configuration space changed while it is off. */
static void start_with(const struct space *s, unsigned offset, uint16_t bits, bool privileged)
{
	struct dsa_wq_config config;

	EXPECT_DSA(dsa_disable(test_dsa()));
	control = offset;
	control_before = pci_read16(test_dsa()->pci, control);
	test_cleanup(restore_control, NULL);
	pci_write16(test_dsa()->pci, control, control_before | bits);
	config = dsa_wq_default(test_dsa());
	config.pasid = s->pasid;
	config.privileged = privileged;
	EXPECT_DSA(dsa_wq_configure(test_dsa(), TEST_WQ, &config));
	EXPECT_DSA(dsa_group_configure(test_dsa(), 0, BIT64(TEST_WQ), GENMASK64(test_dsa()->caps.engines - 1, 0)));
	EXPECT_DSA(dsa_enable(test_dsa()));
	EXPECT_DSA(dsa_wq_enable(test_dsa(), TEST_WQ));
}

/* A WQ whose requests are a supervisor's. */
static struct space *privileged_space(void)
{
	unsigned capability = pci_ext_capability(test_dsa()->pci, PCI_EXT_CAP_ID_PASID);
	struct space *s = space_new(VTD_STAGE_FIRST);

	if (!capability || !(pci_read16(test_dsa()->pci, capability + PCI_PASID_CAP) & PCI_PASID_CAP_PRIV))
		SKIP("the device has no privileged mode");
	if (!(test_unit_info().ecap & VTD_ECAP_SRS))
		SKIP("the unit has no supervisor requests (ECAP.SRS = 0)");
	start_with(s, capability + PCI_PASID_CTRL, PCI_PASID_CTRL_PRIV, true);
	return s;
}

/* While DTE is clear a device TLB is told nothing, and what it knows is of no use; records tell the two apart. */
TEST(vtd_entry_translation_off, "vtd.entry.translation_requests_refused", NEEDS_SPACE, "VT-d 7.1.3 (44h), 11.4.9 (AT)")
{
	unsigned ats = pci_ext_capability(test_dsa()->pci, PCI_EXT_CAP_ID_ATS);
	struct space *s = space_new_any();
	struct vtd_fault fault;

	if (!ats || !(vtd_context_entry(test_dsa()->pci)[0] & VTD_CTX_DTE))
		SKIP("no device TLB: ATS is lacking in the device or not allowed by the unit");
	space_page(s, SPACE_SRC, VTD_READ);
	space_page(s, SPACE_SRC + PAGE_SIZE, VTD_READ);
	space_page(s, SPACE_DST, RW);
	start_with(s, ats + PCI_ATS_CTRL, PCI_ATS_CTRL_ENABLE, false);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, SPACE_DST, SPACE_SRC, 64));
	expect_no_fault();
	change_context(VTD_CTX_DTE, 0);
	dsa_cr_clear(s->record);
	blind_move(SPACE_CR, SPACE_DST, SPACE_SRC + PAGE_SIZE, 64);
	fault = next_fault();
	EXPECT_EQ(VTD_FAULT_CTX_DTE, fault.reason);
	EXPECT_EQ(SPACE_SRC + PAGE_SIZE, fault.address);
	EXPECT_EQ(s->pasid, fault.pasid);
	EXPECT_EQ(1, fault.at);
	/* The record's page was translated before. */
	fault = next_fault();
	EXPECT_EQ(VTD_FAULT_CTX_DTE, fault.reason);
	EXPECT_FALSE(fault.has_pasid);
	EXPECT_EQ(2, fault.at);
	EXPECT_TRUE(fault.write);
	ignore_faults();
	EXPECT_EQ(0, s->record->status);
}

static void set_entry(const struct space *s, unsigned word, uint64_t clear, uint64_t set)
{
	volatile uint64_t *entry = vtd_pasid_entry(test_dsa()->pci, s->pasid);

	entry[word] = (entry[word] & ~clear) | set;
	EXPECT_OK(vtd_pasid_flush(test_dsa()->pci, s->pasid, (uint16_t)FIELD_GET(VTD_PASID1_DID, entry[1])));
}

TEST(vtd_entry_supervisor_off, "vtd.entry.supervisor_refused", NEEDS_FIRST_SPACE, "VT-d 7.1.3 (5Dh)")
{
	struct space *s = privileged_space();

	set_entry(s, 2, VTD_PASID2_SRE, 0);
	expect_refused(s, VTD_FAULT_PASID_SRE, true);
}

/* WPE makes a supervisor's writes heed read-only pages; without it they go through. */
TEST(vtd_entry_supervisor, "vtd.entry.supervisor_writes", NEEDS_FIRST_SPACE, "VT-d 9.6 (SRE, WPE)")
{
	struct space *s = privileged_space();
	uint8_t *src = space_page(s, SPACE_SRC, VTD_READ), *fixed = space_page(s, SPACE_DST, VTD_READ);
	uint8_t *before = test_pages(1);
	struct vtd_fault fault;

	memcpy(before, fixed, PAGE_SIZE);
	set_entry(s, 2, 0, VTD_PASID2_SRE | VTD_PASID2_WPE);
	space_move(s, SPACE_DST, SPACE_SRC, 64);
	fault = next_fault();
	EXPECT_EQ(VTD_FAULT_WRITE, fault.reason);
	EXPECT_EQ(SPACE_DST, fault.address);
	EXPECT_TRUE(fault.write);
	EXPECT_TRUE(fault.privileged);
	ignore_faults();
	EXPECT_MEM_EQ(before, fixed, PAGE_SIZE);
	set_entry(s, 2, VTD_PASID2_WPE, 0);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, SPACE_DST, SPACE_SRC, 64));
	EXPECT_MEM_EQ(src, fixed, 64);
	expect_no_fault();
}
