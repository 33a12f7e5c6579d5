"""Tests of exports: what is taken, and how it is written."""
