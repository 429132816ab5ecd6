/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The invalidation queue: round its ring more than once, and on after a descriptor that the unit refuses. What an
 * invalidation is good for is shown in vtd_stages.c and vtd_pasid.c. The descriptors are put in below the driver's
 * interface, which never makes a wrong one.
 */
#include "drivers/vtd/unit.h"
#include "tests/suites/vtd.h"

static struct vtd_unit *unit;
static char why[sizeof(((struct vtd_unit *)0)->why)];

static void restore_why(void *arg)
{
	(void)arg;
	memcpy(unit->why, why, sizeof(why));
}

static void expect_idle(void)
{
	EXPECT_EQ(vtd_read64(unit, VTD_IQT) & VTD_IQ_OFFSET, vtd_read64(unit, VTD_IQH) & VTD_IQ_OFFSET);
	EXPECT_EQ(0, vtd_read32(unit, VTD_FSTS) & (VTD_FSTS_IQE | VTD_FSTS_ITE | VTD_FSTS_ICE));
	EXPECT_EQ(VTD_GSTS_QIES, vtd_read32(unit, VTD_GSTS) & VTD_GSTS_QIES);
}

TEST(vtd_queue_wrap, "vtd.queue.wrap", NEEDS_IOMMU, "VT-d 6.5.2")
{
	unsigned wraps = 0, entries;
	uint64_t before;

	unit = vtd_unit_at(0);
	entries = (1U << FIELD_GET(VTD_IQA_SIZE, vtd_read64(unit, VTD_IQA))) * PAGE_SIZE / (8 * VTD_QI_WORDS);
	for (unsigned i = 0; i < 3 * entries; i++) {
		before = vtd_read64(unit, VTD_IQT);
		EXPECT_OK(vtd_queue_run(unit, NULL, 0));
		expect_idle();
		EXPECT_EQ(unit->queue_sequence, *unit->status);
		wraps += vtd_read64(unit, VTD_IQT) < before;
	}
	EXPECT_EQ(3, wraps);
}

/* Many at a time, of every kind that needs no argument. */
TEST(vtd_queue_batches, "vtd.queue.batches", NEEDS_IOMMU, "VT-d 6.5.2")
{
	struct vtd_descriptor d[8];
	const struct vtd_descriptor kinds[] = {
	        {VTD_QI_CONTEXT | FIELD_PREP(VTD_QI_GRANULARITY, (uint64_t)VTD_QI_CONTEXT_GLOBAL), 0},
	        {VTD_QI_PASID_CACHE | FIELD_PREP(VTD_QI_GRANULARITY, (uint64_t)VTD_QI_PASID_CACHE_GLOBAL), 0},
	        {VTD_QI_IOTLB | FIELD_PREP(VTD_QI_GRANULARITY, (uint64_t)VTD_QI_IOTLB_GLOBAL), 0},
	};

	unit = vtd_unit_at(0);
	for (unsigned i = 0; i < 100; i++) {
		unsigned n = 1 + i % 8;

		for (unsigned k = 0; k < n; k++)
			d[k] = kinds[(i + k) % ARRAY_SIZE(kinds)];
		EXPECT_OK(vtd_queue_run(unit, d, n));
		expect_idle();
	}
}

/* The completion that a wait descriptor signals by flag. */
TEST(vtd_queue_flag, "vtd.queue.wait_flag", NEEDS_IOMMU, "VT-d 6.5.2.8, 11.4.9.3")
{
	const struct vtd_descriptor d = {VTD_QI_WAIT | VTD_QI_WAIT_IF, 0};

	unit = vtd_unit_at(0);
	if (!(vtd_read32(unit, VTD_IECTL) & VTD_EVENT_CTL_IM))
		SKIP("the completion event is not masked: somebody uses it");
	vtd_write32(unit, VTD_ICS, VTD_ICS_WAIT);
	EXPECT_EQ(0, vtd_read32(unit, VTD_ICS) & VTD_ICS_WAIT);
	EXPECT_OK(vtd_queue_run(unit, &d, 1));
	EXPECT_EQ(VTD_ICS_WAIT, vtd_read32(unit, VTD_ICS) & VTD_ICS_WAIT);
	vtd_write32(unit, VTD_ICS, VTD_ICS_WAIT);
	EXPECT_EQ(0, vtd_read32(unit, VTD_ICS) & VTD_ICS_WAIT);
	expect_idle();
}

/* The unit stops at it and says so; the driver takes it out, and the queue goes on. */
TEST(vtd_queue_refused, "vtd.queue.refused_descriptor", NEEDS_IOMMU, "VT-d 7.1.1, 6.5.2.10")
{
	const struct vtd_descriptor good = {
	        VTD_QI_IOTLB | FIELD_PREP(VTD_QI_GRANULARITY, (uint64_t)VTD_QI_IOTLB_GLOBAL), 0};
	const struct vtd_descriptor bad[] = {
	        {15, 0},                                       /* no such type */
	        {VTD_QI_IOTLB, 0},                             /* granularity 0 */
	        {VTD_QI_CONTEXT, 0},                           /* granularity 0 */
	        {VTD_QI_WAIT | VTD_QI_WAIT_SW | BIT64(20), 0}, /* reserved bit */
	};

	unit = vtd_unit_at(0);
	memcpy(why, unit->why, sizeof(why));
	test_cleanup(restore_why, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const struct vtd_descriptor d[3] = {good, bad[i], good};

		test_context("descriptor 0x%llx", (unsigned long long)bad[i].q0);
		EXPECT_ERRNO(EIO, vtd_queue_run(unit, d, 3));
		EXPECT_TRUE(strstr(unit->why, "IQE") != NULL);
		expect_idle();
		EXPECT_OK(vtd_queue_run(unit, &good, 1));
	}
}
