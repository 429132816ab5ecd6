/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Posted interrupts: a completion interrupt of the DSA comes by an entry that sets a bit of a descriptor in memory. The
 * descriptor says which processor is told, on which vector; it is told once until it clears ON, and not at all while SN
 * is set, unless the entry is urgent. The tests are that processor, and read the bits instead of a guest.
 */
#include "drivers/vtd/posted.h"
#include "kernel/hv/posted.h"
#include "kernel/irq.h"
#include "kernel/smp.h"
#include "tests/suites/vtd.h"

#define INTERRUPTS 300U

static struct hv_posted *descriptor;

static struct {
	struct irq irq;
	uint64_t count;
	unsigned cpu; /* that took the latest */
	int rc;
} told;

static void on_told(void *arg)
{
	(void)arg;
	__atomic_store_n(&told.cpu, smp_id(), __ATOMIC_RELAXED);
	__atomic_fetch_add(&told.count, 1, __ATOMIC_RELEASE);
}

static void request_told(void *arg)
{
	(void)arg;
	told.rc = irq_request(on_told, NULL, "posted interrupts of a test", &told.irq);
}

static void release_told(void *arg)
{
	(void)arg;
	irq_release(&told.irq);
}

static uint64_t told_count(void)
{
	return __atomic_load_n(&told.count, __ATOMIC_ACQUIRE);
}

/* By the seed; those below 16 are no interrupts of an APIC's. */
static uint8_t any_vector(void)
{
	return (uint8_t)(16 + test_random() % 240);
}

static bool is_posted(unsigned vector)
{
	return __atomic_load_n(&descriptor->pir[vector / 64], __ATOMIC_SEQ_CST) & BIT64(vector % 64);
}

static uint64_t state(void)
{
	return __atomic_load_n(&descriptor->control, __ATOMIC_SEQ_CST) & (POSTED_ON | POSTED_SN);
}

static void post_to(const struct dsa_irq *irq, uint8_t vector)
{
	EXPECT_OK(vtd_irq_post(irq->token, phys_of(descriptor), vector));
}

/* An empty descriptor that names a vector of that processor. */
static void begin_on(unsigned cpu)
{
	bool eim;

	if (!(test_unit_info().cap & VTD_CAP_PI))
		SKIP("the unit does not post interrupts (CAP.PI = 0)");
	descriptor = test_pages(1);
	told.rc = -EIO;
	told.count = 0;
	if (cpu == smp_id())
		request_told(NULL);
	else
		EXPECT_OK(smp_run(cpu, request_told, NULL, 1000));
	EXPECT_OK(told.rc);
	/* Released before the entry is; nothing is on its way by then. */
	test_cleanup(release_told, NULL);
	eim = mmio_read64(vtd_unit_registers(test_unit()), VTD_IRTA) & VTD_IRTA_EIM;
	if (!eim && told.irq.apic_id > 0xff)
		SKIP("the unit reaches no APIC id above 255 (IRTA.EIME = 0)");
	descriptor->control = FIELD_PREP(POSTED_NV, (uint64_t)told.irq.vector) |
	                      FIELD_PREP(POSTED_NDST, (uint64_t)told.irq.apic_id << (eim ? 0 : 8));
}

static struct dsa_irq *begin(enum dsa_irq_table table)
{
	struct dsa_irq *irq = test_irq(table, 1);

	begin_on(smp_id());
	return irq;
}

static void expect_told(const struct dsa_irq *irq, uint64_t count)
{
	irq_complete(irq);
	EXPECT_TRUE(WAIT_FOR(told_count() >= count, 100000));
	EXPECT_EQ(count, told_count());
}

/* A bit appears; nobody hears of it. */
static void expect_silent(const struct dsa_irq *irq, unsigned vector, uint64_t count)
{
	irq_complete(irq);
	EXPECT_TRUE(WAIT_FOR(is_posted(vector), 100000));
	time_delay_us(NEVER_US);
	EXPECT_EQ(count, told_count());
}

/* The bit of that vector and no other, and the rest of the descriptor as software left it. */
static void posts(struct dsa_irq *irq)
{
	uint8_t vector = any_vector();
	uint64_t control = descriptor->control;

	test_context("vector 0x%x", vector);
	post_to(irq, vector);
	expect_told(irq, 1);
	for (unsigned i = 0; i < 4; i++)
		EXPECT_EQ(i == vector / 64 ? BIT64(vector % 64) : 0, descriptor->pir[i]);
	EXPECT_EQ(control | POSTED_ON, descriptor->control);
	for (unsigned i = 0; i < 3; i++)
		EXPECT_EQ(0, descriptor->rsvd[i]);
	time_delay_us(NEVER_US);
	EXPECT_EQ(1, told_count());
	EXPECT_EQ(0, dsa_irq_count(irq)); /* it did not go the other way as well */
	expect_no_fault();
}

TEST(vtd_posted_msix, "vtd.posted.msix", NEEDS_IRTE, "VT-d 5.2.3, 9.10, 9.11")
{
	posts(begin(DSA_IRQ_MSIX));
}

TEST(vtd_posted_ims, "vtd.posted.ims", NEEDS_IRTE | NEEDS_IMS, "VT-d 5.2.3, 9.10, 9.11")
{
	posts(begin(DSA_IRQ_IMS));
}

TEST(vtd_posted_cpu, "vtd.posted.another_processor", NEEDS_IRTE | NEEDS_SMP, "VT-d 9.11 (NDST)")
{
	struct dsa_irq *irq = test_irq(DSA_IRQ_MSIX, 1);
	unsigned other = smp_id() ? 0 : 1;

	begin_on(other);
	posts(irq);
	EXPECT_EQ(other, told.cpu);
}

TEST(vtd_posted_vectors, "vtd.posted.every_vector", NEEDS_IRTE, "VT-d 9.11 (PIR)")
{
	struct dsa_irq *irq = begin(DSA_IRQ_MSIX);
	struct hv_posted expected = {0};

	for (unsigned vector = 16; vector < 256; vector++) {
		test_context("vector 0x%x", vector);
		post_to(irq, (uint8_t)vector);
		irq_complete(irq);
		EXPECT_TRUE(WAIT_FOR(is_posted(vector), 100000));
		expected.pir[vector / 64] |= BIT64(vector % 64);
		EXPECT_MEM_EQ(expected.pir, descriptor->pir, sizeof(expected.pir));
	}
	time_delay_us(NEVER_US);
	EXPECT_EQ(1, told_count());
	expect_no_fault();
}

TEST(vtd_posted_once, "vtd.posted.told_once", NEEDS_IRTE, "VT-d 5.2.3 (ON)")
{
	struct dsa_irq *irq = begin(DSA_IRQ_MSIX);
	uint8_t first = any_vector(), second = first ^ 1;

	post_to(irq, first);
	expect_told(irq, 1);
	EXPECT_EQ(POSTED_ON, state());
	post_to(irq, second);
	expect_silent(irq, second, 1);
	EXPECT_TRUE(is_posted(first));
	/* Who clears ON hears of the next. */
	__atomic_fetch_and(&descriptor->control, ~POSTED_ON, __ATOMIC_SEQ_CST);
	expect_told(irq, 2);
	EXPECT_EQ(POSTED_ON, state());
	expect_no_fault();
}

TEST(vtd_posted_suppressed, "vtd.posted.suppressed", NEEDS_IRTE, "VT-d 5.2.3 (SN)")
{
	struct dsa_irq *irq = begin(DSA_IRQ_MSIX);
	uint8_t vector = any_vector();

	descriptor->control |= POSTED_SN;
	post_to(irq, vector);
	expect_silent(irq, vector, 0);
	EXPECT_EQ(POSTED_SN, state());
	__atomic_fetch_and(&descriptor->control, ~POSTED_SN, __ATOMIC_SEQ_CST);
	expect_told(irq, 1);
	EXPECT_EQ(POSTED_ON, state());
	expect_no_fault();
}

/* An urgent one is told of although SN is set, but not although ON is. */
TEST(vtd_posted_urgent, "vtd.posted.urgent", NEEDS_IRTE, "VT-d 5.2.3, 9.10 (URG)")
{
	struct dsa_irq *irq = begin(DSA_IRQ_MSIX);
	uint8_t vector = any_vector(), second = vector ^ 1;
	volatile uint64_t *entry = vtd_irte_entry(irq->token);

	descriptor->control |= POSTED_SN;
	post_to(irq, vector);
	irte_rewrite(irq, entry[0] | VTD_IRTE0_URGENT, entry[1]);
	expect_told(irq, 1);
	EXPECT_TRUE(is_posted(vector));
	EXPECT_EQ(POSTED_ON | POSTED_SN, state());
	post_to(irq, second);
	irte_rewrite(irq, entry[0] | VTD_IRTE0_URGENT, entry[1]);
	expect_silent(irq, second, 1);
	expect_no_fault();
}

/* The entry's format changes, or its vector. Returns whether n interrupts have come, by either format. */
static bool switch_and_look(struct dsa_irq *irq, uint64_t n)
{
	if (test_random() % 2)
		post_to(irq, any_vector());
	else
		EXPECT_OK(vtd_irq_remap(irq->token, &irq->irq));
	return dsa_irq_count(irq) + told_count() >= n;
}

/*
 * The entry changes all the time while interrupts are under way: each comes by the one format or the other, none by
 * both, none by neither.
 */
TEST(vtd_posted_switched, "vtd.posted.and_back", NEEDS_IRTE, "VT-d 5.2.3, 9.9, 9.10")
{
	struct dsa_irq *irq = begin(DSA_IRQ_MSIX);
	struct dsa_hw_desc d;
	uint64_t posted = 0;

	dsa_desc_noop(&d, test_cr_dma(0));
	dsa_desc_interrupt(&d, irq->handle);
	for (unsigned n = 1; n <= INTERRUPTS; n++) {
		test_context("interrupt %u", n);
		dsa_cr_clear(test_cr(0));
		test_submit(&d);
		EXPECT_TRUE(WAIT_FOR(switch_and_look(irq, n), 100000));
		EXPECT_EQ(n, dsa_irq_count(irq) + told_count());
		EXPECT_DSA(dsa_wait_success(test_dsa(), test_cr(0), 0));
		/* What is posted is told of each time, for ON is cleared here. */
		if (told_count() > posted) {
			posted++;
			__atomic_fetch_and(&descriptor->control, ~POSTED_ON, __ATOMIC_SEQ_CST);
			EXPECT_EQ(1, hv_posted_count(descriptor));
			for (unsigned i = 0; i < 4; i++)
				__atomic_store_n(&descriptor->pir[i], 0, __ATOMIC_SEQ_CST);
		}
		EXPECT_EQ(0, hv_posted_count(descriptor));
	}
	time_delay_us(NEVER_US);
	EXPECT_EQ(INTERRUPTS, dsa_irq_count(irq) + told_count());
	test_note("%u of %u were posted", (unsigned)posted, INTERRUPTS);
	expect_no_fault();
}

static void refused(struct dsa_irq *irq, enum vtd_fault_reason reason)
{
	struct hv_posted before = *descriptor;

	irq_complete(irq);
	expect_irq_fault(reason, vtd_irte_index(irq->token));
	time_delay_us(NEVER_US);
	EXPECT_EQ(0, told_count());
	EXPECT_EQ(0, dsa_irq_count(irq));
	EXPECT_MEM_EQ(&before, descriptor, sizeof(before));
}

TEST(vtd_posted_descriptor, "vtd.posted.descriptor_reserved", NEEDS_IRTE, "VT-d 5.1.4.1 (28h), 9.11")
{
	struct dsa_irq *irq = begin(DSA_IRQ_MSIX);

	post_to(irq, any_vector());
	test_context("beside ON and SN");
	descriptor->control |= BIT64(2);
	refused(irq, VTD_FAULT_IR_PID_RSVD);
	test_context("the last word");
	descriptor->control &= ~BIT64(2);
	descriptor->rsvd[2] = BIT64(63);
	refused(irq, VTD_FAULT_IR_PID_RSVD);
	test_context("mended");
	descriptor->rsvd[2] = 0;
	expect_told(irq, 1);
	expect_no_fault();
}

TEST(vtd_posted_entry, "vtd.posted.entry_refused", NEEDS_IRTE, "VT-d 5.1.4.1 (24h, 26h), 9.10")
{
	struct dsa_irq *irq = begin(DSA_IRQ_MSIX);
	uint64_t good[2];

	post_to(irq, any_vector());
	good[0] = vtd_irte_entry(irq->token)[0];
	good[1] = vtd_irte_entry(irq->token)[1];
	test_context("a reserved bit of this format");
	irte_rewrite(irq, good[0] | VTD_IRTE0_LEVEL, good[1]);
	refused(irq, VTD_FAULT_IR_ENTRY_RSVD);
	test_context("another source");
	irte_rewrite(irq, good[0], good[1] ^ FIELD_PREP(VTD_IRTE1_SID, UINT64_C(8)));
	refused(irq, VTD_FAULT_IR_SID);
	test_context("mended");
	irte_rewrite(irq, good[0], good[1]);
	expect_told(irq, 1);
	expect_no_fault();
}
