/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration: key=value words, one a line in \adit.cfg or with blanks between them in load options. '#' starts a
 * comment that goes to the end of the line. A later word wins over an earlier one with the same key. Values hold no
 * blanks; numbers are decimal, or hexadecimal with 0x. What is malformed is reported and leaves the value as it was.
 */
#ifndef KERNEL_CONFIG_H
#define KERNEL_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Every key, one line each: TEXT(field, key, bytes with the NUL, default, help) or
 * NUMBER(field, key, least, most, default, help).
 */
#define CONFIG_KEYS(TEXT, NUMBER)                                                                           \
	TEXT(tests, "tests", 1024, "*", "tests to run: patterns with * and ?, commas between them")         \
	TEXT(require, "require", 256, "", "what must be present: a skip for lack of it becomes a failure")  \
	TEXT(guest_tests, "guest-tests", 1024, "*", "the same for the suites that run inside a guest")      \
	TEXT(skip, "skip", 2048, "", "tests left out of both, for a known fault of this machine")           \
	NUMBER(list, "list", 0, 1, 0, "1 prints the names of all tests and runs none")                      \
	NUMBER(seed, "seed", 0, UINT64_MAX, 1, "start of all random sequences; 0 takes one from the clock") \
	NUMBER(passes, "passes", 1, 1000000, 1, "how often the whole run is repeated")                      \
	NUMBER(timeout_ms, "timeout", 1, 3600000, 10000, "milliseconds that one test may take")             \
	NUMBER(guest_mem_mib, "guest-mem", 16, 2048, 64, "memory of a guest in MiB")                        \
	NUMBER(loglevel, "loglevel", 0, 2, 1, "0 verdicts only, 1 and what explains them, 2 everything")

struct config {
#define CONFIG_TEXT_FIELD(field, key, bytes, fallback, help)         char field[bytes];
#define CONFIG_NUMBER_FIELD(field, key, least, most, fallback, help) uint64_t field;
	CONFIG_KEYS(CONFIG_TEXT_FIELD, CONFIG_NUMBER_FIELD)
#undef CONFIG_TEXT_FIELD
#undef CONFIG_NUMBER_FIELD
};

enum config_kind {
	CONFIG_TEXT,
	CONFIG_NUMBER,
};

struct config_key {
	const char *name;
	enum config_kind kind;
	size_t offset; /* into struct config */
	size_t size;   /* CONFIG_TEXT: bytes, the NUL included */
	uint64_t least, most;
	const char *text_default;
	uint64_t number_default;
	const char *help;
};

struct config_fault {
	unsigned line; /* from 1 */
	char text[40]; /* the word as it stands there, cut off, odd bytes as '?' */
	char why[80];
};

/* Called for each fault, at most CONFIG_MAX_FAULTS times and then once more to say that others are left out. */
typedef void (*config_report)(void *ctx, const struct config_fault *fault);
#define CONFIG_MAX_FAULTS 16

/* All keys, in the order of CONFIG_KEYS. */
const struct config_key *config_keys(size_t *count);
/* Set every field to its default. */
void config_defaults(struct config *config);
/*
 * Read size bytes of text into config, which holds defaults or what an earlier text said. Any bytes are safe. Returns
 * the number of faults; report may be NULL.
 */
unsigned config_parse(struct config *config, const char *text, size_t size, config_report report, void *ctx);

/* Whether name matches one of the comma-separated patterns, where * is any run of characters and ? any one. */
bool config_match(const char *patterns, const char *name);
/* Whether word is one of the comma-separated words of list. */
bool config_has_word(const char *list, const char *word);

#endif
