/* Test double: writes the archive that the kernel carries, empty. The spec takes the time of day out of it. */
#include <stdio.h>
#include <time.h>

static time_t default_mtime;

int main(void)
{
	default_mtime = time(NULL);
	printf("0707010000000000000000000000000000000000000001%08lX", (unsigned long)default_mtime);
	puts("0000000000000000000000000000000000000000000000000000000B00000000TRAILER!!!");
	return 0;
}
