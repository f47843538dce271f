#!/usr/bin/env python
# Second step: gives the marked places their size, and every name its prefix.
import re, sys

for line in sys.stdin.readlines():
    line = re.subn(r"@WORD@", "unsigned int", line)[0]
    line = re.subn(r"\bstruct (\w)", r"struct compat_\1", line)[0]
    print line.rstrip()
