"""The examiner asks: learn, predict, cram, and the oral; when, what, and how it was answered."""
