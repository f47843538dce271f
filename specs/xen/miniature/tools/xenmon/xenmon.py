#!/usr/bin/env python
# It is installed as it is, interpreter and all.
print("xenmon.py: a miniature, which does nothing")
