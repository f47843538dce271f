/* Test double: the table by which a module names the processors it serves. The spec gives it the name that it is asked for. */
#ifndef MINIATURE_MOD_DEVICETABLE_H
#define MINIATURE_MOD_DEVICETABLE_H

struct x86_cpu_id {
	unsigned short vendor, family, model, feature;
};

#endif
