"""The gallery's pages, one module each; every one gives its routes for a `Gallery`."""
