"""Measures other engines with the corpus and the questions of `hammer bench`, and prints all of them side by side."""
