#!/usr/bin/env python3
from huying.entry.manage import main

main()
