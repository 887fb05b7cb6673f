"""The bank: questions and glossary, read strictly and found by name."""
