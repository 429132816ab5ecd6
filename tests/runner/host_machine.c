/* SPDX-License-Identifier: BSD-2-Clause */
/* The machine in words: processor, IOMMU, DSA. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "drivers/dsa/dsa.h"
#include "drivers/pci/pci.h"
#include "drivers/vtd/vtd.h"
#include "kernel/cpu.h"
#include "kernel/hv/hv.h"
#include "kernel/smp.h"
#include "tests/runner/fixture.h"
#include "tests/runner/host_world.h"

#define COLUMNS 76 /* beside "# " */
#define LABEL   10
#define CUT     "..."

/* What of text stands in one row of room columns: whole words, if there is a blank at all. */
static size_t row_size(const char *text, size_t room)
{
	size_t size = strlen(text);

	if (size <= room)
		return size;
	for (size = room; size && text[size] != ' '; size--)
		;
	return size ? size : room;
}

unsigned host_say(struct run *run, const char *label, const char *text, unsigned rows)
{
	unsigned row = 0;

	while (*text && row < rows) {
		size_t size = row_size(text, COLUMNS - LABEL);
		bool cut = ++row == rows && text[size];

		if (cut)
			size = row_size(text, COLUMNS - LABEL - strlen(CUT));
		tap_comment(&run->tap, "%-*s%.*s%s", LABEL, label, (int)size, text, cut ? CUT : "");
		text += size;
		while (*text == ' ')
			text++;
		label = "";
	}
	return row;
}

static void say(struct run *run, const char *label, const char *text)
{
	host_say(run, label, text, UINT32_MAX);
}

static void say_processor(struct run *run)
{
	uint32_t brand[13] = {0};
	char text[160], words[256];
	const char *why = "";
	const char *name = (const char *)brand;

	if (cpu_cpuid(0x80000000, 0).eax >= 0x80000004) {
		for (unsigned i = 0; i < 3; i++) {
			struct cpuid r = cpu_cpuid(0x80000002 + i, 0);

			memcpy(&brand[i * 4], &r, sizeof(r));
		}
	}
	while (*name == ' ')
		name++;
	snprintf(text, sizeof(text), "%s, %u of %u processors run, %s, %s", *name ? name : "unnamed", smp_count(),
	         smp_present(), cpu_has_movdir64b() ? "MOVDIR64B" : "no MOVDIR64B",
	         hv_init(&why) == 0 ? hv_vendor_name() : "no virtualization");
	say(run, "CPU", text);
	hv_describe(words, sizeof(words));
	if (*words)
		say(run, "guests", words);
}

static void say_iommu(struct run *run)
{
	char text[256];

	if (vtd_init() < 0)
		say(run, "IOMMU", vtd_init_why());
	for (unsigned i = 0; vtd_unit_at(i); i++)
		say(run, "IOMMU", vtd_unit_words(vtd_unit_at(i), text, sizeof(text)));
}

static void say_dsa(struct run *run)
{
	char text[512], name[PCI_NAME_SIZE], words[256];
	const struct dsa *dsa = fixture_dsa(&host_world); /* no test may have asked for it */
	size_t size;

	if (!dsa) {
		say(run, "DSA", dsa_find(0) ? "present, but it could not be opened" : "none");
		return;
	}
	snprintf(text, sizeof(text), "%s: %s", pci_name(dsa_find(0), name),
	         dsa_caps_words(&dsa->caps, words, sizeof(words)));
	say(run, "DSA", text);
	size = 0;
	text[0] = '\0';
	for (unsigned op = 0; op < 256; op++) {
		if (!(dsa->caps.opcap[op / 64] >> (op % 64) & 1) || size >= sizeof(text) - 32)
			continue;
		size += (size_t)snprintf(text + size, sizeof(text) - size, "%s%s", size ? ", " : "",
		                         dsa_opcode_name(op));
	}
	say(run, "", text);
}

void host_machine(struct run *run)
{
	say_processor(run);
	pci_init(); /* what it found wrong, the tests that need it say */
	say_iommu(run);
	say_dsa(run);
}
