/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A copy into memory that no CPU has touched yet, by a user's WQ: faults WQ BLOCK, with /dev/dsa's name of a WQ and 0
 * or 1. dsa_test writes to all its buffers first, so it never sees a page fault.
 *
 * With block on fault the copy completes as if nothing had been; without, it ends at the first page with what was done
 * and the address of the fault. The test shared with SVA is the page table: the process gets its pages only by page
 * requests.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/idxd.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define PAGE ((size_t)4096)
#define SIZE (16 * PAGE)

static struct dsa_completion_record record __attribute__((aligned(32)));
static struct dsa_hw_desc desc __attribute__((aligned(64)));

static int die(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	return 1;
}

/* MOVDIR64B or ENQCMD, by the kind of the WQ. */
static void submit(void *portal, int shared)
{
	uint8_t retry = 1;

	__asm__ volatile("sfence" ::: "memory");
	while (shared && retry)
		__asm__ volatile(".byte 0xf2, 0x0f, 0x38, 0xf8, 0x02; setz %0"
		                 : "=r"(retry)
		                 : "a"(portal), "d"(&desc)
		                 : "memory", "cc");
	if (!shared)
		__asm__ volatile(".byte 0x66, 0x0f, 0x38, 0xf8, 0x02" : : "a"(portal), "d"(&desc) : "memory");
}

static int wait_for_record(void)
{
	time_t end = time(NULL) + 10;

	while (*(volatile uint8_t *)&record.status == 0) {
		if (time(NULL) >= end) {
			printf("no completion record in 10 s\n");
			return 1;
		}
	}
	return 0;
}

static int copy(void *portal, int shared, uint8_t *to, const uint8_t *from, int block)
{
	memset(&record, 0, sizeof(record));
	desc = (struct dsa_hw_desc){
	        .flags = IDXD_OP_FLAG_CRAV | IDXD_OP_FLAG_RCR | (block ? IDXD_OP_FLAG_BOF : 0),
	        .opcode = DSA_OPCODE_MEMMOVE,
	        .completion_addr = (uintptr_t)&record,
	        .src_addr = (uintptr_t)from,
	        .dst_addr = (uintptr_t)to,
	        .xfer_size = SIZE,
	};
	submit(portal, shared);
	return wait_for_record();
}

static int resident(void *page)
{
	unsigned char in_core = 0;

	return mincore(page, PAGE, &in_core) == 0 && (in_core & 1);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	int block = atoi(argv[2]);
	int shared = atoi(argv[3]);
	int fd = open(argv[1], O_RDWR);
	if (fd < 0)
		return die(argv[1]);
	void *portal = mmap(NULL, PAGE, PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, 0);
	uint8_t *from = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
	uint8_t *to = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (portal == MAP_FAILED || from == MAP_FAILED || to == MAP_FAILED || madvise(to, SIZE, MADV_NOHUGEPAGE) != 0)
		return die("mmap");
	for (size_t i = 0; i < SIZE; i++)
		from[i] = (uint8_t)(i * 7 + i / PAGE + 1);
	/* What the engine writes last is to be seen apart: half of the pages are there. */
	for (size_t i = 0; i < SIZE / 2; i += PAGE)
		to[i] = 0;
	if (!resident(to) || resident(to + SIZE / 2)) {
		printf("the buffer is not half there\n");
		return 1;
	}

	if (copy(portal, shared, to, from, block) != 0)
		return 1;
	printf("status %#x, %u bytes done, fault at %#llx, buffers at %p and %p\n", record.status,
	       record.bytes_completed, (unsigned long long)record.fault_addr, (void *)from, (void *)to);
	if (!block) {
		if ((record.status & 0x7f) != DSA_COMP_PAGE_FAULT_NOBOF || record.bytes_completed > SIZE / 2 ||
		    (record.fault_addr & ~(PAGE - 1)) != (uintptr_t)to + SIZE / 2 || resident(to + SIZE / 2))
			return 1;
		return memcmp(to, from, record.bytes_completed) != 0;
	}
	if (record.status != DSA_COMP_SUCCESS || !resident(to + SIZE - PAGE))
		return 1;
	return memcmp(to, from, SIZE) != 0;
}
