/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * First stage, second stage, and one inside the other: the inner part of walk.h.
 */
#ifndef TESTS_QEMU_VTD_STAGES_H
#define TESTS_QEMU_VTD_STAGES_H

#include "drivers/vtd/regs.h"
#include "tests/qemu/vtd/walk.h"

/* Whether an address is above what the second stage of PASID table entry q takes: min(MGAW, AW) (3.7). */
bool vtd_second_stage_beyond(const struct vtd_walk_unit *unit, const uint64_t *q, uint64_t address);

/* Translates by the PASID table entry in result->from; fills the rest of *result. Returns 0 or the fault reason. */
int vtd_walk_stages(const struct vtd_walk_unit *unit, const struct vtd_walk_request *request,
                    struct vtd_walk_result *result);

#endif
