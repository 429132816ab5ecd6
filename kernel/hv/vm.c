/* SPDX-License-Identifier: BSD-2-Clause */
/* Making a machine; its statistics. */
#include <errno.h>
#include <string.h>

#include "kernel/bits.h"
#include "kernel/console.h"
#include "kernel/guest.h"
#include "kernel/hv/vm.h"
#include "kernel/mem.h"
#include "kernel/smp.h"

#define TAKE_OFF_TIMEOUT_MS 1000U

static const struct hv_ops *vendor;

int hv_init(const char **why)
{
	static const struct hv_ops *const all[] = {&hv_vmx, &hv_svm};

	*why = "the processor has neither VMX nor SVM";
	for (unsigned i = 0; i < ARRAY_SIZE(all); i++) {
		const char *reason = NULL;
		int rc = all[i]->probe(&reason);

		if (!rc) {
			vendor = all[i];
			hv_state_init(vendor->offers());
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

void hv_describe(char *text, size_t size)
{
	text[0] = '\0';
	if (vendor)
		vendor->describe(text, size);
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
	vm->calling = HV_CALLING_NONE;
	hv_apic_reset(&vm->apic);
	rc = hv_stage2_init(&vm->stage2, vendor->stage2);
	if (!rc)
		rc = hv_stage2_reserve(&vm->stage2, HV_TABLES_SPARE);
	if (!rc)
		rc = vendor->create(&vm->vcpu, &vm->stage2);
	if (!rc && vendor->posted)
		vm->posted = vendor->posted(vm->vcpu);
	if (!rc)
		rc = hv_pci_init(vm);
	if (rc) {
		hv_vm_destroy(vm);
		return rc;
	}
	*out = vm;
	return 0;
}

static void take_off(void *arg)
{
	const struct hv_vm *vm = arg;

	vm->ops->detach(vm->vcpu);
}

/* The processor that a run left the guest in, because it was cut off, answers and has it no more. */
static bool is_nowhere(struct hv_vm *vm)
{
	uint32_t running = __atomic_load_n(&vm->running, __ATOMIC_SEQ_CST);

	return !running || smp_run(running - 1, take_off, vm, TAKE_OFF_TIMEOUT_MS) == 0;
}

static void report_kept(const struct hv_vm *vm)
{
	uint64_t size = 0;

	for (unsigned i = 0; i < vm->ram_count; i++)
		size += vm->ram[i].size;
	console_printf("# processor %u does not answer and may still run a guest: its %llu KiB of RAM stay allocated\n",
	               vm->running - 1, (unsigned long long)size / 1024);
}

int hv_vm_destroy(struct hv_vm *vm)
{
	if (!vm)
		return 0;
	if (!is_nowhere(vm)) {
		report_kept(vm);
		return -ETIMEDOUT;
	}
	if (vm->vcpu)
		vm->ops->destroy(vm->vcpu);
	hv_state_forget(&vm->state);
	hv_stage2_destroy(&vm->stage2);
	for (unsigned i = 0; i < vm->ram_count; i++)
		page_free(vm->ram[i].host, vm->ram[i].size / PAGE_SIZE);
	page_free(vm, ALIGN_UP(sizeof(*vm), PAGE_SIZE) / PAGE_SIZE);
	return 0;
}

bool hv_pasid_confined(void)
{
	return vendor && vendor->offers() & HV_OFFER_PASIDS;
}

/* ---- the rest ---- */

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

uint64_t hv_posted_descriptor(const struct hv_vm *vm)
{
	return vm->posted ? phys_of(vm->posted) : 0;
}

unsigned hv_waiting(const struct hv_vm *vm)
{
	unsigned count = vm->posted ? hv_posted_count(vm->posted) : 0;

	for (unsigned i = 0; i < ARRAY_SIZE(vm->counted); i++)
		count += (unsigned)__builtin_popcount(__atomic_load_n(&vm->apic.irr[i], __ATOMIC_RELAXED) &
		                                      vm->counted[i]);
	return count;
}

void hv_stats_get(const struct hv_vm *vm, struct hv_stats *out)
{
	*out = vm->stats;
	out->injected = __atomic_load_n(&vm->stats.injected, __ATOMIC_RELAXED) - hv_waiting(vm);
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
