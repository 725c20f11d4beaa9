/* SPDX-License-Identifier: Apache-2.0 */
/* What one more program in front of another costs, if it does nothing else: behind PROGRAM [ARGUMENT...] */
#include <unistd.h>

int main(int argc, char **argv)
{
	if (argc > 1)
		(void)execv(argv[1], argv + 1);
	return 127;
}
