/* Test double: a wait whose length is a parameter; the spec divides it. */
#include <linux/kernel.h>

void igb_phy_has_link(unsigned int usec_interval);

void igb_phy_has_link(unsigned int usec_interval)
{
	udelay(usec_interval);
}
