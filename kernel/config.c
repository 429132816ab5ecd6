/* SPDX-License-Identifier: BSD-2-Clause */
#include "kernel/config.h"

#include <stdio.h>
#include <string.h>

#include "kernel/bits.h"

#define TEXT_KEY(f, key, bytes, fallback, help_) \
	{key, CONFIG_TEXT, offsetof(struct config, f), bytes, 0, 0, fallback, 0, help_},
#define NUMBER_KEY(f, key, least_, most_, fallback, help_) \
	{key, CONFIG_NUMBER, offsetof(struct config, f), sizeof(uint64_t), least_, most_, NULL, fallback, help_},
static const struct config_key keys[] = {CONFIG_KEYS(TEXT_KEY, NUMBER_KEY)};

/* A run of bytes in the text; not NUL-terminated. */
struct span {
	const char *at;
	size_t size;
};

struct parser {
	struct config *config;
	config_report report;
	void *ctx;
	unsigned line;
	unsigned faults;
};

const struct config_key *config_keys(size_t *count)
{
	*count = ARRAY_SIZE(keys);
	return keys;
}

static char *text_field(struct config *config, const struct config_key *key)
{
	return (char *)config + key->offset;
}

static void set_number(struct config *config, const struct config_key *key, uint64_t value)
{
	memcpy((char *)config + key->offset, &value, sizeof(value));
}

void config_defaults(struct config *config)
{
	memset(config, 0, sizeof(*config));
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		if (keys[i].kind == CONFIG_TEXT)
			strncpy(text_field(config, &keys[i]), keys[i].text_default, keys[i].size - 1);
		else
			set_number(config, &keys[i], keys[i].number_default);
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_printable(char c)
{
	return c > ' ' && c < 0x7f;
}

static void fault(struct parser *p, struct span word, const char *why)
{
	struct config_fault f = {.line = p->line};
	size_t n = word.size < sizeof(f.text) ? word.size : sizeof(f.text) - 1;

	if (++p->faults > CONFIG_MAX_FAULTS + 1 || !p->report)
		return;
	if (p->faults == CONFIG_MAX_FAULTS + 1)
		why = "further faults are not shown";
	for (size_t i = 0; i < n; i++)
		f.text[i] = is_printable(word.at[i]) ? word.at[i] : '?';
	snprintf(f.why, sizeof(f.why), "%s", why);
	p->report(p->ctx, &f);
}

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Not strtoull: it takes signs, blanks and octal, and its digits must end in a NUL. */
static bool parse_number(struct span s, uint64_t *out)
{
	unsigned base = 10;
	uint64_t v = 0;

	if (s.size > 2 && s.at[0] == '0' && (s.at[1] == 'x' || s.at[1] == 'X')) {
		base = 16;
		s.at += 2;
		s.size -= 2;
	}
	if (s.size == 0)
		return false;
	for (size_t i = 0; i < s.size; i++) {
		unsigned d = (unsigned)digit_of(s.at[i]);

		if (d >= base || v > (UINT64_MAX - d) / base)
			return false;
		v = v * base + d;
	}
	*out = v;
	return true;
}

static void take_text(struct parser *p, const struct config_key *key, struct span word, struct span value)
{
	char *field = text_field(p->config, key);

	if (value.size >= key->size) {
		fault(p, word, "value too long");
		return;
	}
	memcpy(field, value.at, value.size);
	field[value.size] = '\0';
}

static void take_number(struct parser *p, const struct config_key *key, struct span word, struct span value)
{
	char why[80];
	uint64_t v;

	if (!parse_number(value, &v)) {
		fault(p, word, "value is not a number");
	} else if (v < key->least || v > key->most) {
		snprintf(why, sizeof(why), "value is not in the range %llu to %llu", (unsigned long long)key->least,
		         (unsigned long long)key->most);
		fault(p, word, why);
	} else {
		set_number(p->config, key, v);
	}
}

static const struct config_key *find_key(struct span name)
{
	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (strlen(keys[i].name) == name.size && memcmp(keys[i].name, name.at, name.size) == 0)
			return &keys[i];
	return NULL;
}

static void take_word(struct parser *p, struct span word)
{
	const char *equals = memchr(word.at, '=', word.size);
	const struct config_key *key;
	struct span name, value;

	for (size_t i = 0; i < word.size; i++) {
		if (!is_printable(word.at[i])) {
			fault(p, word, "bytes that are not printable ASCII");
			return;
		}
	}
	if (!equals) {
		fault(p, word, "not key=value (no blanks around the =)");
		return;
	}
	name = (struct span){word.at, (size_t)(equals - word.at)};
	value = (struct span){equals + 1, word.size - name.size - 1};
	key = find_key(name);
	if (!key)
		fault(p, word, "unknown key");
	else if (key->kind == CONFIG_TEXT)
		take_text(p, key, word, value);
	else
		take_number(p, key, word, value);
}

unsigned config_parse(struct config *config, const char *text, size_t size, config_report report, void *ctx)
{
	static const char bom[] = {'\xef', '\xbb', '\xbf'}; /* some editors put it before the first line */
	struct parser p = {.config = config, .report = report, .ctx = ctx, .line = 1};
	size_t i = size >= sizeof(bom) && memcmp(text, bom, sizeof(bom)) == 0 ? sizeof(bom) : 0;

	while (i < size) {
		size_t start = i;

		if (text[i] == '#') {
			while (i < size && text[i] != '\n')
				i++;
			continue;
		}
		if (is_blank(text[i])) {
			p.line += text[i] == '\n';
			i++;
			continue;
		}
		while (i < size && !is_blank(text[i]) && text[i] != '#')
			i++;
		take_word(&p, (struct span){text + start, i - start});
	}
	return p.faults;
}

/* One pattern, up to its comma. A star only ever goes back to the last one, so the time is at most the product. */
static bool match_one(const char *pattern, size_t size, const char *name)
{
	size_t p = 0, star = SIZE_MAX, resume = 0;

	for (size_t n = 0; name[n] != '\0';) {
		if (p < size && pattern[p] == '*') {
			star = p++;
			resume = n;
		} else if (p < size && (pattern[p] == '?' || pattern[p] == name[n])) {
			p++;
			n++;
		} else if (star != SIZE_MAX) {
			p = star + 1;
			n = ++resume;
		} else {
			return false;
		}
	}
	while (p < size && pattern[p] == '*')
		p++;
	return p == size;
}

bool config_match(const char *patterns, const char *name)
{
	for (;;) {
		size_t size = strcspn(patterns, ",");

		if (size > 0 && match_one(patterns, size, name))
			return true;
		if (patterns[size] == '\0')
			return false;
		patterns += size + 1;
	}
}

bool config_has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (;;) {
		size_t size = strcspn(list, ",");

		if (size > 0 && size == length && memcmp(list, word, size) == 0)
			return true;
		if (list[size] == '\0')
			return false;
		list += size + 1;
	}
}
