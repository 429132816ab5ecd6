/* SPDX-License-Identifier: BSD-2-Clause */
/* The guest's memory as the hypervisor reaches it on the guest's behalf, for an instruction that trapped. */
#include <errno.h>
#include <string.h>

#include "kernel/bits.h"
#include "kernel/hv/decode.h"
#include "kernel/hv/vm.h"
#include "kernel/hv/walk.h"
#include "kernel/mem.h"

struct access {
	struct hv_vm *vm;
	const struct hv_regs *regs;
	struct hv_fault *fault;
};

static int read_table(void *arg, uint64_t gpa, unsigned width, uint64_t *value)
{
	const void *host = hv_ram_ptr(arg, gpa, width);

	if (!host)
		return -EFAULT;
	*value = 0;
	memcpy(value, host, width);
	return 0;
}

static int translate(const struct access *a, uint64_t linear, enum hv_access access, uint64_t *gpa)
{
	const struct hv_walk_memory memory = {.read = read_table, .arg = a->vm};
	struct hv_fault *fault = a->fault;
	int rc = hv_walk(a->regs, &memory, linear, access, gpa, &fault->error);

	if (!rc)
		return 0;
	fault->kind = rc == -EFAULT ? HV_FAULT_PAGE : HV_FAULT_NOWHERE;
	fault->linear = linear;
	fault->gpa = *gpa;
	fault->access = access;
	return -EFAULT;
}

static int nowhere(const struct access *a, uint64_t linear, uint64_t gpa, enum hv_access access)
{
	*a->fault = (struct hv_fault){.kind = HV_FAULT_NOWHERE, .linear = linear, .gpa = gpa, .access = access};
	return -EFAULT;
}

/* One access that does not cross a page. */
static int read_page(const struct access *a, uint64_t linear, unsigned width, uint64_t *value)
{
	struct hv_mmio region;
	const void *host;
	uint64_t gpa;

	if (translate(a, linear, HV_ACCESS_READ, &gpa))
		return -EFAULT;
	*value = 0;
	host = hv_ram_ptr(a->vm, gpa, width);
	if (host) {
		memcpy(value, host, width);
		return 0;
	}
	if (!hv_mmio_enter(a->vm, gpa, &region))
		return nowhere(a, linear, gpa, HV_ACCESS_READ);
	*value = UINT64_MAX;
	if (region.size - (gpa - region.gpa) >= width)
		*value = region.read(region.arg, gpa - region.gpa, width);
	hv_mmio_leave(a->vm);
	if (width < 8)
		*value &= BIT64(width * 8) - 1;
	return 0;
}

static int write_page(const struct access *a, uint64_t linear, unsigned width, uint64_t value)
{
	struct hv_mmio region;
	uint64_t gpa;
	void *host;

	if (translate(a, linear, HV_ACCESS_WRITE, &gpa))
		return -EFAULT;
	host = hv_ram_ptr(a->vm, gpa, width);
	if (host) {
		if (!hv_stage2_may_write(&a->vm->stage2, gpa))
			return nowhere(a, linear, gpa, HV_ACCESS_WRITE);
		hv_stage2_set_dirty(&a->vm->stage2, gpa);
		memcpy(host, &value, width);
		return 0;
	}
	if (!hv_mmio_enter(a->vm, gpa, &region))
		return nowhere(a, linear, gpa, HV_ACCESS_WRITE);
	if (width < 8)
		value &= BIT64(width * 8) - 1;
	if (region.size - (gpa - region.gpa) >= width)
		region.write(region.arg, gpa - region.gpa, width, value);
	hv_mmio_leave(a->vm);
	return 0;
}

/* The widest aligned access that an unaligned one which crosses a page is made of. */
static unsigned piece(uint64_t linear, unsigned left)
{
	unsigned width = 8;

	while (width > left || linear % width)
		width /= 2;
	return width;
}

static bool crosses(uint64_t linear, unsigned width)
{
	return linear % PAGE_SIZE + width > PAGE_SIZE;
}

/* Whether the guest may write all of it. A fault in the second page has the address where that begins. */
static int check_write(const struct access *a, uint64_t linear, unsigned width)
{
	uint64_t gpa, second = ALIGN_DOWN(linear + width - 1, (uint64_t)PAGE_SIZE);

	if (translate(a, linear, HV_ACCESS_WRITE, &gpa))
		return -EFAULT;
	return crosses(linear, width) ? translate(a, second, HV_ACCESS_WRITE, &gpa) : 0;
}

static int bus_read(void *arg, uint64_t linear, unsigned width, uint64_t *value)
{
	if (!crosses(linear, width))
		return read_page(arg, linear, width, value);
	*value = 0;
	for (unsigned done = 0, step; done < width && done < sizeof(*value); done += step) {
		uint64_t part;

		step = piece(linear + done, width - done);
		if (read_page(arg, linear + done, step, &part))
			return -EFAULT;
		*value |= part << (done * 8);
	}
	return 0;
}

static int bus_write(void *arg, uint64_t linear, unsigned width, uint64_t value)
{
	const struct access *a = arg;

	if (!crosses(linear, width))
		return write_page(a, linear, width, value);
	/* Both pages must take the write before one is written. */
	if (check_write(a, linear, width))
		return -EFAULT;
	for (unsigned done = 0, step; done < width; done += step) {
		step = piece(linear + done, width - done);
		if (write_page(a, linear + done, step, value >> (done * 8)))
			return -EFAULT;
	}
	return 0;
}

static int bus_probe(void *arg, uint64_t linear, unsigned width)
{
	return check_write(arg, linear, width);
}

static uint32_t bus_in(void *arg, uint16_t port, unsigned width)
{
	return hv_port_in(((const struct access *)arg)->vm, port, width);
}

static void bus_out(void *arg, uint16_t port, unsigned width, uint32_t value)
{
	hv_port_out(((const struct access *)arg)->vm, port, width, value);
}

unsigned hv_fetch(struct hv_vm *vm, const struct hv_regs *regs, uint8_t *bytes, struct hv_fault *fault)
{
	struct access a = {.vm = vm, .regs = regs, .fault = fault};
	uint64_t linear = regs->rip + (regs->code64 ? 0 : regs->cs_base);
	unsigned done = 0;

	while (done < HV_INSN_MAX) {
		unsigned room = PAGE_SIZE - (unsigned)((linear + done) % PAGE_SIZE);
		unsigned n = room < HV_INSN_MAX - done ? room : HV_INSN_MAX - done;
		uint64_t gpa, at = regs->code64 ? linear + done : (linear + done) & UINT32_MAX;
		const void *host;

		if (translate(&a, at, HV_ACCESS_FETCH, &gpa))
			break;
		host = hv_ram_ptr(vm, gpa, n);
		if (!host) {
			nowhere(&a, at, gpa, HV_ACCESS_FETCH);
			break;
		}
		memcpy(bytes + done, host, n);
		done += n;
	}
	return done;
}

int hv_do_instruction(struct hv_vm *vm, struct hv_regs *regs, struct hv_fault *fault)
{
	struct access a = {.vm = vm, .regs = regs, .fault = fault};
	const struct hv_bus bus = {
	        .read = bus_read,
	        .write = bus_write,
	        .probe = bus_probe,
	        .in = bus_in,
	        .out = bus_out,
	        .arg = &a,
	};
	struct hv_fault fetch_fault = {0};
	uint8_t bytes[HV_INSN_MAX];
	struct hv_insn insn;
	unsigned size = hv_fetch(vm, regs, bytes, &fetch_fault);
	int rc = hv_decode(bytes, size, regs, &insn);

	*fault = (struct hv_fault){0};
	if (rc == -EINVAL && size < HV_INSN_MAX) {
		*fault = fetch_fault; /* the rest of the instruction is not there */
		return -EFAULT;
	}
	return rc ? rc : hv_emulate(&insn, regs, &bus);
}

int hv_peek(struct hv_vm *vm, const struct hv_regs *regs, uint64_t linear, uint64_t *value)
{
	struct hv_fault fault;
	const struct access a = {.vm = vm, .regs = regs, .fault = &fault};
	const void *host;
	uint64_t gpa;

	if (crosses(linear, sizeof(*value)) || translate(&a, linear, HV_ACCESS_READ, &gpa))
		return -EFAULT;
	host = hv_ram_ptr(vm, gpa, sizeof(*value));
	if (!host)
		return -EFAULT;
	memcpy(value, host, sizeof(*value));
	return 0;
}
