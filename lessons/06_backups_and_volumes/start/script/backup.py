"""The backup of the shop, each night: python backup.py FOLDER"""

import os
import sys

folder = sys.argv[1]
os.system(f"pg_dump > {folder}/shop.dump")
print("Backup done.")
