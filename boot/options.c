/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/options.h"

#include <stdbool.h>
#include <stdint.h>

#include "boot/errno.h"

static bool is_blank(unsigned c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Where the words begin that are meant for us: behind the program's own name, if that comes first. */
static size_t skip_name(const char *text, size_t length)
{
	size_t i = 0;

	while (i < length && is_blank((unsigned char)text[i]))
		i++;
	for (size_t j = i; j < length && !is_blank((unsigned char)text[j]); j++)
		if (text[j] == '=')
			return i;
	while (i < length && !is_blank((unsigned char)text[i]))
		i++;
	return i;
}

int options_text(const void *options, size_t size, char *text, size_t room, size_t *length)
{
	const uint8_t *bytes = options;
	size_t n = 0, skip;

	*length = 0;
	for (size_t i = 0; i + 1 < size; i += 2) {
		unsigned c = bytes[i] | (unsigned)bytes[i + 1] << 8;

		if (c == 0)
			break;
		if (!is_blank(c) && (c < ' ' || c > '~'))
			return -EINVAL;
		if (n == room)
			return -ENOSPC;
		text[n++] = (char)c;
	}
	skip = skip_name(text, n);
	for (size_t i = skip; i < n; i++)
		text[i - skip] = text[i];
	*length = n - skip;
	return 0;
}

size_t options_whole_lines(const char *text, size_t size)
{
	while (size > 0 && text[size - 1] != '\n')
		size--;
	return size;
}
