/* Test double: a helper that is compiled for the build machine and may go into kernel-devel. */
#include <stdio.h>

int main(void)
{
	puts("miniature fixdep");
	return 0;
}
