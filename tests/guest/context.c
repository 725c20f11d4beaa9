/* SPDX-License-Identifier: Apache-2.0 */
/* For each argument, what libselinux says of it: the context as the kernel writes it, or "-". */
#include <selinux/selinux.h>
#include <stdio.h>

int main(int argc, char **argv)
{
	if (is_selinux_enabled() <= 0)
		return 2;
	for (int i = 1; i < argc; i++) {
		char *says = NULL;

		if (security_check_context(argv[i]) == 0 &&
		    security_canonicalize_context(argv[i], &says) == 0)
			(void)printf("%s\n", says);
		else
			(void)printf("-\n");
		freecon(says);
	}
	return 0;
}
