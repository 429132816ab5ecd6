/* SPDX-License-Identifier: BSD-2-Clause */
/* Domains and grants for the idpt_*.c suites; no tests of its own. */
#include "tests/suites/idpt.h"

void need_idpt(void)
{
	if (!(test_dsa()->caps.gencap & DSA_GENCAP_INTER_DOMAIN))
		SKIP("GENCAP.6=0: the DSA has no inter-domain operations");
	if (!dsa_has_idpt(test_dsa()))
		SKIP("IDCAP.23:8=0: the DSA has no inter-domain permissions table");
}

void need_operation(unsigned opcode)
{
	if (!dsa_has_opcode(test_dsa(), opcode))
		SKIP("OPCAP lacks %s", dsa_opcode_name(opcode));
}

void need_bitmaps(void)
{
	if (!(FIELD_GET(DSA_IDCAP_TYPES, test_dsa()->caps.idcap) & BIT64(DSA_IDPT_MULTI)))
		SKIP("IDCAP.1=0: the DSA has no submitter bitmaps");
}

struct domains domains_new(bool ats)
{
	struct dsa *dsa = test_dsa();
	struct dsa_wq_config config;
	struct domains w;

	need_idpt();
	need_operation(DSA_OP_ID_COPY);
	if (dsa->caps.wqs < 2 || dsa->caps.wq_entries < 2)
		SKIP("the device has one WQ");
	dsa2_disabled(ats);
	w.me = space_new_any();
	w.owner = space_new_any();
	w.other = space_new_any();
	w.mine = space_page(w.me, SPACE_SRC, RW);
	w.owners = space_page(w.owner, SPACE_SRC, RW);
	w.others = space_page(w.other, SPACE_SRC, RW);
	w.result = space_page(w.me, SPACE_DST, RW);
	/* Bitmaps are read as the other one's PASID. */
	EXPECT_DSA(dsa_bitmap_pasid(dsa, w.other->pasid));
	config = dsa_wq_default(dsa);
	config.size = dsa->caps.wq_entries < 16 ? 1 : 8;
	config.pasid = w.me->pasid;
	EXPECT_DSA(dsa_wq_configure(dsa, TEST_WQ, &config));
	config.pasid = w.owner->pasid;
	EXPECT_DSA(dsa_wq_configure(dsa, OWNER_WQ, &config));
	EXPECT_DSA(dsa_group_configure(dsa, 0, 3, GENMASK64(dsa->caps.engines - 1, 0)));
	EXPECT_DSA(dsa_enable(dsa));
	EXPECT_DSA(dsa_wq_enable(dsa, TEST_WQ));
	EXPECT_DSA(dsa_wq_enable(dsa, OWNER_WQ));
	return w;
}

unsigned some_entry(void)
{
	return (unsigned)(test_random() >> 32) % test_dsa()->caps.idpt_entries;
}

struct dsa_grant whole_grant(const struct domains *w)
{
	return (struct dsa_grant){.access = w->owner->pasid, .submitter = w->me->pasid, .read = true, .write = true};
}

uint16_t give(unsigned index, struct dsa_grant g)
{
	uint16_t handle = 0;

	EXPECT_DSA(dsa_grant_open(test_dsa(), index, &g, &handle));
	return handle;
}

unsigned read_from(const struct domains *w, uint16_t handle, uint64_t address, uint32_t size)
{
	struct dsa_hw_desc d;

	dsa_desc_id_copy(&d, SPACE_CR, SPACE_DST, address, size);
	dsa_desc_first_in(&d, handle);
	return space_execute(w->me, TEST_WQ, &d);
}

unsigned write_to(const struct domains *w, uint16_t handle, uint64_t address, uint32_t size)
{
	struct dsa_hw_desc d;

	dsa_desc_id_copy(&d, SPACE_CR, address, SPACE_SRC, size);
	dsa_desc_second_in(&d, handle);
	return space_execute(w->me, TEST_WQ, &d);
}

uint16_t named_handle(const struct domains *w)
{
	uint16_t handle;

	memcpy(&handle, (const uint8_t *)w->me->record + 16, sizeof(handle));
	return handle;
}

void expect_refused(const struct domains *w, unsigned status, uint16_t handle, uint64_t address, uint32_t size)
{
	uint8_t before[PAGE_SIZE];

	memcpy(before, w->result, PAGE_SIZE);
	EXPECT_EQ(status, read_from(w, handle, address, size));
	EXPECT_EQ(handle, named_handle(w));
	EXPECT_MEM_EQ(before, w->result, PAGE_SIZE);
}

void expect_allowed(const struct domains *w, uint16_t handle, uint64_t address, const uint8_t *there, uint32_t size)
{
	memset(w->result, 0, PAGE_SIZE);
	EXPECT_EQ(DSA_COMP_SUCCESS, read_from(w, handle, address, size));
	EXPECT_MEM_EQ(there, w->result, size);
	EXPECT_EQ(0, w->result[size]);
}
