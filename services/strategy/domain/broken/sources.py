"""Where the rules come from, said the same way everywhere."""

THE_LETTER = "Ofsted monitoring letter, 6 October 2016"
WORKING_TOGETHER = "Working Together to Safeguard Children 2023"
LOCAL = "local policy"
