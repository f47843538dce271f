#!/usr/bin/python
# Turns the description of the types into a header.
import sys
import idl

(_, idlname, header) = sys.argv
types = idl.parse(idlname)

print "outputting libxl type definitions to %s" % header

f = open(header, "w")
for ty in types:
    f.write("typedef int %s;\n" % ty.name)
f.close()
