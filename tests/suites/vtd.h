/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the vtd_*.c suites share: address spaces of their own, which WQ TEST_WQ (or another) then works in, and the
 * faults that come of it.
 *
 *	struct space *s = space_new(VTD_STAGE_FIRST);
 *	uint8_t *page = space_page(s, SPACE_SRC, VTD_READ);
 *
 *	space_use(s, TEST_WQ);
 *	EXPECT_EQ(DSA_COMP_SUCCESS, space_move(s, SPACE_DST, SPACE_SRC, 64));
 *
 * All of it is taken back after the test, however that ended.
 */
#ifndef TESTS_SUITES_VTD_H
#define TESTS_SUITES_VTD_H

#include <errno.h>

#include "drivers/vtd/vtd.h"
#include "kernel/mem.h"
#include "kernel/mmio.h"
#include "kernel/time.h"
#include "tests/runner/fixture.h"
#include "tests/test.h"

#define NEEDS_SPACE        (NEEDS_SUBMIT | NEEDS_IOMMU | NEEDS_PASID | NEEDS_CONFIG)
#define NEEDS_FIRST_SPACE  (NEEDS_SPACE | NEEDS_FIRST)
#define NEEDS_SECOND_SPACE (NEEDS_SPACE | NEEDS_SECOND)
#define NEEDS_IRTE         (NEEDS_SUBMIT | NEEDS_IOMMU | NEEDS_IR | NEEDS_MSIX)

/* One body, a test for each stage. It takes enum vtd_stage stage. */
#define TEST_STAGES(identifier, name, first_spec, second_spec)                         \
	static void identifier(enum vtd_stage stage);                                  \
	TEST(identifier##_first, "vtd.first." name, NEEDS_FIRST_SPACE, first_spec)     \
	{                                                                              \
		identifier(VTD_STAGE_FIRST);                                           \
	}                                                                              \
	TEST(identifier##_second, "vtd.second." name, NEEDS_SECOND_SPACE, second_spec) \
	{                                                                              \
		identifier(VTD_STAGE_SECOND);                                          \
	}                                                                              \
	static void identifier(enum vtd_stage stage)

/* Addresses in a space: within 39 bits, and where few machines have memory. The first page is the record's. */
#define SPACE_CR  UINT64_C(0x3000000000)
#define SPACE_SRC UINT64_C(0x3000200000)
#define SPACE_DST UINT64_C(0x3000400000)

struct space {
	struct vtd_domain *domain;
	uint32_t pasid;
	enum vtd_stage stage;
	struct dsa_completion_record *record;
};
#define SPACES_MAX 4

/* How long an interrupt, a write or a fault that must not come is waited for. */
#define NEVER_US 3000U

/* The unit in front of the DSA, and what it is. */
struct vtd_unit *test_unit(void);
struct vtd_unit_info test_unit_info(void);

/* An empty space but for the record, attached to a PASID of its own. */
struct space *space_new(enum vtd_stage stage);
/* The first stage where there is one. */
struct space *space_new_any(void);
/* size bytes at cpu, whole pages. */
void space_map(struct space *space, uint64_t iova, const void *cpu, uint64_t size, unsigned prot);
void space_unmap(struct space *space, uint64_t iova, uint64_t size);
/* A page of random bytes, mapped at iova. */
uint8_t *space_page(struct space *space, uint64_t iova, unsigned prot);
/* The same, mapped nowhere. */
uint8_t *random_page(void);
/* Requests of that WQ run under pasid from now on; the WQ ends enabled. */
void wq_use_pasid(unsigned wq, uint32_t pasid);
void space_use(const struct space *space, unsigned wq);
/* The device anew, with WQs 0 and 1 for the two spaces. Skips where there is one WQ only. */
void space_use_two(const struct space *a, const struct space *b);
/* Submit and wait for the record, which lies in the space; returns its status. */
unsigned space_execute(struct space *space, unsigned wq, const struct dsa_hw_desc *desc);
/* Memory move by WQ TEST_WQ. */
unsigned space_move(struct space *space, uint64_t dst, uint64_t src, uint32_t size);
/* A move whose record may be out of reach as well: submitted, and waited for by draining the WQ. */
void blind_move(uint64_t record, uint64_t dst, uint64_t src, uint32_t size);

/* The next fault of the DSA, which must come within 100 ms. */
struct vtd_fault next_fault(void);
/* The next fault is a DMA fault like that. More of the same page (a burst, a retry) are taken with it. */
void expect_fault(enum vtd_fault_reason reason, uint32_t pasid, uint64_t address, bool write);
/* The next fault is of the interrupt with that index; more of the same are taken with it. */
void expect_irq_fault(enum vtd_fault_reason reason, unsigned index);
/* Faults that accompany one that was looked at. */
void ignore_faults(void);
/* None is there, and none comes. */
void expect_no_fault(void);

/* One completion that asks for irq. */
void irq_complete(const struct dsa_irq *irq);
/* The entry of irq's message is these words from now on. */
void irte_rewrite(const struct dsa_irq *irq, uint64_t q0, uint64_t q1);

/* The reason for an entry that is not there. */
static inline enum vtd_fault_reason not_present(enum vtd_stage stage)
{
	return stage == VTD_STAGE_FIRST ? VTD_FAULT_FS_P : VTD_FAULT_SS_P;
}

#endif
