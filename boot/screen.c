/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The framebuffer. Machines have several graphics outputs (a server's management controller, an add-in card, and the
 * one the firmware makes up to mirror its console); only one with linear memory is of use, the console's own if it has.
 */
#include "boot/efi.h"

#define BYTES_PER_PIXEL 4U

static EFI_GUID gop_guid = EFI_GRAPHICS_OUTPUT_PROTOCOL_GUID;

/* enum boot_pixel, or 0 for a format that is not 32 bits of red, green and blue. */
static uint32_t pixel_of(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode)
{
	const EFI_PIXEL_BITMASK *mask = &mode->PixelInformation;

	if (mode->PixelFormat == PixelBlueGreenRedReserved8BitPerColor)
		return BOOT_PIXEL_XRGB;
	if (mode->PixelFormat == PixelRedGreenBlueReserved8BitPerColor)
		return BOOT_PIXEL_XBGR;
	if (mode->PixelFormat != PixelBitMask || mask->GreenMask != 0xff00)
		return 0;
	if (mask->RedMask == 0xff0000 && mask->BlueMask == 0xff)
		return BOOT_PIXEL_XRGB;
	return mask->RedMask == 0xff && mask->BlueMask == 0xff0000 ? BOOT_PIXEL_XBGR : 0;
}

static int take(EFI_HANDLE handle, struct boot_framebuffer *fb)
{
	EFI_GRAPHICS_OUTPUT_PROTOCOL *gop;
	const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode;
	uint64_t needed;
	uint32_t pixel;

	if (!handle || EFI_ERROR(BS->HandleProtocol(handle, &gop_guid, (void **)&gop)) || !gop->Mode ||
	    !gop->Mode->Info)
		return 0;
	mode = gop->Mode->Info;
	pixel = pixel_of(mode);
	if (pixel == 0 || gop->Mode->FrameBufferBase == 0 || mode->PixelsPerScanLine < mode->HorizontalResolution ||
	    mode->PixelsPerScanLine > UINT32_MAX / BYTES_PER_PIXEL)
		return 0;
	fb->base = gop->Mode->FrameBufferBase;
	fb->width = mode->HorizontalResolution;
	fb->height = mode->VerticalResolution;
	fb->pitch = mode->PixelsPerScanLine * BYTES_PER_PIXEL;
	fb->pixel = pixel;
	/* Some firmware understates the size; the mode that is being shown cannot lie. */
	needed = (uint64_t)fb->pitch * fb->height;
	fb->size = gop->Mode->FrameBufferSize < needed ? needed : gop->Mode->FrameBufferSize;
	return 1;
}

void screen_find(struct boot_framebuffer *fb)
{
	EFI_HANDLE *handles;
	UINTN count;

	if (take(efi_system->ConsoleOutHandle, fb))
		return;
	if (EFI_ERROR(BS->LocateHandleBuffer(ByProtocol, &gop_guid, NULL, &count, &handles)))
		return;
	for (UINTN i = 0; i < count; i++)
		if (take(handles[i], fb))
			break;
	BS->FreePool(handles);
}
