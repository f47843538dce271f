/* makedev() is in a header of its own with today's C library, and the header below does not have it. */
#include "libxl_internal.h"
#include "_libxl_types.h"

libxl_devid device_number(void)
{
    return (libxl_devid)makedev(202, 0);
}
