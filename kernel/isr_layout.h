/* SPDX-License-Identifier: BSD-2-Clause */
/* Shared by isr.S and trap.c. */
#ifndef KERNEL_ISR_LAYOUT_H
#define KERNEL_ISR_LAYOUT_H

#define ISR_STRIDE 16

#endif
