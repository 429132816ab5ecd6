/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's world (tests/runner/world.h) and what the verdict says of the machine. */
#ifndef TESTS_RUNNER_HOST_WORLD_H
#define TESTS_RUNNER_HOST_WORLD_H

#include "tests/runner/run.h"
#include "tests/runner/world.h"

extern const struct world host_world;

/* The machine in words, as comments. */
void host_machine(struct run *run);
/* The table at the end: suites, host and guest side by side, differences, exits, times, the verdict. */
void host_verdict(struct run *run);

#endif
