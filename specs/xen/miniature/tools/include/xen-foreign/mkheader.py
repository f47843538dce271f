#!/usr/bin/python
# Writes a header with the sizes that types have elsewhere. Longer names first, because one may begin another.
import sys

arch    = sys.argv[1];
outfile = sys.argv[2];

inttypes = { "x86_64" : { "unsigned long" : "uint64_t", "long" : "int64_t", "xen_pfn_t" : "uint64_t" } };

integers = inttypes[arch].keys();
integers.sort(lambda a, b: cmp(len(b),len(a)));

f = open(outfile, "w");
for type in integers:
    f.write("/* %s is %s */\n" % (type, inttypes[arch][type]));
f.close();
