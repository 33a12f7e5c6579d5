"""The drawn world that the simulated models share: scenes, their words, their pictures, flaws and opinions."""
