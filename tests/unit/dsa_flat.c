/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tests/unit/dsa_flat.h"

uint8_t flat[FLAT_PAGES * FLAT_PAGE];
uint8_t flat_perm[FLAT_PAGES];
static uint32_t state;

uint32_t flat_random(void)
{
	state = state * 1664525 + 1013904223;
	return state >> 8;
}

uint8_t *flat_at(uint64_t addr)
{
	return flat + (addr - FLAT_BASE);
}

static bool may(uint64_t addr, size_t len, uint8_t perm)
{
	if (addr < FLAT_BASE || addr - FLAT_BASE + len > sizeof(flat))
		return false;
	return (flat_perm[(addr - FLAT_BASE) / FLAT_PAGE] & perm) != 0;
}

static int flat_read(void *ctx, const struct dsa_requester *who, uint64_t addr, void *buf, size_t len)
{
	(void)ctx;
	(void)who;
	if (!may(addr, len, FLAT_READ))
		return -1;
	memcpy(buf, flat_at(addr), len);
	return 0;
}

static int flat_write(void *ctx, const struct dsa_requester *who, uint64_t addr, const void *buf, size_t len)
{
	(void)ctx;
	(void)who;
	if (!may(addr, len, FLAT_WRITE))
		return -1;
	memcpy(flat_at(addr), buf, len);
	return 0;
}

static int flat_translate(void *ctx, const struct dsa_requester *who, uint64_t addr, bool write)
{
	(void)ctx;
	(void)who;
	return may(addr, 1, write ? FLAT_WRITE : FLAT_READ);
}

struct dsa_env flat_env(unsigned seed)
{
	static const struct dsa_memory_ops ops = {flat_read, flat_write, flat_translate};

	state = seed;
	for (size_t i = 0; i < sizeof(flat); i++)
		flat[i] = (uint8_t)flat_random();
	memset(flat_perm, FLAT_READ | FLAT_WRITE, sizeof(flat_perm));
	return (struct dsa_env){
	        .memory = &ops,
	        .who = {.pasid = 1, .ats = true},
	        .gencap = SPR_GENCAP,
	        .opcap = {SPR_OPCAP},
	        .max_xfer = 20,
	        .max_batch = 5,
	        .bof = true,
	};
}
