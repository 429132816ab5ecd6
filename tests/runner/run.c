/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/runner/run.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "kernel/bits.h"
#include "kernel/boot.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/irq.h"
#include "kernel/time.h"
#include "tests/runner/fixture.h"
#include "tests/runner/needs.h"

extern const struct test *const __start_adit_tests[], *const __stop_adit_tests[];

static const struct test **sorted;
static struct run *current;

struct run *run_current(void)
{
	return current;
}

struct tap *run_tap(void)
{
	return &current->tap;
}

const char *outcome_name(enum outcome outcome)
{
	static const char *const names[OUTCOME_COUNT] = {"passed", "skipped", "set-up error",
	                                                 "failed", "crashed", "hung"};

	return outcome < OUTCOME_COUNT ? names[outcome] : "?";
}

const char *run_status_name(enum run_status status)
{
	static const char *const names[] = {"PASS", "SKIPPED", "SET-UP ERROR", "FAIL", "CRASH", "HANG"};

	return names[status - RUN_STATUS_PASS];
}

static unsigned test_count(void)
{
	return (unsigned)(__stop_adit_tests - __start_adit_tests);
}

static int by_name(const void *a, const void *b)
{
	const struct test *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

const struct test *run_test_at(unsigned n)
{
	if (!sorted) {
		sorted = calloc(test_count() + 1, sizeof(sorted[0]));
		if (!sorted)
			return NULL;
		memcpy(sorted, __start_adit_tests, test_count() * sizeof(sorted[0]));
		qsort(sorted, test_count(), sizeof(sorted[0]), by_name);
	}
	return n < test_count() ? sorted[n] : NULL;
}

static void put(void *ctx, const char *line, size_t size)
{
	(void)ctx;
	console_write(line, size);
}

static void report_config(void *ctx, const struct config_fault *fault)
{
	struct run *run = ctx;

	tap_comment(&run->tap, "configuration, line %u: \"%s\": %s", fault->line, fault->text, fault->why);
}

static uint64_t next_random(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 33;
}

/* The same seed gives the same order. */
static void shuffle(struct run *run)
{
	uint64_t state = run->config.seed;

	for (unsigned i = run->count; i > 1; i--) {
		unsigned j = (unsigned)(next_random(&state) % i);
		struct result swap = run->results[i - 1];

		run->results[i - 1] = run->results[j];
		run->results[j] = swap;
	}
}

int run_prepare(struct run *run, const struct world *world)
{
	const struct boot_info *boot = boot_info_get();
	const struct test *test;

	current = run;
	*run = (struct run){.world = world};
	tap_start(&run->tap, put, NULL);
	tap_version(&run->tap);
	if (boot->note[0])
		tap_comment(&run->tap, "%.*s", (int)sizeof(boot->note), boot->note);
	config_defaults(&run->config);
	config_parse(&run->config, boot->config, boot->config_size, report_config, run);
	if (!run->config.seed)
		run->config.seed = (cpu_rdtsc() & UINT32_MAX) | 1;

	run->results = calloc(test_count() + 1, sizeof(run->results[0]));
	if (!run->results)
		return -ENOMEM;
	for (unsigned i = 0; (test = run_test_at(i)); i++) {
		if (i && strcmp(test->name, run_test_at(i - 1)->name) == 0)
			tap_comment(&run->tap, "two tests are called %s", test->name);
		if (config_match(run->config.tests, test->name))
			run->results[run->count++].test = test;
	}
	shuffle(run);
	return 0;
}

static void report_failure(struct run *run, const struct test *test, const struct run_failure *f)
{
	struct tap *tap = &run->tap;

	tap_result(tap, false, test->name, NULL);
	tap_yaml_begin(tap);
	tap_yaml(tap, "outcome", "%s", outcome_name(f->outcome));
	if (f->message[0])
		tap_yaml(tap, "message", "%s", f->message);
	if (f->expected[0] || f->got[0]) {
		tap_yaml(tap, "expected", "%s", f->expected);
		tap_yaml(tap, "got", "%s", f->got);
	}
	if (f->context[0])
		tap_yaml(tap, "context", "%s", f->context);
	if (f->file)
		tap_yaml(tap, "where", "%s:%d", f->file, f->line);
	else
		tap_yaml(tap, "where", "%s", test->file);
	tap_yaml(tap, "spec", "%s", test->spec);
	tap_yaml(tap, "reproduce", "make run ARGS='%s%s seed=%" PRIu64 "'", run->world->select, test->name,
	         run->config.seed);
	tap_yaml_end(tap);
}

/* What the machine noticed and the test did not: the first of it fails a test that thinks it passed. */
static void look_for_strays(struct run *run, const struct test *test, struct run_failure *f, uint64_t spurious)
{
	char text[160];
	uint8_t vector = 0;
	bool dsa = (test->needs & NEEDS_DSA) != 0;

	while ((dsa && fixture_stray(text, sizeof(text))) ||
	       (run->world->stray && run->world->stray(text, sizeof(text)))) {
		if (f->outcome != OUTCOME_PASS) {
			tap_comment(&run->tap, "%s", text);
			continue;
		}
		f->outcome = OUTCOME_FAIL;
		snprintf(f->message, sizeof(f->message), "after the test: %s", text);
	}
	if (irq_spurious_count(&vector) != spurious && f->outcome == OUTCOME_PASS) {
		f->outcome = OUTCOME_FAIL;
		snprintf(f->message, sizeof(f->message), "an interrupt came on vector %u, which nobody has requested",
		         vector);
	}
}

static void execute(struct run *run, const struct test *test, struct run_failure *f)
{
	unsigned timeout = (unsigned)run->config.timeout_ms;
	uint8_t vector;
	uint64_t spurious = irq_spurious_count(&vector);
	char text[160];

	if (test->needs & NEEDS_DSA) {
		if (fixture_prepare(run->world, text, sizeof(text)) < 0) {
			*f = (struct run_failure){.outcome = OUTCOME_ERROR};
			snprintf(f->message, sizeof(f->message), "%s", text);
			return;
		}
		spurious = irq_spurious_count(&vector);
	}
	expect_run(test, run->config.seed, timeout, f);
	if (test->needs & NEEDS_DSA)
		fixture_settle(f->outcome > OUTCOME_SKIP);
	if (expect_clean_up(timeout) < 0 && f->outcome <= OUTCOME_SKIP) {
		f->outcome = OUTCOME_CRASH;
		snprintf(f->message, sizeof(f->message), "its clean-up crashed or hung");
	}
	look_for_strays(run, test, f, spurious);
}

/* A report's message, expectation and finding in one sentence. */
static void keep_why(struct result *result, const struct run_failure *f)
{
	if (f->outcome <= OUTCOME_SKIP || f->outcome <= result->outcome)
		return;
	snprintf(result->why, sizeof(result->why), "%s%s%s%s%s", f->message,
	         f->expected[0] || f->got[0] ? ": expected " : "", f->expected,
	         f->expected[0] || f->got[0] ? ", got " : "", f->got);
}

static enum outcome run_one(struct run *run, struct result *result)
{
	const struct test *test = result->test;
	struct run_failure f = {.outcome = OUTCOME_PASS};
	const char *which = "", *absent;

	/* Before it starts: if the machine stops for good, the last line says where. */
	tap_comment(&run->tap, "%s", test->name);
	if (!run->first_test_ns)
		run->first_test_ns = time_since_handover_ns();
	if (config_match(run->config.skip, test->name)) {
		tap_result(&run->tap, true, test->name, "left out by skip= in the configuration");
		return OUTCOME_SKIP;
	}
	absent = needs_absent(run->world, test->needs, &which);
	if (absent && !config_has_word(run->config.require, which) && !config_has_word(run->config.require, "all")) {
		tap_result(&run->tap, true, test->name, absent);
		return OUTCOME_SKIP;
	}
	if (absent) {
		f.outcome = OUTCOME_FAIL;
		snprintf(f.message, sizeof(f.message), "require=%s, but: %s", which, absent);
	} else {
		execute(run, test, &f);
	}
	if (f.outcome <= OUTCOME_SKIP)
		tap_result(&run->tap, true, test->name, f.outcome == OUTCOME_SKIP ? f.message : NULL);
	else
		report_failure(run, test, &f);
	keep_why(result, &f);
	return f.outcome;
}

void run_all(struct run *run)
{
	unsigned passes = (unsigned)run->config.passes;
	uint64_t start = time_ns();

	tap_plan(&run->tap, run->count * passes);
	tap_comment(&run->tap, "seed=%" PRIu64 ", %u of %u tests", run->config.seed, run->count, test_count());
	for (unsigned pass = 0; pass < passes; pass++) {
		for (unsigned i = 0; i < run->count; i++) {
			enum outcome outcome = run_one(run, &run->results[i]);

			run->outcomes[outcome]++;
			if (outcome > run->results[i].outcome)
				run->results[i].outcome = outcome;
		}
	}
	run->duration_ns = time_ns() - start;
}

enum run_status run_status(const struct run *run)
{
	static const enum run_status statuses[OUTCOME_COUNT] = {
	        [OUTCOME_ERROR] = RUN_STATUS_ERROR,
	        [OUTCOME_FAIL] = RUN_STATUS_FAIL,
	        [OUTCOME_CRASH] = RUN_STATUS_CRASH,
	        [OUTCOME_HANG] = RUN_STATUS_HANG,
	};

	for (unsigned i = OUTCOME_COUNT - 1; i > OUTCOME_SKIP; i--) {
		if (run->outcomes[i])
			return statuses[i];
	}
	if (run->outcomes[OUTCOME_PASS])
		return RUN_STATUS_PASS;
	return run->outcomes[OUTCOME_SKIP] ? RUN_STATUS_SKIPPED : RUN_STATUS_ERROR;
}
