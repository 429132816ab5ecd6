/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest-physical address space: RAM, device memory, MMIO regions.
 *
 * Other processors may change it while the guest runs. The tables below change under one lock, which is for all
 * machines, since a lock must not go away, and is held for moments; who looks a region up gets a copy. RAM is only
 * added while the guest does not run, so that the many who look into it need no lock.
 */
#include <errno.h>

#include "kernel/bits.h"
#include "kernel/hv/vm.h"
#include "kernel/lock.h"
#include "kernel/mem.h"
#include "kernel/time.h"

#define GPA_LIMIT  BIT64(HV_STAGE2_BITS)
#define LARGE_PAGE UINT64_C(0x200000)

/* How long a callback on another processor may keep its region from going away. */
#define CALLBACK_TIMEOUT_US 1000000U

static struct lock space_lock = LOCK_INIT("guest address spaces");

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

static int ram_add(struct hv_vm *vm, uint64_t gpa, uint64_t size)
{
	struct hv_ram *ram = &vm->ram[vm->ram_count];
	int rc = check_range(vm, gpa, size, PAGE_SIZE);

	if (rc)
		return rc;
	if (hv_runs_elsewhere(vm))
		return -EBUSY;
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

int hv_ram_add(struct hv_vm *vm, uint64_t gpa, uint64_t size)
{
	int rc;

	lock_acquire(&space_lock);
	rc = ram_add(vm, gpa, size);
	lock_release(&space_lock);
	return rc;
}

static int check_pages(const struct hv_vm *vm, uint64_t gpa, uint64_t size)
{
	if (!size || !IS_ALIGNED(gpa | size, PAGE_SIZE))
		return -EINVAL;
	if (!hv_ram_ptr(vm, gpa, size))
		return -ENOENT;
	return hv_runs_elsewhere(vm) ? -EBUSY : 0;
}

int hv_ram_protect(struct hv_vm *vm, uint64_t gpa, uint64_t size, unsigned rights)
{
	int rc;

	if (rights & ~(HV_RAM_WRITE | HV_RAM_EXECUTE))
		return -EINVAL;
	lock_acquire(&space_lock);
	rc = check_pages(vm, gpa, size);
	if (!rc) {
		rc = hv_stage2_protect(&vm->stage2, gpa, size, rights & HV_RAM_WRITE, rights & HV_RAM_EXECUTE);
		vm->ops->flush(vm->vcpu);
	}
	lock_release(&space_lock);
	return rc;
}

static int take_dirty(struct hv_vm *vm, uint64_t gpa, uint64_t size, uint8_t *bitmap)
{
	int rc = check_pages(vm, gpa, size);

	for (uint64_t page = 0; !rc && page < size / PAGE_SIZE; page++) {
		int dirty = hv_stage2_take_dirty(&vm->stage2, gpa + page * PAGE_SIZE);

		rc = dirty < 0 ? dirty : 0;
		if (dirty > 0)
			bitmap[page / 8] |= (uint8_t)(1U << (page % 8));
		else
			bitmap[page / 8] &= (uint8_t) ~(1U << (page % 8));
	}
	vm->ops->flush(vm->vcpu);
	return rc;
}

int hv_ram_take_dirty(struct hv_vm *vm, uint64_t gpa, uint64_t size, uint8_t *bitmap)
{
	int rc = -ENOTSUP;

	if (!vm->stage2.format->dirty)
		return rc;
	lock_acquire(&space_lock);
	rc = take_dirty(vm, gpa, size, bitmap);
	lock_release(&space_lock);
	return rc;
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

static int map_device(struct hv_vm *vm, uint64_t gpa, uint64_t hpa, uint64_t size)
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

int hv_map_device(struct hv_vm *vm, uint64_t gpa, uint64_t hpa, uint64_t size)
{
	int rc;

	lock_acquire(&space_lock);
	rc = map_device(vm, gpa, hpa, size);
	/* For mappings that come in callbacks; without them these allocate. */
	if (!__atomic_load_n(&vm->running, __ATOMIC_SEQ_CST))
		(void)hv_stage2_reserve(&vm->stage2, HV_TABLES_SPARE);
	lock_release(&space_lock);
	return rc;
}

static int unmap(struct hv_vm *vm, uint64_t gpa, uint64_t size)
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

int hv_unmap(struct hv_vm *vm, uint64_t gpa, uint64_t size)
{
	int rc;

	lock_acquire(&space_lock);
	rc = unmap(vm, gpa, size);
	/* A guest that executes elsewhere may walk an empty table at any time. */
	if (!rc && !hv_runs_elsewhere(vm)) {
		hv_stage2_reclaim(&vm->stage2, gpa, size);
		vm->ops->flush(vm->vcpu);
	}
	lock_release(&space_lock);
	return rc ? rc : hv_synchronize(vm);
}

static int mmio_add(struct hv_vm *vm, const struct hv_mmio *region)
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

int hv_mmio_add(struct hv_vm *vm, const struct hv_mmio *region)
{
	int rc;

	lock_acquire(&space_lock);
	rc = mmio_add(vm, region);
	lock_release(&space_lock);
	return rc;
}

static int mmio_remove(struct hv_vm *vm, uint64_t gpa)
{
	for (unsigned i = 0; i < HV_MMIO_MAX; i++) {
		if (!vm->mmio[i].size || vm->mmio[i].gpa != gpa)
			continue;
		vm->mmio[i].size = 0;
		return 0;
	}
	return -ENOENT;
}

int hv_mmio_remove(struct hv_vm *vm, uint64_t gpa)
{
	int rc;

	lock_acquire(&space_lock);
	rc = mmio_remove(vm, gpa);
	lock_release(&space_lock);
	if (rc || !hv_runs_elsewhere(vm))
		return rc;
	return WAIT_FOR(__atomic_load_n(&vm->calling, __ATOMIC_SEQ_CST) != gpa, CALLBACK_TIMEOUT_US) ? 0 : -ETIMEDOUT;
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

static const struct hv_mmio *find(const struct hv_vm *vm, uint64_t gpa)
{
	for (unsigned i = 0; i < HV_MMIO_MAX; i++)
		if (vm->mmio[i].size && gpa >= vm->mmio[i].gpa && gpa - vm->mmio[i].gpa < vm->mmio[i].size)
			return &vm->mmio[i];
	if (vm->open_bus && gpa >= open_bus.gpa && gpa - open_bus.gpa < open_bus.size)
		return &open_bus;
	return NULL;
}

bool hv_mmio_find(const struct hv_vm *vm, uint64_t gpa, struct hv_mmio *region)
{
	const struct hv_mmio *found;

	lock_acquire(&space_lock);
	found = find(vm, gpa);
	if (found)
		*region = *found;
	lock_release(&space_lock);
	return found != NULL;
}

bool hv_mmio_enter(struct hv_vm *vm, uint64_t gpa, struct hv_mmio *region)
{
	const struct hv_mmio *found;

	lock_acquire(&space_lock);
	found = find(vm, gpa);
	if (found) {
		*region = *found;
		__atomic_store_n(&vm->calling, found->gpa, __ATOMIC_SEQ_CST);
	}
	lock_release(&space_lock);
	return found != NULL;
}

void hv_mmio_leave(struct hv_vm *vm)
{
	__atomic_store_n(&vm->calling, HV_CALLING_NONE, __ATOMIC_SEQ_CST);
}
