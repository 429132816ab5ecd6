/* SPDX-License-Identifier: BSD-2-Clause */
/* One test under way: its expectations, its pages, its clean-up. */
#include <errno.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "kernel/bits.h"
#include "kernel/guard.h"
#include "kernel/irq.h"
#include "kernel/mem.h"
#include "kernel/panic.h"
#include "kernel/smp.h"
#include "tests/runner/run.h"

#define PAGE_FAULT 14

static struct {
	const struct test *test;
	struct run_failure *failure;
	jmp_buf leave;
	unsigned cpu;
	uint64_t random;
	enum guard_outcome wanted; /* GUARD_DONE but for tests of the guard and of protection */
	uint8_t wanted_vector;
	uint64_t wanted_first, wanted_last; /* addresses of a page fault */
	char context[sizeof(((struct run_failure *)0)->context)];
	unsigned page_count;
	struct {
		void *va;
		size_t count;
	} pages[TEST_PAGES_MAX];
	unsigned cleanup_count;
	struct {
		void (*fn)(void *);
		void *arg;
	} cleanups[TEST_CLEANUP_MAX];
} now;

static void leave(enum outcome outcome, const char *file, int line) __attribute__((noreturn));

static void leave(enum outcome outcome, const char *file, int line)
{
	/* Only the processor that runs the test can be sent back to where it began. */
	if (smp_id() != now.cpu)
		panic("an expectation at %s:%d failed on processor %u", file, line, smp_id());
	now.failure->outcome = outcome;
	now.failure->file = file;
	now.failure->line = line;
	longjmp(now.leave, 1);
}

void test_fail_compare(const char *relation, uint64_t expected, uint64_t got, const char *what, const char *file,
                       int line)
{
	struct run_failure *f = now.failure;

	snprintf(f->message, sizeof(f->message), "%s", what);
	snprintf(f->expected, sizeof(f->expected), "%s0x%" PRIx64 " (%" PRId64 ")", relation, expected,
	         (int64_t)expected);
	snprintf(f->got, sizeof(f->got), "0x%" PRIx64 " (%" PRId64 ")", got, (int64_t)got);
	leave(OUTCOME_FAIL, file, line);
}

void test_fail_text(const char *expected, const char *got, const char *what, const char *file, int line)
{
	struct run_failure *f = now.failure;

	snprintf(f->message, sizeof(f->message), "%s", what);
	snprintf(f->expected, sizeof(f->expected), "%s", expected);
	snprintf(f->got, sizeof(f->got), "%s", got);
	leave(OUTCOME_FAIL, file, line);
}

static void errno_words(char *text, size_t size, int64_t error)
{
	if (error < 0)
		snprintf(text, size, "-%s (%" PRId64 ")", test_errno_name(error), error);
	else
		snprintf(text, size, "%" PRId64, error);
}

void test_fail_errno(int64_t expected, int64_t got, const char *what, const char *file, int line)
{
	struct run_failure *f = now.failure;

	snprintf(f->message, sizeof(f->message), "%s", what);
	errno_words(f->expected, sizeof(f->expected), expected);
	errno_words(f->got, sizeof(f->got), got);
	leave(OUTCOME_FAIL, file, line);
}

void test_fail_message(const char *file, int line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(now.failure->message, sizeof(now.failure->message), format, args);
	va_end(args);
	leave(OUTCOME_FAIL, file, line);
}

void test_skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(now.failure->message, sizeof(now.failure->message), format, args);
	va_end(args);
	leave(OUTCOME_SKIP, NULL, 0);
}

void test_expect_mem(const void *expected, const void *got, size_t size, const char *what, const char *file, int line)
{
	const uint8_t *e = expected, *g = got;
	struct run_failure *f = now.failure;

	for (size_t i = 0; i < size; i++) {
		if (e[i] == g[i])
			continue;
		snprintf(f->message, sizeof(f->message), "%s, byte %zu of %zu", what, i, size);
		snprintf(f->expected, sizeof(f->expected), "0x%02x", e[i]);
		snprintf(f->got, sizeof(f->got), "0x%02x", g[i]);
		leave(OUTCOME_FAIL, file, line);
	}
}

void test_context(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(now.context, sizeof(now.context), format, args);
	va_end(args);
}

void test_note(const char *format, ...)
{
	char text[160];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	tap_comment(run_tap(), "%s: %s", now.test->name, text);
}

void test_limit(unsigned timeout_ms)
{
	guard_extend(timeout_ms);
}

void test_must_crash(uint8_t vector, uint64_t address)
{
	tap_comment(run_tap(), "the dump of exception %u that follows is wanted", vector);
	now.wanted = GUARD_CRASH;
	now.wanted_vector = vector;
	now.wanted_first = now.wanted_last = address;
}

void test_must_crash_near(uint64_t address, uint64_t size)
{
	test_must_crash(PAGE_FAULT, address);
	now.wanted_first = address - size;
}

void test_must_hang(unsigned timeout_ms)
{
	tap_comment(run_tap(), "the backtrace that follows after %u ms is wanted", timeout_ms);
	now.wanted = GUARD_HANG;
	guard_extend(timeout_ms);
}

uint64_t test_random(void)
{
	/* xorshift64*: short, and good enough to pick sizes and bytes. */
	now.random ^= now.random >> 12;
	now.random ^= now.random << 25;
	now.random ^= now.random >> 27;
	return now.random * UINT64_C(0x2545f4914f6cdd1d);
}

void *test_pages(size_t count)
{
	void *va;

	if (now.page_count == TEST_PAGES_MAX)
		FAIL("more than %d calls of test_pages()", TEST_PAGES_MAX);
	va = page_alloc(count);
	if (!va)
		FAIL("no memory for %zu pages", count);
	now.pages[now.page_count].va = va;
	now.pages[now.page_count++].count = count;
	return va;
}

void test_cleanup(void (*fn)(void *), void *arg)
{
	if (now.cleanup_count == TEST_CLEANUP_MAX)
		FAIL("more than %d calls of test_cleanup()", TEST_CLEANUP_MAX);
	now.cleanups[now.cleanup_count].fn = fn;
	now.cleanups[now.cleanup_count++].arg = arg;
}

/* newlib's strerror() has sentences; a report wants the name that the source has. */
const char *test_errno_name(int64_t error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {
	        {EPERM, "EPERM"},         {ENOENT, "ENOENT"},       {EIO, "EIO"},
	        {ENXIO, "ENXIO"},         {E2BIG, "E2BIG"},         {ENOEXEC, "ENOEXEC"},
	        {EAGAIN, "EAGAIN"},       {ENOMEM, "ENOMEM"},       {EACCES, "EACCES"},
	        {EFAULT, "EFAULT"},       {EBUSY, "EBUSY"},         {EEXIST, "EEXIST"},
	        {ENODEV, "ENODEV"},       {EINVAL, "EINVAL"},       {ENOSPC, "ENOSPC"},
	        {ERANGE, "ERANGE"},       {ENOSYS, "ENOSYS"},       {ENOTSUP, "ENOTSUP"},
	        {EOVERFLOW, "EOVERFLOW"}, {ETIMEDOUT, "ETIMEDOUT"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (names[i].error == error || names[i].error == -error)
			return names[i].name;
	}
	return "errno";
}

static void begin(void *arg)
{
	(void)arg;
	if (!setjmp(now.leave))
		now.test->run();
}

static bool is_wanted(const struct guard_report *report)
{
	return report->vector == now.wanted_vector &&
	       (report->vector != PAGE_FAULT ||
	        (report->address >= now.wanted_first && report->address <= now.wanted_last));
}

static void report_guard(enum guard_outcome outcome, const struct guard_report *report, unsigned timeout_ms,
                         struct run_failure *failure)
{
	if (outcome == GUARD_DONE && (now.wanted == GUARD_DONE || failure->outcome != OUTCOME_PASS))
		return;
	if (outcome == GUARD_DONE) {
		failure->outcome = OUTCOME_FAIL;
		snprintf(failure->message, sizeof(failure->message), "it returned, but was to %s",
		         now.wanted == GUARD_CRASH ? "end in an exception" : "run on until its time was over");
		return;
	}
	if (outcome == now.wanted && (outcome == GUARD_HANG || is_wanted(report)))
		return;
	failure->expected[0] = failure->got[0] = '\0';
	failure->file = NULL;
	if (outcome == GUARD_CRASH) {
		failure->outcome = OUTCOME_CRASH;
		snprintf(failure->message, sizeof(failure->message), "exception %u at %s, address 0x%" PRIx64,
		         report->vector, report->where, report->address);
	} else {
		failure->outcome = OUTCOME_HANG;
		snprintf(failure->message, sizeof(failure->message), "no end within its time (%u ms), at %s",
		         timeout_ms, report->where);
	}
}

void expect_run(const struct test *test, uint64_t seed, unsigned timeout_ms, struct run_failure *failure)
{
	struct guard_report report = {0};
	enum guard_outcome outcome;

	*failure = (struct run_failure){.outcome = OUTCOME_PASS};
	now.test = test;
	now.failure = failure;
	now.cpu = smp_id();
	now.context[0] = '\0';
	now.wanted = GUARD_DONE;
	/* FNV-1a of the name, so that a test's numbers do not depend on which tests ran before it. */
	now.random = UINT64_C(0xcbf29ce484222325) ^ seed;
	for (const char *c = test->name; *c; c++)
		now.random = (now.random ^ (uint8_t)*c) * UINT64_C(0x100000001b3);
	now.random |= 1;

	outcome = guard_run(begin, NULL, timeout_ms, &report);
	irq_restore(1); /* it may have left in the middle of something */
	report_guard(outcome, &report, timeout_ms, failure);
	snprintf(failure->context, sizeof(failure->context), "%s", now.context);
}

static void clean_up(void *arg)
{
	(void)arg;
	while (now.cleanup_count) {
		now.cleanup_count--;
		now.cleanups[now.cleanup_count].fn(now.cleanups[now.cleanup_count].arg);
	}
}

int expect_clean_up(unsigned timeout_ms)
{
	struct guard_report report;
	int rc = 0;

	/* A step that crashes is not tried again: the others are. */
	while (now.cleanup_count) {
		if (guard_run(clean_up, NULL, timeout_ms, &report) != GUARD_DONE) {
			tap_comment(run_tap(), "clean-up after %s failed at %s", now.test->name, report.where);
			rc = -EIO;
		}
		irq_restore(1);
	}
	while (now.page_count) {
		now.page_count--;
		page_free(now.pages[now.page_count].va, now.pages[now.page_count].count);
	}
	return rc;
}
