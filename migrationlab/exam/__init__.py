"""The oral exam: the questions of all lessons, the glossary, and what can be run to prove them.

bank/          what a question is, and all of them, read strictly; the glossary
claim_runs.py  run what a question claims on a real server, and compare
asking/        learn, predict, cram and the oral; when a question comes again; readiness
takeaway/      the cheat sheets (what stands on them; as PDF, as HTML) and the Anki deck
examiner_texts.py  the examiner's own sentences, in the student's language
"""
