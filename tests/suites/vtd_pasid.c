/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * PASIDs: each is an address space for itself, and one that has none reaches nothing. Where even the completion record
 * is out of reach the test drains the WQ and then looks at memory and at the fault records.
 */
#include "tests/suites/vtd.h"

#define RW (VTD_READ | VTD_WRITE)

/* One WQ, first under the one PASID, then under the other: what was cached for the first does not serve the second. */
TEST(vtd_pasid_same_iova, "vtd.pasid.same_address", NEEDS_SPACE, "VT-d 3.4.3, 6.2.5")
{
	struct space *a = space_new_any(), *b = space_new_any();
	uint8_t *src_a = space_page(a, SPACE_SRC, VTD_READ), *dst_a = space_page(a, SPACE_DST, RW);
	uint8_t *src_b = space_page(b, SPACE_SRC, VTD_READ), *dst_b = space_page(b, SPACE_DST, RW);

	for (unsigned i = 0; i < 3; i++) {
		test_context("round %u", i);
		memset(dst_a, 0, PAGE_SIZE);
		space_use(a, TEST_WQ);
		EXPECT_EQ(DSA_COMP_SUCCESS, space_move(a, SPACE_DST, SPACE_SRC, PAGE_SIZE));
		EXPECT_MEM_EQ(src_a, dst_a, PAGE_SIZE);
		memset(dst_b, 0, PAGE_SIZE);
		space_use(b, TEST_WQ);
		EXPECT_EQ(DSA_COMP_SUCCESS, space_move(b, SPACE_DST, SPACE_SRC, PAGE_SIZE));
		EXPECT_MEM_EQ(src_b, dst_b, PAGE_SIZE);
		EXPECT_MEM_EQ(src_a, dst_a, PAGE_SIZE);
	}
}

static void two_wqs(struct space *a, struct space *b)
{
	struct space *spaces[2] = {a, b};
	uint8_t *src[2], *dst[2];
	struct dsa_hw_desc d;

	space_use_two(a, b);
	for (unsigned i = 0; i < 2; i++) {
		src[i] = space_page(spaces[i], SPACE_SRC, VTD_READ);
		dst[i] = space_page(spaces[i], SPACE_DST, RW);
		dsa_cr_clear(spaces[i]->record);
	}
	/* Both at once. */
	dsa_desc_memmove(&d, SPACE_CR, SPACE_DST, SPACE_SRC, PAGE_SIZE);
	EXPECT_DSA(dsa_submit(test_dsa(), 0, DSA_UNLIMITED_MSIX, &d));
	EXPECT_DSA(dsa_submit(test_dsa(), 1, DSA_UNLIMITED_MSIX, &d));
	for (unsigned i = 0; i < 2; i++) {
		test_context("WQ %u", i);
		EXPECT_DSA(dsa_wait_success(test_dsa(), spaces[i]->record, 0));
		EXPECT_MEM_EQ(src[i], dst[i], PAGE_SIZE);
	}
}

TEST(vtd_pasid_two_wqs, "vtd.pasid.two_wqs", NEEDS_SPACE, "VT-d 3.4.3")
{
	struct space *a = space_new_any(), *b = space_new_any();

	two_wqs(a, b);
}

TEST(vtd_pasid_two_stages, "vtd.pasid.both_stages_at_once", NEEDS_FIRST_SPACE | NEEDS_SECOND, "VT-d 9.6")
{
	struct space *a = space_new(VTD_STAGE_FIRST), *b = space_new(VTD_STAGE_SECOND);

	two_wqs(a, b);
}

/* One space under two PASIDs: the same pages, and each PASID's caches are invalidated by vtd_unmap(). */
TEST(vtd_pasid_shared_domain, "vtd.pasid.shared_space", NEEDS_SPACE, "VT-d 6.5.3.3")
{
	struct space *a = space_new_any(), *other = space_new_any();
	uint8_t *src = space_page(a, SPACE_SRC, VTD_READ), *dst = space_page(a, SPACE_DST, RW), *before;

	EXPECT_OK(vtd_pasid_detach(test_dsa()->pci, other->pasid));
	EXPECT_OK(vtd_pasid_attach(test_dsa()->pci, other->pasid, a->domain));
	space_use(a, TEST_WQ);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(a, SPACE_DST, SPACE_SRC, 64));
	wq_use_pasid(TEST_WQ, other->pasid);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(a, SPACE_DST + 64, SPACE_SRC + 64, 64));
	EXPECT_MEM_EQ(src, dst, 128);
	before = test_pages(1);
	memcpy(before, dst, PAGE_SIZE);
	space_unmap(a, SPACE_DST, PAGE_SIZE);
	space_move(a, SPACE_DST, SPACE_SRC + 128, 64);
	expect_fault(not_present(a->stage), other->pasid, SPACE_DST, true);
	space_use(a, TEST_WQ);
	space_move(a, SPACE_DST, SPACE_SRC + 128, 64);
	expect_fault(not_present(a->stage), a->pasid, SPACE_DST, true);
	EXPECT_MEM_EQ(before, dst, PAGE_SIZE);
}

/* What only the other one's PASID maps, and has just used, is out of reach. */
TEST(vtd_pasid_isolation, "vtd.pasid.isolation", NEEDS_SPACE, "VT-d 3.4.3")
{
	struct space *a = space_new_any(), *b = space_new_any();
	uint8_t *secret = space_page(b, SPACE_SRC, RW), *dst = space_page(a, SPACE_DST, RW);
	uint8_t *before = test_pages(1);

	memcpy(before, secret, PAGE_SIZE);
	space_use(b, TEST_WQ);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(b, SPACE_CR + 64, SPACE_SRC, 64));
	space_use(a, TEST_WQ);
	memset(dst, 0x5a, PAGE_SIZE);
	EXPECT_EQ(DSA_COMP_HW_ERR1, space_move(a, SPACE_DST, SPACE_SRC, 64));
	expect_fault(not_present(a->stage), a->pasid, SPACE_SRC, false);
	space_move(a, SPACE_SRC, SPACE_DST, 64);
	expect_fault(not_present(a->stage), a->pasid, SPACE_SRC, true);
	EXPECT_MEM_EQ(before, secret, PAGE_SIZE);
	EXPECT_EQ(0x5a, dst[0]);
}

/* Under pasid, which leads nowhere: a move between real pages, by their physical addresses, is refused for reason. */
static void expect_refused(uint32_t pasid, enum vtd_fault_reason reason)
{
	uint8_t *src = random_page(), *dst = test_pages(1), *record = test_pages(1);
	struct vtd_fault fault;

	test_context("PASID 0x%x", (unsigned)pasid);
	wq_use_pasid(TEST_WQ, pasid);
	blind_move(phys_of(record), phys_of(dst), phys_of(src), 64);
	fault = next_fault();
	EXPECT_EQ(reason, fault.reason);
	EXPECT_TRUE(fault.has_pasid);
	EXPECT_EQ(pasid, fault.pasid);
	EXPECT_EQ(test_dsa()->pci->sid, fault.sid);
	EXPECT_EQ(phys_of(src), fault.address);
	EXPECT_FALSE(fault.write);
	ignore_faults(); /* the record's */
	EXPECT_EQ(0, record[0]);
	EXPECT_EQ(0, dst[0]);
	EXPECT_EQ(0, dst[63]);
}

TEST(vtd_pasid_absent, "vtd.pasid.not_attached", NEEDS_SPACE, "VT-d 7.1.3 (59h)")
{
	struct space *s = space_new_any();
	uint32_t pasid = s->pasid ^ 1;

	if (pasid == 0)
		pasid = s->pasid + 1;
	while (vtd_pasid_entry(test_dsa()->pci, pasid) && vtd_pasid_entry(test_dsa()->pci, pasid)[0])
		pasid++;
	expect_refused(pasid, vtd_pasid_entry(test_dsa()->pci, pasid) ? VTD_FAULT_PASID_P : VTD_FAULT_PASIDDIR_P);
}

TEST(vtd_pasid_no_table, "vtd.pasid.no_table", NEEDS_SPACE, "VT-d 7.1.3 (51h)")
{
	uint32_t pasid = test_unit_info().pasids - 1;

	while (pasid && vtd_pasid_entry(test_dsa()->pci, pasid))
		pasid--;
	if (!pasid)
		SKIP("every PASID has a table");
	expect_refused(pasid, VTD_FAULT_PASIDDIR_P);
}

/* The directory is smaller than what the device can send. */
TEST(vtd_pasid_beyond, "vtd.pasid.beyond_the_directory", NEEDS_SPACE, "VT-d 7.1.3 (46h)")
{
	unsigned bits = (unsigned)FIELD_GET(VTD_ECAP_PSS, test_unit_info().ecap) + 1;
	uint32_t pasid = test_unit_info().pasids;

	if (pasid >> bits)
		SKIP("the directory holds all PASIDs of the unit's %u bits", bits);
	expect_refused(pasid, VTD_FAULT_CTX_PDTS);
	expect_refused((UINT32_C(1) << bits) - 1, VTD_FAULT_CTX_PDTS);
}

/* The PASID that stands for requests without one cannot be had by naming it. */
TEST(vtd_pasid_rid, "vtd.pasid.rid_pasid_named", NEEDS_SPACE, "VT-d 7.1.3 (48h)")
{
	if (test_iommu() && vtd_pasid_entry(test_dsa()->pci, 0) == NULL)
		SKIP("no PASID table for RID_PASID");
	expect_refused(0, VTD_FAULT_CTX_RID_PASID);
}

TEST(vtd_pasid_detach, "vtd.pasid.detach", NEEDS_SPACE, "VT-d 6.5.3.3")
{
	struct space *s = space_new_any();
	uint8_t *src = space_page(s, SPACE_SRC, VTD_READ), *dst = space_page(s, SPACE_DST, RW), *before;
	struct vtd_fault fault;

	space_use(s, TEST_WQ);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, SPACE_DST, SPACE_SRC, 64));
	EXPECT_MEM_EQ(src, dst, 64);
	before = test_pages(1);
	memcpy(before, dst, PAGE_SIZE);
	dsa_cr_clear(s->record);
	EXPECT_OK(vtd_pasid_detach(test_dsa()->pci, s->pasid));
	blind_move(SPACE_CR, SPACE_DST, SPACE_SRC + 64, 64);
	fault = next_fault();
	EXPECT_EQ(VTD_FAULT_PASID_P, fault.reason);
	EXPECT_EQ(s->pasid, fault.pasid);
	ignore_faults();
	EXPECT_EQ(0, s->record->status);
	EXPECT_MEM_EQ(before, dst, PAGE_SIZE);
	/* And back. */
	EXPECT_OK(vtd_pasid_attach(test_dsa()->pci, s->pasid, s->domain));
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, SPACE_DST, SPACE_SRC + 64, 64));
	EXPECT_MEM_EQ(src + 64, dst, 64);
	expect_no_fault();
}

/* A PASID goes from one space to another. */
TEST(vtd_pasid_reattach, "vtd.pasid.other_space", NEEDS_SPACE, "VT-d 6.5.3.3")
{
	struct space *a = space_new_any(), *b = space_new_any();
	uint8_t *src_a = space_page(a, SPACE_SRC, VTD_READ), *src_b = space_page(b, SPACE_SRC, VTD_READ);
	uint8_t *dst_a = space_page(a, SPACE_DST, RW), *dst_b = space_page(b, SPACE_DST, RW);

	space_use(a, TEST_WQ);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(a, SPACE_DST, SPACE_SRC, 64));
	EXPECT_MEM_EQ(src_a, dst_a, 64);
	EXPECT_OK(vtd_pasid_detach(test_dsa()->pci, b->pasid));
	EXPECT_OK(vtd_pasid_detach(test_dsa()->pci, a->pasid));
	EXPECT_OK(vtd_pasid_attach(test_dsa()->pci, a->pasid, b->domain));
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(b, SPACE_DST, SPACE_SRC + 64, 64));
	EXPECT_MEM_EQ(src_b + 64, dst_b, 64);
	EXPECT_MEM_EQ(src_a, dst_a, 64);
}

/* Requests without PASID go by the function's own entry: pass-through, or all of memory mapped to itself. */
TEST(vtd_pasid_without, "vtd.pasid.without", NEEDS_SPACE, "VT-d 3.4.3, 9.4")
{
	uint8_t *src = random_page(), *dst = test_pages(1);
	struct dsa_completion_record *record = test_pages(1);
	struct dsa_hw_desc d;

	wq_use_pasid(TEST_WQ, IOMMU_NO_PASID);
	dsa_desc_memmove(&d, phys_of(record), phys_of(dst), phys_of(src), PAGE_SIZE);
	test_submit(&d);
	EXPECT_DSA(dsa_wait_success(test_dsa(), record, 0));
	EXPECT_MEM_EQ(src, dst, PAGE_SIZE);
	expect_no_fault();
}

/* The same address, with PASID and without: the space's page, and the page that has this physical address. */
TEST(vtd_pasid_with_and_without, "vtd.pasid.with_and_without", NEEDS_SPACE, "VT-d 3.4.3, 6.2.5")
{
	struct space *s = space_new_any();
	uint8_t *src = space_page(s, SPACE_SRC, VTD_READ), *mapped = test_pages(1), *plain = test_pages(1);
	struct dsa_completion_record *record = test_pages(1);
	struct dsa_hw_desc d;

	space_map(s, phys_of(plain), mapped, PAGE_SIZE, RW);
	space_use(s, TEST_WQ);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, phys_of(plain), SPACE_SRC, 64));
	EXPECT_MEM_EQ(src, mapped, 64);
	EXPECT_EQ(0, plain[0]);
	wq_use_pasid(TEST_WQ, IOMMU_NO_PASID);
	dsa_desc_memmove(&d, phys_of(record), phys_of(plain), phys_of(src) + 64, 64);
	test_submit(&d);
	EXPECT_DSA(dsa_wait_success(test_dsa(), record, 0));
	EXPECT_MEM_EQ(src + 64, plain, 64);
	EXPECT_MEM_EQ(src, mapped, 64);
	space_use(s, TEST_WQ);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, phys_of(plain), SPACE_SRC + 128, 64));
	EXPECT_MEM_EQ(src + 128, mapped, 64);
	EXPECT_MEM_EQ(src + 64, plain, 64);
	expect_no_fault();
}

/* Change one word of a live entry, and see what the unit says. */
static void break_entry(unsigned word, uint64_t clear, uint64_t bits, enum vtd_fault_reason reason)
{
	struct space *s = space_new_any();
	uint8_t *dst = space_page(s, SPACE_DST, RW), *before = test_pages(1);
	volatile uint64_t *entry = vtd_pasid_entry(test_dsa()->pci, s->pasid);
	uint16_t did = (uint16_t)FIELD_GET(VTD_PASID1_DID, entry[1]);
	struct vtd_fault fault;

	memcpy(before, dst, PAGE_SIZE);
	space_use(s, TEST_WQ);
	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, SPACE_CR + 64, SPACE_DST, 64));
	dsa_cr_clear(s->record);
	entry[word] = (entry[word] & ~clear) | bits;
	EXPECT_OK(vtd_pasid_flush(test_dsa()->pci, s->pasid, did));
	blind_move(SPACE_CR, SPACE_DST, SPACE_CR, 64);
	if (reason) {
		fault = next_fault();
		EXPECT_EQ(reason, fault.reason);
		EXPECT_EQ(s->pasid, fault.pasid);
		ignore_faults();
	} else {
		expect_no_fault();
	}
	EXPECT_EQ(0, s->record->status);
	EXPECT_MEM_EQ(before, dst, PAGE_SIZE);
}

TEST(vtd_pasid_reserved, "vtd.pasid.reserved_bit", NEEDS_SPACE, "VT-d 7.1.3 (5Ah)")
{
	break_entry(3, 0, BIT64(5), VTD_FAULT_PASID_RSVD);
}

TEST(vtd_pasid_type, "vtd.pasid.bad_type", NEEDS_SPACE, "VT-d 7.1.3 (5Bh)")
{
	break_entry(0, VTD_PASID0_PGTT, FIELD_PREP(VTD_PASID0_PGTT, UINT64_C(7)), VTD_FAULT_PASID_INVALID);
}

/* Fault processing disabled: refused all the same, and nothing recorded (9.6). */
TEST(vtd_pasid_fpd, "vtd.pasid.fault_processing_disabled", NEEDS_SPACE, "VT-d 9.6 (FPD)")
{
	break_entry(0, VTD_PASID0_PRESENT, VTD_PASID0_FPD, 0);
}

/* The driver's own refusals, which keep two users of a PASID apart. */
TEST(vtd_pasid_attach, "vtd.pasid.attach_refusals", NEEDS_SPACE, "VT-d 9.6")
{
	struct space *a = space_new_any(), *b = space_new_any();
	struct pci_function *pci = test_dsa()->pci;
	uint32_t pasid = 0;

	EXPECT_NE(a->pasid, b->pasid);
	EXPECT_ERRNO(EBUSY, vtd_pasid_attach(pci, a->pasid, b->domain));
	EXPECT_ERRNO(EBUSY, vtd_pasid_attach(pci, a->pasid, a->domain));
	EXPECT_ERRNO(EINVAL, vtd_pasid_attach(pci, 0, a->domain));
	EXPECT_ERRNO(EINVAL, vtd_pasid_attach(pci, test_unit_info().pasids, a->domain));
	EXPECT_ERRNO(EBUSY, vtd_domain_destroy(a->domain));
	EXPECT_OK(vtd_pasid_alloc(test_unit(), &pasid));
	vtd_pasid_free(test_unit(), pasid);
	EXPECT_NE(a->pasid, pasid);
	EXPECT_NE(b->pasid, pasid);
	EXPECT_ERRNO(ENOENT, vtd_pasid_detach(pci, pasid));
}
