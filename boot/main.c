/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * \EFI\BOOT\BOOTX64.EFI: gathers boot_info, puts the kernel that is inside it into memory, leaves boot services, and
 * goes there. Started from a stick, by the firmware's shell, by network or by another loader alike.
 */
#include "boot/efi.h"

#include "kernel/elf.h"
#include "boot/errno.h"
#include "boot/handover.h"
#include "boot/memmap.h"
#include "boot/unpack.h"
#include "kernel/bits.h"
#include "kernel/cpu.h"

#define PAGE         4096U
#define PAGES(bytes) (((bytes) + PAGE - 1) / PAGE)
#define EXIT_TRIES   8
#define MAP_SLACK    16U /* descriptors that allocating the buffer itself, or an event, may add */

/* boot/kernel.S */
extern const struct {
	const uint8_t *start, *end;
} kernel_blob;

/* What the kernel still needs after us: kept together and reserved in its memory map. */
struct kept {
	struct boot_info info;
	uint8_t page_tables[HANDOVER_PAGES * PAGE] __attribute__((aligned(4096)));
};

/* The firmware's own memory map, as it comes. */
struct raw_map {
	uint8_t *buffer;
	UINTN room, size, key, descriptor_size;
	UINT32 version;
};

struct loader {
	struct kept *kept;
	struct elf_span span;
	uint64_t kernel;
	struct raw_map raw;
	struct handover handover;
};

static struct memmap memmap; /* too big for a stack */

EFI_STATUS EFIAPI efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system);

static uint64_t find_rsdp(void)
{
	static const EFI_GUID guids[] = {ACPI_20_TABLE_GUID, ACPI_TABLE_GUID};

	for (size_t g = 0; g < ARRAY_SIZE(guids); g++)
		for (UINTN i = 0; i < efi_system->NumberOfTableEntries; i++)
			if (__builtin_memcmp(&efi_system->ConfigurationTable[i].VendorGuid, &guids[g],
			                     sizeof(guids[g])) == 0)
				return (uint64_t)(uintptr_t)efi_system->ConfigurationTable[i].VendorTable;
	return 0;
}

static EFI_STATUS allocate(uint64_t bytes, uint64_t *address)
{
	EFI_PHYSICAL_ADDRESS a = 0;
	EFI_STATUS status = BS->AllocatePages(AllocateAnyPages, EfiLoaderData, PAGES(bytes), &a);

	*address = a;
	return status;
}

static void *pool_allocate(size_t bytes)
{
	void *p;

	return EFI_ERROR(BS->AllocatePool(EfiLoaderData, bytes, &p)) ? NULL : p;
}

static void pool_free(void *p)
{
	BS->FreePool(p);
}

/* file: the kernel's ELF file, whole and unpacked, of size bytes. */
static EFI_STATUS place_kernel(struct loader *l, const void *file, uint64_t size)
{
	EFI_STATUS status;

	if (!elf_span(file, size, &l->span))
		return say_failure(L"the kernel inside this file is not one", EFI_LOAD_ERROR);
	status = allocate(l->span.size, &l->kernel);
	if (EFI_ERROR(status))
		return say_failure(L"no memory for the kernel", status);
	elf_load(file, &l->span, (void *)(uintptr_t)l->kernel);
	return EFI_SUCCESS;
}

static EFI_STATUS load_kernel(struct loader *l)
{
	size_t packed = (size_t)(kernel_blob.end - kernel_blob.start);
	uint64_t file, size = unpack_size(kernel_blob.start, packed);
	EFI_STATUS status;

	if (size == 0)
		return say_failure(L"the kernel inside this file is damaged", EFI_LOAD_ERROR);
	status = allocate(size, &file);
	if (EFI_ERROR(status))
		return say_failure(L"no memory to unpack the kernel", status);
	switch (unpack(kernel_blob.start, packed, (void *)(uintptr_t)file, pool_allocate, pool_free)) {
	case 0:
		status = place_kernel(l, (const void *)(uintptr_t)file, size);
		break;
	case -ENOMEM:
		status = say_failure(L"no memory to unpack the kernel", EFI_OUT_OF_RESOURCES);
		break;
	default:
		status = say_failure(L"the kernel inside this file is damaged", EFI_LOAD_ERROR);
	}
	BS->FreePages(file, PAGES(size));
	return status;
}

static EFI_STATUS make_kept(struct loader *l)
{
	uint64_t address;
	EFI_STATUS status = allocate(sizeof(struct kept), &address);

	if (EFI_ERROR(status))
		return say_failure(L"no memory for the boot information", status);
	l->kept = (struct kept *)(uintptr_t)address;
	__builtin_memset(&l->kept->info, 0, sizeof(l->kept->info));
	handover_init(&l->handover, (uint64_t)(uintptr_t)l->kept->page_tables);
	return EFI_SUCCESS;
}

static EFI_STATUS map_what_is_needed(struct loader *l)
{
	if (handover_map(&l->handover, l->kernel, l->span.size) ||
	    handover_map(&l->handover, (uint64_t)(uintptr_t)l->kept, sizeof(*l->kept)) ||
	    handover_map_self(&l->handover))
		return say_failure(L"page tables for the kernel", EFI_OUT_OF_RESOURCES);
	return EFI_SUCCESS;
}

static EFI_STATUS fill_info(struct loader *l, EFI_HANDLE self)
{
	static EFI_GUID image_guid = LOADED_IMAGE_PROTOCOL;
	struct boot_info *info = &l->kept->info;
	EFI_LOADED_IMAGE *image;
	EFI_STATUS status = BS->HandleProtocol(self, &image_guid, (void **)&image);

	if (EFI_ERROR(status))
		return say_failure(L"the firmware does not say where this program came from", status);
	info->magic = BOOT_INFO_MAGIC;
	info->version = BOOT_INFO_VERSION;
	info->origin = BOOT_ORIGIN_UEFI;
	info->kernel_phys = l->kernel;
	info->kernel_size = l->span.size;
	info->rsdp = find_rsdp();
	if (info->rsdp == 0)
		note_add(info, "the firmware has no ACPI tables");
	config_read(image, info);
	screen_find(&info->framebuffer);
	processors_find(info);
	return EFI_SUCCESS;
}

static EFI_STATUS make_room_for_map(struct raw_map *raw)
{
	EFI_STATUS status;

	raw->size = 0;
	status = BS->GetMemoryMap(&raw->size, NULL, &raw->key, &raw->descriptor_size, &raw->version);
	if (status != EFI_BUFFER_TOO_SMALL)
		return say_failure(L"the firmware does not tell its memory map",
		                   EFI_ERROR(status) ? status : EFI_LOAD_ERROR);
	raw->room = raw->size + MAP_SLACK * raw->descriptor_size;
	status = BS->AllocatePool(EfiLoaderData, raw->room, (void **)&raw->buffer);
	return EFI_ERROR(status) ? say_failure(L"no memory for the memory map", status) : EFI_SUCCESS;
}

static uint32_t type_of(const EFI_MEMORY_DESCRIPTOR *d)
{
	/* Memory set apart for a purpose (EFI_MEMORY_SP, bit 18) or that the firmware uses at run time is not ours. */
	if (d->Attribute & (EFI_MEMORY_RUNTIME | BIT64(18)))
		return BOOT_MEM_RESERVED;
	switch (d->Type) {
	case EfiLoaderCode:
	case EfiLoaderData:
	case EfiBootServicesCode:
	case EfiBootServicesData:
	case EfiConventionalMemory:
		return BOOT_MEM_USABLE;
	case EfiACPIReclaimMemory:
	case EfiACPIMemoryNVS:
		return BOOT_MEM_ACPI;
	default:
		return BOOT_MEM_RESERVED;
	}
}

/* Calls no boot service: between GetMemoryMap() and ExitBootServices() none may be called. */
static EFI_STATUS convert_map(struct loader *l)
{
	struct boot_info *info = &l->kept->info;
	int err = 0;

	memmap.count = 0;
	for (UINTN at = 0; at + sizeof(EFI_MEMORY_DESCRIPTOR) <= l->raw.size; at += l->raw.descriptor_size) {
		const EFI_MEMORY_DESCRIPTOR *d = (const EFI_MEMORY_DESCRIPTOR *)(l->raw.buffer + at);

		if (d->NumberOfPages <= UINT64_MAX / PAGE)
			err |= memmap_add(&memmap, d->PhysicalStart, d->NumberOfPages * PAGE, type_of(d));
	}
	err |= memmap_add(&memmap, l->kernel, l->span.size, BOOT_MEM_RESERVED);
	err |= memmap_add(&memmap, (uint64_t)(uintptr_t)l->kept, sizeof(*l->kept), BOOT_MEM_RESERVED);
	if (err)
		return EFI_BUFFER_TOO_SMALL;
	info->mem_count = memmap_emit(&memmap, info->mem, BOOT_MEM_MAX);
	return EFI_SUCCESS;
}

/* An event handler may change the map between the two calls; then the key is stale and the firmware wants both again.
 */
static EFI_STATUS leave_boot_services(struct loader *l, EFI_HANDLE self)
{
	EFI_STATUS status = EFI_LOAD_ERROR;

	for (int i = 0; i < EXIT_TRIES; i++) {
		l->raw.size = l->raw.room;
		status = BS->GetMemoryMap(&l->raw.size, (EFI_MEMORY_DESCRIPTOR *)l->raw.buffer, &l->raw.key,
		                          &l->raw.descriptor_size, &l->raw.version);
		if (EFI_ERROR(status))
			return say_last_words(L"the memory map has grown", status);
		status = convert_map(l);
		if (EFI_ERROR(status))
			return say_last_words(L"the memory map has more ranges than this program has room for", status);
		status = BS->ExitBootServices(self, l->raw.key);
		if (!EFI_ERROR(status))
			return status;
	}
	return say_last_words(L"the firmware does not let go of the machine", status);
}

static EFI_STATUS start(struct loader *l, EFI_HANDLE self)
{
	EFI_STATUS status = load_kernel(l);

	if (!EFI_ERROR(status))
		status = make_kept(l);
	if (!EFI_ERROR(status))
		status = fill_info(l, self);
	if (!EFI_ERROR(status))
		status = map_what_is_needed(l);
	if (!EFI_ERROR(status))
		status = make_room_for_map(&l->raw);
	if (!EFI_ERROR(status))
		status = leave_boot_services(l, self);
	return status;
}

static void give_back(const struct loader *l)
{
	if (l->raw.buffer)
		BS->FreePool(l->raw.buffer);
	if (l->kept)
		BS->FreePages((uint64_t)(uintptr_t)l->kept, PAGES(sizeof(*l->kept)));
	if (l->kernel)
		BS->FreePages(l->kernel, PAGES(l->span.size));
}

EFI_STATUS EFIAPI efi_main(EFI_HANDLE self, EFI_SYSTEM_TABLE *system)
{
	struct loader l = {0};
	EFI_STATUS status;

	efi_system = system;
	BS->SetWatchdogTimer(0, 0, 0, NULL);
	say(L"Adit: starting\r\n");
	status = start(&l, self);
	if (EFI_ERROR(status)) {
		give_back(&l);
		return status;
	}
	l.kept->info.entry_tsc = cpu_rdtsc();
	handover_jump(&l.handover, (uint64_t)(uintptr_t)&l.kept->info, l.kernel + l.span.entry);
}
