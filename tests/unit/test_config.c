/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration's parser and its patterns: what it takes, what it names as wrong, and bytes of any kind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "kernel/config.h"

static struct config config;
static struct config_fault faults[CONFIG_MAX_FAULTS + 1];
static unsigned reported;

static void keep(void *ctx, const struct config_fault *fault)
{
	(void)ctx;
	assert_true(reported < CONFIG_MAX_FAULTS + 1);
	assert_non_null(memchr(fault->text, '\0', sizeof(fault->text)));
	faults[reported++] = *fault;
}

static unsigned parse_bytes(const void *text, size_t size)
{
	char *copy = malloc(size ? size : 1); /* of exactly its size, for AddressSanitizer */
	unsigned n;

	assert_non_null(copy);
	memcpy(copy, text, size);
	reported = 0;
	config_defaults(&config);
	n = config_parse(&config, copy, size, keep, NULL);
	free(copy);
	return n;
}

static unsigned parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void defaults_when_empty(void **state)
{
	(void)state;
	assert_int_equal(parse(""), 0);
	assert_string_equal(config.tests, "*");
	assert_string_equal(config.require, "");
	assert_int_equal(config.passes, 1);
	assert_int_equal(config.timeout_ms, 10000);
	assert_int_equal(config.guest_mem_mib, 64);
}

static void lines_comments_and_blanks(void **state)
{
	(void)state;
	assert_int_equal(parse("# a comment = not a key\r\n"
	                       "tests=dsa.*,vtd.fault.? # and why\r\n"
	                       "\r\n   passes=3\tseed=0xDEADbeef00000001 require=dsa,iommu\n"
	                       "timeout=250#no blank needed\n#"),
	                 0);
	assert_string_equal(config.tests, "dsa.*,vtd.fault.?");
	assert_string_equal(config.require, "dsa,iommu");
	assert_int_equal(config.passes, 3);
	assert_true(config.seed == UINT64_C(0xdeadbeef00000001));
	assert_int_equal(config.timeout_ms, 250);
}

static void later_words_win(void **state)
{
	(void)state;
	assert_int_equal(parse("passes=2\ntests=a\npasses=5 tests=b"), 0);
	assert_int_equal(config.passes, 5);
	assert_string_equal(config.tests, "b");
	assert_int_equal(config_parse(&config, "passes=7", 8, NULL, NULL), 0);
	assert_int_equal(config.passes, 7);
	assert_string_equal(config.tests, "b");
}

static void byte_order_mark_is_no_fault(void **state)
{
	(void)state;
	assert_int_equal(parse("\xef\xbb\xbfpasses=4"), 0);
	assert_int_equal(config.passes, 4);
	assert_int_equal(parse("\xef\xbb"), 1);
}

static void malformed_words_are_named(void **state)
{
	static const struct {
		const char *text, *why;
	} bad[] = {
	        {"passes", "not key=value (no blanks around the =)"},
	        {"=3", "unknown key"},
	        {"pass=3", "unknown key"},
	        {"PASSES=3", "unknown key"},
	        {"passes=", "value is not a number"},
	        {"passes=3x", "value is not a number"},
	        {"passes=-1", "value is not a number"},
	        {"passes=+1", "value is not a number"},
	        {"passes=0x", "value is not a number"},
	        {"passes=1=2", "value is not a number"},
	        {"passes=18446744073709551616", "value is not a number"},
	        {"passes=0", "value is not in the range 1 to 1000000"},
	        {"passes=0xffffffffffffffff", "value is not in the range 1 to 1000000"},
	        {"guest-mem=4096000", "value is not in the range 16 to 2048"},
	        {"passes=\xc3\xa9", "bytes that are not printable ASCII"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[80] = "seed=9\n\n";

		strcat(text, bad[i].text);
		strcat(text, "\ntimeout=77");
		assert_int_equal(parse(text), 1);
		assert_int_equal(faults[0].line, 3);
		assert_string_equal(faults[0].why, bad[i].why);
		assert_int_equal(config.passes, 1);
		assert_int_equal(config.seed, 9); /* the words around it count all the same */
		assert_int_equal(config.timeout_ms, 77);
	}
	assert_int_equal(parse("passes = 3"), 3);
	assert_string_equal(faults[1].text, "=");
}

static void seed_takes_all_64_bits(void **state)
{
	(void)state;
	assert_int_equal(parse("seed=18446744073709551615"), 0);
	assert_true(config.seed == UINT64_MAX);
}

static void values_too_long(void **state)
{
	char text[2048];

	(void)state;
	memset(text, 'a', sizeof(text));
	memcpy(text, "tests=", 6);
	assert_int_equal(parse_bytes(text, 6 + sizeof(config.tests) - 1), 0);
	assert_int_equal(strlen(config.tests), sizeof(config.tests) - 1);
	assert_int_equal(parse_bytes(text, 6 + sizeof(config.tests)), 1);
	assert_string_equal(faults[0].why, "value too long");
	assert_string_equal(config.tests, "*");
	assert_int_equal(strlen(faults[0].text), sizeof(faults[0].text) - 1);
}

static void hostile_bytes(void **state)
{
	uint64_t seed = 1;
	char text[4096];

	(void)state;
	assert_int_equal(parse_bytes("passes=2\0\nseed=1", 16), 1);
	assert_string_equal(faults[0].text, "passes=2?");
	assert_int_equal(config.seed, 1);
	memset(text, 0, sizeof(text));
	assert_int_equal(parse_bytes(text, sizeof(text)), 1);
	memset(text, '=', sizeof(text));
	assert_int_equal(parse_bytes(text, sizeof(text)), 1);
	memset(text, '\xff', sizeof(text));
	assert_int_equal(parse_bytes(text, sizeof(text)), 1);
	for (int round = 0; round < 200; round++) {
		for (size_t i = 0; i < sizeof(text); i++) {
			seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
			text[i] = (char)(seed >> 56);
		}
		(void)parse_bytes(text, sizeof(text));
	}
}

static void a_flood_of_faults_is_cut_off(void **state)
{
	char text[2 * 1000];

	(void)state;
	for (size_t i = 0; i < sizeof(text); i += 2)
		memcpy(text + i, "x\n", 2);
	assert_int_equal(parse_bytes(text, sizeof(text)), 1000);
	assert_int_equal(reported, CONFIG_MAX_FAULTS + 1);
	assert_string_equal(faults[CONFIG_MAX_FAULTS].why, "further faults are not shown");
}

static void every_key_is_whole(void **state)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);

	(void)state;
	assert_true(count > 0);
	config_defaults(&config);
	for (size_t i = 0; i < count; i++) {
		assert_true(strlen(keys[i].help) > 0);
		if (keys[i].kind == CONFIG_TEXT) {
			assert_string_equal((char *)&config + keys[i].offset, keys[i].text_default);
		} else {
			assert_true(keys[i].number_default >= keys[i].least);
			assert_true(keys[i].number_default <= keys[i].most);
		}
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(keys[i].name, keys[j].name);
	}
}

static void patterns(void **state)
{
	(void)state;
	assert_true(config_match("*", "dsa.op.memmove"));
	assert_true(config_match("*", ""));
	assert_true(config_match("dsa.*", "dsa.op"));
	assert_true(config_match("dsa.*", "dsa."));
	assert_false(config_match("dsa.*", "dsa"));
	assert_true(config_match("*.memmove", "dsa.op.memmove"));
	assert_false(config_match("*.memmove", "dsa.op.memmove.unaligned"));
	assert_true(config_match("d?a.*.m*e", "dsa.op.memmove"));
	assert_false(config_match("?", ""));
	assert_true(config_match("a**b", "ab"));
	assert_true(config_match("vtd.*,dsa.op.*", "dsa.op.crc"));
	assert_false(config_match("vtd.*,dsa.op.*", "dsa.wq.enable"));
	assert_false(config_match("", "x"));
	assert_false(config_match("", ""));
	assert_true(config_match(",,x", "x"));
	assert_true(config_match("*ab*abc", "ababxabc"));
}

static void patterns_do_not_blow_up(void **state)
{
	char pattern[1000], name[5000];

	(void)state;
	for (size_t i = 0; i + 1 < sizeof(pattern); i++)
		pattern[i] = i % 2 == 0 ? '*' : 'a';
	pattern[sizeof(pattern) - 2] = 'b';
	pattern[sizeof(pattern) - 1] = '\0';
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	assert_false(config_match(pattern, name)); /* at once, or this test never ends */
}

static void words(void **state)
{
	(void)state;
	assert_true(config_has_word("dsa,iommu,movdir64b", "iommu"));
	assert_true(config_has_word("dsa,iommu,movdir64b", "movdir64b"));
	assert_false(config_has_word("dsa,iommu", "iomm"));
	assert_false(config_has_word("dsa,iommu", "iommux"));
	assert_false(config_has_word("", "dsa"));
	assert_false(config_has_word(",", ""));
}

/* README's table is for people, CONFIG_KEYS for the parser: the same keys with the same defaults. Run from the root. */
static void readme_has_every_key(void **state)
{
	static char readme[1 << 16];
	const struct config_key *keys;
	FILE *file = fopen("README.md", "r");
	size_t count;

	(void)state;
	assert_non_null(file);
	assert_in_range(fread(readme, 1, sizeof(readme) - 1, file), 1, sizeof(readme) - 2);
	fclose(file);
	keys = config_keys(&count);
	for (size_t i = 0; i < count; i++) {
		char row[80];

		if (keys[i].kind == CONFIG_NUMBER)
			snprintf(row, sizeof(row), "\n| `%s` | %llu |", keys[i].name,
			         (unsigned long long)keys[i].number_default);
		else if (keys[i].text_default[0])
			snprintf(row, sizeof(row), "\n| `%s` | `%s` |", keys[i].name, keys[i].text_default);
		else
			snprintf(row, sizeof(row), "\n| `%s` | |", keys[i].name);
		if (!strstr(readme, row))
			fail_msg("README.md has no row%s", row);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(defaults_when_empty),
	        cmocka_unit_test(lines_comments_and_blanks),
	        cmocka_unit_test(later_words_win),
	        cmocka_unit_test(byte_order_mark_is_no_fault),
	        cmocka_unit_test(malformed_words_are_named),
	        cmocka_unit_test(seed_takes_all_64_bits),
	        cmocka_unit_test(values_too_long),
	        cmocka_unit_test(hostile_bytes),
	        cmocka_unit_test(a_flood_of_faults_is_cut_off),
	        cmocka_unit_test(every_key_is_whole),
	        cmocka_unit_test(patterns),
	        cmocka_unit_test(patterns_do_not_blow_up),
	        cmocka_unit_test(words),
	        cmocka_unit_test(readme_has_every_key),
	};

	return cmocka_run_group_tests_name("config", tests, NULL, NULL);
}
