# made later
