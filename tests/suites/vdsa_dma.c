/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Isolation of memory and of guests from each other. The test submits in the guest's place, through the physical portal
 * page that the guest's BAR2 is mapped to; all addresses are guest-physical.
 */
#include <errno.h>
#include <string.h>

#include "drivers/vtd/tables.h"
#include "kernel/mem.h"
#include "kernel/time.h"
#include "tests/suites/vdsa.h"

#define SIZE 4096U

TEST(vdsa_dma_memmove, "vdsa.1dwq.dma.memmove", NEEDS_VDSA | NEEDS_MOVDIR64B, "DSA 7.5.1")
{
	struct bound *bound = bound_running();
	uint8_t *src = bound_ram(bound, BOUND_SRC), *dst = bound_ram(bound, BOUND_DST);
	struct dsa_hw_desc d;

	for (unsigned i = 0; i < SIZE; i++)
		src[i] = (uint8_t)(test_random() >> 24);
	dsa_desc_memmove(&d, BOUND_CR, BOUND_DST, BOUND_SRC, SIZE);
	EXPECT_EQ(DSA_COMP_SUCCESS, bound_execute(bound, &d));
	EXPECT_MEM_EQ(src, dst, SIZE);
}

/* The PASID table has the guest's PASID as second level only, and nothing at all for the one that is nobody's. */
TEST(vdsa_dma_address_space, "vdsa.1dwq.dma.address_space", NEEDS_VDSA, "VT-d 9.6")
{
	struct bound *bound = bound_fresh();
	struct vdsa_bind_info info = bound_info(bound);
	const volatile uint64_t *entry = vtd_pasid_entry(test_dsa()->pci, info.hpasid);
	uint32_t hpasid = info.hpasid;

	EXPECT_TRUE(entry != NULL);
	EXPECT_EQ(VTD_PASID0_PRESENT, entry[0] & VTD_PASID0_PRESENT);
	EXPECT_EQ(VTD_PGTT_SECOND, FIELD_GET(VTD_PASID0_PGTT, entry[0]));
	EXPECT_NE(0, FIELD_GET(VTD_PASID1_DID, entry[1]));
	entry = vtd_pasid_entry(test_dsa()->pci, info.pasid_nobody);
	EXPECT_TRUE(entry == NULL || !(entry[0] & VTD_PASID0_PRESENT));
	EXPECT_NE(0, hpasid);
	EXPECT_NE(info.pasid_nobody, hpasid);
	bound_close(bound);
	entry = vtd_pasid_entry(test_dsa()->pci, hpasid);
	EXPECT_TRUE(entry == NULL || !(entry[0] & VTD_PASID0_PRESENT));
}

/* Where the guest has no memory: behind its RAM, its own BARs, the host's kernel, the interrupt window. */
TEST(vdsa_dma_outside, "vdsa.1dwq.dma.outside", NEEDS_VDSA | NEEDS_MOVDIR64B, "VT-d 7.1.3")
{
	struct bound *bound = bound_running();
	uint8_t *dst = bound_ram(bound, BOUND_DST);
	const uint64_t outside[] = {BOUND_RAM_SIZE, VDSA_BIND_BAR0, bound_info(bound).portal_hpa[1], phys_of(dst),
	                            UINT64_C(0x100000000)};
	struct dsa_hw_desc d;

	for (unsigned i = 0; i < ARRAY_SIZE(outside); i++) {
		test_context("address 0x%llx", (unsigned long long)outside[i]);
		if (outside[i] < BOUND_RAM_SIZE)
			continue;
		memset(dst, 0x5a, SIZE);
		dsa_desc_memmove(&d, BOUND_CR, BOUND_DST, outside[i], 64);
		EXPECT_NE(DSA_COMP_SUCCESS, bound_execute(bound, &d));
		struct vtd_fault fault = bound_fault();

		EXPECT_TRUE(fault.has_pasid);
		EXPECT_EQ(bound_info(bound).hpasid, fault.pasid);
		EXPECT_EQ(outside[i], fault.address);
		EXPECT_FALSE(fault.write);
		EXPECT_EQ(0x5a, dst[0]);
		EXPECT_EQ(0x5a, dst[63]);
		while (vtd_fault_next_of(test_dsa()->pci->segment, test_dsa()->pci->sid, &fault) == 0)
			; /* retries of the same read */
	}
}

/* A write to host memory by its real address (it happens to be the guest's, which knows it by another): it stays. */
TEST(vdsa_dma_write_outside, "vdsa.1dwq.dma.write_outside", NEEDS_VDSA | NEEDS_MOVDIR64B, "VT-d 7.1.3")
{
	struct bound *bound = bound_running();
	uint8_t *page = bound_ram(bound, BOUND_DST);
	uint64_t target = phys_of(page);
	struct vtd_fault fault;
	struct dsa_hw_desc d;

	if (target < BOUND_RAM_SIZE)
		SKIP("the memory is at an address that the guest has too");
	memset(page, 0xa5, SIZE);
	memset(bound_ram(bound, BOUND_SRC), 0x11, SIZE);
	dsa_desc_memmove(&d, BOUND_CR, target, BOUND_SRC, SIZE);
	(void)bound_execute(bound, &d); /* posted writes may vanish without a word to the device (DSA 5.7) */
	fault = bound_fault();
	EXPECT_EQ(bound_info(bound).hpasid, fault.pasid);
	EXPECT_TRUE(fault.write);
	EXPECT_EQ(target, fault.address);
	for (unsigned i = 0; i < SIZE; i++)
		EXPECT_EQ(0xa5, page[i]);
	while (vtd_fault_next_of(test_dsa()->pci->segment, test_dsa()->pci->sid, &fault) == 0)
		; /* one a page or one a burst */
}

static void two_guests(struct bound **a, struct bound **b)
{
	bound_prepare_two();
	*a = bound_open(0);
	*b = bound_open(1);
	bound_start(*a);
	bound_start(*b);
}

/* Two guests on two WQs: own PASIDs, own memory, and the other's interrupt handle is none. */
TEST(vdsa_dma_two_guests, "vdsa.1dwq.dma.two_guests", NEEDS_VDSA | NEEDS_MOVDIR64B, "DSA 7.5.1, 5.4")
{
	struct bound *a, *b;
	struct dsa_hw_desc d;
	struct dsa_swerror error;

	two_guests(&a, &b);
	EXPECT_NE(bound_info(a).hpasid, bound_info(b).hpasid);
	EXPECT_NE(bound_info(a).handle, bound_info(b).handle);
	EXPECT_NE(bound_info(a).portal_hpa[1], bound_info(b).portal_hpa[1]);
	/* The same guest-physical addresses, each in its own memory. */
	memset(bound_ram(a, BOUND_SRC), 0xaa, SIZE);
	memset(bound_ram(b, BOUND_SRC), 0xbb, SIZE);
	dsa_desc_memmove(&d, BOUND_CR, BOUND_DST, BOUND_SRC, SIZE);
	EXPECT_EQ(DSA_COMP_SUCCESS, bound_execute(a, &d));
	EXPECT_EQ(0xaa, *(uint8_t *)bound_ram(a, BOUND_DST));
	EXPECT_EQ(0, *(uint8_t *)bound_ram(b, BOUND_DST));
	EXPECT_EQ(DSA_COMP_SUCCESS, bound_execute(b, &d));
	EXPECT_EQ(0xbb, *(uint8_t *)bound_ram(b, BOUND_DST));
	/* Raise the other one's interrupt: the device compares PASIDs. */
	dsa_desc_noop(&d, BOUND_CR);
	dsa_desc_interrupt(&d, bound_info(b).handle);
	EXPECT_EQ(DSA_COMP_INT_HANDLE_INVAL, bound_execute(a, &d));
	EXPECT_EQ(0, bound_info(b).ims_interrupts);
	if (dsa_swerror_read(test_dsa(), &error) == 0)
		dsa_swerror_clear(test_dsa());
	/* One guest's end is not the other's. */
	bound_close(a);
	dsa_desc_memmove(&d, BOUND_CR, BOUND_DST, BOUND_SRC, SIZE);
	dsa_desc_interrupt(&d, bound_info(b).handle);
	EXPECT_EQ(DSA_COMP_SUCCESS, bound_execute(b, &d));
}

/* An error of the guest's descriptor: told to the guest in its own numbers, and the host's register is free again. */
TEST(vdsa_error_forwarded, "vdsa.1dwq.error.forwarded", NEEDS_VDSA | NEEDS_MOVDIR64B, "DSA 5.8, 9.2.15")
{
	struct bound *bound = bound_running();
	struct dsa_swerror error;
	struct dsa_hw_desc d;
	uint64_t first = 0;

	bound_write(bound, DSA_GENCTRL, 4, DSA_GENCTRL_SWERR_INT);
	bound_write(bound, DSA_INTCAUSE, 4, UINT32_MAX);
	dsa_desc_noop(&d, BOUND_CR + 8); /* not aligned to 32 bytes */
	EXPECT_DSA(dsa_submit(test_dsa(), BOUND_WQ, DSA_LIMITED_IMS, &d));
	if (!WAIT_FOR((first = bound_read(bound, DSA_SWERROR, 8)) & DSA_SWERROR_VALID, 100000))
		FAIL("no error reached the guest within 100 ms");
	EXPECT_EQ(DSA_COMP_CRA_ALIGN, FIELD_GET(DSA_SWERROR_CODE, first));
	EXPECT_EQ(DSA_SWERROR_WQ_VALID, first & DSA_SWERROR_WQ_VALID);
	EXPECT_EQ(0, FIELD_GET(DSA_SWERROR_WQ, first));
	EXPECT_EQ(0, FIELD_GET(DSA_SWERROR_PASID, first));
	EXPECT_EQ(DSA_INTCAUSE_SWERR, bound_read(bound, DSA_INTCAUSE, 4));
	EXPECT_EQ(1, bound_info(bound).vdsa.errors_forwarded);
	EXPECT_ERRNO(ENOENT, dsa_swerror_read(test_dsa(), &error));
}
