/* SPDX-License-Identifier: BSD-2-Clause */
/* Making a machine: memory, devices, statistics. */
#include <errno.h>
#include <string.h>

#include "kernel/bits.h"
#include "kernel/cpu.h"
#include "kernel/guest.h"
#include "kernel/hv/vm.h"
#include "kernel/mem.h"

#define GPA_LIMIT  BIT64(HV_STAGE2_BITS)
#define LARGE_PAGE UINT64_C(0x200000)

static const struct hv_ops *vendor;

int hv_init(const char **why)
{
	static const struct hv_ops *const all[] = {&hv_svm};

	*why = "the processor has no virtualization extension that Adit knows (AMD SVM; Intel VMX is not supported "
	       "yet)";
	for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
		const char *reason = NULL;
		int rc = all[i]->probe(&reason);

		if (!rc) {
			vendor = all[i];
			return 0;
		}
		if (reason) {
			*why = reason;
			return rc;
		}
	}
	return -ENODEV;
}

void hv_shutdown(void)
{
	if (vendor)
		vendor->disable();
}

const char *hv_vendor_name(void)
{
	return vendor ? vendor->name : "none";
}

const uint8_t *hv_call_instruction(void)
{
	static const uint8_t vmmcall[HV_CALL_SIZE] = {0x0f, 0x01, 0xd9}, vmcall[HV_CALL_SIZE] = {0x0f, 0x01, 0xc1};

	return vendor && vendor->hypercall == GUEST_HYPERCALL_VMCALL ? vmcall : vmmcall;
}

int hv_vm_create(struct hv_vm **out)
{
	struct hv_vm *vm;
	int rc;

	*out = NULL;
	if (!vendor)
		return -ENODEV;
	vm = page_alloc(ALIGN_UP(sizeof(*vm), PAGE_SIZE) / PAGE_SIZE);
	if (!vm)
		return -ENOMEM;
	vm->ops = vendor;
	hv_apic_reset(&vm->apic);
	rc = hv_stage2_init(&vm->stage2, vendor->stage2);
	if (!rc)
		rc = vendor->create(&vm->vcpu, &vm->stage2);
	if (!rc)
		rc = hv_pci_init(vm);
	if (rc) {
		hv_vm_destroy(vm);
		return rc;
	}
	*out = vm;
	return 0;
}

void hv_vm_destroy(struct hv_vm *vm)
{
	if (!vm)
		return;
	if (vm->vcpu)
		vm->ops->destroy(vm->vcpu);
	hv_stage2_destroy(&vm->stage2);
	for (unsigned i = 0; i < vm->ram_count; i++)
		page_free(vm->ram[i].host, vm->ram[i].size / PAGE_SIZE);
	page_free(vm, ALIGN_UP(sizeof(*vm), PAGE_SIZE) / PAGE_SIZE);
}

/* ---- guest-physical address space ---- */

static bool overlaps(uint64_t a, uint64_t a_size, uint64_t b, uint64_t b_size)
{
	return a_size && b_size && a < b + b_size && b < a + a_size;
}

static int check_range(const struct hv_vm *vm, uint64_t gpa, uint64_t size, uint64_t align)
{
	if (!size || size > GPA_LIMIT || gpa > GPA_LIMIT - size || !IS_ALIGNED(gpa | size, align))
		return -EINVAL;
	for (unsigned i = 0; i < vm->ram_count; i++)
		if (overlaps(gpa, size, vm->ram[i].gpa, vm->ram[i].size))
			return -EEXIST;
	for (unsigned i = 0; i < HV_DEVICE_MAX; i++)
		if (overlaps(gpa, size, vm->devices[i].gpa, vm->devices[i].size))
			return -EEXIST;
	for (unsigned i = 0; i < HV_MMIO_MAX; i++)
		if (overlaps(gpa, size, vm->mmio[i].gpa, vm->mmio[i].size))
			return -EEXIST;
	return 0;
}

int hv_ram_add(struct hv_vm *vm, uint64_t gpa, uint64_t size)
{
	struct hv_ram *ram = &vm->ram[vm->ram_count];
	int rc = check_range(vm, gpa, size, PAGE_SIZE);

	if (rc)
		return rc;
	if (vm->ram_count == HV_RAM_MAX)
		return -ENOSPC;
	ram->gpa = gpa;
	ram->size = size;
	ram->host = page_alloc_aligned(size / PAGE_SIZE, IS_ALIGNED(gpa | size, LARGE_PAGE) ? LARGE_PAGE : PAGE_SIZE);
	if (!ram->host)
		return -ENOMEM;
	ram->hpa = phys_of(ram->host);
	rc = hv_stage2_map(&vm->stage2, gpa, ram->hpa, size, false);
	if (rc) {
		page_free(ram->host, size / PAGE_SIZE);
		return rc;
	}
	vm->ops->flush(vm->vcpu);
	vm->ram_count++;
	return 0;
}

unsigned hv_ram_count(const struct hv_vm *vm)
{
	return vm->ram_count;
}

const struct hv_ram *hv_ram_get(const struct hv_vm *vm, unsigned index)
{
	return index < vm->ram_count ? &vm->ram[index] : NULL;
}

void *hv_ram_ptr(const struct hv_vm *vm, uint64_t gpa, uint64_t size)
{
	for (unsigned i = 0; i < vm->ram_count; i++) {
		const struct hv_ram *ram = &vm->ram[i];

		if (gpa >= ram->gpa && gpa - ram->gpa < ram->size && size <= ram->size - (gpa - ram->gpa))
			return (uint8_t *)ram->host + (gpa - ram->gpa);
	}
	return NULL;
}

int hv_map_device(struct hv_vm *vm, uint64_t gpa, uint64_t hpa, uint64_t size)
{
	int rc = check_range(vm, gpa, size, PAGE_SIZE);

	if (!rc && !IS_ALIGNED(hpa, PAGE_SIZE))
		rc = -EINVAL;
	if (rc)
		return rc;
	for (unsigned i = 0; i < HV_DEVICE_MAX; i++) {
		if (vm->devices[i].size)
			continue;
		rc = hv_stage2_map(&vm->stage2, gpa, hpa, size, true);
		if (!rc) {
			vm->devices[i] = (struct hv_device){gpa, size};
			vm->ops->flush(vm->vcpu);
		}
		return rc;
	}
	return -ENOSPC;
}

int hv_unmap(struct hv_vm *vm, uint64_t gpa, uint64_t size)
{
	for (unsigned i = 0; i < HV_DEVICE_MAX; i++) {
		if (!size || vm->devices[i].gpa != gpa || vm->devices[i].size != size)
			continue;
		hv_stage2_unmap(&vm->stage2, gpa, size);
		vm->ops->flush(vm->vcpu);
		vm->devices[i].size = 0;
		return 0;
	}
	return -ENOENT;
}

int hv_mmio_add(struct hv_vm *vm, const struct hv_mmio *region)
{
	int rc = check_range(vm, region->gpa, region->size, 1);

	if (!rc && (!region->read || !region->write))
		rc = -EINVAL;
	if (rc)
		return rc;
	for (unsigned i = 0; i < HV_MMIO_MAX; i++) {
		if (vm->mmio[i].size)
			continue;
		vm->mmio[i] = *region;
		return 0;
	}
	return -ENOSPC;
}

int hv_mmio_remove(struct hv_vm *vm, uint64_t gpa)
{
	for (unsigned i = 0; i < HV_MMIO_MAX; i++) {
		if (!vm->mmio[i].size || vm->mmio[i].gpa != gpa)
			continue;
		vm->mmio[i].size = 0;
		return 0;
	}
	return -ENOENT;
}

static uint64_t open_bus_read(void *arg, uint64_t offset, unsigned width)
{
	(void)arg, (void)offset, (void)width;
	return UINT64_MAX;
}

static void open_bus_write(void *arg, uint64_t offset, unsigned width, uint64_t value)
{
	(void)arg, (void)offset, (void)width, (void)value;
}

static const struct hv_mmio open_bus = {
        HV_BAR_WINDOW_BASE, HV_BAR_WINDOW_SIZE, open_bus_read, open_bus_write, NULL, "open bus",
};

void hv_mmio_open_bus(struct hv_vm *vm)
{
	vm->open_bus = true;
}

const struct hv_mmio *hv_mmio_find(const struct hv_vm *vm, uint64_t gpa)
{
	for (unsigned i = 0; i < HV_MMIO_MAX; i++)
		if (vm->mmio[i].size && gpa >= vm->mmio[i].gpa && gpa - vm->mmio[i].gpa < vm->mmio[i].size)
			return &vm->mmio[i];
	if (vm->open_bus && gpa >= open_bus.gpa && gpa - open_bus.gpa < open_bus.size)
		return &open_bus;
	return NULL;
}

/* ---- the rest ---- */

void hv_stop(struct hv_vm *vm)
{
	vm->stop = true;
}

void hv_set_console(struct hv_vm *vm, void (*line)(void *arg, const char *text), void *arg)
{
	vm->console = line;
	vm->console_arg = arg;
}

void hv_set_hypercall(struct hv_vm *vm,
                      bool (*hook)(void *arg, uint64_t number, const uint64_t args[3], uint64_t *result), void *arg)
{
	vm->hypercall = hook;
	vm->hypercall_arg = arg;
}

void hv_stats_get(const struct hv_vm *vm, struct hv_stats *out)
{
	*out = vm->stats;
	out->merged = __atomic_load_n(&vm->apic.merged, __ATOMIC_RELAXED);
}

const char *hv_cause_name(unsigned cause)
{
	static const char *const names[HV_CAUSE_COUNT] = {
	        [HV_CAUSE_HYPERCALL] = "hypercall",
	        [HV_CAUSE_CPUID] = "CPUID",
	        [HV_CAUSE_MSR_READ] = "RDMSR",
	        [HV_CAUSE_MSR_WRITE] = "WRMSR",
	        [HV_CAUSE_PORT] = "I/O port",
	        [HV_CAUSE_MMIO] = "MMIO",
	        [HV_CAUSE_BAD_ACCESS] = "bad access",
	        [HV_CAUSE_HLT] = "HLT",
	        [HV_CAUSE_INTERRUPT] = "host interrupt",
	        [HV_CAUSE_INTERRUPT_WINDOW] = "interrupt window",
	        [HV_CAUSE_FORBIDDEN] = "forbidden instruction",
	        [HV_CAUSE_SHUTDOWN] = "shutdown",
	        [HV_CAUSE_OTHER] = "other",
	};

	return cause < HV_CAUSE_COUNT ? names[cause] : "?";
}

const char *hv_end_name(enum hv_end end)
{
	switch (end) {
	case HV_END_EXIT:
		return "exit";
	case HV_END_HALT:
		return "halted for ever";
	case HV_END_SHUTDOWN:
		return "shutdown";
	case HV_END_TIMEOUT:
		return "time-out";
	case HV_END_BAD_ACCESS:
		return "bad access";
	case HV_END_STOPPED:
		return "stopped";
	case HV_END_ERROR:
		return "error";
	}
	return "?";
}
