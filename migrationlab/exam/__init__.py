"""The oral exam: the questions of all lessons, the glossary, and what can be run to prove them.

question.py   what a question is (plain data)
reading.py    one entry of an exam.yaml becomes a Question, or a short complaint
bank.py       all questions: every(), of_lesson(), find()
glossary.py   the terms in English and Danish
running.py    run what a question claims on a real server, and compare
cheat_sheets.py   what stands on a cheat sheet (sheets.yaml); cheat_pdf.py and cheat_html.py draw it
deck.py        the notes of the Anki deck; deck_file.py writes the .apkg
"""
