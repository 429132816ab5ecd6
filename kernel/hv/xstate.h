/* SPDX-License-Identifier: BSD-2-Clause */
/* State components of XSAVE: Intel SDM vol. 1, 13.1. */
#ifndef KERNEL_HV_XSTATE_H
#define KERNEL_HV_XSTATE_H

#include "kernel/bits.h"

#define XSTATE_X87  BIT64(0)
#define XSTATE_SSE  BIT64(1)
#define XSTATE_AVX  BIT64(2)
#define XSTATE_PKRU BIT64(9)

#endif
