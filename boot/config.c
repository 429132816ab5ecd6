/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The configuration text. Nothing here stops the boot: what is missing or unusable is noted for the kernel to print,
 * and defaults are used.
 */
#include "boot/efi.h"

#include "boot/errno.h"
#include "boot/options.h"

#define OPTIONS_MAX 2048U
/* Room for the file, with a newline behind it. */
#define FILE_MAX    (BOOT_CONFIG_MAX - OPTIONS_MAX - 1U)

static EFI_GUID file_system_guid = SIMPLE_FILE_SYSTEM_PROTOCOL;

void note_add(struct boot_info *info, const char *sentence)
{
	size_t n = 0;

	while (info->note[n] != '\0')
		n++;
	for (const char *separator = n > 0 ? "; " : ""; *separator != '\0' && n < BOOT_NOTE_MAX - 1; separator++)
		info->note[n++] = *separator;
	for (; *sentence != '\0' && n < BOOT_NOTE_MAX - 1; sentence++)
		info->note[n++] = *sentence;
	info->note[n] = '\0';
}

/* Up to room bytes of file. The firmware may give less than asked for at each call. */
static EFI_STATUS read_all(EFI_FILE *file, char *to, size_t room, size_t *size)
{
	*size = 0;
	while (*size < room) {
		UINTN n = room - *size;
		EFI_STATUS status = file->Read(file, &n, to + *size);

		if (EFI_ERROR(status))
			return status;
		if (n == 0)
			break;
		*size += n;
	}
	return EFI_SUCCESS;
}

static void take_file(EFI_FILE *file, struct boot_info *info)
{
	size_t size;
	EFI_STATUS status = read_all(file, info->config, FILE_MAX, &size);

	if (EFI_ERROR(status)) {
		note_add(info, "\\adit.cfg cannot be read: defaults used");
		return;
	}
	if (size == FILE_MAX) {
		size = options_whole_lines(info->config, size);
		note_add(info, "\\adit.cfg is too long: what is after its first 6 KB is ignored");
	}
	if (size > 0)
		info->config[size++] = '\n';
	info->config_size = (uint32_t)size;
}

static void read_file(EFI_LOADED_IMAGE *image, struct boot_info *info)
{
	EFI_FILE_IO_INTERFACE *volume;
	EFI_FILE *root, *file;
	EFI_STATUS status;

	/* By network, or from another loader's memory, there is no volume. */
	if (!image->DeviceHandle ||
	    EFI_ERROR(BS->HandleProtocol(image->DeviceHandle, &file_system_guid, (void **)&volume))) {
		note_add(info, "not started from a file system: no \\adit.cfg, defaults used");
		return;
	}
	if (EFI_ERROR(volume->OpenVolume(volume, &root))) {
		note_add(info, "the boot volume cannot be opened: no \\adit.cfg, defaults used");
		return;
	}
	status = root->Open(root, &file, (CHAR16 *)(uintptr_t)L"\\adit.cfg", EFI_FILE_MODE_READ, 0);
	if (EFI_ERROR(status)) {
		note_add(info, status == EFI_NOT_FOUND ? "\\adit.cfg not found: defaults used"
		                                       : "\\adit.cfg cannot be opened: defaults used");
	} else {
		take_file(file, info);
		file->Close(file);
	}
	root->Close(root);
}

void config_read(EFI_LOADED_IMAGE *image, struct boot_info *info)
{
	size_t length;
	int err;

	read_file(image, info);
	if (!image->LoadOptions || image->LoadOptionsSize == 0)
		return;
	err = options_text(image->LoadOptions, image->LoadOptionsSize, info->config + info->config_size, OPTIONS_MAX,
	                   &length);
	if (err == -EINVAL)
		note_add(info, "load options are not text: ignored");
	else if (err)
		note_add(info, "load options are too long: ignored");
	else
		info->config_size += (uint32_t)length;
}
