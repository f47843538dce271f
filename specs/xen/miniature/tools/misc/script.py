#!/usr/bin/env python
# Every Python program of the double: it says that it is one.
print("@NAME@: a miniature, which does nothing")
