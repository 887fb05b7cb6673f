"""To take along: the two cheat sheets and the Anki deck."""
