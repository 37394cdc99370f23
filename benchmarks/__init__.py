"""Measurements that chose a number of this program; README.md holds their tables."""
