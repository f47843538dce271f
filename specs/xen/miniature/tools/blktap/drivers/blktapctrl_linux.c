/* makedev() came with sys/types.h once, and that with this one. */
#include <stdio.h>
#include <sys/stat.h>

int main(void)
{
    printf("blktapctrl: a miniature; device %lu\n", (unsigned long)makedev(1, 2));
    return 0;
}
