/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Guests that submit by themselves, on other processors than the host's first, and two of them at once on one device:
 * each has a WQ, a PASID, an interrupt entry and memory of its own, at the same guest-physical addresses. Whatever
 * one of them does arrives in its memory, or nowhere.
 */
#include <linux/pci_regs.h>

#include "drivers/dsa/dsa.h"
#include "kernel/mem.h"
#include "kernel/smp.h"
#include "tests/suites/dsa.h"
#include "tests/suites/hv_far.h"
#include "tests/suites/vdsa.h"
#include "tests/test.h"

#define NEEDS_TWO (NEEDS_VDSA | NEEDS_MOVDIR64B | NEEDS_SMP)
#define FAR_CPU   1U

/* The guest's memory; the portal page and the registers are where bind.h says: BAR0 0xc0000000, BAR2 0xc0010000. */
#define CR         UINT64_C(0x40000)
#define DESCRIPTOR UINT64_C(0x41000)
#define SRC        UINT64_C(0x50000)
#define DST        UINT64_C(0x60000)
#define ROUNDS     40U

/*
 * RDI: rounds. Each: another first word in the source, the record cleared, the descriptor to the portal page of the IMS
 * handles, the record awaited; status 1 and the same word in the destination, else the end with what is wrong.
 * What was done is counted at 0x30000. Interrupts come meanwhile, and one at least is waited for.
 */
GUEST(worker, INTERRUPTS "sti\nmov %edi, %r12d\nmov $0xc0011000, %r13d\n"
                         "1: incl 0x50000\nmovl $0, 0x60000\nmovq $0, 0x40000\n"
                         "mov %r13, %rax\nmov $0x41000, %edx\nmfence\n.byte 0x66, 0x0f, 0x38, 0xf8, 0x02\n"
                         "2: pause\nmovzbl 0x40000, %edi\ntest %edi, %edi\njz 2b\n"
                         "cmp $1, %edi\njne 3f\n"
                         "mov 0x50000, %eax\nmov $0x1001, %edi\ncmp 0x60000, %eax\njne 3f\n"
                         "incl 0x30000\ndec %r12d\njnz 1b\n"
                         "4: cmpb $0, 0x9051\nje 4b\nxor %edi, %edi\n3:\n" EXIT);

/* The WQs 0 and 1 of one device, a guest on each, as their drivers leave them. */
static void two(struct bound *guest[2])
{
	if (test_dsa()->caps.wq_entries < 4)
		SKIP("the device's WQs have too few entries");
	bound_prepare_two();
	for (unsigned i = 0; i < 2; i++) {
		guest[i] = bound_open(i);
		bound_start(guest[i]);
	}
}

/* Code and descriptor; fill is what the guest's source is made of. */
static void make_worker(struct bound *guest, uint8_t fill, unsigned rounds)
{
	struct dsa_hw_desc d;

	GUEST_LOAD(guest->vm, worker, rounds);
	memset(guest_at(guest->vm, SRC), fill, PAGE_SIZE);
	dsa_desc_memmove(&d, CR, DST, SRC, PAGE_SIZE);
	dsa_desc_interrupt(&d, bound_info(guest).handle);
	memcpy(guest_at(guest->vm, DESCRIPTOR), &d, sizeof(d));
}

static void expect_done(struct bound *guest, uint8_t fill, unsigned rounds)
{
	const uint8_t *dst = guest_at(guest->vm, DST);

	EXPECT_EQ(rounds, far_u32(guest->vm, GUEST_DATA));
	EXPECT_MEM_EQ(guest_at(guest->vm, SRC), dst, PAGE_SIZE);
	for (unsigned i = 4; i < PAGE_SIZE; i++)
		EXPECT_EQ(fill, dst[i]);
	EXPECT_GE(1, bound_info(guest).ims_interrupts);
	EXPECT_GE(1, guest_interrupts(guest->vm, BOUND_MSI_DATA + 1));
	EXPECT_EQ(0, bound_info(guest).portal_traps);
}

TEST(two_far, "vdsa.two.one_guest_elsewhere", NEEDS_TWO, "DSA 7.5")
{
	struct bound *guest;

	bound_prepare(BOUND_WQ);
	guest = bound_open(BOUND_WQ);
	bound_start(guest);
	for (unsigned n = 0; n < 2 * smp_count(); n++) {
		unsigned cpu = (n + 1) % smp_count();

		test_context("processor %u", cpu);
		make_worker(guest, (uint8_t)(0x30 + n), ROUNDS);
		EXPECT_EQ(0, far_exit_status(guest->vm, cpu));
		expect_done(guest, (uint8_t)(0x30 + n), ROUNDS);
	}
}

/* Both at once, at the same addresses. */
TEST(two_at_once, "vdsa.two.at_once", NEEDS_TWO, "DSA 7.5.1")
{
	struct bound *guest[2];

	two(guest);
	EXPECT_NE(bound_info(guest[0]).hpasid, bound_info(guest[1]).hpasid);
	make_worker(guest[0], 0xaa, ROUNDS);
	make_worker(guest[1], 0x55, ROUNDS);
	far_start(guest[1]->vm, FAR_CPU, FAR_LIMIT_MS);
	EXPECT_EQ(0, far_exit_status(guest[0]->vm, 0));
	EXPECT_EQ(0, far_end(FAR_CPU, HV_END_EXIT).status);
	expect_done(guest[0], 0xaa, ROUNDS);
	expect_done(guest[1], 0x55, ROUNDS);
}

/* Changing places. */
TEST(two_moved, "vdsa.two.moved", NEEDS_TWO, "DSA 7.5.1")
{
	struct bound *guest[2];

	two(guest);
	for (unsigned n = 0; n < 4; n++) {
		test_context("round %u", n);
		make_worker(guest[0], (uint8_t)(0x10 + n), ROUNDS / 4);
		make_worker(guest[1], (uint8_t)(0x80 + n), ROUNDS / 4);
		far_start(guest[n % 2]->vm, FAR_CPU, FAR_LIMIT_MS);
		EXPECT_EQ(0, far_exit_status(guest[1 - n % 2]->vm, 0));
		EXPECT_EQ(0, far_end(FAR_CPU, HV_END_EXIT).status);
		expect_done(guest[0], (uint8_t)(0x10 + n), ROUNDS / 4);
		expect_done(guest[1], (uint8_t)(0x80 + n), ROUNDS / 4);
	}
}

/* One sends its DMA where only the other, or the host, has memory; the other's work goes on and its memory is whole. */
TEST(two_hostile, "vdsa.two.hostile_neighbour", NEEDS_TWO, "VT-d 3.6; DSA 7.5.1")
{
	struct bound *guest[2];
	struct dsa_hw_desc d;
	struct vtd_fault fault;
	struct hv_result end;
	unsigned faults = 0;

	two(guest);
	make_worker(guest[0], 0xaa, ROUNDS);
	make_worker(guest[1], 0x55, ROUNDS);
	/* From the host's own address of the neighbour's source. */
	EXPECT_GE(BOUND_RAM_SIZE, hv_ram_get(guest[0]->vm, 0)->hpa); /* which is none of the guest's own */
	dsa_desc_memmove(&d, CR, DST, hv_ram_get(guest[0]->vm, 0)->hpa + SRC, PAGE_SIZE);
	memcpy(guest_at(guest[1]->vm, DESCRIPTOR), &d, sizeof(d));
	far_start(guest[1]->vm, FAR_CPU, FAR_LIMIT_MS);
	EXPECT_EQ(0, far_exit_status(guest[0]->vm, 0));
	end = far_end(FAR_CPU, HV_END_EXIT);
	EXPECT_NE(0, end.status);
	EXPECT_NE(DSA_COMP_SUCCESS, end.status);
	expect_done(guest[0], 0xaa, ROUNDS);
	EXPECT_EQ(0, *(uint8_t *)guest_at(guest[1]->vm, DST));
	while (vtd_fault_next_of(test_dsa()->pci->segment, test_dsa()->pci->sid, &fault) == 0) {
		EXPECT_TRUE(fault.has_pasid);
		EXPECT_EQ(bound_info(guest[1]).hpasid, fault.pasid);
		faults++;
	}
	test_note("%u faults, all of the guest that made them; its record said 0x%x", faults, (unsigned)end.status);
}

/*
 * The drivers at work: each guest disables and enables its WQ through its registers, again and again, while the other
 * one does the same. The device has one command register. RDI: rounds. RBX: BAR0.
 */
GUEST(driver, INTERRUPTS "sti\nmov %edi, %r12d\nmov $0xc0000000, %ebx\n"
                         "1: mov $0x00700001, %esi\ncall 2f\nmov $0x00600000, %esi\ncall 2f\n"
                         "incl 0x30000\ndec %r12d\njnz 1b\nxor %edi, %edi\n" EXIT
                         /* A command (ESI) to CMD; CMDSTS until it is not active; its error ends the guest. */
                         "2: mov %esi, 0xa0(%rbx)\n3: mov 0xa8(%rbx), %eax\ntest %eax, %eax\njs 3b\n"
                         "movzbl %al, %edi\ntest %edi, %edi\njnz 4f\nret\n"
                         "4: or $0x1000, %edi\n" EXIT);

#define COMMANDS 40U

TEST(two_commands, "vdsa.two.commands_at_once", NEEDS_TWO, "DSA 9.2.12")
{
	struct bound *guest[2];

	two(guest);
	for (unsigned i = 0; i < 2; i++)
		GUEST_LOAD(guest[i]->vm, driver, COMMANDS);
	far_start(guest[1]->vm, FAR_CPU, FAR_LIMIT_MS);
	EXPECT_EQ(0, far_exit_status(guest[0]->vm, 0));
	EXPECT_EQ(0, far_end(FAR_CPU, HV_END_EXIT).status);
	for (unsigned i = 0; i < 2; i++) {
		EXPECT_EQ(COMMANDS, far_u32(guest[i]->vm, GUEST_DATA));
		EXPECT_EQ(DSA_WQ_ENABLED, dsa_wq_state(test_dsa(), i));
	}
}
