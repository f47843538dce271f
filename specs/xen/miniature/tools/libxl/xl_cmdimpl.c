/* Miniature of xl. */
#include "libxl_internal.h"
#include "_libxl_types.h"
#include "libxl_json.h"

extern int autoballoon;

libxl_devid device_number(void);

int main(void)
{
    char *corefile;

    if (asprintf(&corefile, "/var/xen/dump/%s", "name") < 0)
        return 1;
    printf("xl: a miniature; a dump would be %s, a disk %d, autoballoon %d\n", corefile, device_number(), autoballoon);
    return 0;
}
