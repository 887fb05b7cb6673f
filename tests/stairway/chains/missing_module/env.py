"""Imports models that are not there."""

from shop.models import Base

print(Base)
