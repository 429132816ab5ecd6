// SPDX-License-Identifier: GPL-2.0-or-later
#include "tests/qemu/vtd/fault.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *name, *words;
} wrongs[] = {
#define VTD_WRONG_ROW(constant, name, words) {name, words},
        VTD_WRONGS(VTD_WRONG_ROW)
#undef VTD_WRONG_ROW
};

int vtd_wrong_parse(const char *names, uint32_t *wrong)
{
	bool more;

	*wrong = 0;
	do {
		size_t length = strcspn(names, ":"), i;

		for (i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++) {
			if (strlen(wrongs[i].name) == length && !memcmp(wrongs[i].name, names, length))
				break;
		}
		if (i == sizeof(wrongs) / sizeof(wrongs[0]))
			return -1;
		*wrong |= UINT32_C(1) << i;
		names += length;
		more = *names == ':';
		names += more;
	} while (more);
	return 0;
}

void vtd_wrong_list(void)
{
	size_t i;

	for (i = 0; i < sizeof(wrongs) / sizeof(wrongs[0]); i++)
		printf("%-24s %s\n", wrongs[i].name, wrongs[i].words);
}
