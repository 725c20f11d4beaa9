/* SPDX-License-Identifier: Apache-2.0 */
/* What filters are made of, and what they return. */
#include "seccomp-private.h"

#include <string.h>

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
