"""Workers measure: plug-ins, one folder a kind, one file a model; each turns one job into one answer."""
