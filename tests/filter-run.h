/* SPDX-License-Identifier: Apache-2.0 */
#ifndef FILTER_RUN_H
#define FILTER_RUN_H

/* Filters run in user space: what the kernel would return for one call. */

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <string.h>

#include "../src/policy/seccomp-private.h"

static inline uint32_t filter_word(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t value;

	memcpy(&value, (const char *)data + offset, sizeof(value));
	return value;
}

/* seccomp_run - what @program returns for @data (SECCOMP_RET_*, with its data). -EINVAL: it is
 * no filter. */
static inline int seccomp_run(const struct seccomp_program *program,
			      const struct seccomp_data *data,
			      uint32_t *ret, struct error *err)
{
	uint32_t a = 0;

	for (size_t pc = 0; pc < program->n; pc++) {
		const struct sock_filter *in = &program->v[pc];

		switch (in->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (in->k % 4 || in->k > sizeof(*data) - 4)
				return error_set(err, -EINVAL, "filter: instruction %zu loads from outside",
						 pc);
			a = filter_word(data, in->k);
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= in->k;
			break;
		case BPF_JMP | BPF_JA:
			if (in->k >= program->n)
				return error_set(err, -EINVAL, "filter: instruction %zu jumps out of it",
						 pc);
			pc += in->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += seccomp_jumps(in, a) ? in->jt : in->jf;
			break;
		case BPF_RET | BPF_K:
			*ret = in->k;
			return 0;
		default:
			return error_set(err, -EINVAL, "filter: instruction %zu (code %#x) is not understood",
					 pc, in->code);
		}
	}
	return error_set(err, -EINVAL, "filter: it ends without a decision");
}

#endif
