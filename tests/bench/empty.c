/* SPDX-License-Identifier: Apache-2.0 */
/* What starting and ending a program costs, if it does nothing. */
int main(void)
{
	return 0;
}
