/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fault reporting: the record's fields as the registers have them, the event interrupt, one after the other, more than
 * there are records. The faults are reads of the DSA from addresses that are not mapped.
 */
#include <stdio.h>

#include "tests/suites/vtd.h"

#define HOLE (SPACE_SRC + UINT64_C(0x10000000))

static volatile void *regs;

static void event_on(void *arg)
{
	(void)arg;
	mmio_write32(regs, VTD_FECTL, 0);
}

/* From here on faults stay in the unit's records until somebody asks. */
static void event_off(void)
{
	regs = vtd_unit_registers(test_unit());
	test_cleanup(event_on, NULL);
	mmio_write32(regs, VTD_FECTL, VTD_EVENT_CTL_IM);
	EXPECT_EQ(VTD_EVENT_CTL_IM, mmio_read32(regs, VTD_FECTL) & VTD_EVENT_CTL_IM);
}

static void provoke(struct space *s, uint64_t address)
{
	EXPECT_EQ(DSA_COMP_HW_ERR1, space_move(s, SPACE_DST, address, 8));
}

static struct space *space(void)
{
	struct space *s = space_new_any();

	space_page(s, SPACE_DST, VTD_READ | VTD_WRITE);
	space_use(s, TEST_WQ);
	return s;
}

TEST(vtd_fault_record, "vtd.fault.record", NEEDS_SPACE, "VT-d 11.4.9, 7.2.1")
{
	struct space *s = space();
	uint64_t at, q0, q1, interrupts;
	uint32_t fsts;

	event_off();
	interrupts = vtd_fault_interrupts();
	provoke(s, HOLE + 0x123);
	EXPECT_TRUE(WAIT_FOR(mmio_read32(regs, VTD_FSTS) & VTD_FSTS_PPF, 100000));
	fsts = mmio_read32(regs, VTD_FSTS);
	EXPECT_EQ(0, fsts & (VTD_FSTS_PFO | VTD_FSTS_IQE | VTD_FSTS_ITE));
	EXPECT_LE(test_unit_info().fault_records - 1, FIELD_GET(VTD_FSTS_FRI, fsts));
	at = FIELD_GET(VTD_CAP_FRO, test_unit_info().cap) * VTD_OFFSET_UNIT +
	     FIELD_GET(VTD_FSTS_FRI, fsts) * VTD_FRCD_STRIDE;
	q0 = mmio_read64(regs, at);
	q1 = mmio_read64(regs, at + 8);
	EXPECT_EQ(VTD_FRCD1_F, q1 & VTD_FRCD1_F);
	EXPECT_EQ(HOLE, q0); /* bits 11:0 are reserved */
	EXPECT_EQ(not_present(s->stage), FIELD_GET(VTD_FRCD1_REASON, q1));
	EXPECT_EQ(test_dsa()->pci->sid, FIELD_GET(VTD_FRCD1_SID, q1));
	EXPECT_EQ(VTD_FRCD1_PP, q1 & VTD_FRCD1_PP);
	EXPECT_EQ(s->pasid, FIELD_GET(VTD_FRCD1_PASID, q1));
	EXPECT_EQ(VTD_FRCD1_T1, q1 & (VTD_FRCD1_T1 | VTD_FRCD1_T2)); /* a read */
	EXPECT_EQ(0, q1 & (VTD_FRCD1_PRIV | VTD_FRCD1_EXE | VTD_FRCD1_AT));
	/* The interrupt waits behind the mask, then comes, and the driver empties the records. */
	EXPECT_EQ(VTD_EVENT_CTL_IP, mmio_read32(regs, VTD_FECTL) & VTD_EVENT_CTL_IP);
	EXPECT_EQ(interrupts, vtd_fault_interrupts());
	event_on(NULL);
	EXPECT_TRUE(WAIT_FOR(vtd_fault_interrupts() > interrupts, 100000));
	EXPECT_EQ(0, mmio_read32(regs, VTD_FSTS) & VTD_FSTS_PPF);
	EXPECT_EQ(0, mmio_read64(regs, at + 8) & VTD_FRCD1_F);
	expect_fault(not_present(s->stage), s->pasid, HOLE, false);
}

/* Nobody asks: the event interrupt alone brings the faults in. */
TEST(vtd_fault_interrupt, "vtd.fault.interrupt", NEEDS_SPACE, "VT-d 7.3")
{
	struct space *s = space();

	for (uint64_t i = 0; i < 5; i++) {
		uint64_t before = vtd_fault_interrupts();

		provoke(s, HOLE + i * PAGE_SIZE);
		EXPECT_TRUE(WAIT_FOR(vtd_fault_interrupts() > before, 100000));
	}
	ignore_faults();
}

TEST(vtd_fault_sequence, "vtd.fault.sequence", NEEDS_SPACE, "VT-d 7.2.1")
{
	struct space *s = space();
	uint64_t lost = vtd_fault_lost();

	/* More than there are records, so that the index wraps. */
	for (uint64_t i = 0; i < 2 * (uint64_t)test_unit_info().fault_records + 3; i++) {
		provoke(s, HOLE + i * PAGE_SIZE);
		expect_fault(not_present(s->stage), s->pasid, HOLE + i * PAGE_SIZE, false);
	}
	EXPECT_EQ(lost, vtd_fault_lost());
}

/* Reads and writes in turn, told apart. */
TEST(vtd_fault_direction, "vtd.fault.direction", NEEDS_SPACE, "VT-d 11.4.9 (T1, T2)")
{
	struct space *s = space();

	for (uint64_t i = 0; i < 4; i++) {
		provoke(s, HOLE);
		expect_fault(not_present(s->stage), s->pasid, HOLE, false);
		space_move(s, HOLE, SPACE_DST, 8);
		expect_fault(not_present(s->stage), s->pasid, HOLE, true);
	}
}

/*
 * Faults that nobody takes: those that fit are kept, oldest first, what does not fit is counted as lost, unless the
 * unit merges faults of one source; and afterwards the next is recorded as ever.
 */
TEST(vtd_fault_overflow, "vtd.fault.overflow", NEEDS_SPACE, "VT-d 7.2.1 (PFO)")
{
	unsigned records = test_unit_info().fault_records, got = 0;
	uint64_t lost = vtd_fault_lost(), last = 0, faults = 2 * (uint64_t)records + 3;
	struct space *s = space();
	struct vtd_fault fault;

	event_off();
	for (uint64_t i = 0; i < faults; i++)
		provoke(s, HOLE + i * PAGE_SIZE);
	while (vtd_fault_next_of(test_dsa()->pci->segment, test_dsa()->pci->sid, &fault) == 0) {
		EXPECT_EQ(not_present(s->stage), fault.reason);
		EXPECT_EQ(s->pasid, fault.pasid);
		if (!got)
			EXPECT_EQ(HOLE, fault.address);
		EXPECT_GE(last, fault.address);
		EXPECT_LE(HOLE + faults * PAGE_SIZE, fault.address);
		last = fault.address;
		got++;
	}
	EXPECT_GE(1, got);
	if (got >= records)
		EXPECT_GE(lost + 1, vtd_fault_lost());
	else
		test_note("%u of %u faults were recorded in %u records: merged", got, (unsigned)faults, records);
	EXPECT_EQ(0, mmio_read32(regs, VTD_FSTS) & (VTD_FSTS_PFO | VTD_FSTS_PPF));
	event_on(NULL);
	provoke(s, HOLE);
	expect_fault(not_present(s->stage), s->pasid, HOLE, false);
}

/* A fault is there for its own function only. */
TEST(vtd_fault_function, "vtd.fault.by_function", NEEDS_SPACE, "VT-d 11.4.9 (SID)")
{
	struct space *s = space();
	struct vtd_fault fault;

	provoke(s, HOLE);
	EXPECT_FALSE(
	        WAIT_FOR(vtd_fault_next_of(test_dsa()->pci->segment, test_dsa()->pci->sid ^ 1, &fault) == 0, 3000));
	EXPECT_ERRNO(ENOENT, vtd_fault_next_of(test_dsa()->pci->segment + 1, test_dsa()->pci->sid, &fault));
	expect_fault(not_present(s->stage), s->pasid, HOLE, false);
}

TEST(vtd_fault_words, "vtd.fault.words", NEEDS_SPACE, "VT-d 7.1.3")
{
	struct space *s = space();
	char text[200], wanted[64];
	struct vtd_fault fault;

	provoke(s, HOLE);
	fault = next_fault();
	vtd_fault_words(&fault, text, sizeof(text));
	ignore_faults();
	test_context("%s", text);
	snprintf(wanted, sizeof(wanted), "read of 0x%llx", (unsigned long long)HOLE);
	EXPECT_TRUE(strstr(text, wanted) != NULL);
	snprintf(wanted, sizeof(wanted), "PASID 0x%x", (unsigned)s->pasid);
	EXPECT_TRUE(strstr(text, wanted) != NULL);
	EXPECT_TRUE(strstr(text, vtd_fault_name(fault.reason)) != NULL);
	EXPECT_STR_EQ("unknown fault reason", vtd_fault_name(0xff));
}
