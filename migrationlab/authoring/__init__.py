"""For who writes lessons: build the notebooks, run them, try the answers, prove everything."""
