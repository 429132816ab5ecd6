/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which invalidation descriptors a unit takes, and why it refuses the others (6.5.2, 11.4.9.9). Plain C, as walk.h.
 *
 * Section numbers are those of the Intel VT-d Architecture Specification, D51397-018.
 */
#ifndef TESTS_QEMU_VTD_QUEUE_H
#define TESTS_QEMU_VTD_QUEUE_H

#include "tests/qemu/vtd/walk.h"

/*
 * Judges one descriptor. `wide`: the queue's descriptors have 256 bits (IQA.DW); in a narrow one q[2] and q[3] are not
 * looked at. Returns what IQERCD says of it; VTD_IQE_NONE: it is taken.
 */
enum vtd_iq_error vtd_queue_check(const struct vtd_walk_unit *unit, bool wide, const uint64_t q[4]);

#endif
