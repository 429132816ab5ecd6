/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's PASIDs: IA32_PASID is its own, what its ENQCMD submits with is the host's. */
#include "kernel/smp.h"
#include "tests/suites/cpu.h"
#include "tests/suites/dsa.h"
#include "tests/suites/hv_far.h"
#include "tests/suites/vtd.h"

#define PORTAL HV_BAR_WINDOW_BASE /* 0xc0000000 */

#define OURS (PASID_VALID | 0x777U)

static uint64_t pasid_seen[2]; /* by processor */

static void reset_pasid(void *unused)
{
	(void)unused;
	trap_wrmsr(MSR_PASID, 0);
}

static void host_pasid(uint64_t value)
{
	test_cleanup(reset_pasid, NULL);
	EXPECT_OK(trap_wrmsr(MSR_PASID, value));
}

static bool look_at_pasid(void *arg, uint64_t number, const uint64_t args[3], uint64_t *result)
{
	(void)arg, (void)number, (void)args;
	*result = 0;
	return trap_rdmsr(MSR_PASID, &pasid_seen[smp_id() % 2]) == 0;
}

/* What is in RDI goes to IA32_PASID; it is read back until 0x30000 is 2. A hypercall lets the host look at its own. */
GUEST(pasid, INTERRUPTS "mov %edi, %eax\nxor %edx, %edx\nmov $0xd93, %ecx\nwrmsr\n"
                        "mov $0x1000, %eax\n" HYPERCALL "mov $0xd93, %ecx\nmovl $1, 0x30000\n"
                        "1: rdmsr\ncmp %edi, %eax\njne 2f\ntest %edx, %edx\njnz 2f\ncmpl $2, 0x30000\njne 1b\n"
                        "xor %edi, %edi\n" EXIT "2: mov $1, %edi\n" EXIT);

TEST(state_pasid, "hv.state.pasid.each_its_own", NEEDS_HV | NEEDS_SMP | NEEDS_ENQCMD, "SDM 4 2.1 (IA32_PASID)")
{
	struct hv_vm *vm[2];
	uint64_t value;

	host_pasid(OURS);
	pasid_seen[0] = pasid_seen[1] = 1;
	for (unsigned i = 0; i < 2; i++) {
		vm[i] = GUEST_VM(pasid, PASID_VALID | (i + 1));
		hv_set_hypercall(vm[i], look_at_pasid, NULL);
		EXPECT_OK(hv_pasid_give(vm[i], i + 1, 0x1000 + i));
		far_slices_until(vm[i], i, GUEST_DATA, 1);
	}
	/* After the guest there had written its own. */
	EXPECT_EQ(OURS, pasid_seen[0]);
	EXPECT_EQ(0, pasid_seen[1]);
	for (unsigned n = 0; n < 6; n++)
		far_slice(vm[n % 2], n / 2 % 2, 4);
	for (unsigned i = 0; i < 2; i++) {
		far_put_u32(vm[i], GUEST_DATA, 2);
		EXPECT_EQ(0, far_exit_status(vm[i], 1 - i));
	}
	EXPECT_OK(trap_rdmsr(MSR_PASID, &value));
	EXPECT_EQ(OURS, value);
}

/* ENQCMD from the data page to RDI. */
GUEST(enqcmd, INTERRUPTS "mov %rdi, %rax\nmov $0x30100, %edx\n.byte 0xf2, 0x0f, 0x38, 0xf8, 0x02\nsetz %al\n"
                         "movzx %al, %edi\n" EXIT);

TEST(state_pasid_absent, "hv.state.pasid.none_was_given", NEEDS_HV | NEEDS_ENQCMD, "SDM 2 (ENQCMD)")
{
	struct hv_vm *vm = GUEST_VM(enqcmd, GUEST_DATA);
	uint64_t value;

	host_pasid(OURS);
	/* The host's number must not be within reach. */
	EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, guest_exit_status(vm));
	EXPECT_EQ(0, guest_cpuid(vm, 7, 0).ecx & BIT32(29));
	EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, guest_rdmsr(vm, MSR_PASID, &value));
	EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, guest_wrmsr(vm, MSR_PASID, OURS));
	EXPECT_ERRNO(EINVAL, hv_pasid_give(vm, 0x100000, 1));
	EXPECT_ERRNO(EINVAL, hv_pasid_give(vm, 1, 0x100000));
	EXPECT_ERRNO(ENOENT, hv_pasid_take(vm, 1));
	EXPECT_OK(hv_pasid_give(vm, 1, 1));
	EXPECT_ERRNO(EEXIST, hv_pasid_give(vm, 1, 2));
	EXPECT_EQ(BIT32(29), guest_cpuid(vm, 7, 0).ecx & BIT32(29));
	EXPECT_EQ(0, guest_wrmsr(vm, MSR_PASID, OURS));
	EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, guest_wrmsr(vm, MSR_PASID, OURS | BIT64(20)));
	EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, guest_wrmsr(vm, MSR_PASID, OURS | BIT64(32)));
	for (uint32_t i = 2; i < 9; i++)
		EXPECT_OK(hv_pasid_give(vm, i, i));
	EXPECT_ERRNO(ENOSPC, hv_pasid_give(vm, 9, 9));
	EXPECT_OK(hv_pasid_take(vm, 3));
	EXPECT_OK(hv_pasid_give(vm, 9, 9));
	EXPECT_OK(trap_rdmsr(MSR_PASID, &value));
	EXPECT_EQ(OURS, value);
}

/*
 * The guest's number (RDI) into IA32_PASID, then the descriptor at 0x30100 into the portal, again and again while the
 * WQ wants to be asked again.
 */
GUEST(submits,
      INTERRUPTS "mov %edi, %eax\nxor %edx, %edx\nmov $0xd93, %ecx\nwrmsr\nmov $0xc0000000, %eax\nmov $0x30100, %edx\n"
                 "mov $100000, %ecx\n1: .byte 0xf2, 0x0f, 0x38, 0xf8, 0x02\njnz 2f\npause\nloop 1b\n"
                 "mov $1, %edi\n" EXIT "2: xor %edi, %edi\n" EXIT);

#define NEEDS_SUBMITTING (NEEDS_HV | NEEDS_SMP | NEEDS_SPACE | NEEDS_ENQCMD)

static struct hv_vm *submitter(uint64_t portal, uint64_t pasid)
{
	struct hv_vm *vm = GUEST_VM(submits, PASID_VALID | pasid);

	EXPECT_OK(hv_map_device(vm, PORTAL, portal, PAGE_SIZE));
	return vm;
}

/*
 * One shared WQ, two guests on two processors, the same number in both: each descriptor runs in the address space that
 * the host chose for its guest.
 */
TEST(state_submits, "hv.state.pasid.submits_as_the_host_says", NEEDS_SUBMITTING, "SDM 2 (ENQCMD); DSA 3.3")
{
	struct dsa_wq_config config = dsa_wq_default(test_dsa());
	uint64_t portal = test_dsa()->portals_phys + TEST_WQ * DSA_PORTAL_WQ_STRIDE + DSA_LIMITED_MSIX;
	struct space *spaces[2] = {space_new_any(), space_new_any()};
	uint8_t *src[2], *dst[2];
	struct hv_vm *vm[2];
	struct dsa_hw_desc d;

	config.shared = true;
	config.threshold = config.size;
	EXPECT_DSA(dsa_reset(test_dsa()));
	EXPECT_DSA(dsa_start_wq(test_dsa(), TEST_WQ, &config));
	for (unsigned i = 0; i < 2; i++) {
		src[i] = space_page(spaces[i], SPACE_SRC, VTD_READ);
		dst[i] = space_page(spaces[i], SPACE_DST, VTD_READ | VTD_WRITE);
		vm[i] = submitter(portal, 5);
		EXPECT_OK(hv_pasid_give(vm[i], 5, spaces[i]->pasid));
	}
	for (unsigned n = 0; n < 4; n++) {
		test_context("round %u", n);
		for (unsigned i = 0; i < 2; i++) {
			memset(dst[i], 0, PAGE_SIZE);
			dsa_cr_clear(spaces[i]->record);
			GUEST_LOAD(vm[i], submits, PASID_VALID | 5);
			dsa_desc_memmove(&d, SPACE_CR, SPACE_DST, SPACE_SRC, PAGE_SIZE);
			memcpy(guest_at(vm[i], GUEST_DATA + 0x100), &d, sizeof(d));
		}
		far_start(vm[n % 2], 1, FAR_LIMIT_MS);
		EXPECT_EQ(0, far_exit_status(vm[1 - n % 2], 0));
		EXPECT_EQ(0, far_end(1, HV_END_EXIT).status);
		for (unsigned i = 0; i < 2; i++) {
			EXPECT_DSA(dsa_wait_success(test_dsa(), spaces[i]->record, 0));
			EXPECT_MEM_EQ(src[i], dst[i], PAGE_SIZE);
		}
	}
	/* Its number not valid, the other's, one of nobody, and one that was taken back: #GP, and nothing is submitted.
	 */
	dsa_cr_clear(spaces[0]->record);
	for (unsigned i = 0; i < 4; i++) {
		const uint64_t numbers[] = {5, PASID_VALID | spaces[1]->pasid, PASID_VALID | 6, PASID_VALID | 5};

		test_context("number %u", i);
		GUEST_LOAD(vm[0], submits, numbers[i]);
		memcpy(guest_at(vm[0], GUEST_DATA + 0x100), &d, sizeof(d));
		if (i == 3)
			EXPECT_OK(hv_pasid_take(vm[0], 5));
		EXPECT_EQ(GUEST_EXCEPTION + GP_VECTOR, guest_exit_status(vm[0]));
	}
	time_delay_us(NEVER_US);
	EXPECT_EQ(0, spaces[0]->record->status);
}
