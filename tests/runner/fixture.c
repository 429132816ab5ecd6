/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/runner/fixture.h"

#include <errno.h>
#include <stdio.h>

#include "kernel/mem.h"
#include "kernel/mmio.h"
#include "kernel/time.h"
#include "tests/runner/run.h"

/* How often in a row the device may refuse before it is left alone: each time may cost seconds. */
#define ATTEMPTS_MAX 3

static struct {
	struct dsa dsa;
	struct iommu *iommu;
	bool iommu_asked;
	bool open;    /* dsa_open() succeeded */
	bool started; /* as tests want it, unless a test changed it since */
	unsigned failures;
	char why[160];
	uint32_t wqcfg[DSA_WQCFG_DWORDS_MAX]; /* of TEST_WQ, as it was started */
	uint32_t gencfg;
	struct dsa_buf records;

	unsigned buf_count;
	struct dsa_buf bufs[TEST_BUFS_MAX];
	unsigned irq_count;
	struct dsa_irq irqs[TEST_IRQS_MAX];
} fixture;

static struct dsa *dsa = &fixture.dsa;

struct dsa *test_dsa(void)
{
	return dsa;
}

struct iommu *test_iommu(void)
{
	return fixture.iommu;
}

uint32_t test_pasid(void)
{
	return dsa->pasid_on && fixture.iommu ? fixture.iommu->pasid : IOMMU_NO_PASID;
}

void test_fail_dsa(int rc, const char *what, const char *file, int line)
{
	test_fail_message(file, line, "%s: -%s: %s", what, test_errno_name(rc),
	                  dsa->error.text[0] ? dsa->error.text : "the driver says no more");
}

static int refuse(int rc, const char *step)
{
	snprintf(fixture.why, sizeof(fixture.why), "the DSA cannot be brought up: %s: -%s: %s", step,
	         test_errno_name(rc), dsa->error.text);
	return rc;
}

/* Open the device once; the IOMMU stays its own for the whole run. */
static int open_device(const struct world *world)
{
	struct pci_function *pci = dsa_find(0);
	const char *why = "";
	int rc;

	if (fixture.open)
		return 0;
	if (!pci)
		return -ENODEV;
	if (!fixture.iommu_asked) {
		rc = world->iommu(pci, &fixture.iommu, &why);
		if (rc < 0) {
			snprintf(fixture.why, sizeof(fixture.why), "the DSA's IOMMU: -%s: %s", test_errno_name(rc),
			         why);
			return rc;
		}
		fixture.iommu_asked = true;
	}
	rc = dsa_open(dsa, pci, fixture.iommu, 0);
	if (rc < 0)
		return refuse(rc, "dsa_open");
	fixture.open = true;
	return 0;
}

static unsigned wqcfg_dwords(void)
{
	const unsigned dwords = dsa->caps.wq_stride / 4;

	return dwords < DSA_WQCFG_DWORDS_MAX ? dwords : DSA_WQCFG_DWORDS_MAX;
}

static int start(void)
{
	int rc = dsa_start_wq(dsa, TEST_WQ, NULL);

	if (rc < 0)
		return refuse(rc, "dsa_start_wq");
	for (unsigned i = 0; i < wqcfg_dwords(); i++)
		fixture.wqcfg[i] = dsa_wqcfg_read(dsa, TEST_WQ, i);
	fixture.gencfg = mmio_read32(dsa->regs, DSA_GENCFG);
	if (!fixture.records.cpu) {
		rc = dsa_buf_alloc(dsa, TEST_CRS * DSA_CR_SIZE, &fixture.records);
		if (rc < 0)
			return refuse(rc, "dsa_buf_alloc");
	}
	fixture.started = true;
	return 0;
}

/* Whether the device is as start() left it. */
static bool untouched(void)
{
	if (!fixture.started || dsa_state(dsa) != DSA_STATE_ENABLED || dsa_command_active(dsa) ||
	    dsa_wq_state(dsa, TEST_WQ) != DSA_WQ_ENABLED)
		return false;
	if (mmio_read32(dsa->regs, DSA_GENCFG) != fixture.gencfg)
		return false;
	for (unsigned i = 0; i < wqcfg_dwords(); i++) {
		/* It has the occupancy and the state. */
		if (i != 6 && dsa_wqcfg_read(dsa, TEST_WQ, i) != fixture.wqcfg[i])
			return false;
	}
	for (unsigned wq = 0; wq < dsa->caps.wqs; wq++) {
		if (wq != TEST_WQ && dsa_wq_state(dsa, wq) != DSA_WQ_DISABLED)
			return false;
	}
	return true;
}

/* Back to Disabled, by the gentlest reset that does it. */
static int reset_device(void)
{
	int rc = dsa_reset(dsa);

	fixture.started = false;
	if (rc == 0 && dsa_state(dsa) == DSA_STATE_DISABLED)
		return 0;
	rc = dsa_flr(dsa);
	if (rc == 0)
		return 0;
	/* Whatever it is doing: not with our memory. */
	fixture.open = false;
	dsa_close(dsa);
	return rc;
}

int fixture_prepare(const struct world *world, char *text, size_t size)
{
	struct dsa_swerror error;
	int rc = 0;

	if (fixture.failures >= ATTEMPTS_MAX) {
		snprintf(text, size, "%s", fixture.why);
		return -EIO;
	}
	rc = open_device(world);
	if (rc == 0 && !untouched()) {
		rc = reset_device();
		if (rc < 0)
			refuse(rc, "reset");
		if (rc == 0)
			rc = open_device(world);
		if (rc == 0)
			rc = start();
		/* One more try after the larger reset. */
		if (rc < 0 && fixture.open && dsa_flr(dsa) == 0)
			rc = start();
	}
	if (rc < 0) {
		fixture.failures++;
		snprintf(text, size, "%s", fixture.why);
		return rc;
	}
	fixture.failures = 0;
	if (dsa_swerror_read(dsa, &error) == 0)
		dsa_swerror_clear(dsa);
	dsa_causes_take(dsa);
	memset(fixture.records.cpu, 0, fixture.records.size);
	return 0;
}

void fixture_settle(int failed)
{
	if (fixture.open && failed)
		reset_device();
	while (fixture.irq_count)
		dsa_irq_close(&fixture.irqs[--fixture.irq_count]);
	while (fixture.buf_count)
		dsa_buf_free(dsa, &fixture.bufs[--fixture.buf_count]);
}

int fixture_stray(char *text, size_t size)
{
	struct dsa_swerror error;
	char words[128];

	if (!fixture.open)
		return 0;
	if (dsa_aer_take(dsa, words, sizeof(words))[0]) {
		snprintf(text, size, "%s", words);
		return 1;
	}
	if (dsa_swerror_read(dsa, &error) != 0)
		return 0;
	dsa_swerror_clear(dsa);
	snprintf(text, size, "SWERROR: %s", dsa_swerror_words(&error, words, sizeof(words)));
	return 1;
}

const struct dsa *fixture_dsa(const struct world *world)
{
	return open_device(world) == 0 ? dsa : NULL;
}

void fixture_close(void)
{
	if (!fixture.open)
		return;
	dsa_reset(dsa);
	dsa_buf_free(dsa, &fixture.records);
	dsa_close(dsa);
	fixture.open = fixture.started = false;
}

struct dsa_buf test_buf(size_t size)
{
	struct dsa_buf *buf = &fixture.bufs[fixture.buf_count];

	if (fixture.buf_count == TEST_BUFS_MAX)
		FAIL("more than %d calls of test_buf()", TEST_BUFS_MAX);
	EXPECT_DSA(dsa_buf_alloc(dsa, size, buf));
	fixture.buf_count++;
	return *buf;
}

struct dsa_completion_record *test_cr(unsigned n)
{
	return (struct dsa_completion_record *)((char *)fixture.records.cpu + (size_t)(n % TEST_CRS) * DSA_CR_SIZE);
}

uint64_t test_cr_dma(unsigned n)
{
	return fixture.records.dma + (uint64_t)(n % TEST_CRS) * DSA_CR_SIZE;
}

void test_submit(const struct dsa_hw_desc *desc)
{
	EXPECT_DSA(dsa_submit(dsa, TEST_WQ, DSA_UNLIMITED_MSIX, desc));
}

unsigned test_execute(const struct dsa_hw_desc *desc)
{
	dsa_cr_clear(test_cr(0));
	test_submit(desc);
	EXPECT_DSA(dsa_wait(dsa, test_cr(0), 0));
	return dsa_cr_status(test_cr(0));
}

void test_execute_ok(const struct dsa_hw_desc *desc)
{
	test_execute(desc);
	if (dsa_wait_success(dsa, test_cr(0), 0) < 0)
		FAIL("%s: %s", dsa_opcode_name(desc->opcode), dsa->error.text);
}

struct dsa_irq *test_irq_pasid(enum dsa_irq_table table, unsigned index, uint32_t pasid)
{
	struct dsa_irq *irq = &fixture.irqs[fixture.irq_count];

	if (fixture.irq_count == TEST_IRQS_MAX)
		FAIL("more than %d calls of test_irq()", TEST_IRQS_MAX);
	EXPECT_DSA(dsa_irq_open(dsa, table, index, pasid, NULL, NULL, irq));
	fixture.irq_count++;
	return irq;
}

struct dsa_irq *test_irq(enum dsa_irq_table table, unsigned index)
{
	return test_irq_pasid(table, index, test_pasid());
}

void test_swerror(struct dsa_swerror *error)
{
	if (!WAIT_FOR(dsa_swerror_read(dsa, error) == 0, 100000))
		FAIL("SWERROR stayed empty for 100 ms");
	dsa_swerror_clear(dsa);
}
