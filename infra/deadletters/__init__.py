"""Dead letters of a data folder: read beside whoever is mining, told what became of them, and redriven."""
