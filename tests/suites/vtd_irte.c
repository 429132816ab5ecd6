/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupt remapping: a completion interrupt of the DSA goes by the entry that its message names, and only while that
 * entry is there and names the DSA as its source. What must not arrive is waited for a while; the operation itself
 * succeeds all the same.
 */
#include "drivers/pci/pci.h"
#include "kernel/irq.h"
#include "kernel/smp.h"
#include "tests/suites/vtd.h"

static volatile uint64_t *entry_of(const struct dsa_irq *irq)
{
	return vtd_irte_entry(irq->token);
}

void irte_rewrite(const struct dsa_irq *irq, uint64_t q0, uint64_t q1)
{
	entry_of(irq)[0] = 0;
	entry_of(irq)[1] = q1;
	entry_of(irq)[0] = q0;
	EXPECT_OK(vtd_irte_flush(irq->token));
}

void irq_complete(const struct dsa_irq *irq)
{
	struct dsa_hw_desc d;

	dsa_desc_noop(&d, test_cr_dma(0));
	dsa_desc_interrupt(&d, irq->handle);
	dsa_cr_clear(test_cr(0));
	EXPECT_DSA(dsa_submit(test_dsa(), TEST_WQ, irq->table == DSA_IRQ_IMS ? DSA_UNLIMITED_IMS : DSA_UNLIMITED_MSIX,
	                      &d));
	EXPECT_DSA(dsa_wait_success(test_dsa(), test_cr(0), 0));
}

static void expect_arrives(struct dsa_irq *irq)
{
	uint64_t before = dsa_irq_count(irq);

	irq_complete(irq);
	EXPECT_DSA(dsa_irq_wait(irq, before, 100000));
	EXPECT_EQ(before + 1, dsa_irq_count(irq));
}

static void expect_blocked(struct dsa_irq *irq, enum vtd_fault_reason reason, unsigned index)
{
	uint64_t before = dsa_irq_count(irq);

	irq_complete(irq);
	expect_irq_fault(reason, index);
	time_delay_us(NEVER_US);
	EXPECT_EQ(before, dsa_irq_count(irq));
}

static void blocked_and_mended(struct dsa_irq *irq, uint64_t q0, uint64_t q1, enum vtd_fault_reason reason)
{
	uint64_t good[2] = {entry_of(irq)[0], entry_of(irq)[1]};

	expect_arrives(irq);
	irte_rewrite(irq, q0, q1);
	expect_blocked(irq, reason, vtd_irte_index(irq->token));
	irte_rewrite(irq, good[0], good[1]);
	expect_arrives(irq);
	expect_no_fault();
}

/* The entry names the DSA and the vector, and nothing but it stands between the message and the processor. */
static void arrives(struct dsa_irq *irq)
{
	const volatile uint64_t *entry = entry_of(irq);

	EXPECT_EQ(VTD_IRTE0_PRESENT, entry[0] & VTD_IRTE0_PRESENT);
	EXPECT_EQ(irq->irq.vector, FIELD_GET(VTD_IRTE0_VECTOR, entry[0]));
	EXPECT_EQ(test_dsa()->pci->sid, FIELD_GET(VTD_IRTE1_SID, entry[1]));
	EXPECT_EQ(VTD_SVT_SID, FIELD_GET(VTD_IRTE1_SVT, entry[1]));
	for (unsigned i = 0; i < 10; i++)
		expect_arrives(irq);
	expect_no_fault();
}

TEST(vtd_irte_msix, "vtd.irte.msix", NEEDS_IRTE, "VT-d 5.1.5.2")
{
	arrives(test_irq(DSA_IRQ_MSIX, 1));
}

TEST(vtd_irte_ims, "vtd.irte.ims", NEEDS_IRTE | NEEDS_IMS, "VT-d 5.1.5.2")
{
	arrives(test_irq(DSA_IRQ_IMS, 5));
}

TEST(vtd_irte_absent, "vtd.irte.not_present", NEEDS_IRTE, "VT-d 5.1.4.1 (22h)")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);

	blocked_and_mended(irq, entry_of(irq)[0] & ~VTD_IRTE0_PRESENT, entry_of(irq)[1], VTD_FAULT_IR_ENTRY_P);
}

TEST(vtd_irte_absent_ims, "vtd.irte.not_present_ims", NEEDS_IRTE | NEEDS_IMS, "VT-d 5.1.4.1 (22h)")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_IMS, 1);

	blocked_and_mended(irq, entry_of(irq)[0] & ~VTD_IRTE0_PRESENT, entry_of(irq)[1], VTD_FAULT_IR_ENTRY_P);
}

TEST(vtd_irte_reserved, "vtd.irte.reserved_bit", NEEDS_IRTE, "VT-d 5.1.4.1 (24h)")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);

	blocked_and_mended(irq, entry_of(irq)[0] | BIT64(24), entry_of(irq)[1], VTD_FAULT_IR_ENTRY_RSVD);
}

/* Absent, and not to be reported. */
TEST(vtd_irte_fpd, "vtd.irte.fault_processing_disabled", NEEDS_IRTE, "VT-d 9.9 (FPD)")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);

	irte_rewrite(irq, (entry_of(irq)[0] & ~VTD_IRTE0_PRESENT) | VTD_IRTE0_FPD, entry_of(irq)[1]);
	irq_complete(irq);
	expect_no_fault();
	EXPECT_EQ(0, dsa_irq_count(irq));
}

/* Who may use an entry: one source, a few functions of it, or the devices of a range of buses. */
TEST(vtd_irte_source, "vtd.irte.source_check", NEEDS_IRTE, "VT-d 9.9 (SVT, SQ, SID), 5.1.4.1 (26h)")
{
	const uint64_t sid = test_dsa()->pci->sid, bus = VTD_BUS_OF(sid);
	const struct {
		uint64_t svt, sq, sid;
		bool passes;
		const char *words;
	} rows[] = {
	        {VTD_SVT_SID, VTD_SQ_ALL_BITS, sid, true, "its own id"},
	        {VTD_SVT_SID, VTD_SQ_ALL_BITS, sid ^ 8, false, "another device"},
	        {VTD_SVT_SID, VTD_SQ_ALL_BITS, sid ^ 1, false, "another function"},
	        {VTD_SVT_SID, VTD_SQ_ALL_BITS, sid ^ 0x100, false, "another bus"},
	        {VTD_SVT_SID, VTD_SQ_IGNORE_2, sid ^ 4, true, "function bit 2 ignored"},
	        {VTD_SVT_SID, VTD_SQ_IGNORE_2, sid ^ 2, false, "function bit 2 ignored, bit 1 differs"},
	        {VTD_SVT_SID, VTD_SQ_IGNORE_2_1, sid ^ 6, true, "function bits 2:1 ignored"},
	        {VTD_SVT_SID, VTD_SQ_IGNORE_2_1, sid ^ 1, false, "function bits 2:1 ignored, bit 0 differs"},
	        {VTD_SVT_SID, VTD_SQ_IGNORE_2_0, sid ^ 7, true, "function ignored"},
	        {VTD_SVT_SID, VTD_SQ_IGNORE_2_0, sid ^ 8, false, "function ignored, device differs"},
	        {VTD_SVT_BUS_RANGE, 0, bus << 8 | bus, true, "its bus"},
	        {VTD_SVT_BUS_RANGE, 0, 0xff, true, "all buses"},
	        {VTD_SVT_BUS_RANGE, 0, (bus ^ 1) << 8 | (bus ^ 1), false, "the bus beside it"},
	        {VTD_SVT_NO_CHECK, 0, sid ^ 0xffff, true, "no check"},
	};
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);
	uint64_t q0 = entry_of(irq)[0];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		test_context("%s", rows[i].words);
		irte_rewrite(irq, q0,
		             FIELD_PREP(VTD_IRTE1_SVT, rows[i].svt) | FIELD_PREP(VTD_IRTE1_SQ, rows[i].sq) |
		                     FIELD_PREP(VTD_IRTE1_SID, rows[i].sid));
		if (rows[i].passes)
			expect_arrives(irq);
		else
			expect_blocked(irq, VTD_FAULT_IR_SID, vtd_irte_index(irq->token));
	}
	expect_no_fault();
}

TEST(vtd_irte_two, "vtd.irte.two_entries", NEEDS_IRTE | NEEDS_IMS, "VT-d 5.1.3")
{
	struct dsa_irq *msix = test_irq(DSA_IRQ_MSIX, 1), *ims = test_irq(DSA_IRQ_IMS, 0);

	EXPECT_NE(vtd_irte_index(msix->token), vtd_irte_index(ims->token));
	EXPECT_NE(msix->irq.vector, ims->irq.vector);
	for (unsigned i = 0; i < 5; i++) {
		expect_arrives(msix);
		EXPECT_EQ(i, dsa_irq_count(ims));
		expect_arrives(ims);
		EXPECT_EQ(i + 1, dsa_irq_count(msix));
	}
	/* The one's entry is gone, the other's works on. */
	irte_rewrite(msix, 0, 0);
	expect_blocked(msix, VTD_FAULT_IR_ENTRY_P, vtd_irte_index(msix->token));
	expect_arrives(ims);
}

struct target {
	struct irq irq;
	uint64_t count;
	unsigned cpu; /* that took the latest */
	int rc;
};

static struct target target;

static void on_target(void *arg)
{
	(void)arg;
	__atomic_store_n(&target.cpu, smp_id(), __ATOMIC_RELAXED);
	__atomic_fetch_add(&target.count, 1, __ATOMIC_RELEASE);
}

static void request_target(void *arg)
{
	(void)arg;
	target.rc = irq_request(on_target, NULL, "vtd retarget", &target.irq);
}

static void release_target(void *arg)
{
	(void)arg;
	irq_release(&target.irq);
}

/* The message stays as it is; only the entry changes. */
static void retarget(unsigned cpu)
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);
	uint64_t good[2] = {entry_of(irq)[0], entry_of(irq)[1]}, q0 = good[0] & ~(VTD_IRTE0_VECTOR | VTD_IRTE0_DEST);
	bool eim = (mmio_read64(vtd_unit_registers(test_unit()), VTD_IRTA) & VTD_IRTA_EIM) != 0;

	target = (struct target){.rc = -EIO};
	if (cpu == smp_id())
		request_target(NULL);
	else
		EXPECT_OK(smp_run(cpu, request_target, NULL, 1000));
	EXPECT_OK(target.rc);
	/* Released before irq is closed; nothing is on its way by then. */
	test_cleanup(release_target, NULL);
	if (!eim && target.irq.apic_id > 0xff)
		SKIP("the unit reaches no APIC id above 255 (IRTA.EIME = 0)");
	expect_arrives(irq);
	q0 |= FIELD_PREP(VTD_IRTE0_VECTOR, (uint64_t)target.irq.vector);
	q0 |= eim ? FIELD_PREP(VTD_IRTE0_DEST, (uint64_t)target.irq.apic_id)
	          : FIELD_PREP(VTD_IRTE0_DEST_XAPIC, (uint64_t)target.irq.apic_id);
	irte_rewrite(irq, q0, good[1]);
	for (unsigned i = 1; i <= 5; i++) {
		irq_complete(irq);
		EXPECT_TRUE(WAIT_FOR(__atomic_load_n(&target.count, __ATOMIC_ACQUIRE) == i, 100000));
		EXPECT_EQ(cpu, target.cpu);
	}
	EXPECT_EQ(1, dsa_irq_count(irq));
	irte_rewrite(irq, good[0], good[1]);
	expect_arrives(irq);
	EXPECT_EQ(5, target.count);
}

TEST(vtd_irte_retarget, "vtd.irte.another_vector", NEEDS_IRTE, "VT-d 9.9")
{
	retarget(smp_id());
}

TEST(vtd_irte_retarget_cpu, "vtd.irte.another_processor", NEEDS_IRTE | NEEDS_SMP, "VT-d 9.9")
{
	retarget(smp_id() ? 0 : 1);
}

/* ---- other messages than the driver's ---- */

static void set_message(struct dsa_irq *irq, uint64_t address, uint32_t data)
{
	EXPECT_OK(pci_msix_set(&test_dsa()->msix, irq->index, address, data));
	EXPECT_DSA(dsa_irq_mask(irq, false));
}

static uint64_t remappable(unsigned handle)
{
	return VTD_MSI_ADDRESS | VTD_MSI_REMAPPABLE | FIELD_PREP(VTD_MSI_HANDLE_LOW, (uint64_t)handle) |
	       (handle & 0x8000U ? VTD_MSI_HANDLE_HIGH : 0);
}

/* A device that writes a plain message would reach any vector of any processor. */
TEST(vtd_irte_compat, "vtd.irte.compatibility_format", NEEDS_IRTE, "VT-d 5.1.4 (25h)")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);
	uint64_t address, before;
	struct vtd_fault fault;
	uint32_t data;

	if (!test_unit_info().compat_blocked)
		SKIP("the unit passes compatibility format messages (GSTS.CFIS = 1)");
	if (irq_msi_message(&irq->irq, &address, &data) < 0)
		SKIP("this processor's APIC id cannot be written in compatibility format");
	expect_arrives(irq);
	before = dsa_irq_count(irq);
	set_message(irq, address, data);
	irq_complete(irq);
	fault = next_fault();
	EXPECT_EQ(VTD_FAULT_IR_COMPAT, fault.reason);
	EXPECT_EQ(test_dsa()->pci->sid, fault.sid);
	ignore_faults();
	EXPECT_EQ(before, dsa_irq_count(irq));
}

/* With SHV the data is added to the handle: multiple-message MSI. */
TEST(vtd_irte_subhandle, "vtd.irte.subhandle", NEEDS_IRTE, "VT-d 5.1.3")
{
	struct dsa_irq *first = test_irq(DSA_IRQ_MSIX, 1), *second = test_irq(DSA_IRQ_MSIX, 2);
	unsigned low = vtd_irte_index(first->token), high = vtd_irte_index(second->token);

	if (high < low)
		SKIP("the second entry lies below the first");
	set_message(second, remappable(low) | VTD_MSI_SHV, high - low);
	expect_arrives(second);
	EXPECT_EQ(0, dsa_irq_count(first));
	/* Without SHV the data does not count. */
	set_message(second, remappable(high), 0x1234);
	expect_arrives(second);
	EXPECT_EQ(0, dsa_irq_count(first));
	expect_no_fault();
}

TEST(vtd_irte_index, "vtd.irte.beyond_the_table", NEEDS_IRTE, "VT-d 5.1.4.1 (21h)")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);
	uint64_t irta = mmio_read64(vtd_unit_registers(test_unit()), VTD_IRTA);
	unsigned entries = 2U << FIELD_GET(VTD_IRTA_SIZE, irta);

	if (entries > 0xffff)
		SKIP("the table holds all indexes");
	set_message(irq, remappable(entries), 0);
	expect_blocked(irq, VTD_FAULT_IR_INDEX, entries);
	/* The last entry is one, but empty. */
	set_message(irq, remappable(entries - 1), 0);
	expect_blocked(irq, VTD_FAULT_IR_ENTRY_P, entries - 1);
}

/* An entry that the driver has taken back. */
TEST(vtd_irte_freed, "vtd.irte.freed", NEEDS_IRTE, "VT-d 5.1.4.1 (22h)")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);
	unsigned index = vtd_irte_index(irq->token);

	expect_arrives(irq);
	vtd_irq_free(irq->token);
	irq->token = NULL;
	expect_blocked(irq, VTD_FAULT_IR_ENTRY_P, index);
}

/* Data above the subhandle is wrong before any entry is looked for (5.1.4). */
TEST(vtd_irte_surplus, "vtd.irte.surplus_data", NEEDS_IRTE, "VT-d 5.1.4.1 (20h)")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);
	uint64_t before = dsa_irq_count(irq);
	struct vtd_fault fault;

	set_message(irq, remappable(vtd_irte_index(irq->token)) | VTD_MSI_SHV, BIT32(16) | 1);
	irq_complete(irq);
	fault = next_fault();
	EXPECT_EQ(VTD_FAULT_IR_REQ_RSVD, fault.reason);
	EXPECT_EQ(test_dsa()->pci->sid, fault.sid);
	ignore_faults();
	EXPECT_EQ(before, dsa_irq_count(irq));
}
