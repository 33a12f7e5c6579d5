"""Writers: they write inverse and composite instructions and other forms of a text."""
