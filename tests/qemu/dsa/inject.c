/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes wrong once, and when (inject.h). */
#include "tests/qemu/dsa/inject.h"

#include <stdlib.h>
#include <string.h>

#include <linux/pci_regs.h>

#include "tests/qemu/dsa/model.h"

/* ---- the property ---- */

static const char *const moments[DSA_MOMENTS] = {"command", "descriptor", "interrupt"};

static const struct {
	const char *name, *text, *moments_text;
	unsigned moments;
} table[] = {{"none", "nothing goes wrong", "", 0},
#define COMMAND               "command"
#define DESCRIPTOR            "descriptor"
#define INTERRUPT             "interrupt"
#define ANY                   "command, descriptor, interrupt"
#define X(id, at, name, text) {name, text, at, DSA_INJECT_##at},
             DSA_INJECTION_TABLE(X)
#undef X
};

static int find(const char *name, size_t len)
{
	for (int n = 1; n < DSA_INJECTION_COUNT; n++) {
		if (strlen(table[n].name) == len && !memcmp(table[n].name, name, len))
			return n;
	}
	return 0;
}

const char *dsa_inject_parse(const char *text, struct dsa_inject *inject)
{
	const char *at = strchr(text, '@'), *colon = at ? strchr(at, ':') : NULL, *digit;
	struct dsa_inject found = {0};
	int moment = 0;

	if (!colon)
		return "it is not of the form WHAT@MOMENT:N";
	found.what = (enum dsa_injection)find(text, (size_t)(at - text));
	if (found.what == DSA_INJECT_NOTHING)
		return "there is no such injection";
	while (moment < DSA_MOMENTS && (strlen(moments[moment]) != (size_t)(colon - at - 1) ||
	                                memcmp(moments[moment], at + 1, (size_t)(colon - at - 1)) != 0))
		moment++;
	if (moment == DSA_MOMENTS)
		return "the moment is not command, descriptor or interrupt";
	if (!(table[found.what].moments & (1U << moment)))
		return "the injection does not go with that moment";
	found.moment = (enum dsa_moment)moment;
	for (digit = colon + 1; *digit >= '0' && *digit <= '9' && digit - colon <= 18; digit++)
		found.at = found.at * 10 + (uint64_t)(*digit - '0');
	if (*digit || !found.at)
		return "N is not a number from 1 on";
	*inject = found;
	return NULL;
}

const char *dsa_injection_name(int n)
{
	return n >= 0 && n < DSA_INJECTION_COUNT ? table[n].name : NULL;
}

const char *dsa_injection_text(int n)
{
	return n >= 0 && n < DSA_INJECTION_COUNT ? table[n].text : NULL;
}

const char *dsa_injection_moments(int n)
{
	return n >= 0 && n < DSA_INJECTION_COUNT ? table[n].moments_text : NULL;
}

/* ---- the moments ---- */

enum dsa_injection dsa_inject(struct dsa_model *m, enum dsa_moment moment)
{
	const struct dsa_inject *inject = &m->config.inject;

	if (++m->moments[moment] != inject->at || moment != inject->moment || inject->what == DSA_INJECT_NOTHING)
		return DSA_INJECT_NOTHING;
	if (table[inject->what].moments != DSA_INJECT_ANY)
		return inject->what;
	/* What befalls the whole device waits for the end of what it is doing just now. */
	m->injected = inject->what;
	dsa_schedule(m, dsa_now(m));
	return DSA_INJECT_NOTHING;
}

void dsa_inject_due(struct dsa_model *m)
{
	const enum dsa_injection what = m->injected;

	m->injected = DSA_INJECT_NOTHING;
	switch (what) {
	case DSA_INJECT_INTERNAL_ERROR:
		dsa_report_hardware(m, PCI_ERR_UNC_INTN);
		dsa_halt(m, DSA_RESET_FLR);
		break;
	case DSA_INJECT_HALT_SOFTWARE:
		dsa_halt(m, DSA_RESET_SOFTWARE);
		break;
	case DSA_INJECT_HALT_FLR:
		dsa_halt(m, DSA_RESET_FLR);
		break;
	case DSA_INJECT_HALT_WARM:
		dsa_halt(m, DSA_RESET_WARM);
		break;
	case DSA_INJECT_HALT_COLD:
		dsa_halt(m, DSA_RESET_COLD);
		break;
	case DSA_INJECT_HANDLES_REVOKED:
		dsa_revoke_handles(m);
		break;
	default:
		break;
	}
}

/* The status that the descriptor ends with instead of being executed, or 0. */
uint8_t dsa_injected_status(struct dsa_model *m, enum dsa_injection what)
{
	switch (what) {
	case DSA_INJECT_READ_POISONED:
		dsa_report_hardware(m, PCI_ERR_UNC_POISON_TLP);
		return DSA_COMP_HW_ERR1;
	case DSA_INJECT_READ_TIMEOUT:
		dsa_report_hardware(m, PCI_ERR_UNC_COMP_TIME);
		return DSA_COMP_HW_ERR1;
	case DSA_INJECT_WRITE_ERROR:
		return DSA_COMP_HW_ERR_DRB;
	case DSA_INJECT_TRANSLATION_ERROR:
		return DSA_COMP_TRANSLATION_FAIL;
	default:
		return 0;
	}
}
