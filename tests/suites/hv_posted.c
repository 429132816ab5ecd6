/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Interrupts that arrive without an exit: posted to a descriptor in memory, by other processors or an IOMMU, and
 * delivered by the processor that runs the guest. Where the processor does not do that they are injected, and these
 * tests are skips; that every interrupt arrives, in its order, is hv.interrupt's and hv.smp's subject on both.
 */
#include "kernel/hv/posted.h"

#include "drivers/vtd/posted.h"
#include "kernel/apic.h"
#include "kernel/irq.h"
#include "kernel/mem.h"
#include "kernel/smp.h"
#include "kernel/time.h"
#include "tests/suites/hv_far.h"
#include "tests/suites/vtd.h"

#define MSI      UINT64_C(0xfee00000)
#define MESSAGES 40U

/* RDI: halt in between, or not. */
GUEST(counts, INTERRUPTS "movl $1, 0x30000\nsti\n1: test %edi, %edi\njz 2f\nhlt\n2: incl 0x30004\njmp 1b\n");

static struct hv_posted *descriptor(struct hv_vm *vm)
{
	uint64_t phys = hv_posted_descriptor(vm);

	if (!phys)
		SKIP("the processor takes no posted interrupts for its guests");
	return virt_of(phys);
}

static void wait_for(struct hv_vm *vm, unsigned vector, unsigned count)
{
	if (!WAIT_FOR(guest_interrupts(vm, vector) == count, 2000000))
		FAIL("the guest took %u interrupts of vector 0x%x, not %u", guest_interrupts(vm, vector), vector,
		     count);
}

TEST(posted_no_exit, "hv.posted.no_exit", NEEDS_FAR, "SDM 3C 29.6")
{
	struct hv_vm *vm = GUEST_VM(counts, 0);
	struct hv_stats before, after;

	descriptor(vm);
	far_start(vm, FAR_CPU, FAR_LIMIT_MS);
	far_wait_u32(vm, GUEST_DATA, 1);
	hv_stats_get(vm, &before);
	for (unsigned n = 0; n < MESSAGES; n++) {
		EXPECT_OK(hv_msi(vm, MSI, 0x40 + n % 2));
		wait_for(vm, 0x40 + n % 2, n / 2 + 1);
	}
	hv_stats_get(vm, &after);
	hv_stop(vm);
	far_end(FAR_CPU, HV_END_STOPPED);
	EXPECT_EQ(MESSAGES, after.injected - before.injected);
	EXPECT_EQ(0, after.exits[HV_CAUSE_INTERRUPT_WINDOW]);
	/* The host's own timer may come. */
	EXPECT_LE(MESSAGES / 4, after.exits[HV_CAUSE_INTERRUPT] - before.exits[HV_CAUSE_INTERRUPT]);
	test_note("%u messages, %u exits, %u of them for EOI", MESSAGES, (unsigned)(after.total - before.total),
	          (unsigned)(after.exits[HV_CAUSE_MSR_WRITE] - before.exits[HV_CAUSE_MSR_WRITE]));
}

/* As an IOMMU does it: the descriptor, then the notification that it asks for; the hypervisor has no part in it. */
TEST(posted_iommu, "hv.posted.as_an_iommu_does", NEEDS_FAR, "VT-d 5.2.3")
{
	struct hv_vm *vm = GUEST_VM(counts, 0);
	struct hv_posted *d = descriptor(vm);
	bool merged;

	far_start(vm, FAR_CPU, FAR_LIMIT_MS);
	far_wait_u32(vm, GUEST_DATA, 1);
	EXPECT_EQ(smp_apic_id(FAR_CPU), hv_posted_target(d, apic_is_x2apic()));
	for (unsigned n = 0; n < MESSAGES; n++) {
		if (hv_posted_post(d, 0x61, false, &merged))
			apic_send_vector(hv_posted_target(d, apic_is_x2apic()), hv_posted_vector(d));
		EXPECT_FALSE(merged);
		wait_for(vm, 0x61, n + 1);
	}
	hv_stop(vm);
	far_end(FAR_CPU, HV_END_STOPPED);
}

TEST(posted_halted, "hv.posted.wakes_who_halts", NEEDS_FAR, "SDM 3C 29.6")
{
	struct hv_vm *vm = GUEST_VM(counts, 1);

	descriptor(vm);
	far_start(vm, FAR_CPU, FAR_LIMIT_MS);
	far_wait_u32(vm, GUEST_DATA, 1);
	for (unsigned n = 0; n < MESSAGES; n++) {
		EXPECT_OK(hv_msi(vm, MSI, 0x40));
		wait_for(vm, 0x40, n + 1);
	}
	hv_stop(vm);
	far_end(FAR_CPU, HV_END_STOPPED);
}

/* While the guest runs nowhere posting makes no noise; it finds all at its next start, on whichever processor. */
TEST(posted_rests, "hv.posted.waits_for_the_next_run", NEEDS_FAR, "SDM 3C 29.6; VT-d 5.2.3")
{
	struct hv_vm *vm = GUEST_VM(counts, 0);
	struct hv_posted *d = descriptor(vm);
	struct hv_result result;
	bool merged;

	while (!far_u32(vm, GUEST_DATA + 4))
		far_run(vm, 0, 5, &result);
	for (unsigned n = 1; n <= 4; n++) {
		test_context("round %u", n);
		EXPECT_FALSE(hv_posted_post(d, 0x61, false, &merged));
		EXPECT_FALSE(merged);
		EXPECT_FALSE(hv_posted_post(d, 0x61, false, &merged));
		EXPECT_TRUE(merged);
		EXPECT_OK(hv_msi(vm, MSI, 0x70));
		EXPECT_EQ(2, hv_posted_count(d));
		for (unsigned tries = 0; guest_interrupts(vm, 0x70) < n && tries < 100; tries++)
			far_slice(vm, n % 2, 5);
		EXPECT_EQ(n, guest_interrupts(vm, 0x61));
		EXPECT_EQ(n, guest_interrupts(vm, 0x70));
		EXPECT_EQ(0, hv_posted_count(d));
		EXPECT_EQ(smp_apic_id(n % 2), hv_posted_target(d, apic_is_x2apic()));
	}
}

/* Loaded anew: what was meant for the one before is gone. */
TEST(posted_reload, "hv.posted.not_for_the_next_guest", NEEDS_FAR, "kernel/hv/hv.h")
{
	struct hv_vm *vm = GUEST_VM(counts, 0);
	struct hv_posted *d = descriptor(vm);
	struct hv_result result;
	bool merged;

	while (!far_u32(vm, GUEST_DATA + 4))
		far_run(vm, 0, 5, &result);
	EXPECT_FALSE(hv_posted_post(d, 0x61, false, &merged));
	GUEST_LOAD(vm, counts, 0);
	EXPECT_EQ(0, hv_posted_count(d));
	while (!far_u32(vm, GUEST_DATA + 4))
		far_run(vm, 0, 5, &result);
	far_slice(vm, 0, 5);
	EXPECT_EQ(0, guest_interrupts(vm, 0x61));
}

/* ---- the IOMMU's entry ---- */

static void never(void *arg)
{
	(void)arg;
}

static void free_irte(void *arg)
{
	vtd_irq_free(arg);
}

static void free_irq(void *arg)
{
	irq_release(arg);
}

/* The entry of a message becomes one that posts, and again what it was. */
TEST(posted_entry, "hv.posted.irte", NEEDS_DSA | NEEDS_IOMMU | NEEDS_IR, "VT-d 9.9, 9.10")
{
	static struct irq irq;
	struct hv_posted *d = test_pages(1);
	struct vtd_irte *irte;
	uint64_t address, before[2];
	uint32_t data;
	int rc;

	hv_posted_init(d, 0x50);
	EXPECT_OK(irq_request(never, NULL, "a test", &irq));
	test_cleanup(free_irq, &irq);
	EXPECT_OK(vtd_irq_message(test_unit(), test_dsa()->pci->sid, &irq, &address, &data, &irte));
	test_cleanup(free_irte, irte);
	before[0] = vtd_irte_entry(irte)[0];
	before[1] = vtd_irte_entry(irte)[1];
	rc = vtd_irq_post(irte, phys_of(d), 0x61);
	if (rc == -ENOTSUP) {
		EXPECT_EQ(before[0], vtd_irte_entry(irte)[0]);
		EXPECT_EQ(before[1], vtd_irte_entry(irte)[1]);
	} else {
		EXPECT_OK(rc);
		EXPECT_EQ(1, FIELD_GET(VTD_IRTE0_POSTED, vtd_irte_entry(irte)[0]));
		EXPECT_EQ(0x61, FIELD_GET(VTD_IRTE0_VECTOR, vtd_irte_entry(irte)[0]));
		EXPECT_ERRNO(EINVAL, vtd_irq_post(irte, phys_of(d) + 32, 0x61));
	}
	/* In either case the way back is the entry as it was. */
	EXPECT_OK(vtd_irq_remap(irte, &irq));
	EXPECT_EQ(before[0], vtd_irte_entry(irte)[0]);
	EXPECT_EQ(before[1], vtd_irte_entry(irte)[1]);
	if (rc == -ENOTSUP)
		SKIP("the IOMMU does not post interrupts (CAP.PI = 0)");
}
