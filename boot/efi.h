/* SPDX-License-Identifier: BSD-2-Clause */
/* What the loader's UEFI files share. */
#ifndef BOOT_EFI_H
#define BOOT_EFI_H

#include <efi.h>
#include <stddef.h>
#include <stdint.h>

#include "kernel/boot_info.h"

extern EFI_SYSTEM_TABLE *efi_system;
#define BS efi_system->BootServices

/* boot/console.c: words on the firmware's console, which is the screen, a serial line or both. */
void say(const CHAR16 *text);
void say_number(uint64_t value);
/* Say "Adit: what: status in words", wait for a key (not for ever), and return status. */
EFI_STATUS say_failure(const CHAR16 *what, EFI_STATUS status);
/* The same without the wait: once ExitBootServices() was tried, timers and keyboard may be dead. */
EFI_STATUS say_last_words(const CHAR16 *what, EFI_STATUS status);

/* boot/config.c: fill info->config from \adit.cfg on the image's volume and from its load options. */
void config_read(EFI_LOADED_IMAGE *image, struct boot_info *info);
/* Add a sentence to info->note. */
void note_add(struct boot_info *info, const char *sentence);

/* boot/screen.c: the framebuffer that is on now, or base 0. */
void screen_find(struct boot_framebuffer *fb);

/* boot/processors.c: fill info->cpus; none if the firmware does not tell. */
void processors_find(struct boot_info *info);

#endif
