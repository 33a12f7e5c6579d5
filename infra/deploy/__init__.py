"""NHR on other machines: images, and what starts them."""
