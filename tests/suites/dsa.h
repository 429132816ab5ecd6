/* SPDX-License-Identifier: BSD-2-Clause */
/* What the dsa_*.c suites share. */
#ifndef TESTS_SUITES_DSA_H
#define TESTS_SUITES_DSA_H

#include <errno.h>

#include "kernel/bits.h"
#include "kernel/cpu.h"
#include "kernel/mem.h"
#include "kernel/mmio.h"
#include "kernel/time.h"
#include "tests/runner/fixture.h"
#include "tests/test.h"

/* Bits that <linux/idxd.h> has no names for: opcode-specific flags (8.1.3, 8.3). */
#define DESC_FLAG_READ_SEED  0x010000U
#define DESC_FLAG_NO_INVERT  0x020000U /* CRC: bypass inversion and reflection of seed and result */
#define DESC_FLAG_NO_REFLECT 0x040000U /* CRC: bypass data reflection */

/* flags is a bit-field of 24 bits: compound assignments on it do not convert cleanly. */
static inline void desc_set_flags(struct dsa_hw_desc *d, uint32_t flags)
{
	d->flags = (d->flags | flags) & 0xffffffU;
}

static inline void desc_clear_flags(struct dsa_hw_desc *d, uint32_t flags)
{
	d->flags = d->flags & ~flags & 0xffffffU;
}

/* Random bytes from the test's own sequence. */
static inline void random_bytes(void *to, size_t size)
{
	uint8_t *byte = to;

	for (size_t i = 0; i < size; i++)
		byte[i] = (uint8_t)(test_random() >> 32);
}

/* After it, all that the WQ has taken is done: to wait for a while would prove little on a busy machine. */
static inline void settle(void)
{
	cpu_sfence();
	EXPECT_DSA(dsa_wq_drain(test_dsa(), TEST_WQ));
}

/* A NOOP must still work: the device has survived what the test did. */
static inline void expect_alive(void)
{
	struct dsa_hw_desc d;

	dsa_desc_noop(&d, test_cr_dma(0));
	test_execute_ok(&d);
}

/* Run an administrative command that must end with that error (5.8.3). */
static inline void expect_command_error(unsigned error, enum dsa_command command, uint32_t operand)
{
	uint32_t result = 0;
	int rc = dsa_command(test_dsa(), command, operand, &result);

	if (rc == 0)
		FAIL("%s (operand 0x%x) succeeded instead of: %s", dsa_command_name(command), (unsigned)operand,
		     dsa_cmd_error_name(error));
	EXPECT_ERRNO(EIO, rc);
	EXPECT_EQ(error, FIELD_GET(DSA_CMDSTS_ERROR, test_dsa()->error.code));
}

/*
 * An error that some devices put into SWERROR beside the completion record and others do not (5.4): nothing, or just
 * that code. In a guest it arrives by way of the host.
 */
static inline void allow_swerror(unsigned code)
{
	struct dsa_swerror error;

	if (!WAIT_FOR(dsa_swerror_read(test_dsa(), &error) == 0, 3000))
		return;
	dsa_swerror_clear(test_dsa());
	EXPECT_EQ(code, error.code);
}

#endif
