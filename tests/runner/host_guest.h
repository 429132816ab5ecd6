/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest that runs the suites on its virtual DSA: its TAP stream is a subtest of the test that started it. */
#ifndef TESTS_RUNNER_HOST_GUEST_H
#define TESTS_RUNNER_HOST_GUEST_H

#include <stdbool.h>

#include "drivers/vtd/vtd.h"
#include "kernel/hv/hv.h"
#include "tests/runner/run.h"
#include "vdsa/bind.h"

#define GUEST_RESULTS_MAX 512
#define GUEST_FAULTS_MAX  64

struct guest_record {
	bool ran;
	unsigned count;
	struct {
		char name[TAP_NAME_MAX];
		enum outcome outcome;     /* passed, skipped or failed */
		char why[RESULT_WHY_MAX]; /* what it failed by, as it says itself */
	} results[GUEST_RESULTS_MAX];
	struct tap_reader reader;
	struct hv_result end;
	struct hv_stats stats;
	struct vdsa_bind_info vdsa; /* as it was when the guest had ended */
	unsigned fault_count;       /* IOMMU faults of the device meanwhile */
	struct vtd_fault faults[GUEST_FAULTS_MAX];
	uint64_t duration_ns;
};

/* The run of all suites, for the verdict; ran is false if there was none. */
extern struct guest_record guest_record;

/*
 * Run the tests that match patterns in a fresh guest with a vDSA made of WQ 0, stream what it says, and take it away
 * again. For tests: whatever does not go as it should is a failed expectation, a failed test of the guest included.
 */
void host_guest_run(const char *patterns, struct guest_record *record);

#endif
