/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stddef.h>
#include <string.h>

#include "tests/qemu/dsa/faults.h"

static const struct {
	const char *name;
	const char *text;
} table[] = {{"none", "the hardware is right"},
#define X(id, name, text) {name, text},
             DSA_FAULT_TABLE(X)
#undef X
};

int dsa_fault_parse(const char *name)
{
	for (int n = 0; n < DSA_FAULT_COUNT; n++) {
		if (!strcmp(table[n].name, name))
			return n;
	}
	return -1;
}

const char *dsa_fault_name(int n)
{
	return n >= 0 && n < DSA_FAULT_COUNT ? table[n].name : NULL;
}

const char *dsa_fault_text(int n)
{
	return n >= 0 && n < DSA_FAULT_COUNT ? table[n].text : NULL;
}
