"""Changing one's mind: what was answered, folded through the plan under another policy, with no model called."""
