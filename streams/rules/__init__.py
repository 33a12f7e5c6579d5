"""All policy, as pure code over facts: nothing here reads a clock, a store or a picture."""
