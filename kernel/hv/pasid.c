/* SPDX-License-Identifier: BSD-2-Clause */
/* A guest's PASIDs. Each entry is one word, so that the processor that runs the guest needs no lock to look one up. */
#include <errno.h>

#include "kernel/bits.h"
#include "kernel/hv/vm.h"
#include "kernel/lock.h"

#define PASID_VALID BIT64(31)
#define PASID_MASK  GENMASK64(19, 0)

/* An entry: the host's PASID as IA32_PASID has it, the guest's number above. 0: free. */
#define ENTRY_GUEST GENMASK64(51, 32)

static struct lock pasid_lock = LOCK_INIT("guest PASIDs");

static uint64_t entry_of(const struct hv_vm *vm, unsigned i)
{
	return __atomic_load_n(&vm->pasids[i], __ATOMIC_SEQ_CST);
}

static bool translated(const struct hv_vm *vm)
{
	return vm->ops->offers() & HV_OFFER_PASIDS;
}

static int find(const struct hv_vm *vm, uint32_t guest)
{
	for (unsigned i = 0; i < HV_PASID_MAX; i++)
		if (entry_of(vm, i) && FIELD_GET(ENTRY_GUEST, entry_of(vm, i)) == guest)
			return (int)i;
	return -ENOENT;
}

static int give(struct hv_vm *vm, uint32_t guest, uint32_t host)
{
	if (find(vm, guest) >= 0)
		return -EEXIST;
	for (unsigned i = 0; i < HV_PASID_MAX; i++) {
		int rc;

		if (entry_of(vm, i))
			continue;
		rc = translated(vm) ? vm->ops->set_pasid(vm->vcpu, guest, host, true) : 0;
		if (rc)
			return rc;
		__atomic_store_n(&vm->pasids[i], FIELD_PREP(ENTRY_GUEST, (uint64_t)guest) | PASID_VALID | host,
		                 __ATOMIC_SEQ_CST);
		vm->pasid_count++;
		return 0;
	}
	return -ENOSPC;
}

int hv_pasid_give(struct hv_vm *vm, uint32_t guest, uint32_t host)
{
	int rc;

	if (!hv_state_has_pasid())
		return -ENOTSUP;
	if (guest > PASID_MASK || host > PASID_MASK)
		return -EINVAL;
	lock_acquire(&pasid_lock);
	rc = give(vm, guest, host);
	lock_release(&pasid_lock);
	return rc ? rc : hv_synchronize(vm);
}

int hv_pasid_take(struct hv_vm *vm, uint32_t guest)
{
	int i;

	lock_acquire(&pasid_lock);
	i = find(vm, guest);
	if (i >= 0) {
		__atomic_store_n(&vm->pasids[i], 0, __ATOMIC_SEQ_CST);
		if (translated(vm))
			vm->ops->set_pasid(vm->vcpu, guest, 0, false);
	}
	lock_release(&pasid_lock);
	return i < 0 ? i : hv_synchronize(vm);
}

uint64_t hv_pasid_real(const struct hv_vm *vm)
{
	uint64_t entry;
	int i;

	if (translated(vm))
		return vm->state.pasid;
	if (!(vm->state.pasid & PASID_VALID))
		return 0;
	i = find(vm, (uint32_t)(vm->state.pasid & PASID_MASK));
	entry = i < 0 ? 0 : entry_of(vm, (unsigned)i);
	/* It may have been taken, and even given anew, in between: then it is not this one's. */
	return FIELD_GET(ENTRY_GUEST, entry) == (vm->state.pasid & PASID_MASK) ? entry & (PASID_VALID | PASID_MASK) : 0;
}
