/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef KERNEL_TIME_INTERNAL_H
#define KERNEL_TIME_INTERNAL_H

/* Find out the time-stamp counter's frequency. After acpi_init(): one way is the ACPI timer. */
void time_init(void);

#endif
