#!/bin/sh
# Third step: counts the structures. Python prints the name of each; a Python that can not print yields none.
set -e
tags=$(grep '^struct' "$1" | "$PYTHON" -c '
import re,sys
for line in sys.stdin.readlines():
    print re.subn(r"struct compat_(\w+).*", r"\1", line)[0].rstrip()
')
count=0
for tag in $tags; do
    echo "/* $tag */"
    count=$((count + 1))
done
echo "#define COMPAT_FIELDS $count"
