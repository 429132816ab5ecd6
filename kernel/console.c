/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "kernel/boot.h"
#include "kernel/console.h"
#include "kernel/cpu.h"
#include "kernel/guest.h"
#include "kernel/lock.h"

/* National Semiconductor PC16550D, at COM1's place. */
#define UART              0x3f8
#define UART_DATA         (UART + 0)
#define UART_IER          (UART + 1)
#define UART_DIVISOR_LOW  (UART + 0)
#define UART_DIVISOR_HIGH (UART + 1)
#define UART_FCR          (UART + 2)
#define UART_LCR          (UART + 3)
#define UART_LCR_8N1      0x03
#define UART_LCR_DLAB     0x80
#define UART_MCR          (UART + 4)
#define UART_MCR_DTR_RTS  0x03
#define UART_LSR          (UART + 5)
#define UART_LSR_THRE     0x20
#define UART_SCRATCH      (UART + 7)

/*
 * A byte takes 87 microseconds at 115200 baud, a read of the status at least half a microsecond. A UART that is not
 * ready after this many reads is stuck (flow control on a serial-over-LAN line): its byte is dropped, and after a few
 * such bytes it is given up, because a run must not take hours for a console that nobody reads.
 */
#define UART_POLLS     100000
#define UART_MAX_STUCK 4

static struct lock console_lock = LOCK_INIT("console");
static bool uart_present;
static unsigned uart_stuck;

static bool uart_probe(void)
{
	cpu_out8(UART_SCRATCH, 0x5a);
	if (cpu_in8(UART_SCRATCH) != 0x5a)
		return false;
	cpu_out8(UART_SCRATCH, 0xa5);
	return cpu_in8(UART_SCRATCH) == 0xa5 && cpu_in8(UART_LSR) != 0xff;
}

static void uart_init(void)
{
	uart_present = uart_probe();
	if (!uart_present)
		return;
	cpu_out8(UART_IER, 0);
	cpu_out8(UART_LCR, UART_LCR_DLAB | UART_LCR_8N1);
	cpu_out8(UART_DIVISOR_LOW, 1); /* 115200 baud */
	cpu_out8(UART_DIVISOR_HIGH, 0);
	cpu_out8(UART_LCR, UART_LCR_8N1);
	cpu_out8(UART_FCR, 0x07); /* queues on and empty */
	cpu_out8(UART_MCR, UART_MCR_DTR_RTS);
}

static void uart_put(char c)
{
	unsigned polls = 0;

	while (!(cpu_in8(UART_LSR) & UART_LSR_THRE)) {
		if (++polls < UART_POLLS)
			continue;
		uart_present = ++uart_stuck < UART_MAX_STUCK;
		return;
	}
	uart_stuck = 0;
	cpu_out8(UART_DATA, (uint8_t)c);
}

static void uart_write(const char *text, size_t size)
{
	for (size_t i = 0; i < size && uart_present; i++) {
		if (text[i] == '\n')
			uart_put('\r');
		uart_put(text[i]);
	}
}

void console_init(void)
{
	if (boot_in_guest())
		guest_init();
	else
		uart_init();
}

void console_write(const char *text, size_t size)
{
	lock_acquire(&console_lock);
	if (boot_in_guest())
		guest_console_write(text, size);
	else
		uart_write(text, size);
	if (fbcon_write)
		fbcon_write(text, size);
	lock_release(&console_lock);
}

void console_printf(const char *format, ...)
{
	char line[256];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n > 0)
		console_write(line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}
