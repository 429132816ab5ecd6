/* SPDX-License-Identifier: BSD-2-Clause */
/* The table at the end of a run. 80 columns, for the screen of a lab machine has no more. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/runner/host_guest.h"
#include "tests/runner/host_world.h"

#define SUITES_MAX 64
#define SUITE_NAME 32

enum column {
	PASSED,
	FAILED,
	SKIPPED,
	COLUMNS
};

struct suite {
	char name[SUITE_NAME];
	unsigned host[COLUMNS], guest[COLUMNS];
};

static struct suite suites[SUITES_MAX], total;
static unsigned suite_count;

static enum column column_of(enum outcome outcome)
{
	return outcome == OUTCOME_PASS ? PASSED : outcome == OUTCOME_SKIP ? SKIPPED : FAILED;
}

/* The first two words of a dotted name of three or more, else the first. What has no room shares the last line. */
static struct suite *suite_of(const char *test)
{
	const char *dot = strchr(test, '.');
	const char *second = dot ? strchr(dot + 1, '.') : NULL;
	int size = (int)((second ? second : dot ? dot : test + strlen(test)) - test);
	char name[SUITE_NAME];

	snprintf(name, sizeof(name), "%.*s", size, test);
	for (unsigned i = 0; i < suite_count; i++) {
		if (strcmp(suites[i].name, name) == 0)
			return &suites[i];
	}
	if (suite_count == SUITES_MAX)
		return &suites[SUITES_MAX - 1];
	snprintf(suites[suite_count].name, SUITE_NAME, "%s", name);
	return &suites[suite_count++];
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct suite *)a)->name, ((const struct suite *)b)->name);
}

static void print_cells(char *text, size_t size, const unsigned cells[COLUMNS])
{
	if (cells[PASSED] + cells[FAILED] + cells[SKIPPED])
		snprintf(text, size, "%7u %7u %8u", cells[PASSED], cells[FAILED], cells[SKIPPED]);
	else
		snprintf(text, size, "%7s %7s %8s", "-", "-", "-");
}

static void print_suite(struct run *run, const struct suite *suite)
{
	char host[32], guest[32];

	print_cells(host, sizeof(host), suite->host);
	print_cells(guest, sizeof(guest), suite->guest);
	tap_comment(&run->tap, "%-22s %s   %s", suite->name, host, guest);
}

static void print_suites(struct run *run)
{
	for (unsigned i = 0; i < run->count; i++) {
		enum column column = column_of(run->results[i].outcome);

		suite_of(run->results[i].test->name)->host[column]++;
		total.host[column]++;
	}
	for (unsigned i = 0; i < guest_record.count; i++) {
		enum column column = column_of(guest_record.results[i].outcome);

		suite_of(guest_record.results[i].name)->guest[column]++;
		total.guest[column]++;
	}
	qsort(suites, suite_count, sizeof(suites[0]), by_name);

	tap_comment(&run->tap, "%-22s %-24s   %s", "", "------- host -----------", "------- guest ----------");
	tap_comment(&run->tap, "%-22s %7s %7s %8s   %7s %7s %8s", "suite", "passed", "failed", "skipped", "passed",
	            "failed", "skipped");
	for (unsigned i = 0; i < suite_count; i++)
		print_suite(run, &suites[i]);
	snprintf(total.name, sizeof(total.name), "all");
	print_suite(run, &total);
}

static const struct result *host_result(const struct run *run, const char *name)
{
	for (unsigned i = 0; i < run->count; i++) {
		if (strcmp(run->results[i].test->name, name) == 0)
			return &run->results[i];
	}
	return NULL;
}

/*
 * A test that passed in one world and failed in the other is a finding about the composition layer. What one world only
 * skips it does not have, and its reason stands beside the skip: those are named with loglevel=2.
 */
static void print_differences(struct run *run)
{
	unsigned shared = 0, skipped = 0, differ = 0;

	for (unsigned i = 0; i < guest_record.count; i++) {
		const struct result *host = host_result(run, guest_record.results[i].name);
		enum outcome guest = guest_record.results[i].outcome;
		bool one_skips;

		if (!host)
			continue;
		shared++;
		if (column_of(host->outcome) == column_of(guest))
			continue;
		one_skips = host->outcome == OUTCOME_SKIP || guest == OUTCOME_SKIP;
		skipped += one_skips;
		differ += !one_skips;
		if (!one_skips || run->config.loglevel >= 2)
			tap_comment(&run->tap, "differs: %s: host %s, guest %s", host->test->name,
			            outcome_name(host->outcome), outcome_name(guest));
	}
	if (shared)
		tap_comment(&run->tap, "%u tests ran in both worlds: %u ended differently, %u were skipped in one",
		            shared, differ, skipped);
}

static void print_failures(struct run *run)
{
	for (unsigned i = 0; i < run->count; i++) {
		if (run->results[i].outcome > OUTCOME_SKIP)
			tap_comment(&run->tap, "host  %-12s %s", outcome_name(run->results[i].outcome),
			            run->results[i].test->name);
	}
	for (unsigned i = 0; i < guest_record.count; i++) {
		if (guest_record.results[i].outcome > OUTCOME_SKIP)
			tap_comment(&run->tap, "guest %-12s %s", outcome_name(guest_record.results[i].outcome),
			            guest_record.results[i].name);
	}
}

static void print_exits(struct run *run)
{
	const struct hv_stats *stats = &guest_record.stats;

	if (!guest_record.ran)
		return;
	tap_comment(&run->tap, "exits of the guest: %" PRIu64 ", in %" PRIu64 " ms", stats->total,
	            guest_record.duration_ns / 1000000);
	for (unsigned cause = 0; cause < HV_CAUSE_COUNT; cause++) {
		if (stats->exits[cause])
			tap_comment(&run->tap, "  %-32s %8" PRIu64, hv_cause_name(cause), stats->exits[cause]);
	}
	tap_comment(&run->tap, "interrupts into the guest: %" PRIu64 " (%" PRIu64 " merged)", stats->injected,
	            stats->merged);
}

/* The table is longer than a screen: what must be seen without scrolling comes last. */
void host_verdict(struct run *run)
{
	enum run_status status = run_status(run);

	tap_comment(&run->tap, "----------------------------------------------------------------------------");
	print_suites(run);
	print_differences(run);
	print_exits(run);
	host_machine(run);
	print_failures(run);
	tap_comment(&run->tap,
	            "hand-over to first test %" PRIu64 ".%" PRIu64 " ms, all tests %" PRIu64 ".%03" PRIu64 " s",
	            run->first_test_ns / 1000000, run->first_test_ns / 100000 % 10, run->duration_ns / 1000000000,
	            run->duration_ns / 1000000 % 1000);
	tap_comment(&run->tap, "VERDICT: %s (0x%02x)", run_status_name(status), (unsigned)status);
}
