"""What only a GPU can show; run by `make test-gpu` and `make bench-gpu`, and no part of `make test`."""
