/* SPDX-License-Identifier: BSD-2-Clause */
/* The host's world (tests/runner/world.h) and what the verdict says of the machine. */
#ifndef TESTS_RUNNER_HOST_WORLD_H
#define TESTS_RUNNER_HOST_WORLD_H

#include "tests/runner/run.h"
#include "tests/runner/world.h"

extern const struct world host_world;

/* The machine in words, as comments. */
void host_machine(struct run *run);
/*
 * label, and beside it text, broken at blanks into rows of 78 columns, of which the last that is allowed may end in
 * "...". Returns how many rows it took.
 */
unsigned host_say(struct run *run, const char *label, const char *text, unsigned rows);
/* Results counted by the first words of the tests' names, host and guest side by side. */
void host_table(struct run *run, unsigned words);
/* The end: tables, differences, failures, exits, the machine, times, the verdict. */
void host_verdict(struct run *run);

#endif
