/* Test double of the profiler. */
#include <stdio.h>

int main(void)
{
	puts("perf version miniature");
	return 0;
}
