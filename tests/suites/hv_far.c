/* SPDX-License-Identifier: BSD-2-Clause */
#include "tests/suites/hv_far.h"

#include "kernel/smp.h"
#include "kernel/time.h"
#include "tests/test.h"

#define FAR_CPUS 4U
#define SLICE_MS 4U

/* How long a processor may take to give its work back, beyond the run's own limit. */
#define SLACK_MS 3000U

static struct far_run {
	struct hv_vm *vm;
	unsigned cpu, timeout_ms;
	bool started;
	int rc;
	struct hv_result result;
} runs[FAR_CPUS];

static void run(void *arg)
{
	struct far_run *r = arg;

	r->rc = hv_run(r->vm, r->timeout_ms, &r->result);
}

static int collect(struct far_run *r)
{
	int rc = smp_wait(r->cpu, r->timeout_ms + SLACK_MS);

	r->started = false;
	return rc;
}

static void clean_up(void *arg)
{
	struct far_run *r = arg;

	if (!r->started)
		return;
	hv_stop(r->vm);
	if (collect(r) != 0)
		test_note("processor %u did not come back from its guest", r->cpu);
}

void far_start(struct hv_vm *vm, unsigned cpu, unsigned timeout_ms)
{
	struct far_run *r = &runs[cpu % FAR_CPUS];

	EXPECT_FALSE(r->started);
	test_limit(timeout_ms + 2 * SLACK_MS);
	*r = (struct far_run){.vm = vm, .cpu = cpu, .timeout_ms = timeout_ms, .rc = -1};
	EXPECT_OK(smp_start_work(cpu, run, r));
	r->started = true;
	test_cleanup(clean_up, r);
}

static struct far_run *finish(unsigned cpu)
{
	struct far_run *r = &runs[cpu % FAR_CPUS];

	EXPECT_TRUE(r->started && r->cpu == cpu);
	EXPECT_OK(collect(r));
	EXPECT_OK(r->rc);
	return r;
}

struct hv_result far_any_end(unsigned cpu)
{
	return finish(cpu)->result;
}

struct hv_result far_end(unsigned cpu, enum hv_end end)
{
	const struct far_run *r = finish(cpu);

	test_context("guest on processor %u: %s", cpu, r->result.text);
	EXPECT_STR_EQ(hv_end_name(end), hv_end_name(r->result.end));
	test_context("");
	return r->result;
}

/* Without a clean-up, of which a test has only so many: it does not return before the run's end. */
void far_run(struct hv_vm *vm, unsigned cpu, unsigned timeout_ms, struct hv_result *result)
{
	struct far_run *r = &runs[cpu % FAR_CPUS];

	EXPECT_FALSE(r->started);
	test_limit(timeout_ms + 2 * SLACK_MS);
	*r = (struct far_run){.vm = vm, .cpu = cpu, .timeout_ms = timeout_ms, .rc = -1};
	EXPECT_OK(smp_run(cpu, run, r, timeout_ms + SLACK_MS));
	EXPECT_OK(r->rc);
	*result = r->result;
}

static struct hv_result run_there(struct hv_vm *vm, unsigned cpu, unsigned timeout_ms, enum hv_end end)
{
	struct hv_result result;

	far_run(vm, cpu, timeout_ms, &result);
	test_context("guest on processor %u: %s", cpu, result.text);
	EXPECT_STR_EQ(hv_end_name(end), hv_end_name(result.end));
	test_context("");
	return result;
}

uint64_t far_exit_status(struct hv_vm *vm, unsigned cpu)
{
	return run_there(vm, cpu, FAR_LIMIT_MS, HV_END_EXIT).status;
}

void far_slice(struct hv_vm *vm, unsigned cpu, unsigned timeout_ms)
{
	run_there(vm, cpu, timeout_ms, HV_END_TIMEOUT);
}

uint32_t far_u32(struct hv_vm *vm, uint64_t gpa)
{
	return __atomic_load_n((const uint32_t *)guest_at(vm, gpa), __ATOMIC_SEQ_CST);
}

void far_put_u32(struct hv_vm *vm, uint64_t gpa, uint32_t value)
{
	__atomic_store_n((uint32_t *)guest_at(vm, gpa), value, __ATOMIC_SEQ_CST);
}

void far_slices_until(struct hv_vm *vm, unsigned cpu, uint64_t gpa, uint32_t value)
{
	for (unsigned n = 0; far_u32(vm, gpa) != value; n++) {
		far_slice(vm, cpu, SLICE_MS);
		EXPECT_LE(1000, n);
	}
}

void far_wait_u32(struct hv_vm *vm, uint64_t gpa, uint32_t value)
{
	if (!WAIT_FOR(far_u32(vm, gpa) == value, FAR_LIMIT_MS * 1000U))
		FAIL("the guest did not write %u to 0x%llx within %u ms: it is %u", value, (unsigned long long)gpa,
		     FAR_LIMIT_MS, far_u32(vm, gpa));
}

uint32_t far_wait_change(struct hv_vm *vm, uint64_t gpa, uint32_t value)
{
	if (!WAIT_FOR(far_u32(vm, gpa) != value, FAR_LIMIT_MS * 1000U))
		FAIL("the guest left 0x%llx at %u for %u ms", (unsigned long long)gpa, value, FAR_LIMIT_MS);
	return far_u32(vm, gpa);
}
