"""Decides whether a worry about a child is over the threshold, and for what.

Owns referrals and threshold decisions. Publishes `referral.*`. Hears nobody.
"""
