/* SPDX-License-Identifier: BSD-2-Clause */
#include "boot/efi.h"

#include "kernel/bits.h"

#define KEY_WAIT_SECONDS 30U
#define TICKS_PER_SECOND UINT64_C(10000000) /* of 100 ns: UEFI 7.1, SetTimer() */

EFI_SYSTEM_TABLE *efi_system;

static const struct {
	EFI_STATUS status;
	const CHAR16 *words;
} status_words[] = {
        {EFI_LOAD_ERROR, L"load error"},     {EFI_INVALID_PARAMETER, L"invalid parameter"},
        {EFI_UNSUPPORTED, L"unsupported"},   {EFI_BUFFER_TOO_SMALL, L"buffer too small"},
        {EFI_DEVICE_ERROR, L"device error"}, {EFI_OUT_OF_RESOURCES, L"out of memory"},
        {EFI_NOT_FOUND, L"not found"},       {EFI_SECURITY_VIOLATION, L"security violation"},
};

void say(const CHAR16 *text)
{
	/* UEFI's prototype lacks a const; the text is not written to. */
	if (efi_system->ConOut)
		efi_system->ConOut->OutputString(efi_system->ConOut, (CHAR16 *)(uintptr_t)text);
}

void say_number(uint64_t value)
{
	CHAR16 digits[21];
	unsigned i = ARRAY_SIZE(digits) - 1;

	digits[i] = 0;
	do {
		digits[--i] = (CHAR16)(L'0' + value % 10);
		value /= 10;
	} while (value != 0);
	say(&digits[i]);
}

static void say_status(EFI_STATUS status)
{
	for (size_t i = 0; i < ARRAY_SIZE(status_words); i++) {
		if (status_words[i].status == status) {
			say(status_words[i].words);
			return;
		}
	}
	say(L"EFI error ");
	say_number(status & ~EFI_ERROR_MASK);
}

/* Without this the firmware's menu covers the message at once; with no limit a headless machine would hang here. */
static void wait_for_key(void)
{
	EFI_EVENT events[2];
	UINTN count = 0, which;
	EFI_INPUT_KEY key;

	if (EFI_ERROR(BS->CreateEvent(EVT_TIMER, 0, NULL, NULL, &events[count])))
		return;
	if (EFI_ERROR(BS->SetTimer(events[count++], TimerRelative, KEY_WAIT_SECONDS * TICKS_PER_SECOND)))
		goto out;
	if (efi_system->ConIn) {
		efi_system->ConIn->Reset(efi_system->ConIn, FALSE); /* keys pressed earlier do not count */
		events[count++] = efi_system->ConIn->WaitForKey;
	}
	say(L"Adit: press a key to return to the firmware (it goes on by itself in ");
	say_number(KEY_WAIT_SECONDS);
	say(L" seconds)\r\n");
	BS->WaitForEvent(count, events, &which);
	if (efi_system->ConIn)
		efi_system->ConIn->ReadKeyStroke(efi_system->ConIn, &key);
out:
	BS->CloseEvent(events[0]);
}

EFI_STATUS say_last_words(const CHAR16 *what, EFI_STATUS status)
{
	say(L"\r\nAdit: ");
	say(what);
	say(L": ");
	say_status(status);
	say(L"\r\n");
	return status;
}

EFI_STATUS say_failure(const CHAR16 *what, EFI_STATUS status)
{
	say_last_words(what, status);
	wait_for_key();
	return status;
}
