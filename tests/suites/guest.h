/* SPDX-License-Identifier: BSD-2-Clause */
/* What the guest's suites (guest_*.c) and the host's tests of that guest (conformance.c) agree on. */
#ifndef TESTS_SUITES_GUEST_H
#define TESTS_SUITES_GUEST_H

#include <stdint.h>

/* Guest-physical addresses where there is no memory: a guest has at most 2 GiB (guest-mem=). */
#define GUEST_OUTSIDE_READ     UINT64_C(0x100000000)
#define GUEST_OUTSIDE_WRITE    UINT64_C(0x100200000)
#define GUEST_OUTSIDE_RECORD   UINT64_C(0x100400000)
/* Where the guest's own interrupt window is, and its BARs and ECAM: no memory either. */
#define GUEST_INTERRUPT_WINDOW UINT64_C(0xfee00000)

/* Submissions of guest.portal.no_exits: the completion interrupts of guest.irq.* come on top. */
#define GUEST_SUBMISSIONS 256U

#endif
