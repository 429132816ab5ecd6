/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hypervisor: guests with one virtual processor each, run on the processor that calls hv_run(), with their memory
 * behind second-stage page tables. Guests run on several processors at a time, and the same one today here, tomorrow
 * there. It knows nothing of DSA: a device is a set of callbacks (PCI configuration space,
 * MMIO regions), pass-through pages and hv_msi().
 *
 * A guest is hostile. Whatever it does ends in a virtual exception for it, in the callbacks of its devices (which check
 * what they are given) or in the end of hv_run() with the reason; never in a fault of the host.
 *
 * Threads: while a VM runs, other processors may use hv_msi(), hv_stop(), hv_map_device(), hv_unmap(), hv_mmio_add(),
 * hv_mmio_remove(), hv_ram_count(), hv_ram_get(), hv_ram_ptr() and hv_stats_get() on it; interrupt handlers only the
 * first two. What they change is in force when they return: the guest is made to leave what it executes. Callbacks run
 * on the processor in hv_run(), with interrupts on, and may use every function here but hv_run(), hv_load*() and
 * hv_vm_destroy() on their own VM. No wait is without a limit, and a lock's owner that hangs loses it (kernel/lock.h).
 */
#ifndef KERNEL_HV_HV_H
#define KERNEL_HV_HV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hv_vm;

/* ---- the machine ---- */

/*
 * Look whether this machine can run guests. Returns 0, -ENODEV (the processor lacks what is needed), -EPERM (firmware
 * has it disabled and locked) or -ENOMEM, and then in *why the reason in words. May be called again; enables nothing
 * yet: hv_run() enables virtualization on its processor and leaves it enabled until hv_shutdown() there.
 */
int hv_init(const char **why);
/* Switch virtualization off again on the calling processor. */
void hv_shutdown(void);
/* What of the virtualization extension the processor has, and what it lacks, after hv_init(); empty before. */
void hv_describe(char *text, size_t size);
/* "SVM" or "VMX", after hv_init(); "none" before. */
const char *hv_vendor_name(void);
/* After hv_init(): the instruction by which a guest calls the hypervisor here, HV_CALL_SIZE bytes. */
#define HV_CALL_SIZE 3U
const uint8_t *hv_call_instruction(void);

/* ---- a virtual machine ---- */

/* An empty machine: no memory, no device. Returns 0, -ENODEV (hv_init() did not succeed) or -ENOMEM. */
int hv_vm_create(struct hv_vm **out);
/*
 * Gives everything back, RAM included: first take the guest's memory out of the IOMMU. NULL is ignored. What was cut
 * off while it ran the guest (kernel/guard.h) is undone on its processor. Returns 0, or -ETIMEDOUT when that processor
 * does not answer: it may still execute the guest or write its state back, so all of the machine stays allocated for
 * ever, and the console says so.
 */
int hv_vm_destroy(struct hv_vm *vm);

/* ---- guest-physical address space ---- */

/* Where the guest finds what (guest-physical addresses, bytes). */
#define HV_RAM_DEFAULT_SIZE UINT64_C(0x04000000) /* 64 MiB from address 0 */
#define HV_ECAM_BASE        UINT64_C(0xb0000000)
#define HV_ECAM_SIZE        UINT64_C(0x00100000) /* one bus */
#define HV_BAR_WINDOW_BASE  UINT64_C(0xc0000000)
#define HV_BAR_WINDOW_SIZE  UINT64_C(0x3ec00000) /* up to the IOAPIC's usual place */

/*
 * Give the guest size bytes of zeroed RAM at gpa (both multiples of 4 KiB; 2 MiB multiples get large pages). Backed by
 * one contiguous run of host memory. Returns 0, -EINVAL, -EEXIST (overlaps something), -EBUSY (another processor runs
 * the guest), -ENOSPC or -ENOMEM.
 */
int hv_ram_add(struct hv_vm *vm, uint64_t gpa, uint64_t size);

struct hv_ram {
	uint64_t gpa;
	uint64_t size; /* bytes */
	uint64_t hpa;  /* host-physical: what an IOMMU's second level translates gpa to */
	void *host;    /* the same memory for the host's own loads and stores */
};

/* The RAM ranges, in the order in which they were added: index below hv_ram_count(). NULL behind the last. */
unsigned hv_ram_count(const struct hv_vm *vm);
const struct hv_ram *hv_ram_get(const struct hv_vm *vm, unsigned index);
/* Host address of size bytes of guest RAM at gpa, or NULL when they are not wholly inside one range. */
void *hv_ram_ptr(const struct hv_vm *vm, uint64_t gpa, uint64_t size);

/*
 * What the guest may do with pages of RAM besides reading them: all of it at first. What it may not ends it with
 * HV_END_BAD_ACCESS. Multiples of 4 KiB, inside one range. Returns 0, -EINVAL, -ENOENT (not RAM), -EBUSY (the guest
 * runs on another processor) or -ENOMEM, then with a part done.
 */
#define HV_RAM_WRITE   1U
#define HV_RAM_EXECUTE 2U
int hv_ram_protect(struct hv_vm *vm, uint64_t gpa, uint64_t size, unsigned rights);
/*
 * The pages of RAM that the guest has written since the last call: a bit each in bitmap, the lowest first. The first
 * call for a range may report a whole large page where a part was written. What the host writes by itself does not
 * count, what it writes for the guest's instruction does. Returns as hv_ram_protect(), or -ENOTSUP: the processor does
 * not keep that.
 */
int hv_ram_take_dirty(struct hv_vm *vm, uint64_t gpa, uint64_t size, uint8_t *bitmap);

/*
 * Let the guest reach size bytes of device memory at host-physical hpa, uncached, without exits (4 KiB multiples: e.g.
 * a portal). Returns 0, -EINVAL, -EEXIST (gpa overlaps something), -ENOSPC or -ENOMEM. In a callback it allocates
 * nothing as long as no more than a few such mappings are there.
 */
int hv_map_device(struct hv_vm *vm, uint64_t gpa, uint64_t hpa, uint64_t size);
/*
 * Take back a mapping of hv_map_device(), with the same gpa and size: accesses exit from now on. Returns 0, -ENOENT, or
 * -ETIMEDOUT when another processor runs the guest and did not leave it for a second: the guest may then still have
 * access.
 */
int hv_unmap(struct hv_vm *vm, uint64_t gpa, uint64_t size);

/*
 * A region whose every access is a callback. offset counts from gpa; width is 1, 2, 4 or 8 bytes; an access that runs
 * over the region's end is not delivered and reads as all ones. Values are zero-extended. MOVDIR64B arrives as eight
 * writes of 8 bytes, ascending. To the guest, an instruction that kernel/hv/decode.h does not know is #UD, and an
 * operand that its own page tables forbid is #PF.
 */
struct hv_mmio {
	uint64_t gpa;
	uint64_t size;
	uint64_t (*read)(void *arg, uint64_t offset, unsigned width);
	void (*write)(void *arg, uint64_t offset, unsigned width, uint64_t value);
	void *arg;
	const char *name; /* for dumps; must live on */
};

/*
 * Add (copies *region) or remove a region by its base; both also from inside a callback, even the region's own. Regions
 * need no alignment. hv_mmio_add() returns 0, -EINVAL, -EEXIST (overlaps something) or -ENOSPC; hv_mmio_remove() 0,
 * -ENOENT, or -ETIMEDOUT when another processor runs the guest and one of the region's callbacks did not end within a
 * second.
 */
int hv_mmio_add(struct hv_vm *vm, const struct hv_mmio *region);
int hv_mmio_remove(struct hv_vm *vm, uint64_t gpa);

/*
 * From now on addresses in the BAR window that nothing decodes read as all ones and swallow writes, as on a PCI bus
 * (PCI 3.0, 3.3.3.1): a driver may look at a device while its BARs are off. Without it the guest ends there.
 */
void hv_mmio_open_bus(struct hv_vm *vm);

/*
 * I/O ports whose every access is a callback. offset counts from first; width is 1, 2 or 4 bytes. An access that no
 * region holds wholly goes to no device: it reads as all ones. INS and OUTS arrive element by element.
 */
struct hv_port {
	uint16_t first;
	uint16_t count;
	uint32_t (*in)(void *arg, uint16_t offset, unsigned width);
	void (*out)(void *arg, uint16_t offset, unsigned width, uint32_t value);
	void *arg;
};

/*
 * Add (copies *region) or remove a region by its first port; not from inside a port's callback. hv_port_add() returns
 * 0, -EINVAL, -EEXIST (overlaps something, PCI's ports CF8 to CFF included) or -ENOSPC; hv_port_remove() 0 or -ENOENT.
 */
int hv_port_add(struct hv_vm *vm, const struct hv_port *region);
int hv_port_remove(struct hv_vm *vm, uint16_t first);

/* ---- the guest's PCI bus ---- */

/*
 * One function of segment 0, bus 0. width is 1, 2 or 4 bytes and never crosses a double word; offset is below 4096 (by
 * CF8/CFC below 256). An 8-byte ECAM access comes as two of 4. A function that is not there reads as all ones.
 */
struct hv_pci_ops {
	uint32_t (*config_read)(void *arg, uint16_t offset, unsigned width);
	void (*config_write)(void *arg, uint16_t offset, unsigned width, uint32_t value);
};

#define HV_DEVFN(device, function) ((uint8_t)((((device)&31U) << 3) | ((function)&7U)))

/* ops must live on. Returns 0, -EEXIST or -EINVAL (an operation is missing); hv_pci_remove(): 0 or -ENOENT. */
int hv_pci_add(struct hv_vm *vm, uint8_t devfn, const struct hv_pci_ops *ops, void *arg);
int hv_pci_remove(struct hv_vm *vm, uint8_t devfn);

/* ---- interrupts ---- */

/*
 * Deliver the MSI (address, data) in the guest, as its x2APIC understands it (Intel SDM vol. 3, 11.11): fixed and
 * lowest priority delivery to APIC id 0 or to all. Both values may be the guest's own: returns 0, or -EINVAL for a
 * message that raises nothing (no interrupt address, another processor, a reserved vector, SMI, NMI, INIT, ExtINT, or
 * the guest has its APIC off), which has no effect at all. From any processor and from interrupt handlers; does not
 * allocate or print.
 */
int hv_msi(struct hv_vm *vm, uint64_t address, uint32_t data);

/*
 * Host-physical address of the guest's posted-interrupt descriptor (kernel/hv/posted.h), for an IOMMU's posted IRTE:
 * what that posts arrives without an exit while the guest runs, and waits for it otherwise. 0 where the processor does
 * not take them: then hv_msi() injects.
 */
uint64_t hv_posted_descriptor(const struct hv_vm *vm);

/* ---- PASIDs ---- */

/*
 * A guest that was given a PASID before it runs has ENQCMD and IA32_PASID: what it writes there is its own number, and
 * its ENQCMD submits with the host's. A number that it was not given makes its ENQCMD #GP, as one that is not valid
 * does. At most eight a guest. hv_pasid_give() returns 0, -ENOTSUP (the processor has no ENQCMD), -EINVAL (more than 20
 * bits), -EEXIST (it has that number) or -ENOSPC; hv_pasid_take() 0, -ENOENT, or -ETIMEDOUT when another processor runs
 * the guest and did not leave it for a second: it may then still submit.
 *
 * IA32_PASID is never really the guest's: writes to it exit, and XRSTORS cannot load it, because no guest gets that
 * component in IA32_XSS. ENQCMDS, however, takes its PASID from memory, and neither SVM nor VMX without PASID
 * translation can stop it. So the portal of a shared WQ must not be mapped into a guest, given a PASID or not, whose
 * kernel is not trusted with every PASID of the device, unless hv_pasid_confined(). With a dedicated WQ's portal there
 * is no such danger: it refuses ENQCMD and ENQCMDS, and the WQ's own PASID goes out.
 */
int hv_pasid_give(struct hv_vm *vm, uint32_t guest, uint32_t host);
int hv_pasid_take(struct hv_vm *vm, uint32_t guest);
/* Whether the processor itself confines a guest to the PASIDs that it was given, ENQCMDS included. */
bool hv_pasid_confined(void);

/* ---- hypercalls (kernel/hypercall.h) ---- */

/* line gets each whole line of guest console output, NUL-terminated, without its newline and control characters. */
void hv_set_console(struct hv_vm *vm, void (*line)(void *arg, const char *text), void *arg);
/*
 * hook is asked for calls that kernel/hypercall.h does not name; it returns whether it knows the call, and the result
 * in *result. Without a hook, or when it returns false, the guest gets -ENOSYS.
 */
void hv_set_hypercall(struct hv_vm *vm,
                      bool (*hook)(void *arg, uint64_t number, const uint64_t args[3], uint64_t *result), void *arg);

/* ---- loading ---- */

/*
 * Put a payload (the kernel's ELF, see kernel/entry.S) into the guest's RAM at gpa 0, with the boot_info, ACPI tables
 * (RSDP, XSDT, MADT, MCFG) and first page tables that kernel/boot_info.h promises, and point the processor at it.
 * config is the text of boot_info.config (NULL: none). Adds HV_RAM_DEFAULT_SIZE of RAM first if there is none at 0.
 * Returns 0, -ENOEXEC (not such an ELF), -ENOSPC (RAM too small), -E2BIG (config), -EBUSY (it runs) or -ENOMEM.
 */
int hv_load(struct hv_vm *vm, const void *elf, size_t size, const char *config);
/*
 * For small guests without a kernel: code is copied to gpa and starts there in 64-bit mode, ring 0, interrupts off, low
 * 4 GiB mapped one to one, stack below HV_FLAT_STACK_TOP, RDI = arg. Needs RAM from 0 on; gpa at or above HV_FLAT_CODE.
 */
#define HV_FLAT_STACK_TOP UINT64_C(0x00010000)
#define HV_FLAT_CODE      UINT64_C(0x00010000)
int hv_load_flat(struct hv_vm *vm, uint64_t gpa, const void *code, size_t size, uint64_t arg);

/* ---- running ---- */

enum hv_reg {
	HV_RAX,
	HV_RCX,
	HV_RDX,
	HV_RBX,
	HV_RSP,
	HV_RBP,
	HV_RSI,
	HV_RDI,
	HV_R8,
	HV_R9,
	HV_R10,
	HV_R11,
	HV_R12,
	HV_R13,
	HV_R14,
	HV_R15,
	HV_GPR_COUNT
};

struct hv_regs {
	uint64_t gpr[HV_GPR_COUNT]; /* by enum hv_reg */
	uint64_t rip;
	uint64_t rflags;
	uint64_t cr0, cr2, cr3, cr4;
	uint64_t efer;
	uint64_t cs_base, ss_base, ds_base, es_base, fs_base, gs_base;
	uint8_t cpl;
	bool code64; /* CS.L in long mode */
	bool code32; /* CS.D */
};

enum hv_end {
	HV_END_EXIT,       /* HYPERCALL_EXIT: status */
	HV_END_HALT,       /* HLT with interrupts off: for ever */
	HV_END_SHUTDOWN,   /* triple fault: regs as the guest's last */
	HV_END_TIMEOUT,    /* timeout_ms passed */
	HV_END_BAD_ACCESS, /* neither RAM nor device at address */
	HV_END_STOPPED,    /* hv_stop() */
	HV_END_ERROR,      /* the processor refused the guest's state, or the hypervisor cannot go on: see text */
};

enum hv_access {
	HV_ACCESS_READ,
	HV_ACCESS_WRITE,
	HV_ACCESS_FETCH,
};

#define HV_BACKTRACE_MAX 16

struct hv_result {
	enum hv_end end;
	uint64_t status;                      /* HV_END_EXIT */
	uint64_t address;                     /* HV_END_BAD_ACCESS: guest-physical */
	enum hv_access access;                /* HV_END_BAD_ACCESS */
	struct hv_regs regs;                  /* where the guest was */
	unsigned backtrace_count;             /* by frame pointers, from guest memory: the guest may have forged them */
	uint64_t backtrace[HV_BACKTRACE_MAX]; /* return addresses, innermost first, regs.rip left out */
	char text[160];                       /* the end in one sentence */
};

/*
 * Run the guest on this processor, with interrupts on, until it ends or timeout_ms (at most an hour) have passed.
 * Returns 0 with *result filled, however the guest ended, or -EINVAL (nothing loaded), -EBUSY (it runs elsewhere),
 * -ENODEV or -ENOMEM. After HV_END_TIMEOUT and HV_END_STOPPED the guest may be run on; after another end -EINVAL until
 * loaded again.
 */
int hv_run(struct hv_vm *vm, unsigned timeout_ms, struct hv_result *result);
/*
 * Make hv_run() end with HV_END_STOPPED: from a callback after the present exit, from another processor or an interrupt
 * handler at once. If the guest does not run, its next run ends before it begins. Does not wait.
 */
void hv_stop(struct hv_vm *vm);

/* ---- statistics ---- */

enum hv_cause {
	HV_CAUSE_HYPERCALL,
	HV_CAUSE_CPUID,
	HV_CAUSE_MSR_READ,
	HV_CAUSE_MSR_WRITE,
	HV_CAUSE_PORT,
	HV_CAUSE_MMIO,       /* a stage-2 fault that a region or the PCI bus answered */
	HV_CAUSE_BAD_ACCESS, /* a stage-2 fault that nothing answered */
	HV_CAUSE_HLT,
	HV_CAUSE_INTERRUPT,        /* a physical interrupt came while the guest ran */
	HV_CAUSE_INTERRUPT_WINDOW, /* the guest can take its pending interrupt now */
	HV_CAUSE_FORBIDDEN,        /* an instruction that the guest does not have */
	HV_CAUSE_SHUTDOWN,
	HV_CAUSE_OTHER,
	HV_CAUSE_COUNT
};

struct hv_stats {
	uint64_t exits[HV_CAUSE_COUNT]; /* by enum hv_cause */
	uint64_t total;                 /* of all exits */
	uint64_t injected;              /* interrupts given to the guest */
	uint64_t merged;                /* interrupts that found their vector pending already */
};

/* Exits since the VM was made. */
void hv_stats_get(const struct hv_vm *vm, struct hv_stats *out);
/* A cause in words, for tables; "?" for a number out of range. */
const char *hv_cause_name(unsigned cause);
/* An end in words. */
const char *hv_end_name(enum hv_end end);

#endif
