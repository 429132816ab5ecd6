/* SPDX-License-Identifier: BSD-2-Clause */
/* Runs at build time: the default \adit.cfg, written from the table of keys so that it cannot disagree with it. */
#include <stdio.h>

#include "kernel/config.h"

static void print_key(const struct config_key *key)
{
	printf("\n# %s", key->help);
	if (key->kind == CONFIG_TEXT) {
		printf("\n#%s=%s\n", key->name, key->text_default);
		return;
	}
	if (key->most != UINT64_MAX)
		printf(" (%llu to %llu)", (unsigned long long)key->least, (unsigned long long)key->most);
	printf("\n#%s=%llu\n", key->name, (unsigned long long)key->number_default);
}

int main(void)
{
	size_t count;
	const struct config_key *keys = config_keys(&count);

	puts("# Configuration of Adit: key=value, no blanks around the =. What is shown is the default; take the # "
	     "away and");
	puts("# change it. Load options are read after this file, in the same form, and win.");
	for (size_t i = 0; i < count; i++)
		print_key(&keys[i]);
	return fflush(stdout) ? 1 : 0;
}
