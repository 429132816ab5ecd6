/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ENQCMD and ENQCMDS: a descriptor goes to a shared WQ together with a PASID, the processor's own or, from the kernel,
 * any; and the WQ says whether it took it (ZF = 0) or wants to be asked again (ZF = 1).
 */
#include "tests/suites/cpu.h"
#include "tests/suites/dsa.h"
#include "tests/suites/vtd.h"

#define NEEDS_SWQ (NEEDS_DSA | NEEDS_IOMMU | NEEDS_PASID | NEEDS_CONFIG | NEEDS_ENQCMD)

static void *portal(enum dsa_portal page)
{
	return (uint8_t *)(uintptr_t)test_dsa()->portals + TEST_WQ * DSA_PORTAL_WQ_STRIDE + (unsigned)page;
}

static void no_pasid(void *unused)
{
	(void)unused;
	trap_wrmsr(MSR_PASID, 0);
}

static void set_pasid(uint64_t value)
{
	test_cleanup(no_pasid, NULL);
	EXPECT_OK(trap_wrmsr(MSR_PASID, value));
}

/* WQ TEST_WQ, shared, with the driver's own PASID in IA32_PASID. */
static struct dsa_wq_config shared_wq(void)
{
	struct dsa_wq_config config = dsa_wq_default(test_dsa());

	config.shared = true;
	config.threshold = config.size;
	EXPECT_DSA(dsa_reset(test_dsa()));
	EXPECT_DSA(dsa_start_wq(test_dsa(), TEST_WQ, &config));
	set_pasid(PASID_VALID | test_iommu()->pasid);
	return config;
}

/* True if the WQ took it. All flags but ZF must be clear. */
static bool enqueue(const struct dsa_hw_desc *d)
{
	uint64_t flags;

	cpu_sfence();
	EXPECT_TRUE(cpu_enqcmd(portal(DSA_UNLIMITED_MSIX), d, &flags));
	EXPECT_EQ(0, flags & ~(uint64_t)FLAG_ZF);
	return !(flags & FLAG_ZF);
}

static bool enqueue_kernel(const struct dsa_hw_desc *d)
{
	uint64_t flags;

	cpu_sfence();
	EXPECT_TRUE(cpu_enqcmds(portal(DSA_UNLIMITED_MSIX), d, &flags));
	EXPECT_EQ(0, flags & ~(uint64_t)FLAG_ZF);
	return !(flags & FLAG_ZF);
}

TEST(enqcmd_accepted, "kernel.enqcmd.accepted", NEEDS_SWQ, "SDM 2 (ENQCMD); DSA 3.3")
{
	struct dsa_hw_desc d;

	shared_wq();
	for (unsigned i = 0; i < 50; i++) {
		dsa_cr_clear(test_cr(0));
		dsa_desc_noop(&d, test_cr_dma(0));
		EXPECT_TRUE(enqueue(&d));
		EXPECT_DSA(dsa_wait_success(test_dsa(), test_cr(0), 0));
	}
}

TEST(enqcmds_accepted, "kernel.enqcmd.kernel_accepted", NEEDS_SWQ, "SDM 2 (ENQCMDS); DSA 3.3")
{
	struct dsa_hw_desc d;

	shared_wq();
	/* The PASID comes from the descriptor alone. */
	set_pasid(0);
	dsa_desc_noop(&d, test_cr_dma(0));
	d.pasid = test_iommu()->pasid & 0xfffff;
	EXPECT_TRUE(enqueue_kernel(&d));
	EXPECT_DSA(dsa_wait_success(test_dsa(), test_cr(0), 0));
}

/* What fills any WQ and all engines: how many descriptors an engine takes ahead is each part's own affair. */
#define FILL_MOST  2048U
#define FILL_BYTES (UINT32_C(1) << 20)

/* More long moves than there are entries: what was taken is done, what was not is not. */
TEST(enqcmd_full, "kernel.enqcmd.full_wq_retries", NEEDS_SWQ, "DSA 5.3")
{
	struct dsa_buf src = test_buf(FILL_BYTES), dst = test_buf(FILL_BYTES);
	struct dsa_buf records = test_buf(FILL_MOST * sizeof(struct dsa_completion_record));
	struct dsa_completion_record *record = records.cpu;
	struct dsa_wq_config config = shared_wq();
	struct dsa_hw_desc d;
	unsigned taken = 0;
	bool refused = false;

	memset(record, 0, FILL_MOST * sizeof(*record));
	while (!refused && taken < FILL_MOST) {
		dsa_desc_memmove(&d, records.dma + taken * sizeof(*record), dst.dma, src.dma, FILL_BYTES);
		refused = !enqueue(&d);
		taken += !refused;
	}
	EXPECT_TRUE(refused);
	EXPECT_GE(config.size, taken);
	test_limit(20000);
	EXPECT_DSA(dsa_wq_drain(test_dsa(), TEST_WQ));
	for (unsigned i = 0; i <= taken; i++) {
		test_context("descriptor %u of %u", i, taken);
		EXPECT_EQ(i < taken ? DSA_COMP_SUCCESS : 0, dsa_cr_status(&record[i]));
	}
	/* There is room again. */
	dsa_cr_clear(test_cr(0));
	dsa_desc_noop(&d, test_cr_dma(0));
	EXPECT_TRUE(enqueue(&d));
	EXPECT_DSA(dsa_wait_success(test_dsa(), test_cr(0), 0));
}

TEST(enqcmd_disabled, "kernel.enqcmd.disabled_wq_retries", NEEDS_SWQ, "DSA 5.3")
{
	struct dsa_hw_desc d;

	shared_wq();
	dsa_desc_noop(&d, test_cr_dma(0));
	EXPECT_DSA(dsa_wq_disable(test_dsa(), TEST_WQ));
	EXPECT_FALSE(enqueue(&d));
	EXPECT_FALSE(enqueue_kernel(&d));
	EXPECT_DSA(dsa_wq_enable(test_dsa(), TEST_WQ));
	time_delay_us(NEVER_US);
	EXPECT_EQ(0, test_cr(0)->status);
	EXPECT_TRUE(enqueue(&d));
	EXPECT_DSA(dsa_wait_success(test_dsa(), test_cr(0), 0));
}

TEST(enqcmd_dedicated, "kernel.enqcmd.dedicated_wq_retries", NEEDS_SWQ, "DSA 5.3")
{
	struct dsa_hw_desc d;

	set_pasid(PASID_VALID | test_iommu()->pasid);
	dsa_desc_noop(&d, test_cr_dma(0));
	EXPECT_FALSE(enqueue(&d));
	time_delay_us(NEVER_US);
	EXPECT_EQ(0, test_cr(0)->status);
}

/* The other way round: a posted write to a shared WQ is nothing. */
TEST(enqcmd_posted, "kernel.enqcmd.shared_wq_takes_no_other", NEEDS_SWQ | NEEDS_MOVDIR64B, "DSA 5.3")
{
	struct dsa_hw_desc d;

	shared_wq();
	dsa_desc_noop(&d, test_cr_dma(0));
	d.pasid = test_iommu()->pasid & 0xfffff;
	cpu_sfence();
	cpu_movdir64b(portal(DSA_UNLIMITED_MSIX), &d);
	settle();
	EXPECT_EQ(0, test_cr(0)->status);
}

/* Memory takes no part in it. */
TEST(enqcmd_memory, "kernel.enqcmd.memory_retries", NEEDS_ENQCMD, "SDM 2 (ENQCMD)")
{
	uint8_t *target = test_pages(1), *source = test_pages(1);
	uint64_t flags = 0;

	set_pasid(PASID_VALID | 5);
	memset(target, 0x5a, 64);
	memset(source + 4, 0x11, 60);
	EXPECT_TRUE(cpu_enqcmd(target, source, &flags));
	EXPECT_EQ(FLAG_ZF, flags);
	EXPECT_TRUE(cpu_enqcmds(target, source, &flags));
	EXPECT_EQ(FLAG_ZF, flags);
	for (unsigned i = 0; i < 64; i++)
		EXPECT_EQ(0x5a, target[i]);
}

/* Nothing that ends in #GP reaches the device. */
TEST(enqcmd_refused, "kernel.enqcmd.refused", NEEDS_SWQ, "SDM 2 (ENQCMD, ENQCMDS)")
{
	struct dsa_hw_desc d;
	uint32_t word;
	uint64_t flags;
	uint8_t *at;

	shared_wq();
	at = portal(DSA_UNLIMITED_MSIX);
	dsa_desc_noop(&d, test_cr_dma(0));
	for (unsigned offset = 1; offset < 64; offset <<= 1) {
		test_context("destination + %u", offset);
		EXPECT_FALSE(cpu_enqcmd(at + offset, &d, &flags));
		EXPECT_FALSE(cpu_enqcmds(at + offset, &d, &flags));
	}
	for (unsigned bit = 0; bit < 32; bit++) {
		test_context("source bit %u", bit);
		word = BIT32(bit);
		memcpy(&d, &word, sizeof(word));
		EXPECT_FALSE(cpu_enqcmd(at, &d, &flags));
		if (bit >= 20 && bit < 31)
			EXPECT_FALSE(cpu_enqcmds(at, &d, &flags));
	}
	test_context("IA32_PASID not valid");
	dsa_desc_noop(&d, test_cr_dma(0));
	set_pasid(test_iommu()->pasid);
	EXPECT_FALSE(cpu_enqcmd(at, &d, &flags));
	test_context("none of these");
	time_delay_us(NEVER_US);
	EXPECT_EQ(0, test_cr(0)->status);
	set_pasid(PASID_VALID | test_iommu()->pasid);
	EXPECT_TRUE(enqueue(&d));
	EXPECT_DSA(dsa_wait_success(test_dsa(), test_cr(0), 0));
}

TEST(enqcmd_gp, "kernel.enqcmd.exception", NEEDS_ENQCMD, "SDM 2 (ENQCMD)")
{
	uint8_t *page = test_pages(1);

	set_pasid(0);
	test_must_crash(GP_VECTOR, 0);
	__asm__ volatile(".byte 0xf2, 0x0f, 0x38, 0xf8, 0x02" : : "a"(page), "d"(page) : "memory", "cc");
}

/* A page that may not be written is a page fault, with the address: an operating system can map it and go on. */
TEST(enqcmd_pf, "kernel.enqcmd.page_fault", NEEDS_ENQCMD, "SDM 2 (ENQCMD)")
{
	static const uint8_t constant[64] __attribute__((aligned(64))) = {1};
	uint8_t *page = test_pages(1);

	set_pasid(PASID_VALID | 5);
	test_must_crash(TRAP_PF, (uint64_t)(uintptr_t)constant);
	__asm__ volatile(".byte 0xf2, 0x0f, 0x38, 0xf8, 0x02" : : "a"(constant), "d"(page) : "memory", "cc");
}

/* One WQ, two address spaces at once: each descriptor runs in that of its PASID. */
TEST(enqcmd_two_spaces, "kernel.enqcmd.two_spaces", NEEDS_SWQ | NEEDS_SPACE, "SDM 2 (ENQCMD); DSA 3.3; VT-d 3.4.3")
{
	struct space *spaces[2] = {space_new_any(), space_new_any()};
	uint8_t *src[2], *dst[2];
	struct dsa_hw_desc d;

	for (unsigned i = 0; i < 2; i++) {
		src[i] = space_page(spaces[i], SPACE_SRC, VTD_READ);
		dst[i] = space_page(spaces[i], SPACE_DST, VTD_READ | VTD_WRITE);
	}
	shared_wq();
	for (unsigned kernel = 0; kernel < 2; kernel++) {
		for (unsigned i = 0; i < 2; i++) {
			memset(dst[i], 0, PAGE_SIZE);
			dsa_cr_clear(spaces[i]->record);
			dsa_desc_memmove(&d, SPACE_CR, SPACE_DST, SPACE_SRC, PAGE_SIZE);
			if (kernel)
				d.pasid = spaces[i]->pasid & 0xfffff;
			else
				set_pasid(PASID_VALID | spaces[i]->pasid);
			EXPECT_TRUE(kernel ? enqueue_kernel(&d) : enqueue(&d));
		}
		for (unsigned i = 0; i < 2; i++) {
			test_context("space %u, ENQCMD%s", i, kernel ? "S" : "");
			EXPECT_DSA(dsa_wait_success(test_dsa(), spaces[i]->record, 0));
			EXPECT_MEM_EQ(src[i], dst[i], PAGE_SIZE);
		}
	}
}
