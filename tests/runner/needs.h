/* SPDX-License-Identifier: BSD-2-Clause */
/* What tests need of the machine (NEEDS_*), and why the machine lacks it. */
#ifndef TESTS_RUNNER_NEEDS_H
#define TESTS_RUNNER_NEEDS_H

#include <stdint.h>

#include "tests/runner/world.h"

/* Why one of the needs is absent, in words, and in *which its name; NULL: all are there. Asked once, then remembered.
 */
const char *needs_absent(const struct world *world, uint32_t needs, const char **which);

#endif
