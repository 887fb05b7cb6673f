"""The course: its lessons, start states, working folders, and the bookshop's database."""
