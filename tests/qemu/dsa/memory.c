/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory as a descriptor's PASID sees it, or another one that an operand names: page by page, with the fault rules
 * of 8.1. */
#include "tests/qemu/dsa/exec.h"

#define PAGE      4096U
/* A page that is granted and gone again, time after time, is not waited for for ever (3.13.2). */
#define ASK_LIMIT 12

/* The requester of the access, made wrong where the fault says so. */
static struct dsa_requester requester(const struct dsa_env *env, const struct dsa_domain *domain)
{
	struct dsa_requester who = env->who;

	if (domain && domain->used && env->fault != DSA_FAULT_DOMAIN_IGNORED)
		who = domain->who;
	if (env->fault == DSA_FAULT_PASID_IGNORED)
		who.pasid = DSA_NO_PASID;
	else if (env->fault == DSA_FAULT_PASID_FIXED)
		who.pasid = 1;
	return who;
}

/* With ATS: makes sure of the translation of addr, asking for the page if that is on. Returns 0 or the status. */
static uint8_t translate(const struct dsa_env *env, const struct dsa_requester *who, uint64_t addr, bool write,
                         uint64_t *fault_addr)
{
	const uint64_t page = addr & ~(uint64_t)(PAGE - 1);
	uint8_t status = DSA_COMP_PAGE_FAULT_IR;

	for (unsigned attempt = 0; attempt < ASK_LIMIT; attempt++) {
		int translation = env->memory->translate(env->memory_ctx, who, addr, write);
		enum dsa_page_answer answer;

		if (translation == DSA_TRANSLATION_OK)
			return 0;
		status = translation == DSA_TRANSLATION_FAULT ? DSA_COMP_PAGE_FAULT_NOBOF : DSA_COMP_TRANSLATION_FAIL;
		if (translation != DSA_TRANSLATION_FAULT || !env->ask || !env->blocks)
			break;
		answer = env->ask(env, who, page, write, attempt);
		if (answer == DSA_PAGE_ABORTED)
			return DSA_COMP_ID_DOMAIN;
		status = answer == DSA_PAGE_FAILED ? DSA_COMP_TRANSLATION_FAIL : DSA_COMP_PAGE_FAULT_IR;
		if (answer != DSA_PAGE_GRANTED)
			break;
	}
	*fault_addr = env->fault == DSA_FAULT_FAULT_ADDRESS ? page + PAGE : page;
	/* Only a fault has a direction (8.2.1). */
	return write && status != DSA_COMP_TRANSLATION_FAIL ? status | DSA_COMP_STATUS_WRITE : status;
}

static uint8_t access_memory(const struct dsa_env *env, const struct dsa_domain *domain, uint64_t addr, void *in,
                             const void *out, size_t len, size_t *done, uint64_t *fault_addr)
{
	const struct dsa_requester who = requester(env, domain);
	const bool write = out != NULL;
	size_t at = 0;
	uint8_t status = 0;

	if (domain && domain->used)
		addr += domain->base;
	while (at < len && !status) {
		uint64_t here = addr + at;
		size_t chunk = PAGE - (size_t)(here & (PAGE - 1));

		if (chunk > len - at)
			chunk = len - at;
		if (who.ats)
			status = translate(env, &who, here, write, fault_addr);
		if (env->given_up && env->given_up(env))
			status = DSA_COMP_HW_ERR1;
		if (status)
			break;
		if (write) {
			/* A posted write gets no answer: what the IOMMU refuses is lost, and the device does not know.
			 */
			(void)env->memory->write(env->memory_ctx, &who, here, (const uint8_t *)out + at, chunk);
			at += chunk;
		} else if (env->memory->read(env->memory_ctx, &who, here, (uint8_t *)in + at, chunk)) {
			status = DSA_COMP_HW_ERR1;
		} else {
			at += chunk;
		}
	}
	if (done)
		*done = at;
	return status;
}

uint8_t dsa_mem_probe(const struct dsa_env *env, uint64_t addr, bool write, uint64_t *fault_addr)
{
	const struct dsa_requester who = requester(env, NULL);

	return who.ats ? translate(env, &who, addr, write, fault_addr) : 0;
}

uint8_t dsa_mem_read(const struct dsa_env *env, uint64_t addr, void *buf, size_t len, size_t *done,
                     uint64_t *fault_addr)
{
	return access_memory(env, NULL, addr, buf, NULL, len, done, fault_addr);
}

uint8_t dsa_mem_write(const struct dsa_env *env, uint64_t addr, const void *buf, size_t len, size_t *done,
                      uint64_t *fault_addr)
{
	return access_memory(env, NULL, addr, NULL, buf, len, done, fault_addr);
}

uint8_t dsa_operand_read(const struct dsa_env *env, unsigned n, uint64_t addr, void *buf, size_t len, size_t *done,
                         uint64_t *fault_addr)
{
	return access_memory(env, &env->domain[n], addr, buf, NULL, len, done, fault_addr);
}

uint8_t dsa_operand_write(const struct dsa_env *env, unsigned n, uint64_t addr, const void *buf, size_t len,
                          size_t *done, uint64_t *fault_addr)
{
	return access_memory(env, &env->domain[n], addr, NULL, buf, len, done, fault_addr);
}
