/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's PCI bus: configuration space by ECAM (PCI Express 7.2.2) and by ports CF8 and CFC (PCI 3.0, 3.2.2.3). */
#include <errno.h>

#include "kernel/bits.h"
#include "kernel/hv/vm.h"

#define PORT_ADDRESS   0xcf8
#define PORT_DATA      0xcfc
#define ADDRESS_ENABLE BIT32(31)
#define ADDRESS_BUS    GENMASK32(23, 16)
#define ADDRESS_DEVFN  GENMASK32(15, 8)
#define ADDRESS_OFFSET GENMASK32(7, 2)
#define CONFIG_SIZE    4096U

/* An access as the function sees it: no wider than 4 bytes, inside a double word. */
static uint32_t config_read(struct hv_vm *vm, uint8_t devfn, uint16_t offset, unsigned width)
{
	if (!vm->pci[devfn].ops)
		return UINT32_MAX;
	return vm->pci[devfn].ops->config_read(vm->pci[devfn].arg, offset, width);
}

static void config_write(struct hv_vm *vm, uint8_t devfn, uint16_t offset, unsigned width, uint32_t value)
{
	if (vm->pci[devfn].ops)
		vm->pci[devfn].ops->config_write(vm->pci[devfn].arg, offset, width, value);
}

static uint32_t width_mask(unsigned width)
{
	return width >= 4 ? UINT32_MAX : (UINT32_C(1) << (width * 8)) - 1;
}

/* Bytes that an access at offset may have at once: what is left of width, aligned. */
static unsigned piece(uint64_t offset, unsigned left)
{
	unsigned step = 4;

	while (step > left || offset % step)
		step /= 2;
	return step;
}

static uint64_t ecam_read(void *arg, uint64_t offset, unsigned width)
{
	uint64_t value = 0;

	for (unsigned done = 0, step; done < width && done < sizeof(value); done += step) {
		uint64_t at = offset + done;

		step = piece(at, width - done);
		value |= (uint64_t)(config_read(arg, (uint8_t)(at / CONFIG_SIZE), (uint16_t)(at % CONFIG_SIZE), step) &
		                    width_mask(step))
		         << (done * 8);
	}
	return value;
}

static void ecam_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	for (unsigned done = 0, step; done < width && done < sizeof(value); done += step) {
		uint64_t at = offset + done;

		step = piece(at, width - done);
		config_write(arg, (uint8_t)(at / CONFIG_SIZE), (uint16_t)(at % CONFIG_SIZE), step,
		             (uint32_t)(value >> (done * 8)) & width_mask(step));
	}
}

int hv_pci_init(struct hv_vm *vm)
{
	const struct hv_mmio ecam = {
	        .gpa = HV_ECAM_BASE,
	        .size = HV_ECAM_SIZE,
	        .read = ecam_read,
	        .write = ecam_write,
	        .arg = vm,
	        .name = "ECAM",
	};

	return hv_mmio_add(vm, &ecam);
}

int hv_pci_add(struct hv_vm *vm, uint8_t devfn, const struct hv_pci_ops *ops, void *arg)
{
	if (!ops || !ops->config_read || !ops->config_write)
		return -EINVAL;
	if (vm->pci[devfn].ops)
		return -EEXIST;
	vm->pci[devfn].ops = ops;
	vm->pci[devfn].arg = arg;
	return 0;
}

int hv_pci_remove(struct hv_vm *vm, uint8_t devfn)
{
	if (!vm->pci[devfn].ops)
		return -ENOENT;
	vm->pci[devfn].ops = NULL;
	return 0;
}

/* Where an access to CFC..CFF goes; false: to nothing. */
static bool data_target(const struct hv_vm *vm, uint16_t port, unsigned width, uint8_t *devfn, uint16_t *offset)
{
	uint32_t address = vm->pci_address;

	*devfn = (uint8_t)FIELD_GET(ADDRESS_DEVFN, address);
	*offset = (uint16_t)((address & ADDRESS_OFFSET) + (port - PORT_DATA));
	return address & ADDRESS_ENABLE && !(address & ADDRESS_BUS) && (port - PORT_DATA) % width == 0;
}

bool hv_pci_port_read(struct hv_vm *vm, uint16_t port, unsigned width, uint32_t *value)
{
	uint16_t offset;
	uint8_t devfn;

	if (port == PORT_ADDRESS && width == 4) {
		*value = vm->pci_address;
		return true;
	}
	if (port < PORT_DATA || port + width > PORT_DATA + 4)
		return false;
	*value = UINT32_MAX;
	if (data_target(vm, port, width, &devfn, &offset))
		*value = config_read(vm, devfn, offset, width) & width_mask(width);
	return true;
}

bool hv_pci_port_write(struct hv_vm *vm, uint16_t port, unsigned width, uint32_t value)
{
	uint16_t offset;
	uint8_t devfn;

	if (port == PORT_ADDRESS && width == 4) {
		vm->pci_address = value;
		return true;
	}
	if (port < PORT_DATA || port + width > PORT_DATA + 4)
		return false;
	if (data_target(vm, port, width, &devfn, &offset))
		config_write(vm, devfn, offset, width, value & width_mask(width));
	return true;
}
