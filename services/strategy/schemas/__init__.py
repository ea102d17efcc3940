"""What comes in from outside, checked: commands through two doors, and the directory file."""
