/* Test double: a wait whose length is a parameter; the spec divides it. */
#include <linux/kernel.h>

void e1000e_phy_has_link_generic(unsigned int usec_interval);

void e1000e_phy_has_link_generic(unsigned int usec_interval)
{
	udelay(usec_interval);
}
