/* SPDX-License-Identifier: BSD-2-Clause */
/* The few error numbers of the loader's parts that know nothing of UEFI; the firmware's target has no C library. */
#ifndef BOOT_ERRNO_H
#define BOOT_ERRNO_H

#if __STDC_HOSTED__
#include <errno.h>
#else
#define ENOMEM 12
#define EINVAL 22
#define ENOSPC 28
#endif

#endif
