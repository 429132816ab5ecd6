/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/tap.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A line that grows until it is full: two bytes are kept, for a cut escape's second half and the newline. */
struct line {
	char text[TAP_LINE_MAX];
	size_t size;
};

static bool printable(char c)
{
	return (unsigned char)c >= 0x20 && (unsigned char)c < 0x7f;
}

static void add(struct line *line, char c)
{
	if (line->size < sizeof(line->text) - 2)
		line->text[line->size++] = c;
}

/* Both or none: half an escape would change what follows. */
static void add_pair(struct line *line, char first, char second)
{
	if (line->size >= sizeof(line->text) - 3)
		return;
	line->text[line->size++] = first;
	line->text[line->size++] = second;
}

static void add_text(struct line *line, const char *text)
{
	while (*text)
		add(line, *text++);
}

static void add_number(struct line *line, unsigned number)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", number);
	add_text(line, text);
}

static void add_escaped(struct line *line, const char *text)
{
	for (; *text; text++) {
		if (*text == '#' || *text == '\\')
			add_pair(line, '\\', *text);
		else
			add(line, printable(*text) ? *text : '?');
	}
}

static void begin(const struct tap *tap, struct line *line)
{
	line->size = 0;
	for (unsigned i = 0; i < tap->depth * 4; i++)
		add(line, ' ');
}

static void end(struct tap *tap, struct line *line)
{
	line->text[line->size++] = '\n';
	tap->put(tap->ctx, line->text, line->size);
}

void tap_start(struct tap *tap, void (*put)(void *ctx, const char *line, size_t size), void *ctx)
{
	*tap = (struct tap){.put = put, .ctx = ctx};
}

static void write_line(struct tap *tap, const char *text)
{
	struct line line;

	begin(tap, &line);
	add_text(&line, text);
	end(tap, &line);
}

void tap_version(struct tap *tap)
{
	write_line(tap, "TAP version 14");
}

void tap_plan(struct tap *tap, unsigned count)
{
	struct line line;

	begin(tap, &line);
	add_text(&line, "1..");
	add_number(&line, count);
	end(tap, &line);
}

void tap_result(struct tap *tap, bool ok, const char *name, const char *skip)
{
	struct line line;

	begin(tap, &line);
	add_text(&line, ok ? "ok " : "not ok ");
	add_number(&line, ++tap->number);
	add_text(&line, " - ");
	add_escaped(&line, name);
	if (skip) {
		add_text(&line, " # SKIP ");
		add_escaped(&line, skip);
	}
	end(tap, &line);
}

void tap_yaml_begin(struct tap *tap)
{
	write_line(tap, "  ---");
}

void tap_yaml_end(struct tap *tap)
{
	write_line(tap, "  ...");
}

void tap_yaml(struct tap *tap, const char *key, const char *format, ...)
{
	struct line line;
	char value[TAP_LINE_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(value, sizeof(value), format, args);
	va_end(args);

	begin(tap, &line);
	add_text(&line, "  ");
	add_text(&line, key);
	add_text(&line, ": \"");
	for (const char *c = value; *c && line.size < sizeof(line.text) - 6; c++) {
		if (*c == '"' || *c == '\\')
			add_pair(&line, '\\', *c);
		else if (*c == '\n')
			add_pair(&line, '\\', 'n');
		else
			add(&line, printable(*c) ? *c : '?');
	}
	add(&line, '"');
	end(tap, &line);
}

void tap_comment(struct tap *tap, const char *format, ...)
{
	struct line line;
	char text[TAP_LINE_MAX];
	const char *c = text;
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	do {
		begin(tap, &line);
		add(&line, '#');
		if (*c && *c != '\n')
			add(&line, ' ');
		for (; *c && *c != '\n'; c++)
			add(&line, printable(*c) ? *c : '?');
		end(tap, &line);
	} while (*c++ == '\n' && *c);
}

void tap_bail_out(struct tap *tap, const char *reason)
{
	struct line line;

	begin(tap, &line);
	add_text(&line, "Bail out! ");
	add_escaped(&line, reason);
	end(tap, &line);
}

void tap_subtest(struct tap *child, struct tap *parent, const char *name)
{
	tap_start(child, parent->put, parent->ctx);
	child->depth = parent->depth + 1;
	tap_comment(parent, "Subtest: %s", name);
}

void tap_pass(struct tap *tap, const char *text)
{
	struct line line;

	begin(tap, &line);
	for (; *text; text++)
		add(&line, printable(*text) ? *text : '?');
	end(tap, &line);
}

/* ---- reader ---- */

struct cursor {
	const char *at, *end;
};

static bool take(struct cursor *c, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(c->end - c->at) < size || memcmp(c->at, word, size) != 0)
		return false;
	c->at += size;
	return true;
}

static bool at_blank(const struct cursor *c)
{
	return c->at == c->end || *c->at == ' ' || *c->at == '\t';
}

static void skip_blanks(struct cursor *c)
{
	while (c->at < c->end && at_blank(c))
		c->at++;
}

/* Digits, at most what stays below a million: no run has more tests. */
static bool take_number(struct cursor *c, unsigned *number)
{
	const char *start = c->at;
	unsigned value = 0;

	while (c->at < c->end && *c->at >= '0' && *c->at <= '9') {
		value = value * 10 + (unsigned)(*c->at++ - '0');
		if (value >= 1000000)
			return false;
	}
	*number = value;
	return c->at > start;
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool take_word_any_case(struct cursor *c, const char *word)
{
	size_t size = strlen(word);

	if ((size_t)(c->end - c->at) < size)
		return false;
	for (size_t i = 0; i < size; i++) {
		if (lower(c->at[i]) != word[i])
			return false;
	}
	c->at += size;
	return true;
}

/* Copy up to the end, or to an unescaped '#' with a blank before it if stop is set; blanks at the end are dropped. */
static void copy_text(struct cursor *c, char *to, size_t room, bool stop)
{
	size_t size = 0;
	bool blank = true;

	for (; c->at < c->end; c->at++) {
		char byte = *c->at;

		if (stop && byte == '#' && blank)
			break;
		blank = byte == ' ' || byte == '\t';
		if (byte == '\\' && c->at + 1 < c->end && (c->at[1] == '#' || c->at[1] == '\\'))
			byte = *++c->at;
		if (size + 1 < room)
			to[size++] = printable(byte) ? byte : '?';
	}
	while (size && to[size - 1] == ' ')
		size--;
	to[size] = '\0';
}

static void read_directive(struct cursor *c, struct tap_line *line)
{
	if (!take(c, "#"))
		return;
	skip_blanks(c);
	if (take_word_any_case(c, "skip")) {
		line->skip = true;
		/* "SKIPPED:" and the like count as skips too. */
		while (!at_blank(c))
			c->at++;
	} else if (take_word_any_case(c, "todo") && at_blank(c)) {
		line->todo = true;
	} else {
		return;
	}
	skip_blanks(c);
	copy_text(c, line->reason, sizeof(line->reason), false);
}

static bool read_plan(struct tap_reader *reader, struct cursor c, struct tap_line *line)
{
	if (!take(&c, "1..") || !take_number(&c, &line->number) || !at_blank(&c))
		return false;
	line->kind = TAP_PLAN;
	skip_blanks(&c);
	read_directive(&c, line);
	reader->disorder |= reader->planned;
	reader->planned = true;
	reader->plan = line->number;
	return true;
}

static bool read_result(struct tap_reader *reader, struct cursor c, struct tap_line *line)
{
	line->ok = !take(&c, "not ");
	if (!take(&c, "ok") || !at_blank(&c))
		return false;
	line->kind = TAP_RESULT;
	skip_blanks(&c);

	struct cursor number = c;
	if (take_number(&number, &line->number) && at_blank(&number)) {
		c = number;
		skip_blanks(&c);
	} else {
		line->number = 0;
	}
	if (take(&c, "- "))
		skip_blanks(&c);
	copy_text(&c, line->name, sizeof(line->name), true);
	read_directive(&c, line);

	reader->results++;
	reader->disorder |= line->number && line->number != reader->results;
	if (!line->ok && !line->todo)
		reader->failed++;
	else if (line->skip)
		reader->skipped++;
	else
		reader->passed++;
	return true;
}

/* key: "value", as tap_yaml() writes it; of anything else nothing is taken. */
static void read_yaml(struct cursor c, struct tap_line *line)
{
	size_t key = 0, value = 0;

	while (c.at + key < c.end && c.at[key] >= 'a' && c.at[key] <= 'z')
		key++;
	if (key == 0 || key >= sizeof(line->name))
		return;
	memcpy(line->name, c.at, key);
	c.at += key;
	if (!take(&c, ": \"")) {
		line->name[0] = '\0';
		return;
	}
	for (; c.at < c.end && *c.at != '"' && value + 1 < sizeof(line->reason); c.at++) {
		char byte = *c.at;

		if (byte == '\\' && c.at + 1 < c.end)
			byte = *++c.at == 'n' ? ' ' : *c.at;
		line->reason[value++] = printable(byte) ? byte : '?';
	}
	line->reason[value] = '\0';
}

void tap_read(struct tap_reader *reader, const char *text, size_t size, struct tap_line *line)
{
	struct cursor c = {text, text + size};

	*line = (struct tap_line){.kind = TAP_OTHER};
	while (c.end > c.at && (c.end[-1] == '\n' || c.end[-1] == '\r'))
		c.end--;

	if (reader->in_yaml) {
		line->kind = TAP_YAML;
		skip_blanks(&c);
		if (take(&c, "...") && at_blank(&c))
			reader->in_yaml = false;
		else
			read_yaml(c, line);
		return;
	}
	if (take(&c, "    ")) {
		line->kind = TAP_NESTED;
		return;
	}
	if (take(&c, "  ---") && at_blank(&c)) {
		line->kind = TAP_YAML;
		reader->in_yaml = true;
	} else if (take(&c, "TAP version ")) {
		line->kind = take_number(&c, &line->number) ? TAP_VERSION : TAP_OTHER;
	} else if (take(&c, "Bail out!")) {
		line->kind = TAP_BAIL_OUT;
		reader->bailed_out = true;
		skip_blanks(&c);
		copy_text(&c, line->reason, sizeof(line->reason), false);
	} else if (take(&c, "#")) {
		line->kind = TAP_COMMENT;
	} else if (!read_plan(reader, c, line)) {
		if (!read_result(reader, c, line))
			*line = (struct tap_line){.kind = TAP_OTHER};
	}
}

bool tap_complete(const struct tap_reader *reader, const char **why)
{
	const char *lack = NULL;

	if (reader->bailed_out)
		lack = "it bailed out";
	else if (!reader->planned)
		lack = "no plan was given";
	else if (reader->disorder)
		lack = "numbers or plans are out of order";
	else if (reader->in_yaml)
		lack = "it ends within a YAML block";
	else if (reader->results != reader->plan)
		lack = reader->results < reader->plan ? "fewer results than planned" : "more results than planned";
	if (why)
		*why = lack ? lack : "";
	return !lack;
}
