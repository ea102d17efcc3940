"""The rules of receiving a referral and deciding its threshold: plain Python, time a parameter."""
