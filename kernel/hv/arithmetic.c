/* SPDX-License-Identifier: BSD-2-Clause */
/* What arithmetic leaves in the flags: Intel SDM vol. 1, 3.4.3.1. */
#include "kernel/hv/emulate.h"

#define FLAGS_ARITHMETIC (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

/* ZF, SF and PF of a result; the others as given. */
static uint64_t result_flags(uint64_t result, unsigned width, uint64_t others)
{
	others |= result == 0 ? FLAG_ZF : 0;
	others |= result & sign_bit(width) ? FLAG_SF : 0;
	others |= __builtin_parity((unsigned)(result & 0xff)) ? 0 : FLAG_PF;
	return others;
}

static uint64_t add(uint64_t a, uint64_t b, uint64_t carry, unsigned width, uint64_t *flags)
{
	uint64_t mask = width_mask(width), result = (a + b + carry) & mask;
	/* The carry out of each bit. */
	uint64_t carries = (a & b) | ((a | b) & ~result);

	*flags = result_flags(result, width,
	                      (carries & sign_bit(width) ? FLAG_CF : 0) | (carries & 8U ? FLAG_AF : 0) |
	                              ((a ^ result) & (b ^ result) & sign_bit(width) ? FLAG_OF : 0));
	return result;
}

static uint64_t subtract(uint64_t a, uint64_t b, uint64_t borrow, unsigned width, uint64_t *flags)
{
	uint64_t mask = width_mask(width), result = (a - b - borrow) & mask;
	uint64_t borrows = (~a & b) | ((~a | b) & result);

	*flags = result_flags(result, width,
	                      (borrows & sign_bit(width) ? FLAG_CF : 0) | (borrows & 8U ? FLAG_AF : 0) |
	                              ((a ^ b) & (a ^ result) & sign_bit(width) ? FLAG_OF : 0));
	return result;
}

uint64_t hv_arithmetic(enum hv_op op, uint64_t a, uint64_t b, unsigned width, uint64_t *rflags)
{
	uint64_t result, flags = 0, carry = *rflags & FLAG_CF ? 1 : 0, keep = 0;

	switch (op) {
	case HV_OP_ADC:
		result = add(a, b, carry, width, &flags);
		break;
	case HV_OP_ADD:
		result = add(a, b, 0, width, &flags);
		break;
	case HV_OP_SBB:
		result = subtract(a, b, carry, width, &flags);
		break;
	case HV_OP_SUB:
	case HV_OP_CMP:
		result = subtract(a, b, 0, width, &flags);
		break;
	case HV_OP_NEG:
		result = subtract(0, a, 0, width, &flags);
		break;
	case HV_OP_INC:
		keep = FLAG_CF;
		result = add(a, 1, 0, width, &flags);
		break;
	case HV_OP_DEC:
		keep = FLAG_CF;
		result = subtract(a, 1, 0, width, &flags);
		break;
	case HV_OP_NOT:
		return ~a & width_mask(width);
	case HV_OP_OR:
		result = a | b;
		flags = result_flags(result, width, 0);
		break;
	case HV_OP_XOR:
		result = a ^ b;
		flags = result_flags(result, width, 0);
		break;
	default: /* AND, TEST */
		result = a & b;
		flags = result_flags(result, width, 0);
		break;
	}
	keep |= ~FLAGS_ARITHMETIC;
	*rflags = (*rflags & keep) | (flags & ~keep);
	return result;
}

/* Intel SDM vol. 1, appendix B. */
bool hv_condition(unsigned number, uint64_t rflags)
{
	bool less = !(rflags & FLAG_SF) != !(rflags & FLAG_OF), holds;

	switch (number >> 1) {
	case 0:
		holds = rflags & FLAG_OF;
		break;
	case 1:
		holds = rflags & FLAG_CF;
		break;
	case 2:
		holds = rflags & FLAG_ZF;
		break;
	case 3:
		holds = rflags & (FLAG_CF | FLAG_ZF);
		break;
	case 4:
		holds = rflags & FLAG_SF;
		break;
	case 5:
		holds = rflags & FLAG_PF;
		break;
	case 6:
		holds = less;
		break;
	default:
		holds = less || rflags & FLAG_ZF;
		break;
	}
	return number & 1U ? !holds : holds;
}
