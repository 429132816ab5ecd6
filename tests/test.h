/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a test is written with.
 *
 *	TEST(memmove_unaligned, "dsa.op.memmove.unaligned", NEEDS_DSA, "DSA 8.3.3")
 *	{
 *		EXPECT_OK(dsa_something(...));
 *		EXPECT_EQ(DSA_COMP_SUCCESS, record->status);
 *	}
 *
 * That is all: the linker collects the tests (section .adit.tests), no list names them. The dotted name is stable, for
 *it is what people select, compare and report. Where a test runs follows from its file's name: tests/suites/dsa_*.c in
 * both worlds, guest_*.c in the guest, all others on the host.
 *
 * The first expectation that fails ends the test, from any depth of calls (a longjmp: do not hold locks across one).
 * What the test took with test_pages() is given back after it, however it ended, and the runner repairs the devices
 * that it knows (tests/runner/fixture.h). Everything here is for the processor that runs the tests.
 */
#ifndef TESTS_TEST_H
#define TESTS_TEST_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * What a test stands on. Each need has a probe, which says in words why the machine lacks it (tests/runner/needs.c):
 * the test is then a skip, or a failure if the configuration's require= names the need. The words behind NEEDS_, in
 * lower case, are the names that require= takes.
 */
#define NEEDS_NOTHING   0U
#define NEEDS_DSA       (1U << 0)  /* a DSA, brought up: tests/runner/fixture.h */
#define NEEDS_IOMMU     (1U << 1)  /* the IOMMU of the DSA, in scalable mode */
#define NEEDS_IR        (1U << 2)  /* interrupt remapping, by that IOMMU */
#define NEEDS_MOVDIR64B (1U << 3)  /* the instruction that submits to a dedicated WQ */
#define NEEDS_HV        (1U << 4)  /* a processor whose virtualization kernel/hv supports */
#define NEEDS_SMP       (1U << 5)  /* at least two processors that run */
#define NEEDS_PASID     (1U << 6)  /* the DSA sends PASIDs and the IOMMU takes them */
#define NEEDS_FIRST     (1U << 7)  /* first-level translation (ECAP.FLTS) */
#define NEEDS_SECOND    (1U << 8)  /* second-level translation (ECAP.SLTS) */
#define NEEDS_IMS       (1U << 9)  /* interrupt message storage in the DSA, reachable by the driver */
#define NEEDS_MSIX      (1U << 10) /* MSI-X in the DSA */
#define NEEDS_BATCH     (1U << 11) /* OPCAP has Batch */
#define NEEDS_HANDLES   (1U << 12) /* CMDCAP has Request Interrupt Handle */
#define NEEDS_CONFIG    (1U << 13) /* GENCAP.CONFIG: WQs and groups can be configured */
#define NEEDS_GUEST     (1U << 14) /* runs inside a guest of this project */
#define NEEDS_ENQCMD    (1U << 15) /* the instructions that submit to a shared WQ, and IA32_PASID */
#define NEEDS_XSAVES    (1U << 16) /* XSAVES, XRSTORS and IA32_XSS */
#define NEEDS_EVL       (1U << 17) /* GENCAP.EVENT_LOG: the event log of DSA 2.0 */
#define NEEDS_OPCFG     (1U << 18) /* WQCAP.OPCFG: each WQ says which operations it allows */
#define NEEDS_COUNT     19

/* A submission: a DSA and the instruction. Most of the dsa.* tests need just this. */
#define NEEDS_SUBMIT (NEEDS_DSA | NEEDS_MOVDIR64B)

struct test {
	const char *name;
	const char *spec; /* the section of the specification that it proves */
	const char *file;
	void (*run)(void);
	uint32_t needs;
};

/*
 * Name, tab and section of the specification also go, NUL-terminated, into a section of the ELF file that is not
 * loaded: `make list` and `make sections` read it there.
 */
#define TEST(identifier, dotted_name, needs_flags, spec_section)                                               \
	static void test_##identifier(void);                                                                   \
	static const struct test test_entry_##identifier = {                                                   \
	        .name = (dotted_name),                                                                         \
	        .spec = (spec_section),                                                                        \
	        .file = __FILE__,                                                                              \
	        .run = test_##identifier,                                                                      \
	        .needs = (needs_flags),                                                                        \
	};                                                                                                     \
	static const struct test *const test_slot_##identifier __attribute__((used, section(".adit.tests"))) = \
	        &test_entry_##identifier;                                                                      \
	__asm__(".pushsection .adit.list,\"\",@progbits\n\t.asciz \"" dotted_name "\\t" spec_section           \
	        "\"\n\t.popsection");                                                                          \
	static void test_##identifier(void)

/* Expectations; expected comes first. Integers of any type, compared as 64 bits. */
#define EXPECT_EQ(expected, got)   TEST_COMPARE_(==, "", expected, got)
#define EXPECT_NE(unexpected, got) TEST_COMPARE_(!=, "not ", unexpected, got)
/* Unsigned order: got >= least, got <= most. */
#define EXPECT_GE(least, got)      TEST_ORDER_(>=, "at least ", least, got)
#define EXPECT_LE(most, got)       TEST_ORDER_(<=, "at most ", most, got)

#define EXPECT_TRUE(condition)                                                           \
	do {                                                                             \
		if (!(condition))                                                        \
			test_fail_text("true", "false", #condition, __FILE__, __LINE__); \
	} while (0)
#define EXPECT_FALSE(condition)                                                          \
	do {                                                                             \
		if (condition)                                                           \
			test_fail_text("false", "true", #condition, __FILE__, __LINE__); \
	} while (0)

/* A call that returns 0 (or a count) on success and a negative errno otherwise, which is shown by name. */
#define EXPECT_OK(call)                                                          \
	do {                                                                     \
		int64_t test_rc_ = (int64_t)(call);                              \
		if (test_rc_ < 0)                                                \
			test_fail_errno(0, test_rc_, #call, __FILE__, __LINE__); \
	} while (0)
/* A call that must fail with just this errno (given positive: EXPECT_ERRNO(EINVAL, call())). */
#define EXPECT_ERRNO(error, call)                                                                \
	do {                                                                                     \
		int64_t test_rc_ = (int64_t)(call);                                              \
		if (test_rc_ != -(int64_t)(error))                                               \
			test_fail_errno(-(int64_t)(error), test_rc_, #call, __FILE__, __LINE__); \
	} while (0)

/* size bytes; the first that differs is shown with its offset. */
#define EXPECT_MEM_EQ(expected, got, size) test_expect_mem((expected), (got), (size), #got, __FILE__, __LINE__)
#define EXPECT_STR_EQ(expected, got)                                                \
	do {                                                                        \
		const char *test_e_ = (expected), *test_g_ = (got);                 \
		if (strcmp(test_e_, test_g_) != 0)                                  \
			test_fail_text(test_e_, test_g_, #got, __FILE__, __LINE__); \
	} while (0)

/* Fail, with words. */
#define FAIL(...) test_fail_message(__FILE__, __LINE__, __VA_ARGS__)
/* Leave the test as a skip, with its reason in words: something is absent that no NEEDS_ flag covers. */
#define SKIP(...) test_skip(__VA_ARGS__)

/* What the test is doing, for tables: appears as "context" in the report of a failure. printf-like; "" clears it. */
void test_context(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* A remark on the console, as a TAP comment. One line. */
void test_note(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Start the time limit anew (the configuration's timeout= at first). */
void test_limit(unsigned timeout_ms);
/*
 * For what must not be possible: from here on the test passes if it ends in exception vector, a page fault (14) at that
 * address, and fails if it returns. The dump is printed all the same.
 */
void test_must_crash(uint8_t vector, uint64_t address);
/* The same for a page fault at most size bytes below address: a stack that runs over. */
void test_must_crash_near(uint64_t address, uint64_t size);
/* From here on the test passes if it is still running after timeout_ms, and is then ended. */
void test_must_hang(unsigned timeout_ms);
/* The next number of a sequence that depends on the configuration's seed= and the test's name alone. */
uint64_t test_random(void);

/*
 * count contiguous zeroed pages (kernel/mem.h) that the runner frees after the test, at most TEST_PAGES_MAX calls a
 * test. Ends the test as failed when there is no memory.
 */
void *test_pages(size_t count);
#define TEST_PAGES_MAX 64

/*
 * Run fn(arg) after the test, however it ended (done, failed, crashed or hung), last registered first, at most
 * TEST_CLEANUP_MAX a test. fn must not use expectations.
 */
void test_cleanup(void (*fn)(void *), void *arg);
#define TEST_CLEANUP_MAX 32

/* "EINVAL" for 22 or -22; a number in words that is never NULL. */
const char *test_errno_name(int64_t error);

/* What the macros above stand on. */
void test_fail_compare(const char *relation, uint64_t expected, uint64_t got, const char *what, const char *file,
                       int line) __attribute__((noreturn));
void test_fail_text(const char *expected, const char *got, const char *what, const char *file, int line)
        __attribute__((noreturn));
void test_fail_errno(int64_t expected, int64_t got, const char *what, const char *file, int line)
        __attribute__((noreturn));
void test_fail_message(const char *file, int line, const char *format, ...)
        __attribute__((noreturn, format(printf, 3, 4)));
void test_skip(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void test_expect_mem(const void *expected, const void *got, size_t size, const char *what, const char *file, int line);

#define TEST_COMPARE_(operator, relation, expected, value)                                         \
	do {                                                                                       \
		uint64_t test_e_ = (uint64_t)(expected), test_g_ = (uint64_t)(value);              \
		if (!(test_g_ operator test_e_))                                                   \
			test_fail_compare(relation, test_e_, test_g_, #value, __FILE__, __LINE__); \
	} while (0)
#define TEST_ORDER_ TEST_COMPARE_

#endif
