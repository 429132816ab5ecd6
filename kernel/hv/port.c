/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's I/O ports: PCI's, regions that are callbacks, and nothing. */
#include <errno.h>

#include "kernel/hv/vm.h"

#define PCI_FIRST 0xcf8U
#define PCI_LAST  0xcffU

static uint32_t width_mask(unsigned width)
{
	return width >= 4 ? UINT32_MAX : (UINT32_C(1) << (width * 8)) - 1;
}

int hv_port_add(struct hv_vm *vm, const struct hv_port *region)
{
	unsigned last = region->first + region->count - 1U;
	struct hv_port *slot = NULL;

	if (!region->count || last > UINT16_MAX || !region->in || !region->out)
		return -EINVAL;
	if (region->first <= PCI_LAST && last >= PCI_FIRST)
		return -EEXIST;
	for (unsigned i = 0; i < HV_PORT_MAX; i++) {
		struct hv_port *p = &vm->ports[i];

		if (p->count && region->first < p->first + p->count && p->first <= last)
			return -EEXIST;
		if (!p->count && !slot)
			slot = p;
	}
	if (!slot)
		return -ENOSPC;
	*slot = *region;
	return 0;
}

int hv_port_remove(struct hv_vm *vm, uint16_t first)
{
	for (unsigned i = 0; i < HV_PORT_MAX; i++) {
		if (!vm->ports[i].count || vm->ports[i].first != first)
			continue;
		vm->ports[i].count = 0;
		return 0;
	}
	return -ENOENT;
}

static const struct hv_port *find(const struct hv_vm *vm, uint16_t port, unsigned width)
{
	for (unsigned i = 0; i < HV_PORT_MAX; i++) {
		const struct hv_port *p = &vm->ports[i];

		if (p->count && port >= p->first && port + width <= p->first + p->count)
			return p;
	}
	return NULL;
}

uint32_t hv_port_in(struct hv_vm *vm, uint16_t port, unsigned width)
{
	const struct hv_port *p = find(vm, port, width);
	uint32_t value = UINT32_MAX;

	if (p)
		value = p->in(p->arg, (uint16_t)(port - p->first), width);
	else
		hv_pci_port_read(vm, port, width, &value);
	return value & width_mask(width);
}

void hv_port_out(struct hv_vm *vm, uint16_t port, unsigned width, uint32_t value)
{
	const struct hv_port *p = find(vm, port, width);

	value &= width_mask(width);
	if (p)
		p->out(p->arg, (uint16_t)(port - p->first), width, value);
	else
		hv_pci_port_write(vm, port, width, value);
}
