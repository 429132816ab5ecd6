/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What is said at the end of a run: first all of it, as long as it gets, then the last page, which a person sees who
 * comes back to the machine. Of a screen of 800x600, 37 rows, at least 28 hold text after it has scrolled
 * (kernel/fbcon.c).
 */
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "tests/runner/host_guest.h"
#include "tests/runner/host_world.h"

#define PAGE_FAILURE_ROWS 10U                                /* beside some 14 rows of everything else */
#define FAILURE_ROWS      2U                                 /* of them for one failure */
#define PAGE_FAILURES     (PAGE_FAILURE_ROWS / FAILURE_ROWS) /* so many fit in any case */

static const struct result *host_result(const struct run *run, const char *name)
{
	for (unsigned i = 0; i < run->count; i++) {
		if (strcmp(run->results[i].test->name, name) == 0)
			return &run->results[i];
	}
	return NULL;
}

static enum outcome rough(enum outcome outcome)
{
	return outcome > OUTCOME_SKIP ? OUTCOME_FAIL : outcome;
}

struct differences {
	unsigned shared, skipped, differ;
};

/*
 * A test that passed in one world and failed in the other is a finding about the composition layer. What one world only
 * skips it does not have, and its reason stands beside the skip: those are named with loglevel=2.
 */
static struct differences print_differences(struct run *run)
{
	struct differences d = {0};

	for (unsigned i = 0; i < guest_record.count; i++) {
		const struct result *host = host_result(run, guest_record.results[i].name);
		enum outcome guest = guest_record.results[i].outcome;
		bool one_skips;

		if (!host)
			continue;
		d.shared++;
		if (rough(host->outcome) == rough(guest))
			continue;
		one_skips = host->outcome == OUTCOME_SKIP || guest == OUTCOME_SKIP;
		d.skipped += one_skips;
		d.differ += !one_skips;
		if (!one_skips || run->config.loglevel >= 2)
			tap_comment(&run->tap, "differs: %s: host %s, guest %s", host->test->name,
			            outcome_name(host->outcome), outcome_name(guest));
	}
	return d;
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

static unsigned failure_count(const struct run *run)
{
	unsigned count = 0;

	for (unsigned i = 0; i < run->count; i++)
		count += run->results[i].outcome > OUTCOME_SKIP;
	for (unsigned i = 0; i < guest_record.count; i++)
		count += guest_record.results[i].outcome > OUTCOME_SKIP;
	return count;
}

/* In at most rows rows; returns how many it took. 0: it did not fail. */
static unsigned print_failure(struct run *run, const char *world, const char *name, enum outcome outcome,
                              const char *why, unsigned rows)
{
	char text[TAP_NAME_MAX + RESULT_WHY_MAX + 16];

	if (outcome <= OUTCOME_SKIP)
		return 0;
	snprintf(text, sizeof(text), "%s %s: %s", world, name, why[0] ? why : "no reason given");
	return host_say(run, outcome == OUTCOME_ERROR ? "no set-up" : outcome_name(outcome), text, rows);
}

/* Each in at most rows_each rows, all in at most rows; returns how many failures were shown. */
static unsigned print_failures(struct run *run, unsigned rows_each, unsigned rows)
{
	unsigned shown = 0;

	for (unsigned i = 0; i < run->count && rows; i++) {
		const struct result *r = &run->results[i];
		unsigned used = print_failure(run, "host", r->test->name, r->outcome, r->why,
		                              rows < rows_each ? rows : rows_each);

		rows -= used;
		shown += used != 0;
	}
	for (unsigned i = 0; i < guest_record.count && rows; i++) {
		unsigned used =
		        print_failure(run, "guest", guest_record.results[i].name, guest_record.results[i].outcome,
		                      guest_record.results[i].why, rows < rows_each ? rows : rows_each);

		rows -= used;
		shown += used != 0;
	}
	return shown;
}

static void print_last_page(struct run *run, struct differences d)
{
	enum run_status status = run_status(run);
	unsigned failures = failure_count(run), shown;

	tap_comment(&run->tap, "----------------------------------------------------------------------------");
	host_table(run, 1);
	shown = print_failures(run, FAILURE_ROWS, PAGE_FAILURE_ROWS);
	if (shown < failures)
		tap_comment(&run->tap, "and %u more, listed above (the serial line has all of it)", failures - shown);
	if (d.shared)
		tap_comment(&run->tap, "%u tests ran in both worlds: %u ended differently, %u were skipped in one",
		            d.shared, d.differ, d.skipped);
	tap_comment(&run->tap,
	            "hand-over to first test %" PRIu64 ".%" PRIu64 " ms, all tests %" PRIu64 ".%03" PRIu64 " s",
	            run->first_test_ns / 1000000, run->first_test_ns / 100000 % 10, run->duration_ns / 1000000000,
	            run->duration_ns / 1000000 % 1000);
	tap_comment(&run->tap, "VERDICT: %s (0x%02x)", run_status_name(status), (unsigned)status);
}

void host_verdict(struct run *run)
{
	struct differences d;

	tap_comment(&run->tap, "----------------------------------------------------------------------------");
	host_table(run, 2);
	d = print_differences(run);
	if (failure_count(run) > PAGE_FAILURES)
		print_failures(run, UINT32_MAX, UINT32_MAX);
	print_exits(run);
	host_machine(run);
	print_last_page(run, d);
}
