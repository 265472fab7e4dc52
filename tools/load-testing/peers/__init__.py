"""Measures other engines with the corpus and the queries of `hammer bench`, and prints all results side by side."""
