/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * TAP 14 (testanything.org): a writer over a callback, and a reader that survives hostile lines. Pure C: no allocation,
 * no input or output of its own.
 */
#ifndef TESTS_TAP_H
#define TESTS_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- writer ---- */

#define TAP_LINE_MAX 512 /* bytes of a line, its newline included; what is longer is cut */

struct tap {
	/* Gets one whole line at a time, with its newline and not NUL-terminated. */
	void (*put)(void *ctx, const char *line, size_t size);
	void *ctx;
	unsigned depth;  /* of subtests: each indents by 4 blanks */
	unsigned number; /* of the last result */
};

void tap_start(struct tap *tap, void (*put)(void *ctx, const char *line, size_t size), void *ctx);
/* "TAP version 14": once, first. */
void tap_version(struct tap *tap);
void tap_plan(struct tap *tap, unsigned count);
/* "ok 3 - name" with the next number; skip: NULL, or the reason for a skip. '#' and '\' are escaped. */
void tap_result(struct tap *tap, bool ok, const char *name, const char *skip);
/* A YAML block after a result: begin, keys and values (as double-quoted strings), end. */
void tap_yaml_begin(struct tap *tap);
void tap_yaml(struct tap *tap, const char *key, const char *format, ...) __attribute__((format(printf, 3, 4)));
void tap_yaml_end(struct tap *tap);
/* "# text". Newlines in it start new comments. */
void tap_comment(struct tap *tap, const char *format, ...) __attribute__((format(printf, 2, 3)));
void tap_bail_out(struct tap *tap, const char *reason);
/* Announce a subtest of parent, whose lines then go through child. The parent's next result ends it. */
void tap_subtest(struct tap *child, struct tap *parent, const char *name);

/* A line of another stream, as it is but for odd bytes ('?'): what a guest says, as part of a subtest. */
void tap_pass(struct tap *tap, const char *text);

/* ---- reader ---- */

enum tap_kind {
	TAP_OTHER, /* nothing that TAP knows */
	TAP_VERSION,
	TAP_PLAN,
	TAP_RESULT,
	TAP_COMMENT,
	TAP_YAML,   /* a line of a YAML block, its first and last included */
	TAP_NESTED, /* a line of a subtest */
	TAP_BAIL_OUT,
};

#define TAP_NAME_MAX   96
#define TAP_REASON_MAX 160

struct tap_line {
	enum tap_kind kind;
	bool ok;                 /* TAP_RESULT */
	bool skip;               /* TAP_RESULT, TAP_PLAN: # SKIP */
	bool todo;               /* TAP_RESULT: # TODO */
	unsigned number;         /* TAP_RESULT: its number, 0 if it has none; TAP_PLAN: how many; TAP_VERSION: which */
	char name[TAP_NAME_MAX]; /* TAP_RESULT: without escapes; odd bytes as '?'. TAP_YAML: the key of key: "value" */
	char reason[TAP_REASON_MAX]; /* of a skip, a todo or a bail out; TAP_YAML: the value */
};

/* What was read so far. Start with all zero. */
struct tap_reader {
	bool in_yaml;
	bool planned; /* plan is valid */
	bool bailed_out;
	bool disorder; /* a second plan, or a number out of sequence */
	unsigned plan;
	unsigned results, passed, failed, skipped;
};

/* Take one line apart, without its newline. Any bytes are safe. */
void tap_read(struct tap_reader *reader, const char *text, size_t size, struct tap_line *line);
/* Whether what was read is a whole run: as many results as planned, in sequence. If not, *why says what lacks. */
bool tap_complete(const struct tap_reader *reader, const char **why);

#endif
