/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest's side of a binding: its configuration space, its BAR0 and portals while they trap, and where they are
 * placed in its address space.
 */
#include <errno.h>

#include "kernel/cpu.h"
#include "kernel/mmio.h"
#include "vdsa/bind_internal.h"

/* ---- the guest's accesses ---- */

static uint64_t bar0_read(void *arg, uint64_t offset, unsigned width)
{
	struct vdsa_binding *b = arg;

	vdsa_bind_poll(b);
	return vdsa_mmio_read(&b->vdsa, offset, width);
}

static void bar0_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	struct vdsa_binding *b = arg;

	vdsa_bind_poll(b);
	vdsa_mmio_write(&b->vdsa, offset, width, value);
}

/* A portal that is not mapped answers as one of a disabled WQ does (DSA 9.3). */
static uint64_t portal_read(void *arg, uint64_t offset, unsigned width)
{
	struct vdsa_binding *b = arg;

	(void)offset;
	(void)width;
	b->portal_traps++;
	return UINT64_MAX;
}

static void portal_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	struct vdsa_binding *b = arg;

	(void)offset;
	(void)width;
	(void)value;
	b->portal_traps++;
}

uint32_t bind_config_read(void *arg, uint16_t offset, unsigned width)
{
	struct vdsa_binding *b = arg;

	return vdsa_config_read(&b->vdsa, offset, width);
}

void bind_config_write(void *arg, uint16_t offset, unsigned width, uint32_t value)
{
	struct vdsa_binding *b = arg;

	vdsa_config_write(&b->vdsa, offset, width, value);
}

/* ---- windows ---- */

static uint64_t window_size(enum vdsa_window window)
{
	return window == VDSA_WINDOW_BAR0 ? VDSA_BAR0_SIZE : DSA_PORTAL_SIZE;
}

int bind_window_place(void *ctx, enum vdsa_window window, enum vdsa_placement how, uint64_t gpa, uint64_t portal)
{
	struct vdsa_binding *b = ctx;
	uint64_t size = window_size(window), hpa = 0;
	int rc;

	/* What the guest's host bridge passes on; it also bounds the page tables that a guest can make us need. */
	if (gpa < HV_BAR_WINDOW_BASE || gpa - HV_BAR_WINDOW_BASE > HV_BAR_WINDOW_SIZE - size)
		return -ERANGE;
	if (how == VDSA_MAPPED) {
		if (portal + size > b->dsa->portals_size)
			return -EINVAL;
		hpa = b->dsa->portals_phys + portal;
		rc = hv_map_device(b->vm, gpa, hpa, size);
	} else {
		bool bar0 = window == VDSA_WINDOW_BAR0;
		struct hv_mmio region = {
		        .gpa = gpa,
		        .size = size,
		        .read = bar0 ? bar0_read : portal_read,
		        .write = bar0 ? bar0_write : portal_write,
		        .arg = b,
		        .name = bar0 ? "vDSA BAR0" : "vDSA portal",
		};

		rc = hv_mmio_add(b->vm, &region);
	}
	if (rc != 0)
		return rc;
	b->window[window].gpa = gpa;
	b->window[window].hpa = hpa;
	b->window[window].how = how;
	return 0;
}

int bind_window_remove(void *ctx, enum vdsa_window window)
{
	struct vdsa_binding *b = ctx;
	uint64_t gpa = b->window[window].gpa;
	bool mapped = b->window[window].how == VDSA_MAPPED;
	int rc = mapped ? hv_unmap(b->vm, gpa, window_size(window)) : hv_mmio_remove(b->vm, gpa);

	if (rc != 0)
		return rc;
	if (mapped && !bind_gone(b)) {
		/* The guest's stores were this processor's. They have arrived when the device answers a read
		 * (PCIe 2.4). */
		cpu_mfence();
		(void)mmio_read32(b->dsa->regs, DSA_VERSION);
	}
	b->window[window].how = VDSA_ABSENT;
	b->window[window].hpa = 0;
	return 0;
}
