/* SPDX-License-Identifier: BSD-2-Clause */
/* The C library's formats that reports use: some builds of newlib print garbage for them and shift what follows. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/test.h"

TEST(libc_formats, "kernel.libc.printf_formats", NEEDS_NOTHING, "C11 7.21.6.1")
{
	char text[128];

	snprintf(text, sizeof(text), "%zu %jd %hhx %llx %" PRIx64 " %" PRId64 " %s", (size_t)1, (intmax_t)-2,
	         (unsigned char)0x3f, 0x123456789abcdefULL, UINT64_MAX, INT64_MIN, "end");
	EXPECT_STR_EQ("1 -2 3f 123456789abcdef ffffffffffffffff -9223372036854775808 end", text);
	snprintf(text, sizeof(text), "%-6s|%6.2s|%06u|%#x|%c|%%", "ab", "cdef", 42U, 255U, 'x');
	EXPECT_STR_EQ("ab    |    cd|000042|0xff|x|%", text);
	EXPECT_EQ(11, snprintf(text, 4, "%s", "cut at four"));
	EXPECT_STR_EQ("cut", text);
}

static int descending(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return *y - *x;
}

TEST(libc_qsort, "kernel.libc.sort_and_search", NEEDS_NOTHING, "C11 7.22.5")
{
	int values[33];

	for (int i = 0; i < 33; i++)
		values[i] = (int)(test_random() % 1000);
	qsort(values, 33, sizeof(values[0]), descending);
	for (int i = 1; i < 33; i++)
		EXPECT_TRUE(values[i - 1] >= values[i]);
	EXPECT_EQ(4096, strtoul("0x1000", NULL, 0));
}
