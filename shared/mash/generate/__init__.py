"""Invented journeys, from referral to visit, in the proportions of the English national figures.

Pure: a plan in, journeys out, one after another. The same plan gives the same journeys for ever.
"""

from shared.mash.generate.journey import Journey, Plan, World, in_order, journeys
from shared.mash.generate.steps import Step, StepName

__all__ = ["Journey", "Plan", "Step", "StepName", "World", "in_order", "journeys"]
