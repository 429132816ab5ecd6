/* SPDX-License-Identifier: BSD-2-Clause */
/* The results counted, host and guest side by side: a row for each suite, or for each group of suites. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/runner/host_guest.h"
#include "tests/runner/host_world.h"

#define ROW_NAME 32

enum column {
	PASSED,
	FAILED,
	SKIPPED,
	COLUMNS
};

struct row {
	char name[ROW_NAME];
	unsigned host[COLUMNS], guest[COLUMNS];
};

struct table {
	struct row *rows; /* as many as there are results, which is always enough */
	unsigned count;
	unsigned words; /* of a test's name that make a row's */
};

static enum column column_of(enum outcome outcome)
{
	return outcome == OUTCOME_PASS ? PASSED : outcome == OUTCOME_SKIP ? SKIPPED : FAILED;
}

/* The first words of a dotted name, without its last one. */
static struct row *row_of(struct table *table, const char *test)
{
	const char *end = strchr(test, '.');
	char name[ROW_NAME];

	for (unsigned word = 1; end && word < table->words && strchr(end + 1, '.'); word++)
		end = strchr(end + 1, '.');
	snprintf(name, sizeof(name), "%.*s", end ? (int)(end - test) : ROW_NAME, test);
	for (unsigned i = 0; i < table->count; i++) {
		if (strcmp(table->rows[i].name, name) == 0)
			return &table->rows[i];
	}
	memcpy(table->rows[table->count].name, name, sizeof(name));
	return &table->rows[table->count++];
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct row *)a)->name, ((const struct row *)b)->name);
}

static void print_cells(char *text, size_t size, const unsigned cells[COLUMNS])
{
	if (cells[PASSED] + cells[FAILED] + cells[SKIPPED])
		snprintf(text, size, "%7u %7u %8u", cells[PASSED], cells[FAILED], cells[SKIPPED]);
	else
		snprintf(text, size, "%7s %7s %8s", "-", "-", "-");
}

static void print_row(struct run *run, const struct row *row)
{
	char host[32], guest[32];

	print_cells(host, sizeof(host), row->host);
	print_cells(guest, sizeof(guest), row->guest);
	tap_comment(&run->tap, "%-22s %s   %s", row->name, host, guest);
}

static void print_table(struct run *run, const struct table *table)
{
	struct row total = {.name = "all"};

	tap_comment(&run->tap, "%-22s %-24s   %s", "", "------- host -----------", "------- guest ----------");
	tap_comment(&run->tap, "%-22s %7s %7s %8s   %7s %7s %8s", table->words > 1 ? "suite" : "group", "passed",
	            "failed", "skipped", "passed", "failed", "skipped");
	for (unsigned i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];

		print_row(run, row);
		for (unsigned c = 0; c < COLUMNS; c++) {
			total.host[c] += row->host[c];
			total.guest[c] += row->guest[c];
		}
	}
	print_row(run, &total);
}

void host_table(struct run *run, unsigned words)
{
	struct table table = {.words = words};

	table.rows = calloc(run->count + guest_record.count + 1, sizeof(table.rows[0]));
	if (!table.rows) {
		tap_comment(&run->tap, "no memory for the table of results");
		return;
	}
	for (unsigned i = 0; i < run->count; i++)
		row_of(&table, run->results[i].test->name)->host[column_of(run->results[i].outcome)]++;
	for (unsigned i = 0; i < guest_record.count; i++)
		row_of(&table, guest_record.results[i].name)->guest[column_of(guest_record.results[i].outcome)]++;
	qsort(table.rows, table.count, sizeof(table.rows[0]), by_name);
	print_table(run, &table);
	free(table.rows);
}
