"""How sure the counts are: rates with intervals that respect clusters, truth, attempts to success, comparisons."""
