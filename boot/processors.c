/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The processors as the firmware started them (PI 1.7, volume 2, 13.4). ACPI's MADT says the same and the kernel
 * prefers it; but firmware that has no ACPI tables still has this.
 */
#include "boot/efi.h"

#include "kernel/bits.h"

#define PROCESSOR_ENABLED BIT32(1)

/* EFI_PROCESSOR_INFORMATION, which gnu-efi lacks. */
struct processor_information {
	UINT64 id; /* the local APIC's */
	UINT32 status;
	UINT32 package, core, thread;
	UINT32 extended[6]; /* from PI 1.7 on: levels of the topology */
};

/* EFI_MP_SERVICES_PROTOCOL, as far as it is used. */
struct mp_services {
	EFI_STATUS(EFIAPI *count)(struct mp_services *self, UINTN *all, UINTN *enabled);
	EFI_STATUS(EFIAPI *information)(struct mp_services *self, UINTN number, struct processor_information *info);
};

static EFI_GUID mp_services_guid = {0x3fdda605, 0xa76e, 0x4f46, {0xad, 0x29, 0x12, 0xf4, 0x53, 0x1b, 0x3d, 0x08}};

void processors_find(struct boot_info *info)
{
	struct mp_services *mp;
	UINTN all, enabled;

	if (EFI_ERROR(BS->LocateProtocol(&mp_services_guid, NULL, (void **)&mp)) ||
	    EFI_ERROR(mp->count(mp, &all, &enabled)))
		return;
	for (UINTN i = 0; i < all && info->cpu_count < BOOT_CPU_MAX; i++) {
		struct processor_information p = {0};

		if (!EFI_ERROR(mp->information(mp, i, &p)) && (p.status & PROCESSOR_ENABLED) && p.id <= UINT32_MAX)
			info->cpus[info->cpu_count++] = (uint32_t)p.id;
	}
}
