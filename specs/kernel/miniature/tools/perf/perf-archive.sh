#!/bin/bash
# Test double.
echo "miniature perf archive"
