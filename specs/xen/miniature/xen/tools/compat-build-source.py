#!/usr/bin/env python
# First step of the double's header for 32-bit domains: marks what has another size there.
import re, sys

for line in sys.stdin.readlines():
    line = re.subn(r"\bunsigned long\b", "@WORD@", line)[0]
    print line.rstrip()
