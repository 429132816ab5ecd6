/* SPDX-License-Identifier: BSD-2-Clause */
/* What is different on the host and in a guest. The runner is the same; each main() gives it one of these. */
#ifndef TESTS_RUNNER_WORLD_H
#define TESTS_RUNNER_WORLD_H

#include <stddef.h>
#include <stdint.h>

struct iommu;
struct pci_function;

struct world {
	const char *name; /* "host" or "guest" */
	/* What comes before a test's name in the command that repeats it: "tests=". */
	const char *select;
	/*
	 * The IOMMU in front of f, or NULL in *out where there is none that can be used. Returns 0, or a negative errno
	 * when there is one that does not work; *why then says what failed.
	 */
	int (*iommu)(struct pci_function *f, struct iommu **out, const char **why);
	/* One of NEEDS_IOMMU, IR, PASID, FIRST, SECOND, HV: NULL, or why it is absent. */
	const char *(*absent)(uint32_t need);
	/*
	 * Something that went wrong during the test without its noticing, such as an IOMMU fault nobody asked for: 1
	 * and one line in text, or 0. Called until it returns 0. May be NULL.
	 */
	int (*stray)(char *text, size_t size);
};

#endif
