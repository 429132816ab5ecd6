/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERNEL_NEWLIB_H
#define KERNEL_NEWLIB_H

/* Give back the C library's locks that this processor holds, after guard_run() cut their holder off. */
void newlib_drop_locks(void);

#endif
