"""Tests of the packer."""
