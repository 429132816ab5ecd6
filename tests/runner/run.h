/* SPDX-License-Identifier: BSD-2-Clause */
/* The run: which tests, in which order, each under guard, and what came of them. */
#ifndef TESTS_RUNNER_RUN_H
#define TESTS_RUNNER_RUN_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/config.h"
#include "tests/runner/world.h"
#include "tests/tap.h"
#include "tests/test.h"

/* From good to bad: the worst of a run is its verdict. */
enum outcome {
	OUTCOME_PASS,
	OUTCOME_SKIP,
	OUTCOME_ERROR, /* what the test stands on could not be set up */
	OUTCOME_FAIL,
	OUTCOME_CRASH,
	OUTCOME_HANG,
	OUTCOME_COUNT
};

/* What platform_exit() gets; QEMU's own exit status is twice that plus 1. */
enum run_status {
	RUN_STATUS_PASS = 0x10,
	RUN_STATUS_SKIPPED = 0x11, /* nothing ran */
	RUN_STATUS_ERROR = 0x12,
	RUN_STATUS_FAIL = 0x13,
	RUN_STATUS_CRASH = 0x14,
	RUN_STATUS_HANG = 0x15,
};

#define RESULT_WHY_MAX 160

struct result {
	const struct test *test;
	enum outcome outcome;     /* the worst of all passes */
	char why[RESULT_WHY_MAX]; /* what it failed by: the first of that outcome; else empty */
};

struct run {
	const struct world *world;
	struct config config;
	struct tap tap;
	unsigned count; /* tests selected */
	struct result *results;
	unsigned outcomes[OUTCOME_COUNT]; /* how many of each, all passes */
	uint64_t first_test_ns;           /* from the loader's hand-over to the first test's start */
	uint64_t duration_ns;
};

/*
 * Read the configuration (its faults become comments) and select and order the tests. Starts the TAP stream. Returns 0,
 * or -ENOMEM.
 */
int run_prepare(struct run *run, const struct world *world);
/* Run them. The TAP plan, a line for each. */
void run_all(struct run *run);
/* The verdict of what ran. A selection that selects nothing is a set-up error. */
enum run_status run_status(const struct run *run);
const char *run_status_name(enum run_status status);
const char *outcome_name(enum outcome outcome);

/* The tests in this image, in the order of their names; NULL behind the last. */
const struct test *run_test_at(unsigned n);
/* The TAP stream of the run, for those who print beside it. */
struct tap *run_tap(void);
/* The run under way. */
struct run *run_current(void);

/* ---- between run.c and expect.c: one test under way ---- */

struct run_failure {
	enum outcome outcome; /* OUTCOME_PASS while nothing went wrong */
	const char *file;
	int line;
	char message[160], expected[96], got[96], context[96];
};

/* Call test->run under guard, with a limit of timeout_ms; what it ended with is in *failure. */
void expect_run(const struct test *test, uint64_t seed, unsigned timeout_ms, struct run_failure *failure);
/* Run what it registered with test_cleanup() and free its pages. Under guard, too. Returns 0, or -EIO if that crashed.
 */
int expect_clean_up(unsigned timeout_ms);

#endif
