/* SPDX-License-Identifier: Apache-2.0 */
#include "seccomp-private.h"

#include <stddef.h>
#include <string.h>

/* Filters run in user space: what the kernel would return for one call. */

bool seccomp_passes(uint32_t action)
{
	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_KILL_PROCESS:
	case SECCOMP_RET_KILL_THREAD:
	case SECCOMP_RET_TRAP:
	case SECCOMP_RET_ERRNO:
		return false;
	default:
		return true;
	}
}

void seccomp_action_print(struct buf *out, uint32_t action)
{
	const char *name;

	switch (action & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		buf_str(out, "allow");
		break;
	case SECCOMP_RET_LOG:
		buf_str(out, "log and allow");
		break;
	case SECCOMP_RET_TRACE:
		buf_str(out, "ask the tracer");
		break;
	case SECCOMP_RET_USER_NOTIF:
		buf_str(out, "ask the listener");
		break;
	case SECCOMP_RET_ERRNO:
		name = strerrorname_np((int)(action & SECCOMP_RET_DATA));
		if (name && (action & SECCOMP_RET_DATA))
			buf_str(out, name);
		else
			buf_printf(out, "errno %u", (unsigned)(action & SECCOMP_RET_DATA));
		break;
	case SECCOMP_RET_TRAP:
		buf_str(out, "SIGSYS");
		break;
	default:
		buf_str(out, "kill");
		break;
	}
}

static uint32_t word(const struct seccomp_data *data, uint32_t offset)
{
	uint32_t value;

	memcpy(&value, (const char *)data + offset, sizeof(value));
	return value;
}

bool seccomp_jumps(const struct sock_filter *in, uint32_t a)
{
	switch (BPF_OP(in->code)) {
	case BPF_JEQ:
		return a == in->k;
	case BPF_JGT:
		return a > in->k;
	case BPF_JGE:
		return a >= in->k;
	default:
		return (a & in->k) != 0;
	}
}

int seccomp_run(const struct seccomp_program *program, const struct seccomp_data *data,
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
			a = word(data, in->k);
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
