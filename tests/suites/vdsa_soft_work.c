/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A guest submits to the portal page that is mapped straight through, and hears of the completion by its own interrupt.
 * Without a device: the page is memory of the host's, where what arrives can be looked at, and the engine behind it is
 * software.
 */
#include "kernel/cpu.h"
#include "kernel/smp.h"
#include "tests/suites/vdsa_soft.h"

#define COUNT(vector) (GUEST_COUNTS + SOFT_VECTOR + (vector))
#define SLOTS         (DSA_PORTAL_SIZE / sizeof(struct dsa_hw_desc))

/* Exits that the guest itself caused: the host's interrupts come when they come. */
static uint64_t own_exits(const struct soft *s)
{
	struct hv_stats stats;

	hv_stats_get(s->vm, &stats);
	return stats.total - stats.exits[HV_CAUSE_INTERRUPT];
}

/* Each slot of both pages: no exit but the one that ends the program, and all is there. */
static void fill_portals(void (*store)(struct soft *s, uint64_t to, uint64_t from))
{
	struct soft *s = soft_open();
	uint8_t *from = guest_at(s->vm, SOFT_DESC);
	uint64_t before;

	soft_start(s);
	for (unsigned i = 0; i < VDSA_PORTALS * DSA_PORTAL_SIZE; i++)
		from[i] = (uint8_t)(test_random() >> 32);
	for (unsigned i = 0; i < VDSA_PORTALS * SLOTS; i++)
		store(s, SOFT_BAR2 + 64 * i, SOFT_DESC + 64 * i);
	before = own_exits(s);
	soft_run(s);
	EXPECT_EQ(before + 1, own_exits(s));
	for (unsigned i = 0; i < VDSA_PORTALS; i++)
		EXPECT_MEM_EQ(from + i * DSA_PORTAL_SIZE, s->page[i], DSA_PORTAL_SIZE);
	for (unsigned i = 0; i < VDSA_PORTALS; i++)
		memset(s->page[i], 0, DSA_PORTAL_SIZE);
}

TEST(soft_portal_no_exits, "vdsa.soft.portal.no_exits", NEEDS_HV, "DSA 3.3, 7.5.2")
{
	fill_portals(soft_store64);
}

TEST(soft_portal_movdir64b, "vdsa.soft.portal.movdir64b", NEEDS_HV | NEEDS_MOVDIR64B, "DSA 3.3, SDM 2 MOVDIR64B")
{
	fill_portals(soft_movdir64b);
}

/* ---- another processor looks on ---- */

static struct watch {
	struct soft *s;
	bool stop;
	uint64_t seen; /* different descriptors */
	uint64_t torn; /* pairs of quadwords of which the one read later was older */
	unsigned i, j; /* such a pair */
	uint64_t at_i, at_j;
} watch;

/*
 * Each descriptor is eight times one number, and the numbers grow. If all eight arrive at once, then a quadword that is
 * read later never holds an older number than one that was read before, whichever two they are.
 */
static void look_on(void *arg)
{
	struct watch *w = arg;
	const uint64_t *slot = (const uint64_t *)(const void *)w->s->page[0];
	uint64_t last = 0;

	for (unsigned n = 0; !__atomic_load_n(&w->stop, __ATOMIC_RELAXED); n++) {
		unsigned i = n & 7, j = n >> 3 & 7;
		uint64_t at_i = __atomic_load_n(&slot[i], __ATOMIC_SEQ_CST);
		uint64_t at_j = __atomic_load_n(&slot[j], __ATOMIC_SEQ_CST);

		if (at_j < at_i && !w->torn++) {
			w->i = i;
			w->j = j;
			w->at_i = at_i;
			w->at_j = at_j;
		}
		if (at_i != last)
			__atomic_fetch_add(&w->seen, 1, __ATOMIC_RELAXED);
		last = at_i;
	}
}

static void stop_looking(void *arg)
{
	(void)arg;
	__atomic_store_n(&watch.stop, true, __ATOMIC_RELAXED);
	(void)smp_wait(1, 1000);
}

#define ROUND_STORES 1000U
#define ROUNDS_MAX   100U
#define SEEN_LEAST   20U

/* Once more the same program, with numbers that go on growing. */
static void store_round(struct soft *s, unsigned round)
{
	uint64_t *from = guest_at(s->vm, SOFT_DESC);

	for (unsigned n = 0; n < ROUND_STORES; n++) {
		for (unsigned i = 0; i < 8; i++)
			from[8 * n + i] = (uint64_t)round * ROUND_STORES + n + 1;
		soft_movdir64b(s, SOFT_BAR2, SOFT_DESC + 64 * n);
	}
	soft_run(s);
}

/* Both processors have to run at the same time for one to see the other's stores; that may take a few rounds. */
TEST(soft_portal_one_piece, "vdsa.soft.portal.one_piece", NEEDS_HV | NEEDS_MOVDIR64B | NEEDS_SMP,
     "SDM 2 MOVDIR64B, DSA 3.3")
{
	struct soft *s = soft_open();
	unsigned rounds = 0;

	soft_start(s);
	watch = (struct watch){.s = s};
	EXPECT_OK(smp_start_work(1, look_on, &watch));
	test_cleanup(stop_looking, NULL);
	while (rounds < ROUNDS_MAX && __atomic_load_n(&watch.seen, __ATOMIC_RELAXED) < SEEN_LEAST)
		store_round(s, rounds++);
	__atomic_store_n(&watch.stop, true, __ATOMIC_RELAXED);
	EXPECT_OK(smp_wait(1, 1000));
	memset(s->page[0], 0, sizeof(struct dsa_hw_desc));
	test_note("the other processor saw %u of %u descriptors", (unsigned)watch.seen, rounds * ROUND_STORES);
	if (watch.torn)
		FAIL("%u times: quadword %u was of descriptor %u, and quadword %u, read after it, still of %u",
		     (unsigned)watch.torn, watch.i, (unsigned)watch.at_i, watch.j, (unsigned)watch.at_j);
	if (watch.seen < SEEN_LEAST)
		SKIP("the processors hardly ran at once: one saw %u stores of the other", (unsigned)watch.seen);
}

/* BAR2 with other addresses: what goes to the old ones arrives nowhere. */
TEST(soft_portal_moves, "vdsa.soft.portal.bar2_moves", NEEDS_HV, "PCIe 7.5.1.2.1")
{
	const uint64_t other = SOFT_BAR2 + 0x200000;
	struct soft *s = soft_open();
	uint64_t *from = guest_at(s->vm, SOFT_DESC);

	soft_start(s);
	for (unsigned i = 0; i < 16; i++)
		from[i] = i < 8 ? 0x11 : 0x22;
	soft_store64(s, SOFT_BAR2, SOFT_DESC);
	soft_write(s, SOFT_CONFIG + PCI_BASE_ADDRESS_2, 4, other);
	soft_store64(s, SOFT_BAR2, SOFT_DESC + 64);
	soft_store64(s, other + DSA_PORTAL_SIZE, SOFT_DESC + 64);
	soft_run(s);
	EXPECT_MEM_EQ(from, s->page[0], 64);
	EXPECT_MEM_EQ(from + 8, s->page[1], 64);
	EXPECT_EQ(other, s->window[VDSA_WINDOW_PORTAL0].gpa);
	memset(s->page[0], 0, 64);
	memset(s->page[1], 0, 64);
}

/* A halted device takes nothing: its portals trap, and what is stored there is gone. */
TEST(soft_portal_halted, "vdsa.soft.portal.away_when_halted", NEEDS_HV, "DSA 5.7, 9.3")
{
	struct soft *s = soft_open();
	unsigned n;

	soft_start(s);
	vdsa_host_halted(&s->v);
	memset(guest_at(s->vm, SOFT_DESC), 0x77, 64);
	soft_store64(s, SOFT_BAR2, SOFT_DESC);
	n = soft_read(s, SOFT_BAR2 + 8, 8);
	soft_run(s);
	EXPECT_EQ(UINT64_MAX, soft_result(s, n));
	EXPECT_EQ(9, s->portal_traps);
	for (unsigned i = 0; i < 64; i++)
		EXPECT_EQ(0, s->page[0][i]);
}

/* ---- work ---- */

static void fill_source(struct soft *s, unsigned size)
{
	uint8_t *src = guest_at(s->vm, SOFT_SRC);

	for (unsigned i = 0; i < size; i++)
		src[i] = (uint8_t)(test_random() >> 32);
}

TEST(soft_work_memmove, "vdsa.soft.work.memmove", NEEDS_HV, "DSA 8.3.3")
{
	struct soft *s = soft_open();
	struct dsa_hw_desc d;

	soft_start(s);
	for (unsigned page = 0; page < VDSA_PORTALS; page++) {
		test_context("portal %u", page);
		fill_source(s, 5000);
		dsa_desc_memmove(&d, SOFT_CR, SOFT_DST, SOFT_SRC, 5000);
		soft_submit(s, page, &d);
		/* The engine works while the guest looks at BAR0. */
		(void)soft_read(s, SOFT_BAR0 + DSA_GENSTS, 4);
		soft_await(s, SOFT_CR, DSA_COMP_SUCCESS);
		soft_run(s);
		EXPECT_EQ(DSA_COMP_SUCCESS, soft_record(s)->status);
		EXPECT_MEM_EQ(guest_at(s->vm, SOFT_SRC), guest_at(s->vm, SOFT_DST), 5000);
	}
	EXPECT_EQ(2, s->executed);
}

/* Beyond the guest's memory: the engine sees what the guest's PASID sees. */
TEST(soft_work_outside, "vdsa.soft.work.outside", NEEDS_HV, "DSA 5.8")
{
	struct soft *s = soft_open();
	struct dsa_hw_desc d;

	soft_start(s);
	dsa_desc_memmove(&d, SOFT_CR, SOFT_DST, GUEST_RAM - 64, 4096);
	soft_submit(s, 0, &d);
	(void)soft_read(s, SOFT_BAR0 + DSA_GENSTS, 4);
	soft_run(s);
	EXPECT_EQ(DSA_COMP_PAGE_FAULT_NOBOF, soft_record(s)->status);
	EXPECT_EQ(GUEST_RAM - 64, soft_record(s)->fault_addr);
}

TEST(soft_work_disabled, "vdsa.soft.work.disabled_wq_drops", NEEDS_HV, "DSA 3.3, 9.3")
{
	struct soft *s = soft_open();
	struct dsa_hw_desc d;

	soft_start(s);
	EXPECT_EQ(0, soft_do(s, DSA_CMD_DISABLE_WQ, 1));
	dsa_desc_noop(&d, SOFT_CR);
	soft_submit(s, 0, &d);
	(void)soft_read(s, SOFT_BAR0 + DSA_GENSTS, 4);
	soft_run(s);
	EXPECT_EQ(0, soft_record(s)->status);
	EXPECT_EQ(1, s->dropped);
	EXPECT_EQ(0, s->executed);
}

/* What was submitted before Disable WQ is done when the command is. */
TEST(soft_work_drained, "vdsa.soft.work.disable_waits", NEEDS_HV, "DSA 3.15")
{
	struct soft *s = soft_open();
	struct dsa_hw_desc d;

	soft_start(s);
	dsa_desc_noop(&d, SOFT_CR);
	soft_submit(s, 1, &d);
	(void)soft_command(s, DSA_CMD_DISABLE_WQ, 1);
	soft_run(s);
	EXPECT_EQ(DSA_COMP_SUCCESS, soft_record(s)->status);
	EXPECT_EQ(0, s->dropped);
}

/* ---- interrupts and errors ---- */

TEST(soft_irq_completion, "vdsa.soft.irq.completion", NEEDS_HV, "DSA 3.7, 7.5.4")
{
	struct soft *s = soft_open();
	struct dsa_hw_desc d;

	soft_start(s);
	dsa_desc_noop(&d, SOFT_CR);
	dsa_desc_interrupt(&d, SOFT_SLOT);
	for (uint8_t i = 1; i <= 20; i++) {
		soft_submit(s, i & 1, &d);
		(void)soft_read(s, SOFT_BAR0 + DSA_GENSTS, 4);
		soft_await(s, COUNT(1), i);
	}
	soft_run(s);
	EXPECT_EQ(20, guest_interrupts(s->vm, SOFT_VECTOR + 1));
	EXPECT_EQ(20, s->v.stats.ims_interrupts);
}

/* Masked in the table, an interrupt waits: the pending bit says so, and unmasking brings it, once. */
TEST(soft_irq_masked, "vdsa.soft.irq.masked_is_pending", NEEDS_HV, "PCIe 7.7.2, DSA 9.2.26")
{
	const uint64_t control = SOFT_BAR0 + VDSA_MSIX_TABLE + PCI_MSIX_ENTRY_SIZE + PCI_MSIX_ENTRY_VECTOR_CTRL;
	struct soft *s = soft_open();
	struct dsa_hw_desc d;
	unsigned n[3];

	soft_start(s);
	dsa_desc_noop(&d, SOFT_CR);
	dsa_desc_interrupt(&d, SOFT_SLOT);
	soft_write(s, control, 4, PCI_MSIX_ENTRY_CTRL_MASKBIT);
	n[0] = soft_read(s, SOFT_BAR0 + VDSA_MSIX_PBA, 4);
	soft_submit(s, 0, &d);
	(void)soft_read(s, SOFT_BAR0 + DSA_GENSTS, 4);
	n[1] = soft_read(s, SOFT_BAR0 + VDSA_MSIX_PBA, 4);
	soft_run(s);
	EXPECT_EQ(DSA_COMP_SUCCESS, soft_record(s)->status);
	EXPECT_EQ(0, soft_result(s, n[0]));
	EXPECT_EQ(2, soft_result(s, n[1]));
	EXPECT_EQ(0, guest_interrupts(s->vm, SOFT_VECTOR + 1));
	soft_write(s, control, 4, 0);
	soft_await(s, COUNT(1), 1);
	n[2] = soft_read(s, SOFT_BAR0 + VDSA_MSIX_PBA, 4);
	soft_run(s);
	EXPECT_EQ(0, soft_result(s, n[2]));
	EXPECT_EQ(1, guest_interrupts(s->vm, SOFT_VECTOR + 1));
}

TEST(soft_irq_foreign, "vdsa.soft.irq.foreign_handle", NEEDS_HV, "DSA 5.4")
{
	struct soft *s = soft_open();
	struct dsa_hw_desc d;

	soft_start(s);
	for (unsigned i = 0; i < 2; i++) {
		test_context("%s", i ? "a released handle" : "another handle");
		if (i)
			EXPECT_EQ(0, soft_do(s, DSA_CMD_RELEASE_INT_HANDLE, SOFT_SLOT));
		dsa_desc_noop(&d, SOFT_CR);
		dsa_desc_interrupt(&d, (uint16_t)(SOFT_SLOT + !i));
		soft_submit(s, 0, &d);
		(void)soft_read(s, SOFT_BAR0 + DSA_GENSTS, 4);
		soft_run(s);
		EXPECT_EQ(DSA_COMP_INT_HANDLE_INVAL, soft_record(s)->status);
	}
	EXPECT_EQ(0, s->v.stats.ims_interrupts);
}

/* As with a device: nothing that the guest does reaches the hypervisor, and the interrupt comes while the guest runs.
 */
TEST(soft_irq_other_cpu, "vdsa.soft.irq.from_another_processor", NEEDS_HV | NEEDS_SMP, "DSA 3.7")
{
	struct soft *s = soft_open();
	struct dsa_hw_desc d;

	soft_start(s);
	soft_engine_start(s);
	dsa_desc_noop(&d, SOFT_CR);
	dsa_desc_interrupt(&d, SOFT_SLOT);
	for (uint8_t i = 1; i <= 10; i++) {
		soft_submit(s, 0, &d);
		soft_await(s, COUNT(1), i);
	}
	soft_run(s);
	EXPECT_EQ(10, guest_interrupts(s->vm, SOFT_VECTOR + 1));
	EXPECT_EQ(10, s->executed);
}

TEST(soft_error, "vdsa.soft.error.forwarded", NEEDS_HV, "DSA 5.8, 9.2.15")
{
	struct soft *s = soft_open();
	struct dsa_hw_desc d;
	unsigned n[2];

	soft_start(s);
	soft_await(s, COUNT(0), 1); /* of the commands */
	soft_write(s, SOFT_BAR0 + DSA_INTCAUSE, 4, DSA_INTCAUSE_COMMAND);
	soft_write(s, SOFT_BAR0 + DSA_GENCTRL, 4, DSA_GENCTRL_SWERR_INT);
	dsa_desc_noop(&d, SOFT_CR + 1);
	soft_submit(s, 0, &d);
	(void)soft_read(s, SOFT_BAR0 + DSA_GENSTS, 4);
	soft_await(s, COUNT(0), 2);
	n[0] = soft_read(s, SOFT_BAR0 + DSA_SWERROR, 8);
	n[1] = soft_read(s, SOFT_BAR0 + DSA_INTCAUSE, 4);
	soft_run(s);
	EXPECT_EQ(DSA_COMP_CRA_ALIGN, FIELD_GET(DSA_SWERROR_CODE, soft_result(s, n[0])));
	EXPECT_NE(0, soft_result(s, n[0]) & DSA_SWERROR_VALID);
	/* The guest's own numbers: WQ 0, no PASID. */
	EXPECT_EQ(0, soft_result(s, n[0]) & (DSA_SWERROR_WQ | DSA_SWERROR_PASID));
	EXPECT_EQ(DSA_INTCAUSE_SWERR, soft_result(s, n[1]));
}
