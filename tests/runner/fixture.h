/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The DSA that the tests use. Each test that needs one finds it as follows, whatever the test before it did: open,
 * Enabled, WQ TEST_WQ dedicated and Enabled in group 0 with all engines (in a guest: as the vDSA has it), no error
 * recorded, nothing in flight. A test may do anything to it.
 */
#ifndef TESTS_RUNNER_FIXTURE_H
#define TESTS_RUNNER_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "drivers/dsa/dsa.h"
#include "tests/runner/world.h"
#include "tests/test.h"

#define TEST_WQ 0U

struct dsa *test_dsa(void);
/* The IOMMU in front of it, or NULL. */
struct iommu *test_iommu(void);
/* The PASID under which WQ TEST_WQ's requests run, as interrupt table entries must have it; or IOMMU_NO_PASID. */
uint32_t test_pasid(void);
/* EXPECT_OK() for calls on the DSA: a failure shows what the driver says of it. */
#define EXPECT_DSA(call)                                                    \
	do {                                                                \
		int test_rc_ = (call);                                      \
		if (test_rc_ < 0)                                           \
			test_fail_dsa(test_rc_, #call, __FILE__, __LINE__); \
	} while (0)
void test_fail_dsa(int rc, const char *what, const char *file, int line) __attribute__((noreturn));

/* Memory for the device, zeroed; freed after the test. At most TEST_BUFS_MAX a test. */
struct dsa_buf test_buf(size_t size);
#define TEST_BUFS_MAX 24

/* Completion record n of TEST_CRS, all zero when the test starts, and its address for the device. */
struct dsa_completion_record *test_cr(unsigned n);
uint64_t test_cr_dma(unsigned n);
#define TEST_CRS 128U

/* Submit to WQ TEST_WQ through portal page DSA_UNLIMITED_MSIX. */
void test_submit(const struct dsa_hw_desc *desc);
/* Clear record 0, submit a descriptor that names it, wait for it: returns its status. No record is a failed test. */
unsigned test_execute(const struct dsa_hw_desc *desc);
/* The same, for descriptors that must succeed. */
void test_execute_ok(const struct dsa_hw_desc *desc);

/* A completion interrupt for WQ TEST_WQ's PASID, closed after the test. In a guest index 1 is the only one. */
struct dsa_irq *test_irq(enum dsa_irq_table table, unsigned index);
/* The same for another PASID. */
struct dsa_irq *test_irq_pasid(enum dsa_irq_table table, unsigned index, uint32_t pasid);
#define TEST_IRQS_MAX 8

/* Wait for SWERROR to become valid, take it and clear it. None within 100 ms is a failed test. */
void test_swerror(struct dsa_swerror *error);

/* ---- for the runner ---- */

/* Make it as described above. Returns 0, or a negative errno and in text why it cannot be. */
int fixture_prepare(const struct world *world, char *text, size_t size);
/* After a test. failed: reset the device, so that nothing of it is in flight when memory is freed. */
void fixture_settle(int failed);
/* An error that the device recorded and the test did not take: 1 and a line in text, or 0. */
int fixture_stray(char *text, size_t size);
/* The device for tables and probes, or NULL if there is none; opened if it can be. */
const struct dsa *fixture_dsa(const struct world *world);
/* At the end: close it. */
void fixture_close(void);

#endif
