/* Test double: a declaration that Linux 3.4 has in the wrong section; the spec mends it. */
#ifndef MINIATURE_ACPIOSXF_H
#define MINIATURE_ACPIOSXF_H

typedef unsigned int acpi_status;

acpi_status __initdata acpi_os_initialize(void);

#endif
