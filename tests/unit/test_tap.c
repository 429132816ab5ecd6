/* SPDX-License-Identifier: BSD-2-Clause */
/* What the TAP writer writes, what the reader makes of it, and of lines that nobody should write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/tap.h"

static char out[32768];
static size_t out_size;

static void put(void *ctx, const char *line, size_t size)
{
	assert_ptr_equal(ctx, out);
	assert_true(size >= 1 && size <= TAP_LINE_MAX);
	assert_int_equal(line[size - 1], '\n');
	assert_null(memchr(line, '\n', size - 1));
	assert_true(out_size + size < sizeof(out));
	memcpy(out + out_size, line, size);
	out_size += size;
	out[out_size] = '\0';
}

static struct tap fresh(void)
{
	struct tap tap;

	out_size = 0;
	out[0] = '\0';
	tap_start(&tap, put, out);
	return tap;
}

static void writes_a_run(void **state)
{
	struct tap tap = fresh();

	(void)state;
	tap_version(&tap);
	tap_plan(&tap, 3);
	tap_result(&tap, true, "a.b", NULL);
	tap_result(&tap, false, "a.c", NULL);
	tap_yaml_begin(&tap);
	tap_yaml(&tap, "expected", "%d", 1);
	tap_yaml(&tap, "got", "a \"word\" and \\ and\nmore");
	tap_yaml_end(&tap);
	tap_result(&tap, true, "a.d", "no DSA");
	tap_bail_out(&tap, "enough");
	assert_string_equal(out, "TAP version 14\n"
	                         "1..3\n"
	                         "ok 1 - a.b\n"
	                         "not ok 2 - a.c\n"
	                         "  ---\n"
	                         "  expected: \"1\"\n"
	                         "  got: \"a \\\"word\\\" and \\\\ and\\nmore\"\n"
	                         "  ...\n"
	                         "ok 3 - a.d # SKIP no DSA\n"
	                         "Bail out! enough\n");
}

static void escapes_hashes_and_backslashes(void **state)
{
	struct tap tap = fresh();
	struct tap_reader reader = {0};
	struct tap_line line;

	(void)state;
	tap_result(&tap, true, "a # SKIP b \\ c", "it is #1 \\");
	assert_string_equal(out, "ok 1 - a \\# SKIP b \\\\ c # SKIP it is \\#1 \\\\\n");
	tap_read(&reader, out, out_size, &line);
	assert_int_equal(line.kind, TAP_RESULT);
	assert_true(line.ok && line.skip);
	assert_string_equal(line.name, "a # SKIP b \\ c");
	assert_string_equal(line.reason, "it is #1 \\");
}

static void comments_and_subtests(void **state)
{
	struct tap tap = fresh(), child;

	(void)state;
	tap_comment(&tap, "one\ntwo");
	tap_comment(&tap, "%s", "");
	tap_subtest(&child, &tap, "inner");
	tap_plan(&child, 1);
	tap_result(&child, true, "x", NULL);
	tap_comment(&child, "note");
	tap_pass(&child, "ok 2 - \t\033[1m\nok 3");
	tap_result(&tap, true, "inner", NULL);
	assert_string_equal(
	        out, "# one\n# two\n#\n# Subtest: inner\n    1..1\n    ok 1 - x\n    # note\n    ok 2 - ??[1m?ok 3\n"
	             "ok 1 - inner\n");
}

static void cuts_long_lines(void **state)
{
	struct tap tap = fresh();
	char text[4 * TAP_LINE_MAX];

	(void)state;
	memset(text, '#', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (size_t cut = 0; cut < 8; cut++) {
		tap_result(&tap, false, text + cut, text);
		tap_result(&tap, false, text + sizeof(text) - TAP_LINE_MAX / 2 + cut, NULL);
		tap_yaml(&tap, "got", "%s", text + cut);
		tap_comment(&tap, "%s", text + cut);
	}
	/* No line ends in half an escape. */
	for (char *c = strchr(out, '\n'); c; c = strchr(c + 1, '\n'))
		assert_int_not_equal(c[-1], '\\');
	tap = fresh();
	memset(text, '"', sizeof(text) - 1);
	tap_yaml(&tap, "got", "%s", text);
	assert_string_equal(out + out_size - 3, "\"\"\n");
}

static void control_characters_never_get_out(void **state)
{
	struct tap tap = fresh();

	(void)state;
	tap_result(&tap, true, "a\nok 2 - forged\r\033[2J", "b\nc");
	tap_comment(&tap, "x\ry\t");
	assert_string_equal(out, "ok 1 - a?ok 2 - forged??[2J # SKIP b?c\n# x?y?\n");
}

static void read_all(struct tap_reader *reader, const char *const *lines, struct tap_line *last)
{
	for (; *lines; lines++)
		tap_read(reader, *lines, strlen(*lines), last);
}

static void reads_a_run(void **state)
{
	static const char *const lines[] = {
	        "TAP version 14",
	        "1..4",
	        "ok 1 - a.b",
	        "not ok 2 - a.c",
	        "  ---",
	        "  got: \"ok 3\"",
	        "ok 3 - not a result but YAML",
	        "  ...",
	        "ok 3 - a.d # SKIP no DSA",
	        "# a comment",
	        "    ok 1 - of a subtest",
	        "ok 4 # TODO later",
	        NULL,
	};
	struct tap_reader reader = {0};
	struct tap_line line;
	const char *why;

	(void)state;
	read_all(&reader, lines, &line);
	assert_true(tap_complete(&reader, &why));
	assert_string_equal(why, "");
	assert_int_equal(reader.results, 4);
	assert_int_equal(reader.passed, 2);
	assert_int_equal(reader.failed, 1);
	assert_int_equal(reader.skipped, 1);
	assert_true(line.todo);
}

/* One line within a YAML block, from a heap block of exactly its size. */
static void assert_yaml(const char *text, const char *key, const char *value)
{
	struct tap_reader reader = {.in_yaml = true};
	size_t size = strlen(text);
	char *copy = malloc(size);
	struct tap_line line;

	assert_non_null(copy);
	memcpy(copy, text, size);
	tap_read(&reader, copy, size, &line);
	assert_int_equal(line.kind, TAP_YAML);
	assert_string_equal(line.name, key);
	assert_string_equal(line.reason, value);
	assert_true(reader.in_yaml);
	free(copy);
}

static void reads_what_it_writes_in_yaml(void **state)
{
	char text[400], fits[TAP_REASON_MAX];

	(void)state;
	assert_yaml("  got: \"a \\\"word\\\" and \\\\ and\\nmore\"", "got", "a \"word\" and \\ and more");
	assert_yaml("  expected: \"\"", "expected", "");
	assert_yaml("  message: \"cut off", "message", "cut off");
	assert_yaml("  message: \"cut off\\", "message", "cut off\\");
	assert_yaml("  message: \"\x1b[31m\"", "message", "?[31m");
	assert_yaml("  message: no quotes", "", "");
	assert_yaml("  : \"no key\"", "", "");
	assert_yaml("  message", "", "");
	memset(text, 'a', sizeof(text));
	memcpy(text + 380, ": \"b\"", 6);
	text[386] = '\0';
	assert_yaml(text, "", "");
	memcpy(text, "got: \"", 6);
	text[6 + TAP_REASON_MAX - 1] = '\0'; /* what just fits */
	memcpy(fits, text + 6, sizeof(fits));
	assert_yaml(text, "got", fits);
	text[6 + TAP_REASON_MAX - 1] = 'a';
	text[6 + TAP_REASON_MAX] = '\0';
	assert_yaml(text, "got", fits);
}

static void tells_what_lacks(void **state)
{
	static const char *const no_plan[] = {"ok 1", NULL};
	static const char *const fewer[] = {"1..2", "ok 1", NULL};
	static const char *const more[] = {"1..1", "ok 1", "ok 2", NULL};
	static const char *const two_plans[] = {"1..1", "1..1", "ok 1", NULL};
	static const char *const jump[] = {"1..2", "ok 1", "ok 3", NULL};
	static const char *const bail[] = {"1..1", "ok 1", "Bail out! why not", NULL};
	static const char *const yaml[] = {"1..1", "ok 1", "  ---", NULL};
	static const struct {
		const char *const *lines;
		const char *why;
	} table[] = {
	        {no_plan, "no plan was given"},
	        {fewer, "fewer results than planned"},
	        {more, "more results than planned"},
	        {two_plans, "numbers or plans are out of order"},
	        {jump, "numbers or plans are out of order"},
	        {bail, "it bailed out"},
	        {yaml, "it ends within a YAML block"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		struct tap_reader reader = {0};
		struct tap_line line;
		const char *why;

		read_all(&reader, table[i].lines, &line);
		assert_false(tap_complete(&reader, &why));
		assert_string_equal(why, table[i].why);
	}
}

static void what_is_no_result(void **state)
{
	static const char *const lines[] = {
	        "",
	        "okay 1",
	        "not ok1",
	        "not  ok 1",
	        "nok 1",
	        "1..",
	        "1..x",
	        "1..99999999999999999999",
	        "TAP version",
	        " ok 1",
	        "\x80\xff\x01",
	        NULL,
	};

	(void)state;
	for (const char *const *text = lines; *text; text++) {
		struct tap_reader reader = {0};
		struct tap_line line;

		tap_read(&reader, *text, strlen(*text), &line);
		assert_int_equal(line.kind, TAP_OTHER);
		assert_int_equal(reader.results, 0);
		assert_false(reader.planned);
	}
}

static void a_huge_number_is_part_of_the_name(void **state)
{
	struct tap_reader reader = {0};
	struct tap_line line;
	static const char text[] = "ok 99999999999999999999 x";

	(void)state;
	tap_read(&reader, text, strlen(text), &line);
	assert_int_equal(line.kind, TAP_RESULT);
	assert_int_equal(line.number, 0);
	assert_string_equal(line.name, "99999999999999999999 x");
}

/* Every length of a long line, from memory of exactly that size: the sanitizer sees a byte too far. */
static void never_reads_or_writes_too_far(void **state)
{
	char text[600];

	(void)state;
	memset(text, '\\', sizeof(text));
	memcpy(text, "not ok 1 - ", 11);
	for (size_t i = 11; i < sizeof(text); i += 7)
		text[i] = "# SKIP\x80#"[i % 8];
	for (size_t size = 0; size <= sizeof(text); size++) {
		struct tap_reader reader = {0};
		struct tap_line line;
		char *copy = malloc(size ? size : 1);

		assert_non_null(copy);
		memcpy(copy, text, size);
		tap_read(&reader, copy, size, &line);
		assert_true(memchr(line.name, '\0', sizeof(line.name)) != NULL);
		assert_true(memchr(line.reason, '\0', sizeof(line.reason)) != NULL);
		free(copy);
	}
}

static void random_bytes_are_safe(void **state)
{
	static const char *const words[] = {"ok ", "not ", "1..",          "7",   "#",   " SKIP ", "\\", "  ---",
	                                    "...", "    ", "TAP version ", "got", ": \""};
	uint32_t seed = 1;
	struct tap_reader reader = {0};

	(void)state;
	for (unsigned round = 0; round < 20000; round++) {
		char text[128];
		size_t size = 0;
		struct tap_line line;

		while (size < 64) {
			seed = seed * 1664525 + 1013904223;
			if (seed >> 31) {
				const char *word = words[(seed >> 8) % (sizeof(words) / sizeof(words[0]))];

				memcpy(text + size, word, strlen(word));
				size += strlen(word);
			} else {
				text[size++] = (char)(seed >> 16);
			}
			if (((seed >> 24) & 7) == 0)
				break;
		}
		tap_read(&reader, text, size, &line);
		assert_true(line.kind <= TAP_BAIL_OUT);
	}
	assert_int_equal(reader.results, reader.passed + reader.failed + reader.skipped);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(writes_a_run),
	        cmocka_unit_test(escapes_hashes_and_backslashes),
	        cmocka_unit_test(comments_and_subtests),
	        cmocka_unit_test(cuts_long_lines),
	        cmocka_unit_test(control_characters_never_get_out),
	        cmocka_unit_test(reads_a_run),
	        cmocka_unit_test(reads_what_it_writes_in_yaml),
	        cmocka_unit_test(tells_what_lacks),
	        cmocka_unit_test(what_is_no_result),
	        cmocka_unit_test(a_huge_number_is_part_of_the_name),
	        cmocka_unit_test(never_reads_or_writes_too_far),
	        cmocka_unit_test(random_bytes_are_safe),
	};

	return cmocka_run_group_tests_name("tap", tests, NULL, NULL);
}
