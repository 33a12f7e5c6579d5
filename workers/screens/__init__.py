"""Screens: cheap checks of an attempt before a judge is paid."""
