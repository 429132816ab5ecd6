/* SPDX-License-Identifier: BSD-2-Clause */
/* What the latest guest's run of the suites brought: for the verdict, beside the host's own. */
#ifndef TESTS_RUNNER_HOST_GUEST_H
#define TESTS_RUNNER_HOST_GUEST_H

#include <stdbool.h>

#include "kernel/hv/hv.h"
#include "tests/runner/run.h"

#define GUEST_RESULTS_MAX 512

struct guest_record {
	bool ran;
	unsigned count;
	struct {
		char name[TAP_NAME_MAX];
		enum outcome outcome; /* passed, skipped or failed */
	} results[GUEST_RESULTS_MAX];
	struct hv_stats stats;
	uint64_t duration_ns;
};

extern struct guest_record guest_record;

#endif
