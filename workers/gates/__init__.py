"""Gates: does a source depict its prompt plausibly?"""
