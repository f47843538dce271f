/* Miniature of xl. */
#include "libxl_internal.h"
#include "_libxl_types.h"

libxl_devid device_number(void);

int main(void)
{
    char *corefile;

    if (asprintf(&corefile, "/var/xen/dump/%s", "name") < 0)
        return 1;
    printf("xl: a miniature; a dump would be %s, a disk %d\n", corefile, device_number());
    return 0;
}
