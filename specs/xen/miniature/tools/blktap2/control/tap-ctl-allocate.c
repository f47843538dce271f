/* makedev() came with sys/types.h once. */
#include <stdio.h>
#include <sys/types.h>

int remus_is_a_miniature(void);

int main(void)
{
    printf("tap-ctl: a miniature; device %lu, remus %d\n", (unsigned long)makedev(1, 2), remus_is_a_miniature());
    return 0;
}
